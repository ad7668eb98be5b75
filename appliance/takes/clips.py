"""Films of a camera that come to a take later: where they lie in its folder, and whether they may come."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from appliance.core.problems import Problem
from appliance.core.types import Role, Take
from appliance.takes.store import TAKE_FILE, load_take

FOLDER = "clips"


def take_with_masters(folder: Path) -> Take:
    """Raises Problem when the take, or a recording of its tape, is no longer on the box."""
    if not (folder / TAKE_FILE).is_file():
        raise take_gone(folder.name)
    take = load_take(folder)
    if not all((folder / s.path).is_file() for s in take.segments if s.role is Role.TAPE):
        raise take_gone(folder.name)
    return take


def place_for(name: str, taken: Iterable[str]) -> str:
    """Its own name, as the camera gave it; a second one of that name gets a number."""
    used = {Path(path).name.casefold() for path in taken}
    wanted, number = Path(name), 2
    while name.casefold() in used:
        name = f"{wanted.stem} {number}{wanted.suffix}"
        number += 1
    return f"{FOLDER}/{name}"


def take_gone(take_id: str) -> Problem:
    return Problem(
        "take-gone",
        "The recording of this take is no longer on the box",
        f"The master of take {take_id} was deleted, and the film cannot be made again without it.",
        "The master is on the stick that the take was delivered to: `twinreel enhance` makes a film of it and"
        " of the camera's films.",
    )
