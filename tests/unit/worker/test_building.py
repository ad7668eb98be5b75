"""Engines are built ahead, and never while a tape is recorded: then one waits and says so."""

from __future__ import annotations

from pathlib import Path

import onnxruntime
import pytest

from appliance.core.config import EnhanceConfig
from appliance.core.journal import Journal, TakeRow
from appliance.core.types import ModelInfo, TakeState
from appliance.enhance import runtime
from appliance.enhance.manifest import has_model, load_model
from appliance.enhance.runtime import engine_folder, engine_missing
from appliance.worker import building as module
from appliance.worker.building import WAITING, build_engines, is_recording, wait_for_quiet
from appliance.worker.models import open_models


@pytest.fixture
def with_tensorrt(monkeypatch: pytest.MonkeyPatch) -> None:
    offered = ["TensorrtExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: offered)


def test_every_model_is_opened_once_with_progress(tmp_path: Path) -> None:
    told: list[tuple[float, str]] = []
    done = build_engines(
        EnhanceConfig(), tmp_path, tmp_path / "none.db", lambda share, text: told.append((share, text))
    )
    tiers = [tier for tier in ("live", "standard", "studio", "guide") if has_model(tier)]
    assert [one.model.tier for one in done] == tiers
    assert not any(one.built for one in done)
    assert [share for share, _ in told] == sorted(share for share, _ in told)
    assert told[-1][0] == 1.0
    assert "twinreel-live" in told[0][1]


def test_while_a_tape_is_recorded_one_waits_and_says_so() -> None:
    answers = iter([True, True, False])
    told: list[str] = []
    paused: list[float] = []
    wait_for_quiet(lambda: next(answers), told.append, paused.append)
    assert told == [WAITING] * 2
    assert len(paused) == 2


def test_who_is_told_may_end_the_waiting() -> None:
    def leave(text: str) -> None:
        raise SystemExit(0)

    with pytest.raises(SystemExit):
        wait_for_quiet(lambda: True, leave, lambda seconds: pytest.fail("it waited"))


def test_the_list_of_takes_says_whether_one_records(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    assert not is_recording(path)
    assert not path.exists()
    journal = Journal(path)
    for state in (TakeState.RECORDED, TakeState.WORKING, TakeState.RECORDING):
        journal.put_take(TakeRow("a", "2026-11-21T10:00:00+00:00", state, 1.0, False, False, ""))
        assert is_recording(path) == (state is TakeState.RECORDING)
    journal.close()


@pytest.mark.usefixtures("with_tensorrt")
def test_an_engine_is_missing_until_it_lies_in_the_cache(tmp_path: Path) -> None:
    live = load_model("live")
    assert engine_missing(live, "auto", tmp_path)
    assert engine_missing(live, "tensorrt", None)
    assert not engine_missing(live, "cpu", tmp_path)
    folder = engine_folder(load_model("live-s8"), tmp_path)
    folder.mkdir(parents=True)
    (folder / "TensorrtExecutionProvider_1.engine").touch()
    assert not engine_missing(live, "auto", tmp_path)


def test_without_tensorrt_nothing_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    assert not engine_missing(load_model("live"), "auto", tmp_path)


@pytest.mark.usefixtures("with_tensorrt")
def test_a_job_waits_before_it_builds_and_not_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[str] = []

    def opened(model: ModelInfo, *more: object) -> runtime.Runtime:
        waited.append("opened")
        return runtime.Runtime(model, "tensorrt", "", lambda fields: fields)

    monkeypatch.setattr("appliance.worker.models.open_session", opened)

    def job() -> None:
        open_models(
            EnhanceConfig(tier="live"),
            for_take=True,
            with_camera=False,
            cache=tmp_path,
            before_build=lambda: waited.append("waited"),
        )

    job()
    assert waited == ["waited", "opened"]
    monkeypatch.setattr("appliance.worker.models.engine_missing", lambda *arguments: False)
    job()
    assert waited == ["waited", "opened", "opened"]


@pytest.mark.usefixtures("with_tensorrt")
def test_the_command_waits_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    def opened(model: ModelInfo, *more: object) -> runtime.Runtime:
        order.append("opened")
        return runtime.Runtime(model, "tensorrt", "TensorRT: a test.", lambda fields: fields)

    monkeypatch.setattr(module, "open_session", opened)
    monkeypatch.setattr(module, "has_model", lambda tier: tier == "live")
    monkeypatch.setattr(module, "wait_for_quiet", lambda *arguments: order.append("waited"))
    (built,) = build_engines(EnhanceConfig(), tmp_path, tmp_path / "j.db", lambda share, text: None)
    assert order == ["waited", "opened"]
    assert (built.built, built.provider) == (True, "tensorrt")


def test_one_engine_takes_every_size(tmp_path: Path) -> None:
    options = runtime.tensorrt_options(load_model("live-s8"), tmp_path)
    assert options["trt_profile_opt_shapes"] == "fields:1x120x144x180"
    assert options["trt_profile_min_shapes"] == "fields:1x120x8x8"
    assert options["trt_profile_max_shapes"] == "fields:1x120x320x480"
