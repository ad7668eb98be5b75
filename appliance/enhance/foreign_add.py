"""Adding a model of the user's own: every check, every measurement, and then the copy."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from appliance.core.problems import Problem
from appliance.core.types import Issue, Severity
from appliance.enhance.foreign import opened
from appliance.enhance.foreign_check import check_channels, check_scale, sizes_of, with_levels
from appliance.enhance.foreign_frames import frames_of
from appliance.enhance.foreign_measure import SEAM_LEVELS, seconds_for_tape, with_memory, with_overlap
from appliance.enhance.foreign_net import LEVELS, Net, open_net
from appliance.enhance.foreign_quantise import Quantised, check_floor, load_onnx, quantise
from appliance.enhance.foreign_tiles import Tiling
from appliance.enhance.own import TASKS, OwnModel, check_name, keep, name_from, sha256_of

Tell = Callable[[float, str], None]
SLOW_S = 2.0  # for a picture: an hour of tape then takes four days
LICENCE_KEYS = ("license", "licence", "License", "Licence")
FRAMES = 16
EXPORT_MOST_BYTES = 2_000_000_000  # more does not fit into one ONNX file


@dataclass(frozen=True)
class Wish:
    """What the user says of a model; "" and None where it is to be found out."""

    path: Path
    task: str
    scale: int | None = None
    licence: str = ""
    name: str = ""
    memory_mb: int = 1500
    levels: str = "auto"
    frames: Path | None = None  # to quantise by
    force: bool = False
    threads: int = 0


@dataclass(frozen=True)
class Added:
    model: OwnModel
    issues: tuple[Issue, ...] = ()
    quantised: Quantised | None = None
    faster: float = 0.0  # how many times as fast as the floats

    def sentences(self) -> list[str]:
        """What was found out, for a person."""
        model = self.model
        size = f"{model.columns} × {model.rows}" if model.fixed else "any size"
        if model.align > 1 and not model.fixed:
            size += f" (in multiples of {model.align})"
        lines = [
            f"{model.name}: {model.task}, {model.scale} times the size, {model.licence}.",
            f"It takes {model.numbers}, {size}.",
            self.tiles(),
            f"A picture of 720 × 576 takes {model.seconds:.2g} s here,"
            f" a minute of tape {lasting(model.seconds)}.",
        ]
        if self.quantised is not None:
            spared = ", the first and last layer left as they were" if self.quantised.spared else ""
            lines.append(
                f"INT8{spared}: {self.quantised.psnr_db:.1f} dB from the float net on"
                f" {self.quantised.frames} of your frames, {self.faster:.1f} times as fast."
            )
        return lines

    def tiles(self) -> str:
        model = self.model
        memory = f"{model.memory_mb} MB"
        if not model.tileable:
            return f"It looks at the whole picture; {memory} are enough for {model.most_px} pixels."
        tile = f"{model.columns} × {model.rows}" if model.fixed else f"{model.most_px} pixels"
        return (
            f"It looks {model.overlap} pixels far: tiles of {tile} within {memory},"
            f" no seam above {model.seam_levels:.1f} levels."
        )


def add_model(
    wish: Wish, folder: Path, taken: frozenset[str], tell: Tell = lambda share, text: None
) -> Added:
    """Raises Problem for whatever keeps the model from being a stage; nothing is kept then."""
    check_wish(wish)
    name = wish.name or name_from(wish.path)
    check_name(name, folder, taken)
    with tempfile.TemporaryDirectory(prefix="twinreel-model-") as temporary:
        alone = Path(temporary) / "model.onnx"
        tell(0.0, "Reading the model")
        one_file(wish.path, alone)
        return measured(wish, name, alone, Path(temporary), folder, tell)


def measured(wish: Wish, name: str, alone: Path, scratch: Path, folder: Path, tell: Tell) -> Added:
    net = open_net(alone, wish.task, "cpu", wish.threads)
    licence = licence_of(wish, net)
    check_channels(net)
    tell(0.1, "Trying the sizes that it takes")
    tiling = sizes_of(net)
    check_scale(tiling, wish.scale, wish.task)
    net = with_levels(net, tiling, wish.levels, wish.force)
    tell(0.25, "Measuring its memory")
    tiling = with_memory(net, tiling, alone, wish.memory_mb)
    tell(0.4, "Finding how far it looks")
    tiling, seam = with_overlap(net, tiling)
    if tiling.overlap < 0:
        tiling = with_memory(net, tiling, alone, wish.memory_mb, over_all=True)
    check_seam(tiling, seam, wish.force)
    tell(0.6, "Measuring its speed")
    seconds = seconds_for_tape(net, tiling)
    model = described(wish, name, licence, net, tiling, alone, seam, seconds)
    found, faster = None, 0.0
    if wish.frames is not None:
        tell(0.7, "Quantising it by your frames")
        found = quantised(wish, net, alone, tiling, scratch)
        small = open_net(found.path, wish.task, "cpu", wish.threads, net.levels)
        quick = seconds_for_tape(small, tiling)
        faster = seconds / quick
        model = replace(
            model,
            sha256=sha256_of(found.path),
            seconds=rounded(quick),
            quantised=True,
            quantised_psnr=round(found.psnr_db, 2),
        )
    keep(model, alone if found is None else found.path, folder)
    tell(1.0, "Added")
    return Added(model, slow_issues(model), found, faster)


def check_wish(wish: Wish) -> None:
    if wish.task not in TASKS:
        raise option_problem(f"There is no task {wish.task!r}", f"The tasks are {', '.join(TASKS)}.")
    if wish.levels not in ("auto", *LEVELS):
        raise option_problem(f"There are no levels {wish.levels!r}", f"They are auto, {', '.join(LEVELS)}.")
    if not wish.path.is_file():
        raise Problem(
            "file-missing",
            f"There is no file {wish.path}",
            "The name is wrong, or the stick or disk it lies on is not plugged in.",
            "Check the name and try again.",
        )


def one_file(given: Path, alone: Path) -> None:
    """A copy that needs no other file; weights in files beside it are joined into it."""
    beside = [
        given.with_name(given.name + ".data"),
        given.with_suffix(".data"),
        given.with_suffix(".onnx_data"),
    ]
    beside += [given.with_name(f"{given.stem}.onnx_data"), given.with_name("weights.pb")]
    data = given.read_bytes()
    if any(path.is_file() and path.name.encode() in data for path in beside):
        onnx = load_onnx()
        model = onnx.load(str(given), load_external_data=True)
        if model.ByteSize() < EXPORT_MOST_BYTES:
            onnx.save(model, str(alone))
            return
    alone.write_bytes(data)


def licence_of(wish: Wish, net: Net) -> str:
    """As said, else as the file says."""
    said = wish.licence.strip()
    told: dict[str, Any] = net.session.get_modelmeta().custom_metadata_map
    found = said or next((str(told[key]).strip() for key in LICENCE_KEYS if told.get(key)), "")
    if found:
        return found
    raise Problem(
        "own-model-licence",
        "The model's licence is not known",
        "Its file does not say it. A licence may forbid what you do with the film (many allow no commercial"
        " use), so it is kept with the model and written into the report of every film.",
        "Look where you got the model from and give --licence, such as --licence BSD-3-Clause.",
    )


def check_seam(tiling: Tiling, seam: float, force: bool) -> None:
    if not tiling.rows or seam <= SEAM_LEVELS or force:
        return
    raise Problem(
        "own-model-seams",
        "The borders of the model's tiles would be seen",
        f"It takes {tiling.columns} × {tiling.rows} pixels only, and its answer depends on all of them:"
        f" where two tiles meet they would differ by up to {seam:.0f} of 255 levels.",
        "Export it again for any size, or for the size of your film; --force takes it as it is.",
    )


def described(
    wish: Wish, name: str, licence: str, net: Net, tiling: Tiling, alone: Path, seam: float, seconds: float
) -> OwnModel:
    return OwnModel(
        name=name,
        file=f"{name}.onnx",
        sha256=sha256_of(alone),
        task=wish.task,  # type: ignore[arg-type]
        scale=tiling.scale,
        licence=licence,
        source=wish.path.name,
        source_sha256=sha256_of(wish.path),
        layout=net.port.layout,
        channels=net.port.channels,
        numbers=net.port.numbers,
        levels=net.levels,
        rows=tiling.rows,
        columns=tiling.columns,
        align=tiling.align,
        overlap=tiling.overlap,
        seam_levels=round(seam, 2),
        most_px=tiling.most_px,
        memory_mb=wish.memory_mb,
        seconds=rounded(seconds),
    )


def quantised(wish: Wish, net: Net, alone: Path, tiling: Tiling, scratch: Path) -> Quantised:
    assert wish.frames is not None
    load_onnx()
    frames = frames_of(wish.frames, FRAMES, net.port.pictures, net.port.channels)
    found = quantise(net, alone, tiling, frames, scratch)
    check_floor(found, wish.force)
    return found


def slow_issues(model: OwnModel) -> tuple[Issue, ...]:
    if model.seconds <= SLOW_S:
        return ()
    slow = Problem(
        "own-model-slow",
        "The model is slow on this machine",
        f"A picture of 720 × 576 takes {model.seconds:.2g} s, a minute of tape {lasting(model.seconds)}.",
        "Quantise it (--quantise), take a smaller model, or use it for short pieces.",
        Severity.NOTICE,
    )
    return (slow.issue,)


def checked(model: OwnModel, folder: Path, threads: int = 0) -> dict[str, Any]:
    """Whether it still is what was added and runs here: where, and how fast."""
    start = time.perf_counter()
    ready = opened(model, folder, threads=threads)
    load_s = time.perf_counter() - start
    return {
        "name": model.name,
        "provider": ready.net.provider,
        "provider_reason": ready.net.provider_reason,
        "load_s": rounded(load_s),
        "seconds": rounded(seconds_for_tape(ready.net, ready.tiling)),
    }


def rounded(seconds: float) -> float:
    return float(f"{seconds:.3g}")


def lasting(seconds: float, pictures: int = 3000) -> str:
    """Of a minute of restored tape, which has 50 pictures a second."""
    whole = seconds * pictures
    if whole < 120:
        return f"{whole:.0f} s"
    return f"{whole / 60:.0f} minutes" if whole < 7200 else f"{whole / 3600:.0f} hours"


def option_problem(title: str, cause: str) -> Problem:
    return Problem("own-model-option", title, cause, "Use one of these.")
