"""What a net is asked and what it should answer fit together, for both fields and for odd sizes."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.adapt.windows import played, smaller, windows_of
from appliance.core.types import Picture
from appliance.enhance.pack import INPUT_CHANNELS, NOTHING
from appliance.enhance.pipeline import restore
from appliance.sim.tape.parameters import TapeParameters


@pytest.mark.parametrize("size", [(64, 96), (62, 90)])
def test_the_right_answer_makes_the_truth(make_scene, size: tuple[int, int]) -> None:
    scene = make_scene(8, *size)
    windows = list(windows_of(played(scene, TapeParameters(), 0), "tff"))
    assert len(windows) == 8
    for window, truth in zip(windows, scene, strict=True):
        answer = np.clip(window.missing(truth) + NOTHING, 0, 255).astype(np.uint8)
        made = window.finished(answer)
        assert window.packed.shape[0] == INPUT_CHANNELS
        for name in ("y", "u", "v"):
            assert np.array_equal(getattr(made, name), getattr(truth, name))


def test_no_answer_is_the_tapes_own_picture_as_the_product_sees_it(make_scene, worn) -> None:
    tape, plain = played(make_scene(), worn, 0), []

    def nothing(fields: np.ndarray) -> np.ndarray:
        return np.full((24, *fields.shape[2:]), NOTHING, np.uint8)

    from appliance.core.types import ModelInfo
    from appliance.enhance.runtime import Runtime

    runtime = Runtime(ModelInfo("idle", "", "", "live", 7), "cpu", "", nothing)
    list(restore(tape, "tff", runtime, see_plain=plain.append))
    for window, own in zip(windows_of(tape, "tff"), plain, strict=True):
        assert np.array_equal(window.plain.y, own.y)
        assert np.array_equal(window.plain.u, own.u)


def test_a_smaller_film_still_folds(make_scene) -> None:
    small = smaller(make_scene(1)[0], 0.72)
    assert small.y.shape == (104, 136)
    assert small.u.shape == (52, 68)
    whole: Picture = make_scene(1)[0]
    assert smaller(whole, 1) is whole
