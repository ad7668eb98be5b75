"""The bench's own tape: each effect on its own, and nothing where there is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from appliance.bench.clips import COLUMNS, Full, Standard
from appliance.bench.tape import Fault, Lines, carrier_strength, fill, play, record, woven_420
from appliance.bench.timebase import line_shifts, moved, switch_shifts
from appliance.bench.wear import FIRST, GOOD, WEARS, WORN, Pass, wear_named
from appliance.core.problems import Problem

LINES = 24
SMALL = Standard("small", 2 * LINES, "tff", 864, 50.0)
UPSIDE = replace(SMALL, order="bff")
NONE = dict.fromkeys(Pass.__dataclass_fields__, 0.0)
CLEAN = Pass(**NONE | {"luma_cut_mhz": 5.0, "chroma_cut_mhz": 1.5, "white_clip": 9.0, "switch_lines": 0})  # type: ignore[arg-type]


def played(luma: Lines, passed: Pass, colour: Lines | None = None, seed: int = 1) -> tuple[Lines, Lines]:
    grey = np.zeros((len(luma), COLUMNS // 2), np.complex128)
    rng = np.random.default_rng(seed)
    return play(luma, grey if colour is None else colour, SMALL, passed, rng, np.array([0.5, 0.0]))


def level(value: float = 0.5) -> Lines:
    return np.full((LINES, COLUMNS), value)


def stripes(period_px: float) -> Lines:
    return np.repeat(0.5 + 0.2 * np.sin(2 * np.pi * np.arange(COLUMNS) / period_px)[None], LINES, axis=0)


def edge(low: float = 0.3, high: float = 0.7) -> Lines:
    made = level(low)
    made[:, 240:480] = high
    return made


def still(seed: int = 0) -> Full:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(60, 180, (2 * LINES // 8, COLUMNS // 24, 3))
    return np.repeat(np.repeat(coarse, 8, axis=0), 24, axis=1).astype(np.uint8)


def test_the_same_seed_is_the_same_tape_and_another_is_not() -> None:
    scene = [still()] * 4
    one, again, other = (record(scene, SMALL, WEARS["worn"], seed) for seed in (1, 1, 2))
    assert all(np.array_equal(a.y, b.y) and np.array_equal(a.u, b.u) for a, b in zip(one, again, strict=True))
    assert not np.array_equal(one[0].y, other[0].y)
    assert not np.array_equal(one[0].y, one[1].y)


def test_a_tape_without_faults_gives_back_what_was_recorded() -> None:
    ramp = np.repeat(np.linspace(0.2, 0.8, COLUMNS)[None], LINES, axis=0)
    luma, _ = played(ramp, CLEAN)
    assert np.abs(luma - ramp)[:, 20:-20].max() < 0.01
    assert played(stripes(12), CLEAN)[0][:, 50:-50].std() == pytest.approx(stripes(12).std(), rel=0.05)


@pytest.mark.parametrize(("standard", "first"), [(SMALL, 0), (UPSIDE, 1)])
def test_each_field_is_a_moment_of_its_own(standard: Standard, first: int) -> None:
    scene = [np.full((2 * LINES, COLUMNS, 3), value, np.uint8) for value in (60, 180)]
    picture = record(scene, standard, (CLEAN,), 1)[0]
    rows = picture.y[:, 100:600].mean(axis=1)
    assert rows[first::2] == pytest.approx(60, abs=2)
    assert rows[1 - first :: 2] == pytest.approx(180, abs=2)
    assert picture.u.shape == (2 * LINES, COLUMNS // 2)
    assert woven_420(picture).u.shape == (LINES, COLUMNS // 2)


def test_light_and_colour_stay_what_they_are() -> None:
    scene = [np.full((2 * LINES, COLUMNS, 3), (120, 100, 160), np.uint8)] * 2
    for passes in WEARS.values():
        picture = record(scene, SMALL, tuple(replace(p, switch_lines=0, dropouts=0) for p in passes), 4)[0]
        assert picture.y.mean() == pytest.approx(120, abs=1)
        assert picture.u.mean() == pytest.approx(100, abs=2.5)
        assert picture.v.mean() == pytest.approx(160, abs=2.5)


def test_fine_detail_is_lost_and_coarse_is_not() -> None:
    narrow = replace(CLEAN, luma_cut_mhz=2.4)
    fine, coarse = (played(stripes(period), narrow)[0][:, 100:600].std() for period in (4, 13.5))
    assert fine < 0.3 * stripes(4).std()
    assert coarse > 0.9 * stripes(13.5).std()


def test_the_equaliser_rings_beside_an_edge() -> None:
    plain, rings = (
        played(edge(), replace(CLEAN, luma_cut_mhz=2.8, ringing=r))[0].max() - 0.7 for r in (0.0, 0.6)
    )
    assert rings > plain + 0.02


def test_a_low_white_clip_smears_edges() -> None:
    hard, soft = (
        played(edge(0.0, 0.9), replace(CLEAN, white_clip=clip))[0][:, 240:250].mean() for clip in (9.0, 1.3)
    )
    assert soft < hard - 0.05


def test_noise_grows_with_the_carriers_and_in_a_tracking_band() -> None:
    quiet, loud = (played(level(), replace(CLEAN, carrier_noise=n))[0][:, 50:-50].std() for n in (0.01, 0.03))
    assert loud == pytest.approx(3 * quiet, rel=0.2)
    band = played(level(), replace(CLEAN, carrier_noise=0.02, tracking=0.7))[0][:, 50:-50].std(axis=1)
    assert band[LINES // 2] > 2 * band[0]


def test_colour_is_late_and_soft() -> None:
    colour = np.zeros((LINES, COLUMNS // 2), np.complex128)
    colour[:, 120:240] = 40
    late = replace(CLEAN, chroma_late_px=6.0)
    there, later = (played(level(), passed, colour)[1].real.mean(axis=0) for passed in (CLEAN, late))
    assert np.interp(20, later[100:140], range(40)) - np.interp(
        20, there[100:140], range(40)
    ) == pytest.approx(3.0, abs=0.3)
    soft = played(level(), replace(CLEAN, chroma_cut_mhz=0.35), colour)[1].real.mean(axis=0)
    assert np.diff(soft).max() < 0.6 * np.diff(there).max()


def test_a_wrong_phase_turns_the_hue_and_keeps_the_colours_strength() -> None:
    colour = np.full((LINES, COLUMNS // 2), 40 + 0j)
    turned = played(level(), replace(CLEAN, phase_deg=8.0), colour)[1]
    angles = np.rad2deg(np.angle(turned[:, 180]))
    assert 2 < np.abs(angles).max() < 30
    assert np.abs(turned[:, 180]).mean() == pytest.approx(40, rel=0.03)


def test_colour_noise_is_slow_streaks_are_whole_lines_and_lines_lose_their_colour() -> None:
    noise = played(level(), replace(CLEAN, chroma_noise=4.0, chroma_cut_mhz=0.4))[1].real
    assert np.diff(noise, axis=1).std() < 0.6 * noise.std()
    streaks = played(level(), replace(CLEAN, chroma_streaks=4.0))[1].real
    assert streaks.std(axis=1).max() < 0.01 < streaks[:, 0].std()
    gone = played(level(), replace(CLEAN, lost_colour=1.0), np.full((LINES, COLUMNS // 2), 40 + 0j))[1]
    assert np.abs(gone).max() < 1e-6


def test_each_line_takes_half_its_colour_from_the_one_before() -> None:
    colour = np.zeros((LINES, COLUMNS // 2), np.complex128)
    colour[10] = 40
    lines = played(level(), CLEAN, colour)[1].real.mean(axis=1)
    assert lines[[9, 10, 11, 12]] == pytest.approx([0, 20, 20, 0], abs=0.1)


def test_lines_move_by_any_part_of_a_pixel() -> None:
    lines = stripes(24)
    whole = moved(lines, np.full(LINES, 3.0))
    assert whole == pytest.approx(np.roll(lines, 3, axis=1))
    half = moved(moved(lines, np.full(LINES, 0.5)), np.full(LINES, 2.5))
    assert half == pytest.approx(whole)


def test_jitter_waves_and_skew_are_as_large_as_they_say() -> None:
    rng = np.random.default_rng(2)
    still_lines = line_shifts(4000, CLEAN, rng)
    assert np.abs(still_lines).max() == 0
    assert line_shifts(4000, replace(CLEAN, jitter_px=0.7), rng).std() == pytest.approx(0.7, rel=0.1)
    assert line_shifts(4000, replace(CLEAN, wave_px=0.8), rng).std() == pytest.approx(0.8, rel=0.4)
    skew = line_shifts(300, replace(CLEAN, skew_px=3.0), rng)
    assert skew[0] > 1.5
    assert abs(skew[30]) < 0.05


def test_only_the_last_lines_move_where_the_heads_change_and_the_first_of_them_by_half() -> None:
    passed = replace(CLEAN, switch_lines=5, switch_px=20.0)
    shifts = switch_shifts(LINES, passed, np.random.default_rng(1))
    assert np.flatnonzero(shifts).tolist() == list(range(LINES - 5, LINES))
    before, after = played(stripes(27), CLEAN)[0], played(stripes(27), passed)[0]
    changed = np.abs(after - before) > 0.02
    assert changed[:, 620:690].any(axis=1).tolist() == [False] * (LINES - 5) + [True] * 5
    assert changed[:, 30:250].any(axis=1).tolist() == [False] * (LINES - 4) + [True] * 4


def test_a_dropout_loses_a_piece_of_one_line() -> None:
    fault = Fault(7, 300, 340, 0.0, filled=False)
    strength = carrier_strength((LINES, 864), CLEAN, [fault], np.array([0.5, 0.0]), np.zeros(LINES), 0)
    assert strength.min(axis=1).tolist() == [1.0] * 7 + [0.0] + [1.0] * (LINES - 8)
    assert (strength[7] == 0).sum() == 40
    many = played(level(), replace(CLEAN, carrier_noise=0.02, dropouts=40.0), seed=3)[0]
    few = played(level(), replace(CLEAN, carrier_noise=0.02), seed=3)[0]
    assert (np.abs(many - 0.5) > 0.25).sum() > 20 + (np.abs(few - 0.5) > 0.25).sum()


def test_the_compensator_takes_the_line_before_once_it_has_noticed() -> None:
    lines = np.arange(4.0)[:, None] * np.ones((1, 50))
    fill(lines, [Fault(2, 10, 20, 0.0, filled=True), Fault(3, 10, 20, 0.0, filled=False)])
    assert (lines[2] == 1).nonzero()[0].tolist() == list(range(14, 24))
    assert (lines[3] == 3).all()


def test_a_worn_tape_is_a_copy_and_worse_in_everything() -> None:
    assert wear_named("good") == (GOOD,)
    assert wear_named("worn") == (FIRST, WORN)
    assert WORN.luma_cut_mhz < GOOD.luma_cut_mhz
    for more in (
        "carrier_noise",
        "ringing",
        "chroma_noise",
        "phase_deg",
        "jitter_px",
        "dropouts",
        "switch_px",
    ):
        assert getattr(WORN, more) > getattr(GOOD, more)
    with pytest.raises(Problem) as refused:
        wear_named("chewed")
    assert refused.value.issue.code == "bench-choice"
