from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from appliance.core.media import probe, read_pictures
from appliance.sim import render
from appliance.sim.example import write_example
from appliance.sim.recipe import Recipe


@pytest.mark.parametrize(
    ("standard", "order", "rate", "height"),
    [("pal", "tff", Fraction(25), 288), ("ntsc", "bff", Fraction(30000, 1001), 240)],
)
def test_the_example_is_what_a_recorder_would_have_made(
    recipe: Recipe, tmp_path: Path, standard: str, order: str, rate: Fraction, height: int
) -> None:
    wanted = replace(recipe, standard=standard, seconds=0.4)  # type: ignore[arg-type]
    write_example(tmp_path, wanted)
    tape, camera, clean = (probe(tmp_path / f"{name}.mkv") for name in ("tape", "camera", "clean"))
    assert (tape.field_order, tape.rate, tape.height, tape.pixel_format) == (order, rate, height, "yuv422p")
    assert (clean.field_order, clean.pixel_format) == ("progressive", "yuv420p")
    assert float(clean.rate) == pytest.approx(float(2 * rate), rel=1e-5)
    assert camera.codec == "mjpeg"
    assert tape.has_audio
    assert camera.has_audio
    assert tape.colour.matrix == (5 if standard == "pal" else 6)
    truth = json.loads((tmp_path / "truth.json").read_text())
    assert (truth["offset_s"], truth["drift_ppm"], truth["field_order"]) == (0.3, 150.0, order)


def test_the_clean_film_is_the_scene_at_every_field(recipe: Recipe, tmp_path: Path) -> None:
    wanted = replace(recipe, seconds=0.12, camera="none")
    write_example(tmp_path, wanted)
    pictures = list(read_pictures(tmp_path / "clean.mkv"))
    assert len(pictures) == 6
    assert not (tmp_path / "camera.mkv").exists()
    np.testing.assert_array_equal(pictures[5].y, render.clean_field(wanted, 5)[0])
