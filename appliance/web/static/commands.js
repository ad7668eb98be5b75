// Commands to the box, the words it answers with, and the PIN where one is needed.

import { $, h, mark } from "./dom.js";
import { t } from "./words.js";

let pinAnswered = null;
let fading = 0;

async function post(path, body) {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return { status: response.status, content: await response.json() };
  } catch {
    return { status: 0, content: { severity: "error", title: t("said.offline"), cause: "", remedy: "" } };
  }
}

// True when the box carried it out.
export async function command(name, argument = "", said = "") {
  const answer = await post("/api/command", { name, argument });
  if (answer.status === 401 && (await askPin())) return command(name, argument, said);
  if (answer.status === 200) say(said && { severity: "notice", title: t("said.done", { what: said }) });
  else if (answer.status !== 401) say(answer.content);
  return answer.status === 200;
}

export function say(issue) {
  clearTimeout(fading);
  $("answer").replaceChildren();
  if (!issue) return;
  const text = h("div", {}, h("strong", {}, issue.title));
  if (issue.cause || issue.remedy) text.append(h("p", {}, `${issue.cause} ${issue.remedy}`));
  const close = h("button", { type: "button", onclick: () => say(null) }, t("button.close"));
  $("answer").append(h("div", { class: `issue ${issue.severity}` }, mark(`mark-${issue.severity}`), text, close));
  if (issue.severity === "notice") fading = setTimeout(() => say(null), 6000);
}

function askPin() {
  $("pin-field").value = "";
  $("pin-answer").textContent = "";
  $("pin").showModal();
  return new Promise((resolve) => { pinAnswered = resolve; });
}

async function enterPin(event) {
  event.preventDefault();
  const answer = await post("/api/pin", { pin: $("pin-field").value });
  if (answer.status === 200) return closePin(true);
  $("pin-answer").textContent = `${answer.content.title}. ${answer.content.remedy}`;
  $("pin-field").select();
}

function closePin(right) {
  const resolve = pinAnswered;
  pinAnswered = null;
  $("pin").close();
  resolve?.(right);
}

$("pin-form").addEventListener("submit", enterPin);
$("pin-cancel").addEventListener("click", () => closePin(false));
$("pin").addEventListener("close", () => { if (pinAnswered) closePin(false); });
