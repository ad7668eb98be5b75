"""The shipped net is read back as it is, its last layers learn, and what is written answers as they do."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from appliance.adapt import tuning
from appliance.adapt.again import again, places_of
from appliance.adapt.tuning import Course, Example, Glimpse, Tuner, parts
from appliance.adapt.windows import played, windows_of
from appliance.core.problems import Problem
from appliance.core.types import ModelInfo
from appliance.enhance.manifest import load_model
from appliance.enhance.runtime import open_session
from appliance.sim.tape.parameters import TapeParameters

pytest.importorskip("torch", reason="the extra [train] is not installed")


@pytest.fixture(scope="module")
def live() -> Path:
    return Path(load_model("live").path)


@pytest.fixture
def pairs(make_scene, worn):
    scene = make_scene(12)
    windows = list(windows_of(played(scene, worn, 0), "tff"))
    return list(zip(windows, scene, strict=True))[4:8]


@pytest.mark.parametrize("tuned", [1, 2])
def test_the_net_that_is_read_back_answers_as_the_file(live: Path, pairs, tuned: int) -> None:
    tuner, runtime = Tuner(live, "live", tuned, threads=1), open_session(load_model("live"), "cpu", 1)
    for window, _ in pairs[:2]:
        file = runtime.answer(window.packed[None]).astype(int)
        own = tuner.answer(tuner.reached(window.packed)).astype(int)
        assert np.abs(file - own).mean() < 0.02


def test_learning_helps_and_leaves_the_shipped_net_alone(
    live: Path, pairs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that answers with too much light, so that a few steps help."""
    monkeypatch.setattr(tuning, "BATCH", 2)
    monkeypatch.setattr(tuning, "SIDE", 16)
    tuner = Tuner(live, "live", 1, threads=1)
    tuner.net.tail.bias.data[:16] += 4 / 128
    examples = [Example(tuner.reached(w.packed), w.missing(truth)) for w, truth in pairs]
    before = [tuner.answer(example.reached) for example in examples]
    told: list[float] = []
    net = tuner.learn(examples, [], Course(60, 1e-3, time.monotonic() + 60), told.append)
    assert all(np.array_equal(tuner.answer(e.reached), b) for e, b in zip(examples, before, strict=True))
    assert error(tuner, examples, net) < 0.8 * error(tuner, examples, None)
    assert told == sorted(told)
    assert told[-1] == 1.0
    tuner.export(net, tmp_path, "live")
    model = ModelInfo("tuned", str(tmp_path / "live.onnx"), "", "live", 7)
    written = open_session(model, "cpu", 1)
    for (window, _), example in zip(pairs, examples, strict=True):
        off = written.answer(window.packed[None]).astype(int) - tuner.answer(example.reached, net)
        assert np.abs(off).mean() < 0.02
    assert {p.name for p in tmp_path.iterdir()} == {"live.onnx", "live-s8.onnx", "live-f32.onnx"}


def test_other_fields_alone_teach_it_too(live: Path, make_scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing moves; the same net that answers with too much light, and no picture of how it should be."""
    monkeypatch.setattr(tuning, "GLIMPSES", 4)
    scene = make_scene(1, 96, 192)[0]
    windows = list(windows_of(played([scene] * 14, TapeParameters(luma_noise=3.0, seed=1), 0), "tff"))
    tuner = Tuner(live, "live", 1, threads=1)
    tuner.net.tail.bias.data[:16] += 4 / 128
    plain = np.zeros(25)
    plain[12] = 1
    seen = [again(windows, place) for place in places_of(windows)]
    glimpses = [
        Glimpse(tuner.reached(windows[k].packed), *windows[k].lacking(one.shown, one.still, plain))
        for k, one in zip(places_of(windows), seen, strict=True)
    ]
    course = Course(60, 1e-3, time.monotonic() + 60, tuple(plain), 3.0)
    net = tuner.learn([], glimpses, course, lambda part: None)
    before, after = (
        np.square(windows[6].finished(tuner.answer(glimpses[1].reached, of)).y.astype(float) - scene.y).mean()
        for of in (None, net)
    )
    assert after < 0.7 * before


def error(tuner: Tuner, examples: list[Example], net: object) -> float:
    answers = [tuner.answer(e.reached, net).astype(float) - 128 - e.missing for e in examples]
    return float(np.mean([np.square(a[:16]).mean() for a in answers]))


def test_it_ends_in_time(live: Path, pairs) -> None:
    tuner = Tuner(live, "live", 1, threads=1)
    examples = [Example(tuner.reached(w.packed), w.missing(truth)) for w, truth in pairs[:1]]
    began = time.monotonic()
    tuner.learn(examples, [], Course(10**6, 1e-3, began + 0.3), lambda part: None)
    assert time.monotonic() - began < 10


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(Problem) as caught:
        parts()
    assert caught.value.issue.code == "train-missing"
    assert "[train]" in caught.value.issue.remedy
