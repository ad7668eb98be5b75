"""The training set: short pieces of simulated tape with the truth at every field time, packed in one file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.types import FieldOrder, Picture
from appliance.enhance import steady as steadying
from appliance.enhance.pipeline import steady_fields
from appliance.sim.tape import parameters
from appliance.sim.tape.parameters import Standard, TapeParameters, Wear
from appliance.sim.tape.play import degrade
from models.train.scenes import COLUMNS, FIELDS, ROWS, Colour, Planes, draw_scenes, to_planes

FRAMES = FIELDS // 2
TARGETS = (4, 5, 6, 7, 8, 9)  # fields with enough neighbours on both sides
WEARS: tuple[Wear, ...] = ("clean", "good", "worn")
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Pieces:
    """``tape``: (n, frames, rows, columns) and 4:2:2 colour; ``truth``: (n, targets, ...) in 4:2:0."""

    tape_y: Bytes
    tape_c: Bytes  # (n, frames, 2, rows, columns / 2)
    steady_y: Bytes  # the same with every line in its place, as the net is shown it
    steady_c: Bytes
    truth_y: Bytes
    truth_c: Bytes  # (n, targets, 2, rows / 2, columns / 2)
    top_first: Bytes
    wear: Bytes  # 0 clean, 1 good, 2 worn

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".part.npz")
        np.savez(partial, **vars(self))
        partial.replace(path)

    @staticmethod
    def load(paths: list[Path], without: tuple[str, ...] = ()) -> Pieces:
        """``without`` those parts whose names begin so: all of it takes much memory."""
        files = [np.load(path) for path in paths]
        names = [k for k in files[0].files if not k.startswith(without)]
        held = {k: np.concatenate([f[k] for f in files]) for k in names}
        return Pieces(**{k: held.get(k, np.empty(0, np.uint8)) for k in files[0].files})


def draw_tape(rng: np.random.Generator) -> tuple[TapeParameters, int]:
    """A tape whose harms can be undone: what nobody can know from the tape alone (levels, hue, a slow wave
    of the whole picture) is left out, so that the net leaves it alone."""
    wear = int(rng.choice(3, p=[0.15, 0.5, 0.35]))
    standard: Standard = "pal" if rng.random() < 0.6 else "ntsc"
    width, height = (720, 576 if standard == "pal" else 480) if rng.random() < 0.9 else (360, 288)
    order: FieldOrder = "tff" if rng.random() < 0.5 else "bff"
    tape = parameters.draw_tape(rng, WEARS[wear], standard, width, height, order=order)
    tape = replace(tape, shot_blur_px=0.0, shot_blur_rows=0.0, exposure=1.0, repeats=0.0)
    tape = replace(tape, gain=1.0, lift=0.0, saturation=1.0, agc=0.0, edge_wave_px=0.0)
    tape = replace(tape, chroma_phase_deg=0.0 if standard == "ntsc" else tape.chroma_phase_deg)
    if rng.random() < 0.7:  # most dongles send whole pictures
        tape = replace(tape, jpeg_quality=0)
    if rng.random() < 0.5:  # the pieces are small: an edge in each of them would be too many
        tape = replace(tape, head_switch_rows=0, skew_px=0.0)
    return tape, wear


def truth_of(planes: Planes) -> tuple[Bytes, Bytes]:
    y, u, v = planes
    half = (u.shape[1], u.shape[0] // 2)
    return y, np.stack([cv2.resize(c, half, interpolation=cv2.INTER_AREA) for c in (u, v)])


def batch(pictures: list[Planes]) -> Planes:
    y, u, v = (np.stack([picture[plane] for picture in pictures]) for plane in range(3))
    return y, u, v


def make_piece(scene: list[Colour], rng: np.random.Generator) -> dict[str, Bytes]:
    tape, wear = draw_tape(rng)
    whole = [to_planes(picture) for picture in scene]
    start = int(rng.integers(0, 10000))
    first, second = (batch(whole[late::2]) for late in (0, 1))
    y, u, v = degrade(first, second, tape, start)
    steady_y, steady_c = steady(y, u, v, tape.order)
    truths = [truth_of(whole[t]) for t in TARGETS]
    return {
        "tape_y": y,
        "tape_c": np.stack([u, v], axis=1),
        "steady_y": steady_y,
        "steady_c": steady_c,
        "truth_y": np.stack([t[0] for t in truths]),
        "truth_c": np.stack([t[1] for t in truths]),
        "top_first": np.array(tape.order == "tff", np.uint8),
        "wear": np.array(wear, np.uint8),
    }


def steady(y: Bytes, u: Bytes, v: Bytes, order: FieldOrder) -> tuple[Bytes, Bytes]:
    pictures = [Picture(*planes, number / 25) for number, planes in enumerate(zip(y, u, v, strict=True))]
    still_y, still_c = y.copy(), np.stack([u, v], axis=1)
    for given in steady_fields(pictures, order):
        rows = slice(int(given.field.bottom), None, 2)
        still_y[given.frame, rows] = given.field.y
        still_c[given.frame, :, rows] = given.field.u, given.field.v
    return still_y, still_c


def prepare(folder: Path, cache: Path, held_out: bool, each: tuple[int, int], seed: int) -> Path:
    """Makes the pieces once; a file that this very code has made is used as it is."""
    path = cache / f"{'held-out' if held_out else 'train'}-{each[0]}-{each[1]}-{seed}-{code_key()}.npz"
    if path.exists():
        return path
    rng = np.random.default_rng(seed + 1)
    made = [make_piece(scene, rng) for scene in draw_scenes(folder, held_out, each, seed)]
    assert made[0]["tape_y"].shape == (FRAMES, ROWS, COLUMNS)
    Pieces(**{k: np.stack([m[k] for m in made]) for k in made[0]}).save(path)
    return path


def code_key() -> str:
    """Another simulator makes other pieces, and so do other scenes."""
    own = [Path(__file__), Path(__file__).with_name("scenes.py"), Path(steadying.__file__)]
    files = [*sorted(Path(parameters.__file__).parent.glob("*.py")), *own]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:8]
