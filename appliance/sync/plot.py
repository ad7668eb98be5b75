"""The sync of two recordings as a drawing for the report: measured windows and how far the clock fits."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from appliance.core.types import SyncEstimate

Array = NDArray[np.float64]

WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 620, 46, 270
LEAST_SPAN_MS = 1.0
MOST_MARKS = 400
STYLE = "font-family:sans-serif;font-size:11px;fill:#222"


def sync_plot_svg(estimate: SyncEstimate) -> str:
    """One SVG element; shapes, not colours, carry the meaning, and a text says what it shows."""
    body = _chart(estimate) if estimate.offset_s is not None else []
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" style="{STYLE}"'
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box}>',
        f"<title>{escape(describe(estimate))}</title>",
        _text(8, 18, describe(estimate)),
    ]
    return "\n".join([*head, *body, "</svg>"])


def describe(estimate: SyncEstimate) -> str:
    """The estimate in one sentence."""
    if estimate.offset_s is None:
        return f"The two recordings were not placed on one clock. {estimate.reason}"
    side = "after" if estimate.offset_s >= 0 else "before"
    steps = f", {len(estimate.steps)} lost piece(s)" if estimate.steps else ""
    bent = f", the tape runs up to {most_bent_ms(estimate):.1f} ms unevenly" if estimate.bends else ""
    return (
        f"The camera starts {abs(estimate.offset_s):.3f} s {side} the tape; its clock differs by "
        f"{estimate.drift_ppm:+.0f} millionths{steps}{bent}; windows agree to {estimate.residual_ms:.2f} ms."
    )


def most_bent_ms(estimate: SyncEstimate) -> float:
    return 1e3 * max(abs(bend.late_s) for bend in estimate.bends)


def _chart(estimate: SyncEstimate) -> list[str]:
    times_s = np.array([window.t_tape_s for window in estimate.windows])
    if not len(times_s):
        return []
    left_ms = residuals_ms(estimate)
    span_ms = max(LEAST_SPAN_MS, 1.1 * float(np.percentile(np.abs(left_ms), 98)))
    x = np.interp(times_s, _range(times_s), (LEFT, RIGHT))
    y = np.interp(left_ms, (-span_ms, span_ms), (BOTTOM, TOP))
    marks = range(0, len(x), max(1, len(x) // MOST_MARKS))
    circles = [_circle(x[i], y[i], estimate.windows[i].weight) for i in marks]
    range_s = _range(times_s)
    bent = _bent_line(estimate, range_s, span_ms)
    return [*_axes(range_s, span_ms), *circles, *bent, *_step_lines(estimate, range_s)]


def residuals_ms(estimate: SyncEstimate) -> Array:
    """How far each window lies from the straight clock, steps included; what bends it is still in there."""
    values = []
    for window in estimate.windows:
        shift_s = sum(step.shift_s for step in estimate.steps if step.t_tape_s <= window.t_tape_s)
        camera_s = window.t_camera_s
        fitted_s = (estimate.offset_s or 0.0) + shift_s + (1 + estimate.drift_ppm * 1e-6) * camera_s
        values.append(1e3 * (window.t_tape_s - fitted_s))
    return np.array(values, np.float64)


def _bent_line(estimate: SyncEstimate, range_s: tuple[float, float], span_ms: float) -> list[str]:
    """How the tape ran, where it did not run evenly."""
    if not estimate.bends:
        return []
    times_s = np.array([bend.t_tape_s for bend in estimate.bends])
    late_ms = np.array([1e3 * bend.late_s for bend in estimate.bends])
    x = np.interp(times_s, range_s, (LEFT, RIGHT))
    y = np.interp(late_ms, (-span_ms, span_ms), (BOTTOM, TOP))
    corners = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return [f'<polyline class="bent" points="{corners}" fill="none" stroke="#222"/>']


def _range(times_s: Array) -> tuple[float, float]:
    return float(times_s.min()), max(float(times_s.max()), float(times_s.min()) + 1e-3)


def _axes(range_s: tuple[float, float], span_ms: float) -> list[str]:
    middle = (TOP + BOTTOM) / 2
    ticks: Sequence[tuple[float, float]] = [(TOP, span_ms), (middle, 0.0), (BOTTOM, -span_ms)]
    return [
        _line(LEFT, TOP, LEFT, BOTTOM),
        _line(LEFT, middle, RIGHT, middle, "fit"),
        *(_text(8, y + 4, f"{value:+.1f} ms") for y, value in ticks),
        *(_text(x, BOTTOM + 18, f"{t:.1f} s") for x, t in zip((LEFT, RIGHT - 40), range_s, strict=True)),
        _text(
            LEFT,
            BOTTOM + 38,
            "Along: tape time. Up: window less even clock. Line: as the tape ran. Dashed: lost piece.",
        ),
    ]


def _step_lines(estimate: SyncEstimate, range_s: tuple[float, float]) -> list[str]:
    lines = []
    for step in estimate.steps:
        x = float(np.interp(step.t_tape_s, range_s, (LEFT, RIGHT)))
        lines += [_line(x, TOP, x, BOTTOM, "step", "5 4"), _text(x + 4, TOP, f"{step.shift_s:+.3f} s")]
    return lines


def _circle(x: float, y: float, weight: float) -> str:
    place = f'cx="{x:.1f}" cy="{y:.1f}" r="{1.5 + 2 * weight:.1f}"'
    return f'<circle class="window" {place} fill="none" stroke="#222"/>'


def _line(x1: float, y1: float, x2: float, y2: float, name: str = "axis", dash: str = "none") -> str:
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line class="{name}" {ends} stroke="#222" stroke-dasharray="{dash}"/>'


def _text(x: float, y: float, words: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'
