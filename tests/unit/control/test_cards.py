"""A camera's card beside the stick: seen, offered to a take, and asked of the worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from appliance.control.cards import Cards
from appliance.control.spool import Spool
from appliance.core.config import Config
from appliance.core.journal import Import, TakeRow
from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.core.snapshot import BoxState, CardStatus, CommandName, StickStatus
from appliance.core.types import Issue, Role, Segment, Stage, Take, TakeState
from appliance.takes.store import save_take
from tests.unit.control.conftest import VCR, Box, Stick, Worker

TAKE = "2026-11-21T10-00-00"


@dataclass
class Card:
    """A drive as far as the recorder uses one."""

    root: Path
    name: str = "Card"
    is_card: bool = True
    facts: StickStatus = field(default_factory=lambda: StickStatus("Card", 0, 0))

    def status(self) -> StickStatus:
        return self.facts

    def release(self) -> None:
        self.facts = StickStatus("Card", 0, 0, safe_to_remove=True)


class Slots:
    def __init__(self, *plugged: Any) -> None:
        self.plugged = plugged

    def drives(self) -> tuple[Any, ...]:
        return self.plugged

    def issues(self) -> tuple[Any, ...]:
        return ()


@pytest.fixture
def card(tmp_path: Path) -> Card:
    (tmp_path / "card/DCIM").mkdir(parents=True)
    (tmp_path / "card/DCIM/MVI_0001.MP4").write_bytes(b"film")
    return Card(tmp_path / "card")


def put_take(
    paths: Paths, spool: Spool, state: TakeState = TakeState.DELIVERED, camera: bool = False
) -> Path:
    folder = paths.take(TAKE)
    folder.mkdir(parents=True)
    segment = Segment(Role.TAPE, 0, "tape-00.mkv", 0.0, 4.0, 100, 0, complete=True)
    save_take(Take(TAKE, "2026-11-21T10:00:00", TakeState.RECORDED, (segment,)), folder)
    (folder / "tape-00.mkv").touch()
    spool._journal.put_take(TakeRow(TAKE, "2026-11-21T10:00:00", state, 4.0, False, camera, ""))
    return folder


@pytest.fixture
def spool(paths: Paths) -> Any:
    made = Spool(paths, Config())
    yield made
    made.close()


def refused(cards: Cards, argument: str) -> str:
    with pytest.raises(Problem) as caught:
        cards.ask_for(argument)
    return caught.value.issue.code


def test_a_card_is_counted_once_and_again_when_it_comes_back(
    card: Card, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots = Slots(Stick())
    cards = Cards(slots, spool)
    assert cards.look() is None
    slots.plugged = (Stick(), card)
    assert cards.look() == CardStatus("Card", 1, 4)
    (card.root / "DCIM/MVI_0002.MP4").write_bytes(b"film")
    assert cards.look() == CardStatus("Card", 1, 4)
    slots.plugged = ()
    assert cards.look() is None
    slots.plugged = (card,)
    assert cards.look() == CardStatus("Card", 2, 8)
    card.release()
    assert cards.look() is None


def test_a_card_of_photographs_is_not_offered(card: Card, spool: Spool) -> None:
    (card.root / "DCIM/MVI_0001.MP4").rename(card.root / "DCIM/IMG_0001.JPG")
    assert Cards(Slots(card), spool).look() is None


def test_its_films_are_asked_of_the_worker(card: Card, spool: Spool, paths: Paths) -> None:
    put_take(paths, spool)
    Cards(Slots(card), spool).ask_for(TAKE)
    assert spool._journal.imports() == (Import(TAKE, str(card.root), 0),)
    assert not spool.idle()


def test_any_folder_may_be_named(card: Card, spool: Spool, paths: Paths, tmp_path: Path) -> None:
    """With a space in its name, too."""
    folder = tmp_path / "summer fair 1994"
    folder.mkdir()
    (folder / "a.mp4").touch()
    put_take(paths, spool)
    Cards(Slots(), spool).ask_for(f"{TAKE} {folder}")
    assert spool._journal.imports()[0].card == str(folder)


def test_what_cannot_be_is_refused_with_its_reason(card: Card, spool: Spool, paths: Paths) -> None:
    cards = Cards(Slots(card), spool)
    assert refused(cards, "yesterday") == "no-such-take"
    folder = put_take(paths, spool)
    assert refused(Cards(Slots(Stick()), spool), TAKE) == "card-absent"
    assert refused(cards, f"{TAKE} {card.root / 'nowhere'}") == "card-unread"
    for state in (TakeState.RECORDING, TakeState.INTERRUPTED):
        spool._journal.set_state(TAKE, state)
        assert refused(cards, TAKE) == "take-recording"
    spool._journal.set_state(TAKE, TakeState.DELIVERED)
    (folder / "tape-00.mkv").unlink()
    assert refused(cards, TAKE) == "take-gone"
    assert spool._journal.imports() == ()


def test_the_box_offers_the_card_to_the_take_and_is_done_only_after_it(
    box: Box, card: Card, hire: Callable[[], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    plugged: list[Any] = []
    monkeypatch.setattr(box.slot, "drives", lambda: tuple(plugged))
    box.ready(VCR)
    box.record(5)
    box.do(CommandName.STOP)
    worker = hire()
    take_id = worker.begin()
    plugged.append(card)
    offered = box.until(lambda s: s.card and s.card.take_id, "offered")
    assert (offered.card.films, offered.card.take_id, offered.stick) == (1, take_id, None)
    worker.called_again()
    box.do(CommandName.IMPORT, take_id)
    assert worker.called()
    worker.end(take_id)
    box.until(lambda s: s.job is None and s.state is BoxState.WORKING, "the card is still to be copied")
    worker.tell(take_id, Stage.IMPORT)
    box.until(lambda s: s.job, "copying")
    assert box.ask(CommandName.EJECT) == busy(
        "The card cannot be released yet", "Its films are being copied."
    )
    worker.journal.end_import(take_id)
    worker.end(take_id)
    box.until_state(BoxState.DONE)
    box.do(CommandName.EJECT)
    box.until(lambda s: s.card is None, "released")


def busy(title: str, cause: str) -> Issue:
    from appliance.control.refusals import stick_busy

    issue = stick_busy(Stage.IMPORT).issue
    assert (issue.title, issue.cause) == (title, cause)
    return issue
