"""The panel as one line of text, for the demo's terminal."""

from __future__ import annotations

from appliance.core.snapshot import BoxState
from appliance.core.types import Signal
from appliance.panel.patterns import describe, lit, pattern


def panel_line(state: BoxState, sentence: str, t_s: float, signal: Signal = Signal.OK) -> str:
    """``[●] [ ] [ ]  ready - Press record.`` at a moment of any clock; no sentence: the lights in words."""
    lights = " ".join("[●]" if on else "[ ]" for on in lit(pattern(state, signal), t_s))
    return f"{lights}  {state.value} - {sentence or describe(state, signal)}"
