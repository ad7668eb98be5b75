"""The command ``twinreel adapt``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from appliance.console import print_json, progress_bar
from appliance.core.config import load_config
from appliance.core.paths import paths_from_environment

INTERRUPTED = 130  # by Ctrl-C
REFUSED = 4  # tuning did not help: the shipped model stays
SUFFIX = ".model"  # of a folder beside the tape


def adapt(
    tape: Annotated[Path, typer.Argument(help="The digitised tape.")],
    camera: Annotated[
        list[Path] | None, typer.Option(help="A camera's film of the same event; may be given again.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The folder for the model. [default: TAPE.model beside the tape]"),
    ] = None,
    tier: Annotated[str, typer.Option(help="live or standard: which model is tuned.")] = "live",
    minutes: Annotated[float, typer.Option(min=1, help="How long it may take, about.")] = 8.0,
    field_order: Annotated[str, typer.Option(help="tff, bff, or auto: as the pictures show.")] = "auto",
    force: Annotated[bool, typer.Option("--force", help="Write over a folder that is there.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Tune a model for one tape, and keep it only if windows of the tape that were held back improve.

    Needs the extra [train]. The film is then made with `twinreel enhance --model FOLDER`. An interrupted run
    writes nothing. Exit code 4: tuning did not help, and the shipped model stays.
    """
    from appliance.worker.adapting import AdaptJob, adapt_tape

    folder = out or tape.with_suffix(SUFFIX)
    job = AdaptJob(tape, tuple(camera or ()), folder, tier, minutes, field_order, force)
    try:
        with progress_bar(quiet) as tell:
            found = adapt_tape(job, load_config(paths_from_environment()), tell)
    except KeyboardInterrupt:
        print("Interrupted. Nothing was written; the shipped model stays in use.", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    if json_:
        print_json(found.as_json())
    elif not quiet:
        print(found.sentence(), file=sys.stderr)
    if not found.kept:
        raise typer.Exit(REFUSED)
