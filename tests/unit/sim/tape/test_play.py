"""The whole chain: order, sizes, and the same bytes for the same frame whatever it is made together with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from appliance.sim.tape.kit import Planes
from appliance.sim.tape.parameters import TapeParameters, draw_tape
from appliance.sim.tape.play import degrade

WIDTH, HEIGHT = 360, 144


def drawn(wear: str = "worn", standard: str = "pal", seed: int = 5) -> TapeParameters:
    return draw_tape(np.random.default_rng(seed), wear, standard, WIDTH, HEIGHT)  # type: ignore[arg-type]


def edges(frames: int = 1, width: int = WIDTH, height: int = HEIGHT) -> Planes:
    half = (frames, height, width // 2)
    y = np.full((frames, height, width), 60, np.uint8)
    u, v = np.full(half, 110, np.uint8), np.full(half, 120, np.uint8)
    y[:, :, 120:240], u[:, :, 60:120], v[:, :, 60:120] = 180, 90, 170
    return y, u, v


def same(one: Planes, other: Planes) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("wear", ["clean", "good", "worn"])
@pytest.mark.parametrize("standard", ["pal", "ntsc"])
@pytest.mark.parametrize("size", [(720, 576), (720, 480), (360, 288), (350, 241)])
def test_any_size_gives_four_two_two_of_the_same_size(
    wear: str, standard: str, size: tuple[int, int]
) -> None:
    tape = draw_tape(np.random.default_rng(1), wear, standard, *size)  # type: ignore[arg-type]
    tape = replace(tape, jpeg_quality=80, chroma_420=1)
    given = edges(1, *size)
    played = degrade(given, given, tape, 7)
    assert [plane.shape for plane in played] == [plane.shape for plane in given]
    assert all(plane.dtype == np.uint8 for plane in played)


@pytest.mark.parametrize("jpeg_quality", [0, 85])
def test_a_frame_does_not_depend_on_what_it_is_made_together_with(jpeg_quality: int) -> None:
    tape = replace(drawn(), jpeg_quality=jpeg_quality)
    together = degrade(edges(4), edges(4), tape, 10)
    for k in (3, 0, 2):
        alone = degrade(edges(), edges(), tape, 10 + k)
        assert same(alone, tuple(plane[k : k + 1] for plane in together))  # type: ignore[arg-type]
    assert not np.array_equal(together[0][0], together[0][1])


def test_another_seed_is_another_tape() -> None:
    tape = drawn()
    other = degrade(edges(), edges(), replace(tape, seed=tape.seed + 1), 0)
    assert not np.array_equal(degrade(edges(), edges(), tape, 0)[0], other[0])


def test_inputs_are_left_alone() -> None:
    early, late = edges(), edges()
    degrade(early, late, drawn(), 0)
    assert same(early, edges())
    assert same(late, edges())


@pytest.mark.parametrize("order", ["tff", "bff"])
@pytest.mark.parametrize("standard", ["pal", "ntsc"])
def test_interlace_alone_takes_each_field_from_its_own_picture(order: str, standard: str) -> None:
    early, late = edges(2), edges(2)
    late[0][:] = 200
    tape = TapeParameters(order=order, standard=standard)  # type: ignore[arg-type]
    y, u, _ = degrade(early, late, tape, 0)
    first = 0 if order == "tff" else 1
    assert np.array_equal(y[:, first::2], early[0][:, first::2])
    assert (y[:, 1 - first :: 2] == 200).all()
    assert np.array_equal(u, early[1])


def rise_px(row: np.ndarray, start: int, end: int) -> float:
    """From a tenth to nine tenths of an edge."""
    part = row[start:end].astype(float)
    height = (part - part[0]) / (part[-1] - part[0])
    above = [int(np.argmax(height > level)) for level in (0.1, 0.9)]
    low, high = (
        k - (height[k] - level) / (height[k] - height[k - 1])
        for k, level in zip(above, (0.1, 0.9), strict=True)
    )
    return float(high - low)


def test_a_clean_tape_only_loses_sharpness_and_more_in_colour_than_in_light() -> None:
    y, u, _ = degrade(edges(), edges(), drawn("clean"), 0)
    assert np.array_equal(y[:, :, 150:210], edges()[0][:, :, 150:210])
    assert np.ptp(y, axis=1).max() == 0
    sharp, light = (rise_px(row, 100, 140) for row in (edges()[0][0, 10], y[0, 10]))
    assert sharp == pytest.approx(0.8)
    assert sharp < light < 4 < 2 * rise_px(u[0, 10], 45, 75) < 20
    full_width = replace(drawn("clean"), sample_rate_mhz=13.5)  # half of it holds nearly all of the band
    assert 1.4 < rise_px(degrade(edges(), edges(), full_width, 0)[0][0, 10], 100, 140) < 3


def test_every_generation_softens_and_adds_noise() -> None:
    once, thrice = (TapeParameters(generations=n, luma_noise=3.0, luma_cut_mhz=2.4) for n in (1, 3))
    calm, rough = (degrade(edges(), edges(), tape, 0)[0] for tape in (once, thrice))
    assert rough[:, :, 150:210].std() > 1.2 * calm[:, :, 150:210].std()
    quiet = (replace(tape, luma_noise=0.0) for tape in (once, thrice))
    sharp, soft = (degrade(edges(), edges(), tape, 0)[0][0, 10].astype(int) for tape in quiet)
    sharp, soft = np.diff(sharp).max(), np.diff(soft).max()
    assert soft < 0.95 * sharp


@pytest.mark.parametrize(
    "change",
    [
        {"shot_blur_px": 0.8},
        {"exposure": 1.1},
        {"cross_colour": 0.5},
        {"smear": 0.5},
        {"chroma_noise": 5.0},
        {"chroma_phase_deg": 10.0},
        {"chroma_blend": 1.0},
        {"line_jitter_px": 1.0},
        {"tracking_rows": 60, "seed": 100},
        {"dropouts_per_frame": 10.0, "dropout_px": 40.0},
        {"chroma_loss": 0.1},
        {"lift": 4.0},
        {"agc": 0.1},
        {"chroma_420": 1},
        {"jpeg_quality": 60},
    ],
)
def test_every_effect_has_its_place_in_the_chain(change: dict[str, float]) -> None:
    early = edges()
    early[1][:, ::3] += 30
    plain = TapeParameters(seed=100)
    changed = degrade(early, early, replace(plain, **change), 1)  # type: ignore[arg-type]
    assert not same(changed, degrade(early, early, plain, 1))


def test_the_tracking_band_brings_snow_into_the_chain() -> None:
    tape = TapeParameters(seed=100, tracking_rows=60)
    flat_picture = tuple(np.full_like(plane, 60) for plane in edges())
    y, _, _ = degrade(flat_picture, flat_picture, tape, 1)  # type: ignore[arg-type]
    assert y.max() > 150
