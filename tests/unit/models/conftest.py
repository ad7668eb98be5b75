"""The training code lies beside the package, not in it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from models.train.scenes import COLUMNS, FIELDS, ROWS, Colour


@pytest.fixture
def scene() -> list[Colour]:
    """A bright square that moves 4 pixels a field over a coloured ground."""
    pictures = []
    for k in range(FIELDS):
        picture = np.full((ROWS, COLUMNS, 3), (70, 110, 150), np.uint8)
        picture[100:160, 60 + 4 * k : 140 + 4 * k] = (180, 140, 100)
        pictures.append(picture)
    return pictures
