"""The commands ``twinreel models``: what there is, adding and removing one's own, preparing the processor."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from appliance.console import print_issue, print_json, progress_bar
from appliance.core.config import load_config
from appliance.core.paths import paths_from_environment

if TYPE_CHECKING:
    from appliance.enhance.own import OwnModel

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
QuietFlag = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]
VARIANTS = ("-s8", "-f32")  # of a shipped model, for other processors
models = typer.Typer(
    help="The models, shipped and your own: what there is, where it runs, adding, preparing the processor."
)


@models.callback(invoke_without_command=True)
def list_models(context: typer.Context, json_: JsonFlag = False) -> None:
    """List the models of this box, shipped and your own, check their hashes, and say where they would run.

    With --json also all that is known of each.
    """
    if context.invoked_subcommand is not None:
        return
    from appliance.enhance.manifest import load_model
    from appliance.enhance.own import checked_file, own_models
    from appliance.enhance.runtime import open_session

    folder = paths_from_environment().models
    own = own_models(folder)
    for model in own:
        checked_file(model, folder)
    shipped = [asdict(load_model(name)) for name in shipped_names()]
    runtime = open_session(load_model())
    facts: dict[str, Any] = asdict(runtime.model) | {
        "provider": runtime.provider,
        "provider_reason": runtime.provider_reason,
        "shipped": shipped,
        "own": [asdict(model) for model in own],
    }
    if json_:
        print_json(facts)
        return
    for row in shipped:
        print(f"{row['tier']:24} shipped  {row['scale']} times the size  {row['sha256'][:12]}")
    for model in own:
        print(own_line(model))
    print(f"They run on {runtime.provider_reason}")


def own_line(model: OwnModel) -> str:
    kind = "INT8" if model.quantised else model.numbers
    return (
        f"{model.name:24} {model.task}, {model.scale} times the size, {kind},"
        f" {model.seconds:.2g} s a picture, {model.licence}  {model.sha256[:12]}"
    )


def shipped_names() -> list[str]:
    """By their tiers; the variants for other processors go with their model."""
    from appliance.enhance.manifest import MANIFEST, models_folder, read_rows

    tiers = [str(row.get("tier")) for row in read_rows(models_folder() / MANIFEST)]
    return [tier for tier in tiers if not tier.endswith(VARIANTS)]


@models.command("add")
def add(
    file: Annotated[
        Path, typer.Argument(help="An ONNX file: NCHW, RGB, 0..1 (Real-ESRGAN, SwinIR, RIFE ...).")
    ],
    task: Annotated[str, typer.Option(help="sr, denoise, deblur or interpolate.")],
    scale: Annotated[
        int | None,
        typer.Option(help="How many times as large its answers are; left out: as they are.", min=1),
    ] = None,
    licence: Annotated[
        str, typer.Option("--licence", "--license", help="Its licence; needed unless the file says it.")
    ] = "",
    name: Annotated[str, typer.Option(help="What recipes call it; left out: after the file.")] = "",
    memory: Annotated[int, typer.Option(help="Megabytes that it may take while it works.", min=50)] = 1500,
    levels: Annotated[str, typer.Option(help="The numbers it wants: 0..1, 0..255, -1..1 or auto.")] = "auto",
    frames: Annotated[
        Path | None,
        typer.Option(
            "--quantise", help="Make it INT8 by these frames of yours: a film or a folder of stills."
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Keep it in spite of strange answers, seams or a large loss.")
    ] = False,
    json_: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Add a model of your own: checks it, measures it, copies it; from then on recipes can name it."""
    from appliance.enhance.foreign_add import Wish, add_model

    paths = paths_from_environment()
    threads = load_config(paths).enhance.threads
    wish = Wish(file, task, scale, licence, name, memory, levels, frames, force, threads)
    taken = frozenset(shipped_names())
    with progress_bar(quiet or json_) as tell:
        added = add_model(wish, paths.models, taken, tell)
    for issue in added.issues:
        print_issue(issue)
    if json_:
        print_json(asdict(added.model) | {"faster": round(added.faster, 2)})
        return
    print("\n".join(added.sentences()))


@models.command("remove")
def remove(name: Annotated[str, typer.Argument(help="One of your own models.")]) -> None:
    """Remove a model of your own; films that were made with it stay."""
    from appliance.enhance.own import forget

    print(f"{forget(name, paths_from_environment().models).name} was removed.")


@models.command("check")
def check(
    name: Annotated[str, typer.Argument(help="One of your own models.")], json_: JsonFlag = False
) -> None:
    """Whether a model of your own is still what was added, where it runs, and how fast."""
    from appliance.enhance.foreign_add import checked
    from appliance.enhance.own import needed_model

    paths = paths_from_environment()
    model = needed_model(name, paths.models)
    facts = checked(model, paths.models, load_config(paths).enhance.threads)
    if json_:
        print_json(asdict(model) | facts)
        return
    print(f"{name}: whole and as it was added. {facts['provider_reason']}")
    print(
        f"A picture of 720 × 576 takes {facts['seconds']:.2g} s, loading the model {facts['load_s']:.2g} s."
    )


@models.command("build")
def build_models(json_: JsonFlag = False, quiet: QuietFlag = False) -> None:
    """Prepare the processor for every model, so that no film waits for it; waits while a tape is recorded."""
    from appliance.worker.building import build_engines

    paths = paths_from_environment()
    with progress_bar(quiet) as tell:
        done = build_engines(load_config(paths).enhance, paths.cache, paths.journal, tell)
    if json_:
        print_json([asdict(one) for one in done])
        return
    for one in done:
        print(f"{one.model.name:24} {'built' if one.built else 'ready'}  {one.provider_reason}")
