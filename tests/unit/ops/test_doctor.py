"""The doctor finds what is wrong, says what to do, and leaves nothing behind."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path

import pytest

from appliance.core import wire
from appliance.core.config import Config, read_table
from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.core.snapshot import BoxState, Snapshot
from appliance.core.types import ModelInfo
from appliance.ops import doctor
from appliance.ops.checks import service, software, spool
from appliance.ops.checks.result import Result, Verdict, failed, ok, warning

MODEL = ModelInfo("tape-live", "tape.onnx", "0123456789abcdef", "live", 5)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    made = Paths(tmp_path)
    made.make()
    return made


def by_name(results: list[Result]) -> dict[str, Result]:
    return {result.name: result for result in results}


def test_a_sound_machine_passes_and_stays_as_it_was(paths: Paths) -> None:
    before = sorted(paths.root.rglob("*"))
    results = by_name(doctor.checks(paths, lambda: MODEL))
    assert len(results) == 13
    for name in ("python", "pyav", "onnxruntime", "opencv", "model", "configuration", "units"):
        assert results[name].verdict is Verdict.OK, results[name]
    assert "CPU" in results["providers"].finding
    assert results["recorder"].verdict is Verdict.WARNING
    assert sorted(paths.root.rglob("*")) == before


def test_only_a_failure_makes_the_exit_code() -> None:
    fine, odd, bad = ok("a", "x"), warning("b", "x", "c", "d"), failed("c", "x", "c", "d")
    assert doctor.exit_code([fine, odd]) == 0
    assert doctor.exit_code([fine, bad, odd]) == 1


def test_text_and_json_carry_cause_and_remedy() -> None:
    results = [ok("cores", "6 cores"), failed("model", "damaged", "The hash differs.", "Install it again.")]
    assert doctor.as_text(results).splitlines() == [
        "ok       cores          6 cores",
        "FAILED   model          damaged",
        "                        cause: The hash differs.",
        "                        what to do: Install it again.",
    ]
    table = json.loads(doctor.as_json(results))
    assert table["ok"] is False
    assert table["checks"][1]["remedy"] == "Install it again."
    assert table["checks"][0]["verdict"] == "ok"


def test_every_key_is_listed_and_the_list_is_a_valid_configuration(tmp_path: Path) -> None:
    listed = tmp_path / "site.toml"
    listed.write_text(doctor.describe_config(), encoding="utf-8")
    table = read_table(listed)
    assert Config.model_validate(table) == Config()
    for name in Config.model_fields:
        section = getattr(Config(), name)
        assert (
            set(table[name]) == set(type(section).model_fields) if doctor.is_section(name) else name in table
        )
    assert "# Refuse to record when less than this would fit.\nmin_minutes = 5.0" in listed.read_text()


def test_a_refused_model_is_a_failure_with_its_own_words() -> None:
    def damaged() -> ModelInfo:
        raise Problem("model-damaged", "The model is damaged", "Its hash differs.", "Install it again.")

    result = software.model(damaged)
    assert (result.verdict, result.cause) == (Verdict.FAILED, "Its hash differs.")


def test_a_missing_library_is_named() -> None:
    result = software.library("Nothing", "no_such_module_here")
    assert result.verdict is Verdict.FAILED
    assert "no_such_module_here" in result.cause


def test_a_jetson_without_its_gpu_is_warned_about() -> None:
    assert software.providers("x86_64").verdict is Verdict.OK
    assert software.providers("aarch64").verdict is Verdict.WARNING


def test_a_mistake_in_the_configuration_is_found_and_named(paths: Paths) -> None:
    paths.site_config.parent.mkdir(parents=True)
    paths.site_config.write_text("[capture]\nmin_minuets = 3\n")
    result = service.configuration(paths)
    assert result.verdict is Verdict.FAILED
    assert "capture.min_minuets: there is no such key" in result.cause


def test_too_little_space_fails_and_little_space_warns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = 0

    monkeypatch.setattr("shutil.disk_usage", lambda path: Usage)
    verdicts = []
    for gigabytes in (1, 20, 500):
        Usage.free = gigabytes * 10**9
        verdicts.append(spool.space(tmp_path / "not/yet/there", 5.0).verdict)
    assert verdicts == [Verdict.FAILED, Verdict.WARNING, Verdict.OK]


def test_the_disk_is_measured_and_judged(tmp_path: Path) -> None:
    assert spool.write_mb_s(tmp_path) > 0
    assert list(tmp_path.iterdir()) == []
    assert [spool.judged(mb_s).verdict for mb_s in (10, 30, 300)] == [
        Verdict.FAILED,
        Verdict.WARNING,
        Verdict.OK,
    ]
    assert spool.speed(tmp_path / "missing").verdict is Verdict.WARNING


def test_a_spool_that_cannot_be_written_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(folder: Path) -> float:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(spool, "write_mb_s", full)
    result = spool.speed(tmp_path)
    assert result.verdict is Verdict.FAILED
    assert "No space left on device" in result.cause


def test_a_recorder_that_answers_tells_its_state(paths: Paths) -> None:
    server = socket.create_server(str(paths.socket), family=socket.AF_UNIX)

    def answer() -> None:
        client, _ = server.accept()
        with client:
            client.recv(4096)
            client.sendall(wire.encode_from(wire.SnapshotUpdate(Snapshot(BoxState.READY, "Ready."))))
            client.recv(4096)

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        assert service.recorder(paths) == ok("recorder", "answers; state: ready")
    finally:
        thread.join(10)
        server.close()


def test_a_socket_that_nobody_listens_on_is_a_failure(paths: Paths) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(paths.socket))
    assert service.recorder(paths).verdict is Verdict.FAILED


def test_installed_units_are_found_wherever_they_may_lie(tmp_path: Path) -> None:
    for folder, name in (
        ("etc/systemd/system", "twinreel.target"),
        ("usr/lib/systemd/system", "twinreel-web.service"),
    ):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / name).touch()
        (tmp_path / folder / "other.service").touch()
    assert [unit.name for unit in service.installed_units(tmp_path)] == [
        "twinreel.target",
        "twinreel-web.service",
    ]


@pytest.mark.parametrize(
    ("unit", "verdict"), [("ExecStart=/bin/true", Verdict.OK), ("ExecStart=", Verdict.FAILED)]
)
def test_systemd_is_asked_about_them(paths: Paths, unit: str, verdict: Verdict) -> None:
    folder = paths.root / "etc/systemd/system"
    folder.mkdir(parents=True)
    (folder / "twinreel-web.service").write_text(f"[Service]\n{unit}\n")
    result = service.units(paths)
    assert result.verdict in (verdict, Verdict.WARNING)  # a warning where systemd-analyze is not installed
