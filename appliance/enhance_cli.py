"""The command ``twinreel enhance``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from appliance.console import print_interrupted, print_issue, print_json, progress_bar
from appliance.core.config import load_config
from appliance.core.paths import paths_from_environment, user_cache

INCOMPLETE = 3  # done, but the input was cut off
INTERRUPTED = 130  # by Ctrl-C
JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
QuietFlag = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]
Cameras = Annotated[
    list[Path] | None,
    typer.Option(
        help="A camera's film of the same event; may be given again, in any order. A folder (such as a"
        " camera's card) means all films in it."
    ),
]
ModelOption = Annotated[
    Path | None,
    typer.Option(help="A folder of models that `twinreel adapt` made for this tape; its own tier is used."),
]
LookOption = Annotated[
    str,
    typer.Option(
        help="tape (its own grain, only faults removed), restored, twin (all of the camera's detail), or"
        " a number from 0 over 0.5 to 1 between them. [default: as configured, else restored]"
    ),
]


def enhance(
    tape: Annotated[Path, typer.Argument(help="The digitised tape.")],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            help="The film to write: .mp4 (H.264) or .mkv (lossless FFV1). A folder (no suffix) gets film,"
            " comparison, stills and report.",
        ),
    ],
    camera: Cameras = None,
    field_order: Annotated[
        str, typer.Option(help="tff (top field first), bff, progressive, or auto: as the pictures show.")
    ] = "auto",
    tier: Annotated[
        str,
        typer.Option(
            help="live (fast), standard, studio (best, twice the size) or auto: as configured, else standard."
        ),
    ] = "auto",
    model: ModelOption = None,
    provider: Annotated[str, typer.Option(help="auto, tensorrt, cuda or cpu.")] = "auto",
    strength: Annotated[float, typer.Option(min=0, max=1, help="How much of the camera's detail.")] = 1.0,
    look: LookOption = "",
    force: Annotated[bool, typer.Option("--force", help="Write over a film that is there.")] = False,
    json_: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Make a better film of a digitised tape: the whole frame, one picture per field.

    A run that was interrupted goes on when the same command is given again; what is done lies beside the
    output, in a folder that ends in .unfinished. Exit code 3: the tape was cut off, its film was made.
    """
    from appliance.worker.files import FileJob, enhance_files, work_folder

    if model is not None:
        tier = with_model(model, tier)
    cameras = tuple(camera or ())
    job = FileJob(tape, cameras, out, field_order, provider, strength, force, user_cache(), tier, look)
    try:
        with progress_bar(quiet) as tell:
            result = enhance_files(job, load_config(paths_from_environment()), tell)
    except KeyboardInterrupt:
        print_interrupted(work_folder(job))
        raise typer.Exit(INTERRUPTED) from None
    for issue in result.issues:
        print_issue(issue)
    if json_:
        print_json(result.as_json())
    elif not quiet:
        print(result.sentence(), file=sys.stderr)
    if result.incomplete:
        raise typer.Exit(INCOMPLETE)


def with_model(folder: Path, tier: str) -> str:
    """From now on this folder's models are used; the tier that was tuned there, unless another was named."""
    from appliance.adapt.publish import tuned_tier
    from appliance.enhance.manifest import ENVIRONMENT

    found = tuned_tier(folder)
    os.environ[ENVIRONMENT] = str(folder.resolve())
    return found if tier == "auto" and found else tier
