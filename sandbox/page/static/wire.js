// The requests and answers on the wire, and the function's log and metrics.

import { header, outcome } from "./calls.js";
import { element } from "./texts.js";

const KEPT = 40;
const ASK_EVERY_MILLISECONDS = 250;
const ASK_TIMES = 20;

const list = document.getElementById("exchanges");
const waiting = document.getElementById("waiting");
const metrics = document.getElementById("metrics");
const log = document.getElementById("log");

let shown; // the exchange on the screen

/** Adds an exchange, and shows it. */
export function add(exchange) {
  document.getElementById("nothing").hidden = true;
  const { kind, name } = outcome(exchange);
  const button = element("button", "", "");
  button.type = "button";
  button.append(
    element("span", `status ${kind}`, exchange.status),
    ` POST ${exchange.path} `,
    element("strong", "", name),
    element("span", "took", ` ${exchange.milliseconds} ms`),
  );
  button.addEventListener("click", () => show(exchange, button));
  const item = document.createElement("li");
  item.append(button);
  list.prepend(item);
  while (list.children.length > KEPT) {
    list.lastChild.remove();
  }
  show(exchange, button);
}

async function show(exchange, button) {
  shown = exchange;
  for (const other of list.querySelectorAll("[aria-current]")) {
    other.removeAttribute("aria-current");
  }
  button.setAttribute("aria-current", "true");
  document.getElementById("shown").hidden = false;
  document.getElementById("request").textContent = written(exchange.request);
  document.getElementById("answer").textContent = written(exchange.answer);
  metrics.hidden = true;
  log.hidden = true;
  waiting.textContent = "Looking for the log lines …";
  exchange.written ??= await find(exchange);
  if (shown === exchange) {
    showWritten(exchange.written);
  }
}

/** Formats a message as HTTP, with its JSON indented. */
function written({ line, headers, body }) {
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  return [line, ...lines, "", indented(body)].join("\n");
}

function indented(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** Asks for the log until it is there: it arrives a little later than the answer. */
async function find(exchange) {
  const requestId = header(exchange.answer, "X-Request-Id");
  if (!requestId) {
    return undefined;
  }
  const address = `/written/${encodeURIComponent(requestId)}?since=${exchange.since}`;
  for (let asked = 0; asked < ASK_TIMES && shown === exchange; asked += 1) {
    const response = await fetch(address).catch(() => undefined); // the sandbox may be gone
    if (response?.status === 200) {
      return response.json();
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MILLISECONDS));
  }
  return undefined;
}

function showWritten(found) {
  if (!found) {
    waiting.textContent = "No log lines found: API Gateway answered by itself, or the function died.";
    return;
  }
  waiting.textContent = "";
  const rows = found.metrics.map(({ name, value, dimensions }) => {
    const row = document.createElement("tr");
    row.className = value ? "counted" : "";
    const of = Object.entries(dimensions).map(([key, what]) => `${key}=${what}`);
    row.append(element("td", "", name), element("td", "", value), element("td", "", of.join(", ")));
    return row;
  });
  metrics.querySelector("tbody").replaceChildren(...rows);
  metrics.hidden = false;
  log.textContent = found.lines.map(indented).join("\n\n");
  log.hidden = false;
}
