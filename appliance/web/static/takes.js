// The takes, newest first.

import { command } from "./commands.js";
import { $, h, keyed, mark, rebuild } from "./dom.js";
import { fileOf } from "./files.js";
import { openPlayer } from "./player.js";
import { clock, date, t } from "./words.js";

const SHAPES = {
  recording: "recording", interrupted: "interrupted", recorded: "waiting", working: "working",
  finished: "ready", delivered: "done", failed: "attention",
};
const WATCHABLE = ["after", "before", "access", "comparison"];

export function showTakes(takes) {
  $("takes-none").hidden = takes.length > 0;
  const newest = [...takes].sort((a, b) => b.created_at.localeCompare(a.created_at) || b.id.localeCompare(a.id));
  keyed($("take-list"), newest, (take) => take.id, () => h("li", { class: "card take" }),
    (item, take) => rebuild(item, take, build));
}

function build(take) {
  const still = fileOf(take, "after") ?? fileOf(take, "before");
  const heard = [clock(take.duration_s), t(take.has_camera ? "take.with_camera" : "take.alone")];
  if (take.interrupted) heard.push(t("take.interrupted"));
  return [
    h("div", { class: "still" }, still ? h("img", { src: still, alt: "", loading: "lazy" }) : mark("shape-waiting")),
    h("div", { class: "about" },
      h("h3", {}, date(take.created_at)),
      h("p", { class: "quiet" }, heard.join(", ")),
      h("p", { class: "standing-small" }, mark(`shape-${SHAPES[take.state]}`), t(`take.${take.state}`)),
      take.note && h("p", {}, take.note),
      h("div", { class: "row" }, ...deeds(take))),
  ];
}

function deeds(take) {
  const of = date(take.created_at);
  const link = (role, words, more) => fileOf(take, role) && h("a",
    { class: "button", href: fileOf(take, role), "data-act": role, "aria-label": `${t(words)}, ${of}`, ...more }, t(words));
  const watchable = WATCHABLE.some((role) => take.files[role]);
  return [
    watchable && h("button", { type: "button", class: "main", "data-act": "watch", onclick: () => openPlayer(take),
      "aria-label": `${t("button.compare")}, ${of}` }, t("button.compare")),
    take.state === "failed" && h("button", { type: "button", "data-act": "retry",
      onclick: () => command("retry", take.id, t("button.retry")) }, t("button.retry")),
    link("report", "button.report", { target: "_blank", rel: "noopener" }),
    link("access", "button.film", { download: "" }),
    link("comparison", "button.comparison", { download: "" }),
    link("master", "button.master", { download: "" }),
  ].filter(Boolean);
}
