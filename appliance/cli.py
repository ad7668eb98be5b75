"""The command ``twinreel``. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from appliance import __version__
from appliance.adapt_cli import adapt
from appliance.bench.cli import app as bench
from appliance.console import print_issue, print_json, progress_bar
from appliance.core.config import Config, load_config
from appliance.core.paths import Paths, paths_from_environment, user_cache
from appliance.core.problems import Problem
from appliance.devices_cli import devices
from appliance.enhance_cli import enhance
from appliance.import_cli import import_films
from appliance.models_cli import models
from appliance.recipe_cli import add_recipes
from appliance.run_cli import run

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Twinreel: records a tape and a camera and makes one better film of both.\n\n"
    "Try it: `twinreel demo`. A file: `twinreel enhance TAPE.mkv -o FILM.mp4`.",
)
JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
QuietFlag = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


@app.callback()
def options(
    root: Annotated[
        Path | None,
        typer.Option(help="The folder that everything of the box lies below (also TWINREEL_ROOT)."),
    ] = None,
) -> None:
    if root is not None:
        os.environ["TWINREEL_ROOT"] = str(root.resolve())


def box() -> tuple[Paths, Config]:
    paths = paths_from_environment()
    return paths, load_config(paths)


@app.command()
def record() -> None:
    """Run the recorder process: devices, capture, the button and the lights (a service runs this)."""
    from appliance.app import run_recorder
    from appliance.ops.logs import setup_logging

    setup_logging("recorder")
    run_recorder(*box())


@app.command()
def worker() -> None:
    """Run the worker process: makes and delivers the films, one take at a time (a service runs this)."""
    from appliance.app import run_worker
    from appliance.ops.logs import setup_logging

    setup_logging("worker")
    run_worker(*box())


@app.command()
def web() -> None:
    """Run the page (a service runs this)."""
    from appliance.app import run_web
    from appliance.ops.logs import setup_logging

    setup_logging("web")
    run_web(*box())


@app.command()
def demo(
    auto: Annotated[
        bool, typer.Option("--auto", help="Record one take without a hand, deliver it, print a table, end.")
    ] = False,
    seconds: Annotated[float, typer.Option(help="How long the simulated tape plays.")] = 20.0,
    out: Annotated[Path | None, typer.Option(help="With --auto: where the delivered folder goes.")] = None,
    standard: Annotated[str, typer.Option(help="pal or ntsc.")] = "pal",
    wear: Annotated[str, typer.Option(help="clean, good or worn.")] = "good",
    camera: Annotated[str, typer.Option(help="same, other (films something else) or none.")] = "same",
    size: Annotated[str, typer.Option(help="full, or quarter for a quick look.")] = "full",
    speed: Annotated[
        float, typer.Option(help="How much faster than real time the simulated world runs.")
    ] = 1.0,
    port: Annotated[int, typer.Option(help="The page's port; 0 takes any free one.")] = 8020,
    fault: Annotated[
        list[str] | None, typer.Option(help="A fault, such as unplug-tape@5; may be given again.")
    ] = None,
    json_: JsonFlag = False,
) -> None:
    """Run the whole box on simulated hardware: VCR, camera, stick, lights and button.

    Without --auto it runs until Ctrl-C; its page has the buttons, and the hands that pull cables.
    """
    from appliance.demo import DemoSettings, print_table, run_auto, run_demo

    with tempfile.TemporaryDirectory(prefix="twinreel-demo-") as temporary:
        root = Path(temporary) / "box" if auto else demo_root()
        settings = DemoSettings(
            root,
            user_cache(),
            seconds,
            standard,
            wear,
            camera,
            size,
            speed,
            0 if auto else port,
            tuple(fault or ()),
        )
        if not auto:
            raise typer.Exit(run_demo(settings))
        result = run_auto(settings, (out or Path("twinreel-demo")).resolve(), quiet=json_)
        if json_:
            print_json(result)
        else:
            print_table(result)


def demo_root() -> Path:
    home = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    return Path(os.environ.get("TWINREEL_ROOT") or home / "twinreel/demo").resolve()


@app.command()
def sync(
    tape: Annotated[Path, typer.Argument(help="The digitised tape.")],
    camera: Annotated[list[Path], typer.Argument(help="The camera's films, or a folder of them.")],
    more_tapes: Annotated[
        list[Path] | None, typer.Option("--tape", help="Another tape of the same event; may be given again.")
    ] = None,
    by: Annotated[
        str, typer.Option(help="sound, light, or auto: by light where their sound does not tell.")
    ] = "auto",
    json_: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Find how recordings lie on one clock: t_tape = offset_s + (1 + drift_ppm / 1e6) * t_camera.

    Every film of the camera is placed on its own, whatever their order. --json prints one object for one
    film on one tape, else a list of such objects.
    """
    from appliance.worker.files import sync_files

    with progress_bar(quiet or json_) as tell:
        found, troubles = sync_files([tape, *(more_tapes or [])], camera, tell, by)
    alone = len(found) == 1 and not camera[0].is_dir()
    if json_:
        print_json(asdict(found[0].estimate) if alone else [clip.as_json() for clip in found])
    else:
        for clip in found:
            print(clip.sentence() if alone else f"{clip.tape.name} and {clip.camera.name}: {clip.sentence()}")
    troubles += tuple(clip.trouble for clip in found if clip.trouble is not None)
    for trouble in dict.fromkeys(troubles):
        print_issue(trouble)
    if all(clip.trouble is not None for clip in found):
        raise typer.Exit(1)


@app.command()
def latency(
    film: Annotated[Path, typer.Argument(help="A recording of claps with a flash, made by the device.")],
    device: Annotated[str, typer.Option(help="The device's name, as in a take's description.")],
    keep: Annotated[
        bool, typer.Option("--keep", help="Use it for what this device records from now on.")
    ] = False,
    json_: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Measure how much later the sound comes than the picture inside one device."""
    from appliance.worker.latencies import keep_latency, latency_of_file

    with progress_bar(quiet or json_) as tell:
        found, key = latency_of_file(film, device, tell)
    if keep and found.late_s is not None:
        keep_latency(box()[0].latencies, key, found.late_s)
    if json_:
        print_json({"key": key, "kept": keep, **asdict(found)})
        return
    print(f"{key}: {found.sentence()}{' Kept.' if keep else ''}")


@app.command()
def status(json_: JsonFlag = False) -> None:
    """Say in words what the running box does."""
    from appliance.core.link import Link
    from appliance.core.wire import Hello

    link = Link(box()[0].socket, Hello("cli"))
    snapshot = link.snapshot()
    link.close()
    if json_:
        from pydantic import TypeAdapter

        print(TypeAdapter(type(snapshot)).dump_json(snapshot, indent=2).decode())
        return
    print(f"{snapshot.state.value}: {snapshot.sentence}")
    for issue in snapshot.issues:
        print_issue(issue)


@app.command()
def press(
    button: Annotated[
        str, typer.Argument(help="record, stop, press (the button) or eject (the long press).")
    ],
) -> None:
    """Press the running box's button from here."""
    from appliance.core.link import Link
    from appliance.core.snapshot import Command, CommandName
    from appliance.core.wire import Hello

    names = [n.value for n in (CommandName.RECORD, CommandName.STOP, CommandName.PRESS, CommandName.EJECT)]
    if button not in names:
        raise Problem(
            "no-such-button",
            f"There is no button {button!r}",
            "It is not known.",
            f"Use one of {', '.join(names)}.",
        )
    link = Link(box()[0].socket, Hello("cli"))
    issue = link.command(Command(CommandName(button)))
    link.close()
    if issue is not None:
        print_issue(issue)
        raise typer.Exit(1)


@app.command()
def doctor(
    config: Annotated[
        bool, typer.Option("--config", help="Print every key of the configuration with its default.")
    ] = False,
    json_: JsonFlag = False,
) -> None:
    """Check whether everything is there that the box needs, and say what to do if not."""
    from appliance.enhance.manifest import load_model
    from appliance.ops.doctor import as_json, as_text, checks, describe_config, exit_code

    if config:
        print(describe_config())
        return
    results = checks(paths_from_environment(), load_model)
    print(as_json(results) if json_ else as_text(results))
    raise typer.Exit(exit_code(results))


app.add_typer(bench, name="bench")
app.add_typer(models, name="models")
app.command("import")(import_films)
app.command()(devices)
app.command()(run)
add_recipes(app)
app.command()(enhance)
app.command()(adapt)


def version(show: bool) -> None:
    if show:
        print(f"twinreel {__version__}")
        raise typer.Exit


@app.command("version")
def version_command() -> None:
    """Print the version."""
    version(True)


def main() -> None:
    """Run the command; a trouble with a name goes to stderr and ends with exit code 1."""
    try:
        app(prog_name="twinreel")
    except Problem as problem:
        print_issue(problem.issue)
        sys.exit(1)
    except BrokenPipeError:  # whoever read our output has left; nothing more can be said there
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        print_issue(system_refused(error).issue)
        sys.exit(1)


def system_refused(error: OSError) -> Problem:
    return Problem(
        "system-refused",
        f"{error.filename or 'Something that is needed'} cannot be used",
        f"The system says: {error.strerror or error}.",
        "Make room on the disk, or use a folder that you may write to (--root moves the whole box).",
    )
