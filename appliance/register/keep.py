"""What a guide's track remembers, as text: a film that goes on after a cut is the same, byte for byte."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import numpy as np

from appliance.register.follow import Track
from appliance.register.guide_track import State


def written(state: State) -> str:
    """Every number exactly as it is."""
    return json.dumps(asdict(state), default=lambda array: array.tolist())


def read(text: str) -> State:
    """Raises ValueError, KeyError or TypeError for anything else than ``written`` gave."""
    found = json.loads(text)
    return State(Track(**arrays(found["track"])), **arrays({"light": found["light"]}))


def arrays(values: dict[str, Any]) -> dict[str, Any]:
    return {name: np.array(value) if isinstance(value, list) else value for name, value in values.items()}
