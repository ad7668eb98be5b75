"""``twinreel bench``: the measurements behind what the documentation claims."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from appliance.console import print_json, progress_bar

app = typer.Typer(no_args_is_help=True, help="Measure what the documentation claims.")
JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
QuietFlag = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]
Tiers = Annotated[
    str, typer.Option(help="Such as live,standard. [default: every tier that there is a model for]")
]


def listed(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


@app.command("memory")
def memory(
    minutes: Annotated[
        list[float] | None, typer.Option(help="Lengths of the tape; may be given again. [default: 1, 10]")
    ] = None,
    size: Annotated[str, typer.Option(help="full or quarter.")] = "quarter",
    camera: Annotated[bool, typer.Option(help="With a camera beside the tape.")] = True,
    json_: JsonFlag = False,
) -> None:
    """The peak memory of `twinreel enhance` for tapes of several lengths: it must not grow."""
    from appliance.bench.memory import measure_memory

    rows = measure_memory(minutes or [1.0, 10.0], size, camera)
    if json_:
        print_json([asdict(row) for row in rows])
        return
    print("minutes   peak MB   seconds   peak against the first")
    for row in rows:
        ratio = row.peak_mb / rows[0].peak_mb
        print(f"{row.minutes:7.1f} {row.peak_mb:9.0f} {row.seconds:9.1f} {ratio:9.3f}")


@app.command("quality")
def quality(
    data: Annotated[Path, typer.Option(help="The folder that training had: clips in its video/.")],
    clips: Annotated[int, typer.Option(min=0, help="Only the first so many; 0 takes all.")] = 0,
    frames: Annotated[int, typer.Option(min=2, help="Tape frames of each clip that are measured.")] = 12,
    tiers: Tiers = "",
    wear: Annotated[str, typer.Option(help="Tapes that are good, worn or both.")] = "good,worn",
    guides: Annotated[
        bool, typer.Option("--guides/--tape-only", help="With or without the rows that have a camera.")
    ] = True,
    out: Annotated[
        Path | None, typer.Option(help="A folder for stills, and for scores: what is there is kept.")
    ] = None,
    json_: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """How near the films come to the truth, beside those of the usual chains of FFmpeg filters.

    Clips that no training saw are put on a tape by a generator of the bench's own. All of it takes about
    forty minutes; with --out an interrupted run goes on where it was.
    """
    from appliance.bench.quality import Wanted, measure_quality
    from appliance.bench.results import as_json
    from appliance.bench.table import print_quality

    wanted = Wanted(data, clips, frames, listed(tiers), listed(wear), guides, out)
    with progress_bar(quiet) as tell:
        found = measure_quality(wanted, tell)
    if json_:
        print_json({wear: as_json(scores, wear, wanted.own_tiers) for wear, scores in found.items()})
    else:
        print_quality(found, wanted.own_tiers)


@app.command("double")
def double(
    data: Annotated[Path, typer.Option(help="The folder that training had: clips in its video/.")],
    clips: Annotated[int, typer.Option(min=0, help="Only the first so many; 0 takes all.")] = 0,
    frames: Annotated[int, typer.Option(min=2, help="Tape frames of each clip that are measured.")] = 6,
    tier: Annotated[str, typer.Option(help="The tier that restores the tape.")] = "studio",
    json_: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """What a camera adds to a film of twice the size, at half the usual sizes, for which there is a truth."""
    from appliance.bench.double import double_rows, measure_double
    from appliance.bench.quality import Wanted

    wanted = Wanted(data, clips, frames, (tier,), ("good", "worn"), True, None)
    with progress_bar(quiet) as tell:
        found = measure_double(wanted, tell)
    if json_:
        print_json([asdict(row) for row in found])
    else:
        print("\n".join(double_rows(found)))


@app.command("sync")
def sync(
    data: Annotated[
        Path | None,
        typer.Option(help="The folder that training had: sound in its audio/. [default: simulated]"),
    ] = None,
    cases: Annotated[int, typer.Option(min=1, help="Pairs of the grid.")] = 30,
    decisions: Annotated[
        int, typer.Option(min=1, help="Pairs that belong together, and as many that do not.")
    ] = 100,
    peer: Annotated[int, typer.Option(min=0, help="Pairs of each kind that the peer is asked about.")] = 6,
    light: Annotated[int, typer.Option(min=0, help="Pairs of each kind that are compared by light.")] = 20,
    long: Annotated[bool, typer.Option("--long/--short", help="With or without tapes of hours.")] = True,
    json_: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """How exactly recordings are put on one clock: by sound, beside BBC audio-offset-finder, and by light.

    Tapes with wow, hiss and losses, cameras in other rooms with other clocks. About half an hour.
    """
    from appliance.bench.sync import Wanted, measure_sync
    from appliance.bench.sync_table import print_sync, sync_json
    from appliance.core.paths import user_cache

    wanted = Wanted(data, cases, decisions, peer, light, long, user_cache())
    with progress_bar(quiet) as tell:
        found = measure_sync(wanted, tell)
    if json_:
        print_json(sync_json(found))
    else:
        print_sync(found)


@app.command("lines")
def lines(
    data: Annotated[Path, typer.Option(help="The folder that training had: clips in its video/.")],
    clips: Annotated[int, typer.Option(min=0, help="Only the first so many; 0 takes all.")] = 0,
    frames: Annotated[int, typer.Option(min=2, help="Tape frames of each clip that are measured.")] = 6,
    tier: Annotated[str, typer.Option(help="The tier that restores the tape.")] = "live",
    json_: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """How well lines that stray are put in place, with a camera and without, and what the film gains."""
    from appliance.bench.lines import line_rows, measure_lines
    from appliance.bench.quality import Wanted

    wanted = Wanted(data, clips, frames, (tier,), ("good", "worn"), True, None)
    with progress_bar(quiet) as tell:
        found = measure_lines(wanted, tell)
    if json_:
        print_json([asdict(row) for row in found])
    else:
        print("\n".join(line_rows(found)))


@app.command("moments")
def moments(
    data: Annotated[Path, typer.Option(help="The folder that training had: clips in its video/.")],
    clips: Annotated[int, typer.Option(min=0, help="Only the first so many; 0 takes all.")] = 0,
    frames: Annotated[int, typer.Option(min=2, help="Moments of each clip that are measured.")] = 12,
    json_: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """How near the camera's picture between two of its own comes to what was there."""
    from appliance.bench.moments import measure_moments, moment_rows
    from appliance.bench.quality import Wanted

    with progress_bar(quiet) as tell:
        found = measure_moments(Wanted(data, clips, frames, (), ("good",), False, None), tell)
    if json_:
        print_json([asdict(row) for row in found])
    else:
        print("\n".join(moment_rows(found)))


@app.command("interpolate")
def interpolate(
    data: Annotated[Path, typer.Option(help="The folder that training had: clips in its video/.")],
    clips: Annotated[int, typer.Option(min=0, help="Only the first so many; 0 takes all.")] = 0,
    frames: Annotated[int, typer.Option(min=4, help="Pictures given of each clip.")] = 24,
    times: Annotated[int, typer.Option(min=2, max=4, help="How many times as many pictures.")] = 2,
    json_: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """How near pictures between pictures come to the truth, and how fast, beside FFmpeg's minterpolate."""
    from appliance.bench.interpolate import measure_interpolation
    from appliance.bench.interpolate_table import interpolation_json, print_interpolation

    with progress_bar(quiet) as tell:
        found = measure_interpolation(data, clips, frames, times, tell)
    if json_:
        print_json(interpolation_json(found))
    else:
        print_interpolation(found)


@app.command("speed")
def speed(
    seconds: Annotated[float, typer.Option(min=1, help="How long the tape is.")] = 10.0,
    rounds: Annotated[int, typer.Option(min=1, help="How often each command runs; the best counts.")] = 2,
    tiers: Tiers = "",
    json_: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Tape frames a second of `twinreel enhance`, beside FFmpeg's on the same file, and peak memory.

    Then each net alone, as a share of what this processor can do at most with INT8 numbers. The machine
    should have nothing else to do.
    """
    from appliance.bench.speed import measure_speed, speeds_json
    from appliance.bench.table import print_speed

    with progress_bar(quiet) as tell:
        found = measure_speed(seconds, rounds, listed(tiers), tell)
    if json_:
        print_json(speeds_json(found))
    else:
        print_speed(found)


@app.command("register")
def register(
    data: Annotated[Path, typer.Option(help="The folder that training had: clips in its video/.")],
    clips: Annotated[int, typer.Option(min=0, help="Only the first so many; 0 takes all.")] = 0,
    frames: Annotated[int, typer.Option(min=4, help="Tape frames of each clip.")] = 30,
    wear: Annotated[str, typer.Option(help="Tapes that are good, worn or both.")] = "good,worn",
    camera: Annotated[
        str, typer.Option(help="Cameras: still, hand, knock; empty: none.")
    ] = "still,hand,knock",
    films: Annotated[
        bool, typer.Option("--films/--no-films", help="With the whole command on files.")
    ] = True,
    json_: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """How well a camera that stands elsewhere is placed on the tape, and what the whole command gains by it.

    Every place is known, for the bench makes both recordings: another lens, parallax, colours, light, noise;
    the camera is held in a hand, or knocked against. On two idle cores all of it takes about half an hour.
    """
    from appliance.bench.pairs import measure_gains
    from appliance.bench.placed import placed_json, print_placed
    from appliance.bench.register import Asked, measure_registration

    wears = listed(wear)
    with progress_bar(quiet) as tell:
        found = measure_registration(Asked(data, clips, 2 * frames, wears, listed(camera)), tell)
        gains = measure_gains(data, clips, wears, tell) if films else []
    if json_:
        print_json(placed_json(found, gains))
    else:
        print_placed(found, gains)


@app.command("looks")
def looks(
    data: Annotated[Path, typer.Option(help="The folder that training had: clips in its video/.")],
    clips: Annotated[int, typer.Option(min=0, help="Only the first so many; 0 takes all.")] = 0,
    frames: Annotated[int, typer.Option(min=2, help="Tape frames of each clip that are measured.")] = 4,
    tier: Annotated[str, typer.Option(help="The tier that restores the tape.")] = "live",
    wear: Annotated[str, typer.Option(help="Tapes that are good, worn or both.")] = "good,worn",
    out: Annotated[Path | None, typer.Option(help="A folder for looks.jpg.")] = None,
    json_: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Whether each look is what it is called: tape, restored, twin, and what lies between."""
    from appliance.bench.looks import look_rows, measure_looks
    from appliance.bench.quality import Wanted

    with progress_bar(quiet) as tell:
        found = measure_looks(Wanted(data, clips, frames, (tier,), listed(wear), True, out), tell)
    if json_:
        print_json([asdict(row) for row in found])
    else:
        print("\n".join(look_rows(found)))


@app.command("adapt")
def adapt(
    data: Annotated[Path, typer.Option(help="The folder that training had: clips in its video/.")],
    clips: Annotated[int, typer.Option(min=0, help="Only the first so many; 0 takes all.")] = 0,
    tier: Annotated[str, typer.Option(help="live or standard: which model is tuned.")] = "live",
    wear: Annotated[str, typer.Option(help="Some of good,worn,odd,new.")] = "good,worn,odd,new",
    minutes: Annotated[float, typer.Option(min=1, help="How long each may take.")] = 8.0,
    camera: Annotated[bool, typer.Option("--camera/--tape-only", help="With a camera beside.")] = False,
    json_: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """What `twinreel adapt` gains on tapes that no training saw, and whether it ever loses."""
    from appliance.bench.adapt import adapt_rows, measure_adapt
    from appliance.bench.quality import Wanted

    wanted = Wanted(data, clips, 2, (tier,), listed(wear), camera, None)
    with progress_bar(quiet) as tell:
        found = measure_adapt(wanted, minutes, camera, tell)
    if json_:
        print_json([asdict(row) | {"gain": row.gain} for row in found])
    else:
        print("\n".join(adapt_rows(found)))


@app.command("seeds")
def seeds(
    data: Annotated[Path, typer.Option(help="The folder that training had: clips in its video/.")],
    only: Annotated[
        str, typer.Option(help="Some of compact,sr4,deblur,denoise. [default: all that have a net]")
    ] = "",
    clips: Annotated[int, typer.Option(min=0, help="Only the first so many; 0 takes all.")] = 0,
    frames: Annotated[
        int, typer.Option(min=3, help="Pictures of each clip; four times as many for compact.")
    ] = 12,
    speed: Annotated[bool, typer.Option("--speed/--no-speed", help="With the speed of denoising.")] = True,
    out: Annotated[
        Path | None, typer.Option(help="A folder for stills, and for scores: what is there is kept.")
    ] = None,
    json_: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """The tables of the papers behind the recipes sr4, deblur, denoise and compact, on clips of ours.

    Clips that no training saw are spoilt by the bench and restored, beside bicubic enlargement, x265 and the
    usual FFmpeg filters. All of it takes about a quarter of an hour.
    """
    from appliance.bench.seeds import SeedsWanted, measure_seeds
    from appliance.bench.seeds_print import print_seeds, seeds_json

    wanted = SeedsWanted(data, named_tables(only), clips, frames, speed, out)
    with progress_bar(quiet) as tell:
        found = measure_seeds(wanted, tell)
    if json_:
        print_json(seeds_json(found))
    else:
        print_seeds(found)


def named_tables(text: str) -> tuple[str, ...]:
    from appliance.bench.seeds import ALL

    chosen = listed(text)
    if strangers := [name for name in chosen if name not in ALL]:
        raise typer.BadParameter(f"there is no table {strangers[0]}: it is one of {', '.join(ALL)}")
    return chosen
