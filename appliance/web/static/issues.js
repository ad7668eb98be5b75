// What troubles the box, in plain words; notices can be put away.

import { command } from "./commands.js";
import { $, h, keyed, mark, rebuild } from "./dom.js";
import { t } from "./words.js";

export function showIssues(issues) {
  $("issues").hidden = issues.length === 0;
  keyed($("issue-list"), issues, (issue) => issue.code, create, (item, issue) => rebuild(item, issue, build));
}

function create() {
  return h("li");
}

function build(issue) {
  const text = h("div", {},
    h("p", { class: "quiet small" }, t(`severity.${issue.severity}`)),
    h("h3", {}, issue.title),
    h("p", {}, issue.cause),
    h("p", { class: "strong" }, issue.remedy));
  const done = issue.severity === "notice" || issue.code.startsWith("card-"); // nothing waits for it
  const dismiss = done && h("button",
    { type: "button", "data-act": "dismiss", "aria-label": `${t("button.dismiss")}: ${issue.title}`,
      onclick: () => command("dismiss", issue.code) }, t("button.dismiss"));
  const card = h("div", { class: `issue ${issue.severity}` }, mark(`mark-${issue.severity}`), text);
  if (dismiss) card.append(dismiss);
  return [card];
}
