"""Which sizes a net of the user's own takes, how much larger it answers, and in which numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from appliance.core.problems import Problem
from appliance.enhance.foreign_colour import Floats
from appliance.enhance.foreign_net import EXPORT_AGAIN, LEVELS, Net, by, shape_problem
from appliance.enhance.foreign_tiles import Tiling
from appliance.enhance.runtime import first_line

ALIGNMENTS = (1, 2, 4, 8, 16, 32, 64, 128)
FROZEN = (64, 128, 256, 48, 96, 192, 512)  # sizes that exports are traced with
SIDE_PX = 72
OFF = 0.1  # of the whole range: an answer farther from what was shown is looked at in other numbers
STRANGE = 0.2  # farther than this it is no better picture of the same
MOVE_PX = 3  # between the two test pictures of an interpolation


def trial_picture(rows: int, columns: int, channels: int = 3) -> Floats:
    """Darker at one corner and brighter at the other, with edges and fine texture; always the same."""
    rng = np.random.default_rng(1)
    ramp = np.add.outer(np.linspace(0.1, 0.45, rows), np.linspace(0.0, 0.35, columns))[:, :, None]
    picture = np.repeat(ramp, channels, axis=2).astype(np.float32)
    for size, strength in ((32, 0.22), (8, 0.16), (2, 0.1)):
        shape = (-(-columns // size) + 1, -(-rows // size) + 1)
        coarse = rng.uniform(-1, 1, (shape[1], shape[0], channels)).astype(np.float32)
        kind = cv2.INTER_NEAREST if size == 32 else cv2.INTER_LINEAR
        fine = cv2.resize(coarse, (shape[0] * size, shape[1] * size), interpolation=kind)
        picture += strength * fine.reshape(*fine.shape[:2], channels)[:rows, :columns]
    return np.asarray(np.clip(picture, 0.02, 0.98), np.float32)


def shown(net: Net, rows: int, columns: int) -> list[Floats]:
    """As many test pictures as the net wants; of two the second has moved."""
    wide = trial_picture(rows, columns + MOVE_PX, net.port.channels)
    moved = [wide[:, :columns], wide[:, MOVE_PX:]]
    return [np.ascontiguousarray(picture) for picture in moved[: net.port.pictures]]


def sizes_of(net: Net) -> Tiling:
    """Which sizes it takes, and how many times as large it answers; raises Problem "own-model-shape"."""
    if net.port.rows:
        rows, columns = net.port.rows, net.port.columns
        scale, why = answered_scale(net, rows, columns)
        if not scale:
            raise shape_problem(f"It cannot be asked at its own size of {columns} × {rows}: {why}.")
        align = next(step for step in (8, 4, 2, 1) if rows % step == 0 and columns % step == 0)
        return Tiling(scale, align, rows=rows, columns=columns)
    reasons = []
    for align in ALIGNMENTS:
        odd = max(1, SIDE_PX // align // 2 * 2 + 1)
        scale, why = answered_scale(net, align * odd, align * (odd + 2))
        if scale:
            return Tiling(scale, align)
        reasons.append(why)
    for side in FROZEN:
        scale, _ = answered_scale(net, side, side)
        if scale:
            return Tiling(scale, 8, rows=side, columns=side)
    raise shape_problem(f"It takes no size of picture that was tried; the first time: {reasons[0]}.")


def answered_scale(net: Net, rows: int, columns: int) -> tuple[int, str]:
    """How many times as large the answer is, or 0 and why it is none."""
    try:
        found = net.ask(shown(net, rows, columns)).shape
    except Problem as problem:
        return 0, problem.issue.cause.rstrip(".")
    except Exception as error:  # onnxruntime has a class of its own for every fault
        return 0, first_line(error)
    scale = max(1, found[0] // rows)
    if found[:2] == (scale * rows, scale * columns):
        return scale, ""
    return 0, f"of a picture of {columns} × {rows} it makes one of {found[1]} × {found[0]}"


def check_scale(tiling: Tiling, said: int | None, task: str) -> None:
    """Raises Problem "own-model-scale" where the answer contradicts what was said."""
    wanted = 1 if task == "interpolate" else said
    if wanted is None or wanted == tiling.scale:
        return
    raise Problem(
        "own-model-scale",
        "The model's scale is not what was said",
        f"Its answers are {tiling.scale} times as wide and high as what it is shown, not {wanted} times.",
        f"Give --scale {tiling.scale}." if task != "interpolate" else "Choose the task that it was made for.",
    )


def with_levels(net: Net, tiling: Tiling, levels: str = "auto", force: bool = False) -> Net:
    """The net with the numbers that it wants its pictures in: found out where ``levels`` is "auto".

    Raises Problem "own-model-answer" where its answers are no numbers, or no picture of what it was shown.
    """
    rows, columns = (
        (tiling.rows, tiling.columns) if tiling.rows else 2 * [tiling.align * -(-SIDE_PX // tiling.align)]
    )
    pictures = shown(net, rows, columns)
    one_and_same = [pictures[0]] * len(pictures)
    tried = list(LEVELS) if levels == "auto" else [levels]
    off = {name: distance(replace(net, levels=name), one_and_same, tiling.scale) for name in tried}
    if not np.isfinite(list(off.values())).any():
        raise answer_problem("Its answers are no numbers (NaN or infinite).", f"{EXPORT_AGAIN}, in float32.")
    first = tried[0]
    best = min(tried, key=lambda name: off[name])
    if off[first] < OFF or off[best] > off[first] / 2:
        best = first
    if not off[best] < STRANGE and not force:
        cause = f"On the mean they are {off[best]:.0%} of the way from black to white off what it was shown."
        remedy = "Give --levels where it wants other numbers than 0..1; --force takes it as it is."
        raise answer_problem(cause, remedy)
    return replace(net, levels=best)


def distance(net: Net, pictures: Sequence[Floats], scale: int) -> float:
    """Between the first picture and the answer made as small, 0..1; infinite for what is no number."""
    answer = net.ask(pictures)
    size = (answer.shape[1] // scale, answer.shape[0] // scale)
    small = cv2.resize(answer, size, interpolation=cv2.INTER_AREA).reshape(pictures[0].shape)
    off = float(np.abs(small - pictures[0]).mean())
    return off if np.isfinite(off) else float("inf")


def answer_problem(cause: str, remedy: str) -> Problem:
    return Problem("own-model-answer", "The model's answers are no pictures", cause, remedy)


def check_channels(net: Net) -> None:
    """A net that takes one channel and answers with three, or the other way, is found when it is asked."""
    outputs = net.session.get_outputs()[0].shape
    if len(outputs) == 4 and isinstance(outputs[1], int) and outputs[1] != net.port.channels:
        raise shape_problem(f"It answers with {by(outputs)}: {outputs[1]} channels for {net.port.channels}.")
