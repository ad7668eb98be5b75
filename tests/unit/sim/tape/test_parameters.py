from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from appliance.sim.tape.parameters import ODDS, RANGES, SPEEDS, TapeParameters, draw_tape, ranges_of


@pytest.mark.parametrize("wear", ["clean", "good", "worn"])
def test_everything_drawn_lies_in_its_range(wear: str) -> None:
    rng = np.random.default_rng(0)
    for _ in range(40):
        tape = draw_tape(rng, wear, "pal", 720, 576)  # type: ignore[arg-type]
        for name, (low, high) in ranges_of(wear, tape.speed).items():  # type: ignore[arg-type]
            value = getattr(tape, name)
            assert int(low) <= value <= high or (name in ODDS and value == 0), name


def test_what_a_range_names_is_a_figure_of_the_tape() -> None:
    names = {name for ranges in (*RANGES.values(), *SPEEDS.values()) for name in ranges}
    assert names <= {field.name for field in fields(TapeParameters)}


def test_a_clean_tape_is_only_interlaced_and_soft() -> None:
    tape = draw_tape(np.random.default_rng(2), "clean", "pal", 720, 576)
    changed = {f.name for f in fields(tape) if getattr(tape, f.name) != f.default}
    assert changed == {"seed", "luma_cut_mhz", "chroma_cut_mhz"}
    assert 2.7 <= tape.luma_cut_mhz <= 3.0
    assert 0.42 <= tape.chroma_cut_mhz <= 0.5


def test_slower_tapes_are_softer_and_only_worn_ones_are_slow_by_chance() -> None:
    drawn = [draw_tape(np.random.default_rng(k), "worn", "pal", 720, 576) for k in range(60)]
    assert {tape.speed for tape in drawn} == {"sp", "lp", "ep"}
    cuts = {tape.speed: (tape.luma_cut_mhz, tape.chroma_cut_mhz) for tape in drawn}
    assert cuts["sp"] > cuts["lp"] > cuts["ep"]
    assert all(draw_tape(np.random.default_rng(k), "good", "pal", 720, 576).speed == "sp" for k in range(20))
    slow = draw_tape(np.random.default_rng(0), "clean", "pal", 720, 576, speed="ep")
    assert slow.speed == "ep"
    assert slow.luma_cut_mhz < 1.5


@pytest.mark.parametrize(("standard", "own"), [("pal", "tff"), ("ntsc", "bff")])
def test_the_field_order_is_the_standards_own_unless_said_otherwise(standard: str, own: str) -> None:
    def order(wish: str | None) -> str:
        return draw_tape(np.random.default_rng(0), "good", standard, 720, 480, order=wish).order  # type: ignore[arg-type]

    assert (order(None), order("tff"), order("bff")) == (own, "tff", "bff")


def test_lengths_follow_the_size_and_levels_do_not() -> None:
    big, small = (draw_tape(np.random.default_rng(3), "worn", "pal", w, w * 4 // 5) for w in (720, 360))
    assert small.edge_wave_px == pytest.approx(big.edge_wave_px / 2)
    assert small.shot_blur_rows == pytest.approx(big.shot_blur_rows / 2)
    assert small.tracking_rows == big.tracking_rows // 2
    assert small.sample_rate_mhz == big.sample_rate_mhz / 2
    assert small.luma_noise == big.luma_noise


def test_half_of_the_dongles_compress() -> None:
    drawn = [draw_tape(np.random.default_rng(k), "worn", "pal", 720, 576) for k in range(80)]
    assert 0.3 < np.mean([tape.jpeg_quality > 0 for tape in drawn]) < 0.7
    assert 0.3 < np.mean([tape.chroma_420 for tape in drawn]) < 0.7
    assert {tape.generations for tape in drawn} == {1, 2, 3}
