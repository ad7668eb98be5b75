// A camera's card that is plugged in, and the take that its films are offered to.

import { command } from "./commands.js";
import { $, setAttribute, setText } from "./dom.js";
import { bytes, date, t } from "./words.js";

let takes = [];
let offered = null;

export function cardTakes(known) {
  takes = known;
  showOffer();
}

export function showCard(box) {
  $("card").hidden = !box.card;
  offered = box.card && { take: box.card.take_id, copying: box.job?.stage === "import" };
  if (!box.card) return;
  const facts = { films: box.card.films, size: bytes(box.card.size_bytes) };
  setText($("card-films"), t(box.card.films === 1 ? "card.found_one" : "card.found", facts));
  showOffer();
}

function showOffer() {
  const take = takes.find((one) => one.id === offered?.take);
  $("card-add").hidden = !take;
  if (take) setText($("card-add"), t("card.add", { date: date(take.created_at) }));
  const reason = offered?.copying ? "busy" : take ? "" : "none";
  setAttribute($("card-add"), "aria-disabled", Boolean(reason));
  setText($("card-reason"), reason && t(`card.${reason}`));
}

$("card-add").addEventListener("click", () => {
  if ($("card-add").getAttribute("aria-disabled") === "true") return;
  command("import", offered.take, $("card-add").textContent.trim());
});
