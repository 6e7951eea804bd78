// Calls to the deployed API, which the sandbox signs and makes.

/**
 * Makes a call several times at once.
 *
 * @param path of the API, such as "/otp"
 * @param body the JSON text, sent as it is
 * @param times how many at once
 * @param onExchange receives each request with its answer, in order of arrival
 */
export async function call(path, body, times, onExchange) {
  const since = Date.now() / 1000 - 1;
  const response = await fetch("/calls", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ path, body, times }),
  });
  if (!response.ok) {
    throw new Error((await response.json()).error);
  }
  let answered = 0;
  for await (const line of lines(response.body)) {
    answered += 1;
    onExchange({ path, since, ...JSON.parse(line) });
  }
  if (answered < times) {
    throw new Error("The sandbox did not answer. Its terminal shows the error.");
  }
}

async function* lines(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) {
      return;
    }
    const parts = (rest + value).split("\n");
    rest = parts.pop();
    yield* parts;
  }
}

/** Returns a header of a message, by name in any case; undefined if it is absent. */
export function header(message, name) {
  const found = message.headers.find(([other]) => other.toLowerCase() === name.toLowerCase());
  return found?.[1];
}

/**
 * Describes the outcome of a request.
 *
 * @returns kind: good, bad or maybe; name: one or two words; detail: a sentence
 */
export function outcome(exchange) {
  const answer = parse(exchange.answer.body);
  if (answer?.code) {
    const kind = answer.code === "OutcomeUnknown" ? "maybe" : "bad";
    return { kind, name: answer.code, detail: answer.detail };
  }
  if (answer?.VerificationResponse) {
    return answer.VerificationResponse.Valid
      ? { kind: "good", name: "valid", detail: "The code is right." }
      : { kind: "bad", name: "not valid", detail: "The code is wrong, used or expired." };
  }
  if (answer?.MessageResponse) {
    return header(exchange.answer, "Idempotent-Replayed")
      ? { kind: "good", name: "replayed", detail: "The recorded answer. No second text." }
      : { kind: "good", name: "sent", detail: "A text is on its way." };
  }
  return { kind: "bad", name: "unknown", detail: "The answer is not one of the service’s." };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
