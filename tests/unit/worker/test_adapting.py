"""A model of a tape's own: kept where it helps, refused where it does not, and never left half-made."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from appliance.adapt.publish import publish, tuned_tier
from appliance.core.config import Config
from appliance.core.problems import Problem
from appliance.enhance.manifest import ENVIRONMENT, load_model
from appliance.enhance_cli import with_model
from appliance.worker import adapting as module
from appliance.worker.adapting import Adapted, AdaptJob, adapt_tape
from appliance.worker.files import FileJob, enhance_files

WriteFilm = Callable[..., Path]
FRAMES = 4 * module.FRAMES


def run(tape: Path, out: Path, tell=lambda fraction, text: None, **more: object) -> Adapted:
    facts = {"field_order": "tff", "minutes": 1.0} | more
    return adapt_tape(
        AdaptJob(tape, (), out, **facts), Config.model_validate({"enhance": {"threads": 1}}), tell
    )  # type: ignore[arg-type]


def refused(*arguments: object, **more: object) -> str:
    with pytest.raises(Problem) as caught:
        run(*arguments, **more)  # type: ignore[arg-type]
    return caught.value.issue.code


def test_what_cannot_be_tuned_is_refused_before_the_work(
    write_film: WriteFilm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch", reason="the extra [train] is not installed")
    tape, out = write_film("tape.mkv", range(FRAMES - 1)), tmp_path / "tape.model"
    monkeypatch.setattr(module, "stretch_of", lambda *arguments: pytest.fail("work was begun"))
    assert refused(tape, out) == "adapt-short"
    assert refused(tape, out, field_order="progressive") == "adapt-progressive"
    assert refused(tape, out, tier="studio") == "adapt-tier"
    assert refused(tape, tape) == "output-exists"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tape.mkv"]


def test_without_the_training_it_says_what_to_install(
    write_film: WriteFilm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert refused(write_film("tape.mkv", range(FRAMES)), tmp_path / "out") == "train-missing"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="the extra [train] is not installed")
    monkeypatch.setattr(module, "STEPS", 25)
    monkeypatch.setattr(module, "RATE", 1e-3)
    monkeypatch.setattr(module, "DRAWS", 1)


@pytest.mark.usefixtures("quick")
def test_a_tape_that_it_cannot_help_keeps_the_shipped_model(write_film: WriteFilm, tmp_path: Path) -> None:
    """Nothing but grey: whatever was learnt there, no picture can become better."""
    grey = [np.full((64, 96), 120, np.uint8)] * FRAMES
    tape = write_film("grey.mkv", range(FRAMES), light=grey)
    found = run(tape, tmp_path / "grey.model")
    assert not found.kept
    assert "shipped model stays" in found.sentence()
    assert found.verdict.clean
    assert [path.name for path in tmp_path.iterdir()] == ["grey.mkv"]


@pytest.fixture
def spoilt(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Shipped models of which the small one answers with too much light: something that tuning can help."""
    from appliance.adapt.tuning import Tuner

    folder = tmp_path_factory.mktemp("models")
    tuner = Tuner(Path(load_model("live").path), "live", 1)
    tuner.net.tail.bias.data[:16] += 4 / 128
    tuner.export(tuner.net, folder, "live")
    publish(folder, folder / "spoilt", "live", "", "")
    monkeypatch.setenv(ENVIRONMENT, str(folder / "spoilt"))
    return folder / "spoilt"


def noisy_still() -> list[np.ndarray]:
    """Only where nothing moves can it be seen on a tape alone that a model helps."""
    rng = np.random.default_rng(1)
    scene = 120 + 40 * np.kron(rng.standard_normal((8, 12)), np.ones((8, 8)))
    noisy = (scene + 3 * rng.standard_normal((FRAMES, *scene.shape))).clip(16, 235)
    return list(noisy.astype(np.uint8))


@pytest.mark.usefixtures("quick")
def test_a_model_that_helps_is_kept_and_makes_the_film(
    spoilt: Path, write_film: WriteFilm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tape, out = write_film("tape.mkv", range(FRAMES), light=noisy_still()), tmp_path / "tape.model"
    told: list[float] = []
    found = run(tape, out, lambda fraction, text: told.append(fraction))
    assert found.kept, found.sentence()
    assert told == sorted(told)
    assert (tuned_tier(out), load_model("live", out).sha256) != ("", load_model("live").sha256)
    monkeypatch.setenv(ENVIRONMENT, str(spoilt))
    assert with_model(out, "auto") == "live"
    job = FileJob(tape, (), tmp_path / "film.mkv", "tff", "cpu", 1.0, force=False, tier="live")
    film = enhance_files(job, Config(), lambda fraction, text: None)
    assert film.model_sha256 == load_model("live", out).sha256


@pytest.mark.usefixtures("quick", "spoilt")
def test_where_everything_moves_nothing_speaks_for_a_model(write_film: WriteFilm, tmp_path: Path) -> None:
    """Whatever it gains on pictures that were played again."""
    found = run(write_film("tape.mkv", range(FRAMES)), tmp_path / "tape.model")
    assert found.verdict.simulated > 0.5
    assert found.verdict.tape is None
    assert not found.kept
    assert "shipped model stays" in found.sentence()


@pytest.mark.usefixtures("quick", "spoilt")
def test_an_interrupted_run_leaves_what_was_there(write_film: WriteFilm, tmp_path: Path) -> None:
    tape, out = write_film("tape.mkv", range(FRAMES)), tmp_path / "tape.model"
    out.mkdir()
    (out / "of another time").touch()
    for part in (0.1, 0.6, module.LEARNT):

        def interrupt(fraction: float, text: str, part: float = part) -> None:
            if fraction >= part:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run(tape, out, interrupt, force=True)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["tape.mkv", "tape.model"]
        assert [path.name for path in out.iterdir()] == ["of another time"]
