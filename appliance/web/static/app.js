// The page: listens to the box and shows what it says.

import { command } from "./commands.js";
import { cardTakes, showCard } from "./card.js";
import { showDevices } from "./devices.js";
import { $ } from "./dom.js";
import { showIssues } from "./issues.js";
import { showJob } from "./job.js";
import { listen } from "./news.js";
import { pressRecord, showNow } from "./now.js";
import { showPower, silence } from "./off.js";
import { showTakes } from "./takes.js";
import { t } from "./words.js";

const KEEP = "twinreel-shortcuts";

function showBox(box) {
  showNow(box);
  showIssues(box.issues);
  showJob(box.job);
  showCard(box);
  showPower(box);
  $("devices").hidden = box.state === "starting"; // nothing is known of them yet
  showDevices(box.devices);
  $("sim").hidden = !box.simulated;
  $("version").textContent = box.version && t("said.version", { version: box.version });
}

function showLost() {
  const nothing = { devices: [], stick: null, minutes_left: 0, recording: null };
  showNow({ ...silence(), ...nothing });
  showJob(null);
  showCard({ card: null });
  $("devices").hidden = true;
}

function onKey(event) {
  const shortcut = event.key === " " || event.key.toLowerCase() === "r";
  const busy = event.target !== document.body || event.repeat || event.ctrlKey || event.metaKey || event.altKey;
  if (!shortcut || busy || !$("shortcuts").checked) return;
  event.preventDefault();
  pressRecord();
}

function onSimulate(event) {
  const action = event.target.dataset.simulate;
  if (action) command("simulate", action, event.target.textContent.trim());
}

$("shortcuts").checked = localStorage.getItem(KEEP) !== "off";
$("shortcuts").addEventListener("change", (event) => localStorage.setItem(KEEP, event.target.checked ? "on" : "off"));
$("sim").addEventListener("click", onSimulate);
document.addEventListener("keydown", onKey);
listen({ onTakes: (takes) => { showTakes(takes); cardTakes(takes); }, onSnapshot: showBox, onLost: showLost });
