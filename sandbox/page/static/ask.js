// The forms: they make the requests, and show each outcome in one sentence.

import { call, outcome } from "./calls.js";
import { element } from "./texts.js";

const AT_ONCE = 20;

const send = document.getElementById("send");
const verify = document.getElementById("verify");
const again = document.getElementById("again");
const said = document.getElementById("said");
const burst = document.getElementById("burst");

const speaking = new Map(); // the call that may write to a place, by place
let last; // the body of the last send request

/**
 * Makes the forms work.
 *
 * @param add receives each request with its answer
 * @returns verifyText: sets the text whose code is to be verified
 */
export function onAsk(add) {
  const ask = (body) => {
    burst.hidden = true;
    one("/otp", body, said, add);
  };

  send.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(remember(bodyOf(send)));
  });
  again.addEventListener("click", () => ask(last));
  document.getElementById("failures").addEventListener("click", ({ target }) => {
    if (target.value) {
      ask(remember({ ReferenceId: crypto.randomUUID(), DestinationIdentity: target.value }));
    }
  });
  document.getElementById("many").addEventListener("click", () => {
    atOnce(remember({ ...bodyOf(send), ReferenceId: crypto.randomUUID() }), add);
  });
  verify.addEventListener("submit", (event) => {
    event.preventDefault();
    const { DestinationIdentity, ReferenceId, Otp } = verify.elements;
    const body = {
      ReferenceId: ReferenceId.value,
      DestinationIdentity: DestinationIdentity.value,
      Otp: Otp.value.trim(),
    };
    one("/otp/verify", JSON.stringify(body), document.getElementById("verified"), add);
  });
  return { verifyText };
}

function verifyText(text, { chosen }) {
  // A text that arrives while a code is being typed does not replace its ReferenceId.
  if (!chosen && verify.elements.Otp.value) {
    return;
  }
  verify.elements.DestinationIdentity.value = text.to;
  verify.elements.ReferenceId.value = text.referenceId;
  if (chosen) {
    verify.elements.Otp.value = "";
    verify.elements.Otp.focus();
  }
}

/** Reads the fields that are filled in: digits in a whole-number field become a number. */
function bodyOf(form) {
  const body = { ReferenceId: crypto.randomUUID() };
  for (const field of form.querySelectorAll("input")) {
    const value = field.value.trim();
    if (value) {
      const whole = "whole" in field.dataset && /^[0-9]{1,9}$/.test(value);
      body[field.name] = whole ? Number(value) : value;
    }
  }
  return body;
}

function remember(body) {
  last = JSON.stringify(body);
  again.disabled = false;
  return last;
}

/** Makes one call and shows its outcome; until then, shows how long it has been waiting. */
async function one(path, body, place, add) {
  const say = onlyTheLatest(place);
  const seconds = element("span", "", "");
  seconds.ariaHidden = "true"; // a screen reader would read every second
  say("", "Waiting for the answer …");
  place.append(seconds);
  const started = Date.now();
  const clock = setInterval(() => {
    seconds.textContent = ` ${Math.round((Date.now() - started) / 1000)} s`;
  }, 1000);
  try {
    await call(path, body, 1, (exchange) => {
      const { kind, name, detail } = outcome(exchange);
      add(exchange);
      say(kind, `${exchange.status}, ${name}: ${detail}`);
    });
  } catch (problem) {
    say("bad", problem.message);
  } finally {
    clearInterval(clock);
  }
}

/** Makes the same call twenty times at once, and draws a cell for each answer. */
async function atOnce(body, add) {
  const say = onlyTheLatest(said);
  const names = new Map();
  const cells = Array.from({ length: AT_ONCE }, () => element("span", "", ""));
  document.getElementById("cells").replaceChildren(...cells);
  burst.hidden = false;
  say(
    "",
    `Sending ${AT_ONCE} requests with one ReferenceId … The first time is slow: ` +
      `${AT_ONCE} copies of the function start.`,
  );
  let answered = 0;
  try {
    await call("/otp", body, AT_ONCE, (exchange) => {
      add(exchange);
      const { name } = outcome(exchange);
      cells[answered].className = name;
      cells[answered].textContent = exchange.status;
      answered += 1;
      names.set(name, (names.get(name) ?? 0) + 1);
      const counts = [...names].map(([what, count]) => `${count} ${what}`).join(", ");
      if (cells[0].isConnected) {
        document.getElementById("counted").textContent = `${answered} of ${AT_ONCE}: ${counts}`;
      }
    });
    say("good", `${AT_ONCE} answers, ${names.get("sent") ?? 0} sent.`);
  } catch (problem) {
    say("bad", problem.message);
  }
}

/** Returns a function that writes to a place until a later call takes the place over. */
function onlyTheLatest(place) {
  const mine = {};
  speaking.set(place, mine);
  return (kind, what) => {
    if (speaking.get(place) === mine) {
      place.className = kind;
      place.textContent = what;
    }
  };
}
