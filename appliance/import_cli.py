"""The command ``twinreel import``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from appliance.console import print_json, progress_bar
from appliance.core.paths import paths_from_environment


def import_films(
    card: Annotated[Path, typer.Argument(help="A camera's card, a stick, a folder of films, or one film.")],
    take: Annotated[
        str, typer.Option(help="The take to add the films to; else the newest one without a camera.")
    ] = "",
    list_: Annotated[bool, typer.Option("--list", help="Only list the films that would be taken.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Add a camera's films to a take of the running box, whose own film is then made again with their help.

    The card is only read. The box copies by itself: if this command is ended, it goes on.
    """
    from appliance.importing import import_card, list_card

    if list_:
        films = list_card(card)
        if json_:
            print_json([film.as_json() for film in films])
        else:
            print(*(film.sentence() for film in films), sep="\n")
        return
    with progress_bar(quiet or json_) as tell:
        done = import_card(paths_from_environment(), card, take, tell)
    if json_:
        print_json({"done": done})
    else:
        print(done)
