// The phone: texts as they arrive, by server-sent events.

const screen = document.getElementById("screen");
const list = document.getElementById("texts");
const connection = document.getElementById("connection");

/**
 * Shows the texts that have arrived, and each new one.
 *
 * @param verifyText is called with each text, and again with the one that the reader chooses
 */
export function onText(verifyText) {
  say("Connecting …", "");
  const events = new EventSource("/events");
  // A new sandbox: the texts on the screen are an earlier one's.
  events.addEventListener("new", () => list.replaceChildren());
  events.addEventListener("ready", () => say("Connected", "good"));
  // The browser reconnects by itself.
  events.onerror = () => say("The sandbox does not answer. Is it running?", "bad");
  events.onmessage = ({ data }) => {
    const text = JSON.parse(data);
    show(text, () => verifyText(text, { chosen: true }));
    verifyText(text, { chosen: false });
  };
}

function say(what, kind) {
  connection.textContent = what;
  connection.className = kind;
}

function show(text, choose) {
  document.getElementById("none").hidden = true;
  const atEnd = screen.scrollHeight - screen.scrollTop - screen.clientHeight < 40;
  const item = document.createElement("li");
  item.dataset.referenceId = text.referenceId;
  const about = element("p", "about", `To ${text.to} from ${text.from}, `);
  const time = element("time", "", new Date(text.sentAt).toLocaleTimeString());
  time.dateTime = text.sentAt;
  about.append(time);
  const button = element("button", "", "Verify this one");
  button.type = "button";
  button.addEventListener("click", choose);
  item.append(about, element("p", "bubble", text.body), button);
  list.append(item);
  // Do not scroll away from an older text that is being read.
  if (atEnd) {
    screen.scrollTop = screen.scrollHeight;
  }
}

export function element(name, className, content) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = content;
  return made;
}
