"""What is known of a simulated tape is found in its pictures again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from appliance.adapt.estimate import Findings, Seen, drawn, jitter, measure
from appliance.adapt.windows import played, windows_of
from appliance.core.types import Picture
from appliance.sim.tape.parameters import TapeParameters

FOUND = Findings(3.0, 2.0, 4.0, 0.3)


def look(scene: list[Picture], tape: TapeParameters) -> Findings:
    windows = list(windows_of(played(scene, tape, 0), "tff"))
    pairs = list(zip(windows, scene, strict=True))[4:10]
    return measure([Seen(w.plain, f, w.upside_down, w.field.moved_px) for w, f in pairs], 4.5)


def test_the_wear_of_a_tape(make_scene, worn: TapeParameters) -> None:
    found = look(make_scene(), worn)
    assert found.chroma_noise == pytest.approx(4.0, rel=0.4)
    assert found.chroma_delay_px * 192 / 720 == pytest.approx(2.0, abs=1.01)
    assert found.wear == "worn"


def test_a_clean_tape_has_none(make_scene) -> None:
    found = look(make_scene(), TapeParameters())
    assert max(found.chroma_noise, found.line_jitter_px) < 0.5
    assert found.chroma_delay_px == 0


def test_lines_astray_are_told_from_a_slow_bend() -> None:
    rng = np.random.default_rng(1)
    bend = 3 * np.sin(np.arange(288) / 60)
    assert jitter(bend + rng.normal(0, 0.5, 288)) == pytest.approx(0.5, rel=0.25)
    assert jitter(None) == 0


def test_a_drawn_tape_has_the_measured_wear_and_nothing_that_nobody_could_know() -> None:
    tapes = [drawn(FOUND, np.random.default_rng(k), "pal", (360, 288), "tff") for k in range(20)]
    assert {(t.luma_noise, t.row_noise, t.ringing) for t in tapes} == {(0.0, 0.0, 0.0)}, "Light lays them on"
    assert np.mean([tape.chroma_delay_px for tape in tapes]) == pytest.approx(2.0, rel=0.1)
    assert len({tape.dropouts_per_frame for tape in tapes}) == 20
    assert all((t.gain, t.lift, t.agc, t.edge_wave_px, t.generations) == (1, 0, 0, 0, 1) for t in tapes)
    assert replace(FOUND, luma_noise=6).wear == "worn"
