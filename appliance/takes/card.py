"""The films on a camera's card, or in any folder of films, in the order in which the camera counted them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from appliance.core.problems import Problem

SUFFIXES = frozenset(
    (".3gp", ".avi", ".dv", ".m2ts", ".m4v", ".mkv", ".mod", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".tod")
)
SMALL_COPIES = frozenset({"sub", "thmbnl"})  # beside the films themselves, on cards of some makers
OURS = "bagit.txt"  # a folder that the box delivered: its films are no camera's


@dataclass(frozen=True)
class CardFilm:
    path: Path
    size_bytes: int


def films_on(card: Path) -> tuple[CardFilm, ...]:
    """Raises Problem when the card is not there, cannot be read, or holds no film.

    By folder and name, as cameras count; what a file says about its time is often wrong.
    """
    if card.is_file():
        return (CardFilm(card, card.stat().st_size),)
    found: list[CardFilm] = []
    try:
        for folder, folders, names in os.walk(card, onerror=raised):
            folders[:] = [] if OURS in names else sorted(f for f in folders if shown(f))
            paths = (Path(folder, name) for name in sorted(names) if shown(name))
            found += [CardFilm(p, p.stat().st_size) for p in paths if p.suffix.lower() in SUFFIXES]
    except OSError as error:
        raise unreadable(card, error) from error
    if not found:
        raise no_films(card)
    return tuple(found)


def raised(error: OSError) -> None:
    raise error


def shown(name: str) -> bool:
    return not name.startswith(".") and name.lower() not in SMALL_COPIES


def no_films(card: Path) -> Problem:
    return Problem(
        "card-empty",
        "There are no films on the card",
        f"No file in {card} has a name as a film has (such as MP4, MOV, MTS or AVI).",
        "Look at the card in the camera itself; photographs alone do not help.",
    )


def unreadable(card: Path, error: OSError) -> Problem:
    return Problem(
        "card-unread",
        "The camera's card cannot be read",
        f"{card}: {error.strerror or error}.",
        "Pull the card out, plug it in again and try once more; or copy the films to a stick. The box must be"
        " allowed to read the folder.",
    )
