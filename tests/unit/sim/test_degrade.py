"""The simulated tape: each harm is there, is as large as it is said to be, and is the same every time."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from appliance.sim.degrade import (
    RANGES,
    Planes,
    TapeParameters,
    degrade_frame,
    draw_parameters,
    move_rows,
    row_shifts,
    tracking_band,
)

WIDTH, HEIGHT = 360, 288


def tape(wear: str = "clean", standard: str = "pal", **changes: float) -> TapeParameters:
    drawn = draw_parameters(np.random.default_rng(5), wear, standard, WIDTH, HEIGHT)  # type: ignore[arg-type]
    return replace(drawn, **changes)  # type: ignore[arg-type]


def flat(luma: int, u: int = 128, v: int = 128) -> Planes:
    colour = (HEIGHT, WIDTH // 2)
    return (
        np.full((HEIGHT, WIDTH), luma, np.uint8),
        np.full(colour, u, np.uint8),
        np.full(colour, v, np.uint8),
    )


def edges() -> Planes:
    y, u, v = flat(60, 110, 120)
    y[:, 120:240], u[:, 60:120], v[:, 60:120] = 180, 90, 170
    return y, u, v


@pytest.mark.parametrize("wear", ["clean", "good", "worn"])
@pytest.mark.parametrize("standard", ["pal", "ntsc"])
@pytest.mark.parametrize("size", [(720, 576), (720, 480), (360, 288), (350, 241)])
def test_any_size_gives_four_two_two_of_the_same_size(
    wear: str, standard: str, size: tuple[int, int]
) -> None:
    width, height = size
    drawn = draw_parameters(np.random.default_rng(1), wear, standard, width, height)  # type: ignore[arg-type]
    grey = np.full((height, width), 90, np.uint8), *[np.full((height, width // 2), 128, np.uint8)] * 2
    degraded = degrade_frame(7, grey, grey, drawn)  # type: ignore[arg-type]
    assert [p.shape for p in degraded] == [(height, width), (height, width // 2), (height, width // 2)]
    assert all(p.dtype == np.uint8 for p in degraded)


def test_the_earlier_picture_is_in_the_top_field_of_pal_and_the_bottom_field_of_ntsc() -> None:
    early, late = flat(50), flat(200)
    pal = degrade_frame(0, early, late, tape(standard="pal"))[0]
    ntsc = degrade_frame(0, early, late, tape(standard="ntsc"))[0]
    assert (pal[0::2].mean(), pal[1::2].mean()) == (50, 200)
    assert (ntsc[0::2].mean(), ntsc[1::2].mean()) == (200, 50)


def test_the_same_arguments_give_the_same_bytes_in_any_order() -> None:
    worn = tape("worn")
    forward = [degrade_frame(i, edges(), edges(), worn) for i in range(3)]
    backward = [degrade_frame(i, edges(), edges(), worn) for i in (2, 1, 0)][::-1]
    for a, b in zip(forward, backward, strict=True):
        assert all(np.array_equal(p, q) for p, q in zip(a, b, strict=True))
    other_seed = degrade_frame(0, edges(), edges(), replace(worn, seed=worn.seed + 1))
    assert not np.array_equal(forward[0][0], other_seed[0])
    assert not np.array_equal(forward[0][0], forward[1][0])


def test_inputs_are_left_alone() -> None:
    early, late = edges(), edges()
    degrade_frame(0, early, late, tape("worn"))
    assert all(np.array_equal(a, b) for a, b in zip(early, edges(), strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(late, edges(), strict=True))


def test_parameters_lie_in_their_ranges_and_lengths_follow_the_size() -> None:
    rng = np.random.default_rng(0)
    for wear, ranges in RANGES.items():
        for _ in range(30):
            drawn = draw_parameters(rng, wear, "pal", 720, 576)
            for name, (low, high) in ranges.items():
                assert int(low) <= getattr(drawn, name) <= high, name
    assert {name for ranges in RANGES.values() for name in ranges} <= {f.name for f in fields(TapeParameters)}
    big, small = (draw_parameters(np.random.default_rng(3), "worn", "pal", w, 576) for w in (720, 360))
    assert small.edge_wave_px == pytest.approx(big.edge_wave_px / 2)
    assert small.luma_noise == big.luma_noise


def test_a_clean_tape_only_loses_sharpness_and_more_in_colour_than_in_light() -> None:
    source = edges()
    y, u, _ = degrade_frame(0, source, source, tape())
    assert np.array_equal(y[:, 150:210], source[0][:, 150:210])
    assert np.ptp(y, axis=0).max() == 0
    light_px = rise_px(y[10].astype(float), 100, 140)
    colour_px = 2 * rise_px(u[10].astype(float), 45, 75)
    assert 1 <= light_px < 4 < colour_px < 20


def rise_px(row: np.ndarray, start: int, end: int) -> float:
    """From a tenth to nine tenths of an edge."""
    part = row[start:end]
    height = (part - part[0]) / (part[-1] - part[0])
    return float(np.count_nonzero((height > 0.1) & (height < 0.9)) + 1)


def test_ringing_overshoots_both_sides_of_an_edge_and_trails_behind_it() -> None:
    tapes = (tape(ringing=r, sample_rate_mhz=13.5) for r in (0.0, 0.6))
    calm, ringing = (degrade_frame(0, edges(), edges(), t)[0][10].astype(int) for t in tapes)
    assert 0.10 < (ringing.max() - 180) / 120 < 0.3
    assert ringing.max() - 180 > 1.4 * (calm.max() - 180)
    trail, lead = (np.abs(ringing - calm)[part].sum() for part in (slice(122, 130), slice(110, 118)))
    assert trail > 1.3 * lead


def test_noise_has_its_figure_and_colour_noise_is_streaky() -> None:
    y, u, _ = degrade_frame(0, flat(100), flat(100), tape(luma_noise=5.0, chroma_noise=6.0))
    assert y.std() == pytest.approx(5, rel=0.15)
    assert u.std() == pytest.approx(6, rel=0.4)
    assert likeness(u[:, 6:], u[:, :-6]) > 0.6 > 0.3 > likeness(u[1:], u[:-1])
    assert likeness(y[:, 2:], y[:, :-2]) > 0.2 > likeness(y[2:], y[:-2])


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


def test_colour_comes_late_and_the_light_does_not() -> None:
    still = degrade_frame(0, edges(), edges(), tape())
    late = degrade_frame(0, edges(), edges(), tape(chroma_delay_px=6.0))
    assert np.array_equal(still[0], late[0])
    assert np.allclose(late[1][:, 10:150], still[1][:, 7:147], atol=1)


def test_a_wrong_phase_turns_the_hue_of_ntsc_but_pal_averages_it_away() -> None:
    source = flat(100, 128, 178)
    change = {"chroma_phase_deg": 20.0, "chroma_blend": 1.0}
    ntsc = degrade_frame(0, source, source, tape(standard="ntsc", **change))[1][10:].mean() - 128
    pal = degrade_frame(0, source, source, tape(standard="pal", **change))[1][10:].mean() - 128
    assert abs(ntsc) > 6
    assert abs(pal) < 1


def test_colour_rows_blend_within_their_own_field() -> None:
    early, late = flat(100, 128), flat(100, 200)
    u = degrade_frame(0, early, late, tape(chroma_blend=1.0))[1]
    assert (u[0::2].mean(), u[1::2].mean()) == (128, 200)


def test_rows_move_by_what_the_shift_says() -> None:
    picture = np.tile(np.arange(50, dtype=np.float32), (4, 1))
    moved = move_rows(picture, np.array([0, 2, -3, 1.5], np.float32))
    assert np.allclose(moved[:, 20], [20, 18, 23, 18.5], atol=0.05)


def test_only_the_last_rows_suffer_from_the_head_switch() -> None:
    changed = tape(head_switch_rows=8, head_switch_px=20.0)
    shift = row_shifts(HEIGHT, 0, changed, np.random.default_rng(0))
    assert not shift[: HEIGHT - 8].any()
    assert shift[HEIGHT - 8 :].max() > 10


def test_the_wave_is_slow_in_time_and_along_the_rows() -> None:
    waving = tape(edge_wave_px=10.0)
    now, soon = (row_shifts(HEIGHT, i, waving, np.random.default_rng(0)) for i in (40, 41))
    assert 3 < np.abs(now).max() <= 10
    assert np.abs(now - soon).max() < 1.5
    assert np.abs(np.diff(now)).max() < 0.6


def test_the_tracking_band_drifts_and_goes_away() -> None:
    tracking = tape(tracking_rows=60, tracking_rows_per_frame=4.0)
    suffering = [float(tracking_band(HEIGHT, i, tracking).sum()) for i in range(300)]
    assert 25 < max(suffering) < 62
    assert min(suffering) == 0
    assert np.abs(np.diff(suffering)).max() <= 4.1


def test_drop_outs_are_few_and_short() -> None:
    spoiled = tape(dropouts_per_frame=4.0, dropout_px=30.0)
    clean, holes = (
        [degrade_frame(i, edges(), edges(), t)[0].astype(int) for i in range(20)] for t in (tape(), spoiled)
    )
    harmed = [np.abs(a - b) > 20 for a, b in zip(clean, holes, strict=True)]
    assert 0 < np.mean(harmed) < 0.02
    assert any(h.any(axis=1).sum() >= 2 for h in harmed)


def test_rows_without_colour_are_grey() -> None:
    source = flat(100, 90, 190)
    u = degrade_frame(0, source, source, tape(chroma_loss=0.1))[1]
    grey_rows = (u == 128).all(axis=1).mean()
    assert 0.03 < grey_rows < 0.2
    assert ((u == 90).all(axis=1) | (u == 128).all(axis=1)).all()


def test_levels_gain_lift_and_saturation() -> None:
    source = flat(116, 100, 160)
    y, u, v = degrade_frame(0, source, source, tape(gain=0.9, lift=3.0, saturation=0.5))
    assert (y[0, 0], u[0, 0], v[0, 0]) == (109, 115, 142)


def test_the_dongle_lifts_a_dark_picture_and_lowers_a_bright_one() -> None:
    dark, bright = (degrade_frame(0, flat(x), flat(x), tape(agc=0.1))[0][0, 0] for x in (50, 200))
    assert dark > 50
    assert bright < 200


def test_every_generation_softens_and_adds_noise() -> None:
    once, thrice = (tape(generations=n, luma_noise=3.0) for n in (1, 3))
    calm, rough = (degrade_frame(0, flat(100), flat(100), t)[0].std() for t in (once, thrice))
    assert rough > calm * 1.2
