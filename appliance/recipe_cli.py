"""The commands ``twinreel make`` and ``twinreel recipes``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from appliance.console import print_interrupted, print_issue, print_json, progress_bar
from appliance.core.config import load_config
from appliance.core.paths import paths_from_environment, user_cache

if TYPE_CHECKING:
    from appliance.worker.recipes import RecipeJob

INCOMPLETE = 3  # done, but the input was cut off
INTERRUPTED = 130  # by Ctrl-C
RecipeName = Annotated[
    str,
    typer.Argument(
        metavar="RECIPE",
        help="A recipe's name, or the path of a TOML file of your own; `twinreel recipes` lists them.",
    ),
]
Source = Annotated[
    Path | None, typer.Argument(metavar="INPUT", help="A film, or a folder of stills (PNG, JPEG).")
]
Out = Annotated[
    Path,
    typer.Option(
        "--out",
        "-o",
        help="The film to write: .mp4 (H.264) or .mkv (lossless FFV1). A folder (no suffix) gets film,"
        " comparison, stills and report. Of stills: a folder for PNGs of the same names.",
    ),
]
TakeId = Annotated[str, typer.Option(help="Instead of INPUT, a take of this box, which is only read.")]
Cameras = Annotated[
    list[Path] | None,
    typer.Option(help="A camera's film of the same event, or a folder of them; may be given again."),
]
Look = Annotated[
    str, typer.Option(help="restored, twin or tape, for recipes that restore; else as the recipe says.")
]
Amount = Annotated[float, typer.Option(min=0, max=1, help="How much of that look.")]
Order = Annotated[str, typer.Option(help="tff, bff, progressive, or auto: as the pictures show.")]
Provider = Annotated[str, typer.Option(help="auto, tensorrt, cuda or cpu.")]
Force = Annotated[bool, typer.Option("--force", help="Write over what is there.")]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def add_recipes(app: typer.Typer) -> None:
    app.command()(make)
    app.command()(recipes)


def make(
    recipe: RecipeName,
    out: Out,
    source: Source = None,
    take: TakeId = "",
    camera: Cameras = None,
    look: Look = "",
    amount: Amount = 1.0,
    field_order: Order = "auto",
    provider: Provider = "auto",
    force: Force = False,
    json_: JsonFlag = False,
    quiet: Quiet = False,
) -> None:
    """Make a film by a recipe: a list of stages such as restore, camera, net, slower, squeeze.

    twinreel make denoise holiday.mp4 -o calm.mp4

    twinreel make slow-motion goal.mkv -o slow.mp4

    twinreel make sr4 photos/ -o large/

    twinreel make twin --take 2026-11-21T10-00-00 -o film.mp4

    twinreel make mine.toml tape.mkv --camera card/ -o folder

    Everything is checked before the first picture: what cannot run is refused with what to change. A run that
    was interrupted goes on when the same command is given again; what is done lies beside the output, in a
    folder that ends in .unfinished. Exit code 3: the input was cut off, its film was made.
    """
    from appliance.worker.recipes import RecipeJob

    cameras, cache = tuple(camera or ()), user_cache()
    job = RecipeJob(recipe, out, source, take, cameras, look, amount, field_order, provider, force, cache)
    run(job, json_, quiet)


def run(job: RecipeJob, json_: bool, quiet: bool) -> None:
    from appliance.worker.files import work_beside
    from appliance.worker.recipes import make_by_recipe

    paths = paths_from_environment()
    try:
        with progress_bar(quiet) as tell:
            result = make_by_recipe(job, paths, load_config(paths), tell)
    except KeyboardInterrupt:
        print_interrupted(work_beside(job.out))
        raise typer.Exit(INTERRUPTED) from None
    for issue in result.issues:
        print_issue(issue)
    if json_:
        print_json(result.as_json())
    elif not quiet:
        print(result.sentence(), file=sys.stderr)
    if result.incomplete:
        raise typer.Exit(INCOMPLETE)


def recipes(
    name: Annotated[str, typer.Argument(help="One recipe, printed as TOML, to copy and change.")] = "",
    json_: JsonFlag = False,
) -> None:
    """List the recipes, or print one: `twinreel recipes denoise > mine.toml`.

    A file in <root>/etc/twinreel/recipes is a recipe of this box under its own name; `twinreel make` also
    takes the path of any other.
    """
    from appliance.enhance.recipe import read_recipe, recipe_files, recipe_path, text_of

    own = paths_from_environment().recipes
    if name:
        print(text_of(recipe_path(name, own)), end="")
        return
    found = [read_recipe(text_of(path), path.stem) for path in recipe_files(own)]
    if json_:
        print_json([{"name": r.name, "title": r.title, "about": r.about, "stages": r.words} for r in found])
        return
    for recipe in found:
        print(f"{recipe.name:14} {recipe.about}\n{'':14} = {', '.join(recipe.words)}")
