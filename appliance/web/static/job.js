// How far the film is.

import { $, setAttribute, setText } from "./dom.js";
import { remaining, t } from "./words.js";

export function showJob(job) {
  $("job").hidden = !job;
  if (!job) return;
  const percent = Math.round(Math.min(1, Math.max(0, job.fraction)) * 100);
  const waiting = job.waiting_for === "stick";
  setText($("job-percent"), `${percent} %`);
  setAttribute($("job-bar"), "aria-valuenow", percent);
  setAttribute($("job-bar"), "aria-valuetext", `${percent} %, ${job.text}`);
  $("job-bar").firstElementChild.style.width = `${percent}%`;
  setText($("job-text"), waiting ? t("job.stick") : job.text);
  const left = job.remaining_s == null || waiting ? "" : t("job.remaining", { time: remaining(job.remaining_s) });
  setText($("job-remaining"), left);
  $("job-recipe").hidden = !job.recipe;
  if (job.recipe) setText($("job-recipe"), t("job.recipe", { name: job.recipe, steps: job.steps.join(" → ") }));
  showStages(job.stage);
}

function showStages(current) {
  let done = true;
  for (const item of $("job-stages").children) {
    const here = item.dataset.stage === current;
    if (here) done = false;
    item.className = here ? "here" : done ? "passed" : "";
    item.hidden = item.dataset.stage === "import" && !here; // no part of making a film
    if (here) setAttribute(item, "aria-current", "step");
    else item.removeAttribute("aria-current");
  }
}
