// Switching the box off: asked twice, and afterwards silence is no fault.

import { command } from "./commands.js";
import { $ } from "./dom.js";
import { t } from "./words.js";

let leaving = false;

export function showPower(box) {
  leaving = box.state === "off";
  $("power").hidden = leaving;
}

// How the page calls a box that does not answer any more.
export function silence() {
  $("power").hidden = true;
  return leaving ? { state: "gone", sentence: t("gone_sentence") } : { state: "lost", sentence: t("lost_sentence") };
}

$("off").addEventListener("click", () => $("off-sure").showModal());
$("off-no").addEventListener("click", () => $("off-sure").close());
$("off-yes").addEventListener("click", () => { $("off-sure").close(); command("power-off"); });
