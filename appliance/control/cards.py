"""A camera's card as the recorder sees it: what is on it, and asking the worker for its films."""

from __future__ import annotations

import threading
from pathlib import Path

from appliance.control.refusals import no_card
from appliance.control.spool import Spool
from appliance.core.problems import Problem
from appliance.core.snapshot import CardStatus
from appliance.deliver.drives import Drive, DriveWatcher, cards
from appliance.takes.card import films_on


class Cards:
    """``look`` and ``ask_for`` ask the card itself and may block for long: call them in a thread."""

    def __init__(self, drives: DriveWatcher, spool: Spool) -> None:
        self.status: CardStatus | None = None  # as it was seen last
        self._drives = drives
        self._spool = spool
        self._looking = threading.Lock()
        self._root: Path | None = None

    def look(self) -> CardStatus | None:
        """A card's films are counted once, when it comes."""
        with self._looking:
            card = self._card()
            root = card.root if card is not None else None
            if card is None or root != self._root:
                self._root, self.status = root, status_of(card)
            return self.status

    def ask_for(self, argument: str) -> None:
        """``TAKE`` or ``TAKE FOLDER``. Raises Problem; the copying itself is the worker's."""
        take_id, _, folder = argument.partition(" ")
        if not folder:
            card = self._card()
            if card is None:
                raise no_card()
            folder = str(card.root)
        self._spool.ask_for_card(take_id, Path(folder))

    def _card(self) -> Drive | None:
        try:
            return next((drive for drive in cards(self._drives) if not drive.status().safe_to_remove), None)
        except (Problem, OSError):  # it was pulled while it was looked at
            return None


def status_of(card: Drive | None) -> CardStatus | None:
    """A card without films is none for us."""
    if card is None:
        return None
    try:
        films = films_on(card.root)
    except (Problem, OSError):
        return None
    return CardStatus(card.name, len(films), sum(film.size_bytes for film in films))
