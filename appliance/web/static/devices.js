// The tape and the camera: what they deliver, their live picture, signal and sound.

import { $, h, keyed, setAttribute, setText } from "./dom.js";
import { level, t } from "./words.js";

const NEXT_PICTURE_MS = 200;
const NO_PICTURE_MS = 1500;
const SILENT_DBFS = -60;
const LOUD_DBFS = -1;

export function showDevices(devices) {
  const places = ["tape", "camera"].flatMap((role) => {
    const present = devices.filter((device) => device.info.role === role);
    return present.length ? present : [{ missing: true, info: { role, id: "" } }];
  });
  keyed($("device-list"), places, (place) => `${place.info.role} ${place.info.id}`, create, update);
}

function create(place) {
  const role = place.info.role;
  const heading = h("p", { class: "role" }, t(`device.${role}`));
  if (place.missing) {
    return h("article", { class: "card device missing" }, heading, h("p", { class: "quiet" }, t(`device.none_${role}`)));
  }
  const picture = h("img", { alt: t("device.live", { name: place.info.name }) });
  const card = h("article", { class: "card device", "data-role": role },
    h("div", { class: "screen" }, picture, h("span", {}, t("device.no_picture"))),
    heading, h("h3"), h("p", { class: "quiet format" }),
    h("dl", { class: "facts" },
      h("div", {}, h("dt", {}, t("device.signal")), h("dd", { class: "signal" })),
      h("div", {}, h("dt", {}, t("device.lost")), h("dd", { class: "lost" }))),
    h("div", { class: "meters" }, meter("left"), meter("right")));
  watch(picture, role);
  return card;
}

function meter(side) {
  const track = h("div", { class: "track level", role: "meter", "aria-label": t(`device.${side}`),
    "aria-valuemin": SILENT_DBFS, "aria-valuemax": 0 }, h("i"), h("b"));
  return h("div", { class: "meter" }, h("span", {}, t(`device.${side}`)), track, h("span", { class: "number" }));
}

// The next picture is asked for when the last one came, so a slow line gets fewer and never a queue.
function watch(picture, role) {
  let count = 0;
  const next = () => {
    if (picture.isConnected && !document.hidden) picture.src = `/api/live/${role}.jpg?${(count += 1)}`;
    else setTimeout(() => picture.isConnected && next(), NO_PICTURE_MS);
  };
  picture.addEventListener("load", () => { picture.dataset.seen = ""; setTimeout(next, NEXT_PICTURE_MS); });
  picture.addEventListener("error", () => { delete picture.dataset.seen; setTimeout(next, NO_PICTURE_MS); });
  setTimeout(next);
}

function update(card, place) {
  if (place.missing) return;
  const find = (selector) => card.querySelector(selector);
  const simulated = place.info.simulated ? ` (${t("device.simulated")})` : "";
  setText(find("h3"), place.info.name + simulated);
  setText(find(".format"), place.format_text);
  setText(find(".signal"), t(`signal.${place.signal}`));
  setAttribute(card, "data-signal", place.signal);
  const some = t("device.lost_some", { lost: place.lost_frames, frames: place.frames });
  setText(find(".lost"), place.lost_frames ? some : t("device.lost_none"));
  card.querySelectorAll(".meter").forEach((meter, side) => {
    showLevel(meter, place.levels.peak_dbfs[side], place.levels.rms_dbfs[side]);
  });
}

const share = (dbfs) => `${Math.min(100, Math.max(0, (1 - dbfs / SILENT_DBFS) * 100))}%`;

function showLevel(meter, peak, mean) {
  const track = meter.querySelector(".track");
  const loud = peak > LOUD_DBFS;
  const words = loud ? `${level(peak)}, ${t("device.loud")}` : level(peak);
  track.firstChild.style.width = share(mean);
  track.lastChild.style.left = share(peak);
  meter.classList.toggle("loud", loud);
  setAttribute(track, "aria-valuenow", Math.round(Math.max(SILENT_DBFS, Math.min(0, peak))));
  setAttribute(track, "aria-valuetext", words);
  setText(meter.lastChild, words);
}
