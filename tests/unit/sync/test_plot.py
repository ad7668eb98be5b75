from __future__ import annotations

from xml.etree import ElementTree

import pytest

from appliance.core.types import SyncEstimate, SyncStep, SyncWindow
from appliance.sync.plot import residuals_ms, sync_plot_svg

NAME = "{http://www.w3.org/2000/svg}"
WINDOWS = (SyncWindow(0.0, 2.0, 1.0), SyncWindow(4.0, 6.001, 0.5), SyncWindow(8.0, 11.0, 1.0))
ESTIMATE = SyncEstimate(2.0, 0.0, steps=(SyncStep(8.0, 1.0),), confidence=1.0, windows=WINDOWS)


def _parts(svg: str, name: str) -> list[ElementTree.Element]:
    return [part for part in ElementTree.fromstring(svg).iter() if part.get("class") == name]


def test_windows_fit_and_lost_pieces_are_drawn():
    svg = sync_plot_svg(ESTIMATE)
    assert len(_parts(svg, "window")) == 3
    assert len(_parts(svg, "fit")) == 1
    assert len(_parts(svg, "step")) == 1
    assert "2.000 s after the tape" in svg


def test_residuals_follow_steps():
    assert residuals_ms(ESTIMATE) == pytest.approx([0.0, 1.0, 0.0], abs=1e-6)


def test_a_late_window_is_drawn_higher():
    heights = [float(part.get("cy", "nan")) for part in _parts(sync_plot_svg(ESTIMATE), "window")]
    assert heights[1] < heights[0] == heights[2]


def test_a_refusal_shows_its_reason_safely():
    svg = sync_plot_svg(SyncEstimate(None, reason="The camera <filmed> something else"))
    texts = [part.text or "" for part in ElementTree.fromstring(svg).iter(f"{NAME}text")]
    assert any("<filmed>" in text for text in texts)
