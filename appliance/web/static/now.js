// The state of the box in words, shape, pattern and lights; its two buttons; the facts beside them.

import { command } from "./commands.js";
import { $, h, keyed, setAttribute, setText } from "./dom.js";
import { bytes, clock, minutes, t } from "./words.js";

// What the three lights on the box do in each state; the same table as the panel's.
const LIGHTS = {
  starting: ["slow", "dark", "dark"],
  waiting: ["glimpse", "dark", "dark"],
  ready: ["steady", "dark", "dark"],
  recording: ["dark", "slow", "dark"],
  interrupted: ["dark", "fast", "dark"],
  working: ["dark", "dark", "double"],
  done: ["steady", "steady", "steady"],
  attention: ["fast", "fast", "fast"],
  ejected: ["dark", "dark", "glimpse"],
  off: ["slow", "slow", "slow"],
  gone: ["dark", "dark", "dark"],
  lost: ["dark", "dark", "dark"],
};
// While a tape is recorded the first light tells of its picture; dark is good.
const PICTURE = {
  "no signal": "glimpse", blue: "glimpse", noise: "glimpse", frozen: "glimpse",
  pumping: "double", "wrong standard": "fast",
};
const RECORDING = new Set(["recording", "interrupted"]);

const NOT_NOW = new Set(["lost", "gone", "starting", "off"]);

let press = () => {};

export function showNow(box) {
  document.body.dataset.state = box.state;
  const word = t(`state.${box.state}`);
  if ($("state-word").textContent !== word || !$("announcer").textContent) setText($("announcer"), `${word}. ${box.sentence}`);
  setText($("state-word"), word);
  setText($("state-sentence"), box.sentence);
  setAttribute($("state-shape"), "href", `#shape-${box.state}`);
  document.title = `${word} · ${$("box-name").textContent}`;
  lightsOf(box).forEach((pattern, index) => showLight(index + 1, pattern));
  showTapeEnd(box.recording);
  showButtons(box);
  showFacts(box);
}

function lightsOf(box) {
  const [first, ...others] = LIGHTS[box.state];
  const tape = box.devices.find((device) => device.info.role === "tape");
  return [(box.state === "recording" && PICTURE[tape?.signal]) || first, ...others];
}

function showLight(number, pattern) {
  document.querySelector(`[data-light="${number}"]`).dataset.pattern = pattern;
  setText(document.querySelector(`[data-light-word="${number}"]`), t(`pattern.${pattern}`));
}

function showTapeEnd(recording) {
  const seconds = recording?.tape_end_in_s;
  $("tape-end").hidden = seconds == null;
  if (seconds != null) setText($("tape-end"), t("fact.tape_end", { seconds: Math.ceil(seconds) }));
}

function showButtons(box) {
  const running = RECORDING.has(box.state);
  const what = running ? "stop" : "record";
  press = () => command(what);
  setText($("record-label"), t(`button.${what}`));
  setAttribute($("record-mark"), "href", `#mark-${what}`);
  setButton("record", running ? "" : recordObstacle(box), what);
  setButton("eject", ejectObstacle(box), "eject");
}

function setButton(id, obstacle, help) {
  setAttribute($(id), "aria-disabled", Boolean(obstacle));
  setText($(`${id}-reason`), t(`reason.${obstacle || help}`));
}

function recordObstacle(box) {
  if (NOT_NOW.has(box.state)) return box.state;
  if (!box.devices.some((device) => device.info.role === "tape")) return "no_tape";
  if (box.state === "waiting") return "tape_waking";
  return box.minutes_left <= 0 ? "no_room" : "";
}

function ejectObstacle(box) {
  if (NOT_NOW.has(box.state)) return box.state;
  if (!box.stick) return "no_stick";
  if (box.stick.safe_to_remove) return "stick_safe";
  if (RECORDING.has(box.state)) return "eject_recording";
  return box.state === "working" ? "eject_working" : "";
}

function showFacts(box) {
  const known = !NOT_NOW.has(box.state);
  const facts = known ? [room(box), ...recorded(box.recording), stick(box.stick)] : [];
  keyed($("facts"), facts, ([name]) => name, createFact, (fact, [, value]) => setText(fact.lastChild, value));
}

function createFact([name]) {
  return h("div", {}, h("dt", {}, t(`fact.${name}`)), h("dd"));
}

function room(box) {
  const time = minutes(box.minutes_left);
  return ["room", box.minutes_left > 0 ? t("fact.room_of", { time }) : t("fact.room_none")];
}

function recorded(recording) {
  if (!recording) return [];
  return [
    ["elapsed", clock(recording.elapsed_s)],
    ["written", bytes(recording.bytes_written)],
    ["lost_frames", t("fact.lost_both", { tape: recording.tape_lost, camera: recording.camera_lost })],
  ];
}

function stick(stick) {
  if (!stick) return ["stick", t("fact.stick_none")];
  const values = { name: stick.name, free: bytes(stick.free_bytes), size: bytes(stick.size_bytes) };
  const how = stick.safe_to_remove ? "stick_safe" : stick.read_only ? "stick_read_only" : "stick_free";
  return ["stick", t(`fact.${how}`, values)];
}

// A disabled button stays reachable, so that its reason can be read; it just does nothing.
async function use(button, act) {
  if (button.getAttribute("aria-disabled") === "true" || button.ariaBusy === "true") return;
  button.ariaBusy = "true";
  await act();
  button.ariaBusy = "false";
}

export const pressRecord = () => use($("record"), () => press());
$("record").addEventListener("click", pressRecord);
$("eject").addEventListener("click", () => use($("eject"), () => command("eject")));
