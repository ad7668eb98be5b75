// Before and after: two stills under a divider, the restored film, and both films side by side.

import { $ } from "./dom.js";
import { fileOf } from "./files.js";
import { date, t } from "./words.js";

const STEP_S = 5;
const PICTURE_S = 1 / 50;
let shown = null;

export function openPlayer(take) {
  shown = take;
  const views = {
    stills: Boolean(take.files.before && take.files.after),
    access: Boolean(take.files.access),
    comparison: Boolean(take.files.comparison),
  };
  for (const label of document.querySelectorAll("#player-views label")) label.hidden = !views[label.dataset.view];
  $("player-title").textContent = t("player.title", { date: date(take.created_at) });
  $("wipe-before").src = fileOf(take, "before") ?? "";
  $("wipe-after").src = fileOf(take, "after") ?? "";
  $("player").showModal();
  const first = Object.keys(views).find((view) => views[view]);
  const choice = document.querySelector(`#player-views input[value="${first ?? "stills"}"]`);
  choice.checked = true;
  choice.focus();
  showView(choice.value);
  moveDivider(50);
}

function showView(view) {
  const film = $("film");
  const still = view === "stills";
  film.pause();
  $("wipe").hidden = !still;
  film.hidden = still;
  $("player-hint").textContent = t(still ? "player.hint_stills" : "player.hint_film");
  if (!still) film.src = fileOf(shown, view);
}

function moveDivider(percent) {
  $("divider").value = percent;
  $("divider").setAttribute("aria-valuetext", t("player.divider_at", { percent }));
  $("wipe-after").style.clipPath = `inset(0 0 0 ${percent}%)`;
}

function leave() {
  const film = $("film");
  film.pause();
  film.removeAttribute("src");
  film.load(); // lets go of the file
}

function toggle(film) {
  if (film.paused) film.play().catch(() => {});
  else film.pause();
}

function jump(film, seconds) {
  film.currentTime = Math.min(film.duration || 0, Math.max(0, film.currentTime + seconds));
}

const KEYS = {
  " ": toggle,
  k: toggle,
  ArrowLeft: (film) => jump(film, -STEP_S),
  ArrowRight: (film) => jump(film, STEP_S),
  ",": (film) => jump(film, -PICTURE_S),
  ".": (film) => jump(film, PICTURE_S),
  f: (film) => (document.fullscreenElement ? document.exitFullscreen() : film.requestFullscreen()),
};

function onKey(event) {
  const act = KEYS[event.key];
  const arrow = event.key.startsWith("Arrow");
  const needed = event.target.closest(arrow ? "input" : "button"); // they use the key themselves
  if (!act || $("film").hidden || needed || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  act($("film"));
}

$("player").addEventListener("keydown", onKey, true);
$("player").addEventListener("close", leave);
$("player-close").addEventListener("click", () => $("player").close());
$("divider").addEventListener("input", (event) => moveDivider(event.target.value));
$("player-views").addEventListener("change", (event) => showView(event.target.value));
$("wipe-after").addEventListener("load", (event) => {
  $("wipe").style.aspectRatio = `${event.target.naturalWidth} / ${event.target.naturalHeight}`;
});
$("film").addEventListener("error", () => {
  if ($("film").getAttribute("src")) $("player-hint").textContent = t("player.unplayable");
});
