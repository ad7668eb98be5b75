"""The demo before it starts, while it waits, and what it collects; without the three processes."""

from __future__ import annotations

import itertools
import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from appliance import demo
from appliance.core.config import load_config
from appliance.core.journal import Journal, TakeRow
from appliance.core.problems import Problem
from appliance.core.snapshot import BoxState, Command, DeviceStatus, JobProgress, Snapshot, TakeSummary
from appliance.core.types import (
    Artifact,
    ArtifactRole,
    DeviceInfo,
    Issue,
    Receipt,
    Role,
    Severity,
    Stage,
    TakeState,
)
from appliance.demo import Conductor, DemoSettings, collect, print_table, ready, run_auto, run_demo, stuck

TROUBLE = Issue("stick-full", Severity.ERROR, "The stick is full", "It is.", "Take another.")
NOTICE = replace(TROUBLE, severity=Severity.NOTICE)
DEVICES = tuple(DeviceStatus(DeviceInfo(role.value, role.value, role)) for role in Role)


@pytest.fixture
def settings(tmp_path: Path) -> DemoSettings:
    return DemoSettings(tmp_path / "box", tmp_path / "cache", 4.0, port=0)


@pytest.fixture
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "box", lambda settings: pytest.fail("processes were started"))


def code_of(work: Callable[[], object]) -> str:
    with pytest.raises(Problem) as caught:
        work()
    return caught.value.issue.code


@pytest.mark.usefixtures("nothing_starts")
@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"camera": "both"}, "config-wrong"),
        ({"size": "huge"}, "config-wrong"),
        ({"standard": 'secam"\n[web]'}, "config-wrong"),
        ({"wear": "none"}, "config-wrong"),
        ({"seconds": 0.0}, "config-wrong"),
        ({"seconds": float("nan")}, "config-wrong"),
        ({"speed": -1.0}, "config-wrong"),
        ({"port": 99999}, "config-wrong"),
        ({"faults": ("earthquake@3",)}, "unknown-action"),
        ({"faults": ("unplug-tape",)}, "fault-without-time"),
    ],
)
@pytest.mark.parametrize("auto", [True, False])
def test_words_that_mean_nothing_are_refused_before_anything_starts(
    wrong: dict[str, Any], code: str, auto: bool, settings: DemoSettings, tmp_path: Path
) -> None:
    asked = replace(settings, **wrong)
    assert code_of(lambda: run_auto(asked, tmp_path / "out", True) if auto else run_demo(asked)) == code
    assert not settings.root.exists()


@pytest.mark.usefixtures("nothing_starts")
def test_a_place_that_cannot_be_written_is_refused_before_the_work(
    settings: DemoSettings, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    for out in (tmp_path / "file", tmp_path / "file/out", Path("/proc/out")):
        assert code_of(lambda out=out: run_auto(settings, out, True)) == "output-folder"  # type: ignore[misc]


@pytest.mark.usefixtures("nothing_starts")
def test_a_port_that_is_taken_is_said_at_once(settings: DemoSettings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = replace(settings, port=other.getsockname()[1])
        assert code_of(lambda: run_demo(taken)) == "page-address-taken"


@pytest.mark.usefixtures("nothing_starts")
def test_a_second_demo_on_the_same_root_is_refused(settings: DemoSettings) -> None:
    with demo.alone_on(settings):
        assert code_of(lambda: run_demo(settings)) == "already-running"
    with demo.alone_on(settings):
        pass


@pytest.mark.usefixtures("nothing_starts")
def test_the_configuration_of_a_real_box_is_not_written_over(settings: DemoSettings) -> None:
    site = settings.paths.site_config
    site.parent.mkdir(parents=True)
    site.write_text('name = "Museum"\n')
    assert code_of(lambda: run_demo(settings)) == "root-in-use"
    assert site.read_text() == 'name = "Museum"\n'


def test_what_is_asked_for_is_what_the_box_gets(settings: DemoSettings) -> None:
    asked = replace(settings, camera="other", speed=2.5, faults=("unplug-tape@1.5", "plug-tape@2"))
    for _ in range(2):
        demo.check_settings(asked)
        demo.write_site(asked)
    config = load_config(asked.paths)
    assert (config.sim.camera, config.sim.speed, config.sim.seconds) == ("other", 2.5, 4.0)
    assert config.sim.faults == ("unplug-tape@1.5", "plug-tape@2")
    assert (config.panel.backend, config.web.port, config.sim.enabled) == ("mock", 0, True)


def snapshot(state: BoxState, take: TakeState | None = None, **more: Any) -> Snapshot:
    takes = (TakeSummary("t", "2026", take, 4.0, False, True),) if take else ()
    return Snapshot(state, "sentence", **({"takes": takes, "devices": DEVICES} | more))


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (snapshot(BoxState.ATTENTION, issues=(TROUBLE,)), True),
        (snapshot(BoxState.ATTENTION, TakeState.FINISHED, issues=(TROUBLE,)), True),
        (snapshot(BoxState.ATTENTION, TakeState.RECORDED, issues=(TROUBLE,)), False),
        (snapshot(BoxState.ATTENTION, TakeState.WORKING, issues=(TROUBLE,)), False),
        (snapshot(BoxState.ATTENTION, issues=(NOTICE,)), False),
        (snapshot(BoxState.READY, issues=(TROUBLE,)), False),
        (
            snapshot(BoxState.ATTENTION, issues=(TROUBLE,), job=JobProgress("t", Stage.SYNC, 0.0, "")),
            False,
        ),
    ],
)
def test_stuck_is_what_nothing_but_a_person_ends(seen: Snapshot, expected: bool) -> None:
    assert stuck(seen) is expected


def test_ready_waits_for_every_device_that_will_come(settings: DemoSettings) -> None:
    tape_only = snapshot(BoxState.READY, devices=DEVICES[:1])
    assert not ready(tape_only, settings)
    assert ready(tape_only, replace(settings, camera="none"))
    assert ready(snapshot(BoxState.READY), settings)
    assert not ready(snapshot(BoxState.WAITING), settings)


class Hand:
    """A link whose commands are answered with ``issue``; and processes that are well."""

    def __init__(self, issue: Issue | None = None) -> None:
        self.issue = issue
        self.commands: list[Command] = []

    def command(self, command: Command) -> Issue | None:
        self.commands.append(command)
        return self.issue

    def check(self) -> None:
        return None


def conduct(
    settings: DemoSettings, monkeypatch: pytest.MonkeyPatch, hand: Hand, heard: Iterator[Snapshot | None]
) -> tuple[str, dict[str, float]]:
    pairs = ((hand, one) if one is not None else None for one in heard)
    monkeypatch.setattr(demo, "snapshots", lambda paths: pairs)
    return Conductor(settings, hand, quiet=True).conduct()  # type: ignore[arg-type]


def test_record_is_pressed_once_it_is_ready(settings: DemoSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    hand = Hand()
    story = [
        None,
        snapshot(BoxState.STARTING),
        snapshot(BoxState.READY),
        snapshot(BoxState.RECORDING, TakeState.RECORDING),
        snapshot(BoxState.ATTENTION, TakeState.WORKING, issues=(TROUBLE,)),
        None,
        snapshot(BoxState.DONE, TakeState.DELIVERED),
    ]
    take, times = conduct(settings, monkeypatch, hand, iter(story))
    assert take == "t"
    assert len(hand.commands) == 1
    assert set(times) == {"to_ready_s", "to_delivered_s"}


def test_a_refused_record_is_the_end(settings: DemoSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    story = itertools.repeat(snapshot(BoxState.READY))
    assert code_of(lambda: conduct(settings, monkeypatch, Hand(TROUBLE), story)) == "stick-full"


def test_a_box_that_needs_a_person_is_the_end(
    settings: DemoSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = itertools.repeat(snapshot(BoxState.ATTENTION, TakeState.FINISHED, issues=(TROUBLE,)))
    assert code_of(lambda: conduct(settings, monkeypatch, Hand(), story)) == "stick-full"


@pytest.mark.parametrize("heard", [None, snapshot(BoxState.RECORDING, TakeState.RECORDING)])
def test_it_never_waits_for_ever(
    heard: Snapshot | None, settings: DemoSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = itertools.count(0.0, 50.0)
    monkeypatch.setattr(demo.time, "monotonic", lambda: next(now_s))
    story = itertools.repeat(heard, 1000)
    assert code_of(lambda: conduct(settings, monkeypatch, Hand(), story)) == "not-delivered"


def test_the_limit_grows_with_the_tape(settings: DemoSettings) -> None:
    assert demo.limit_s(replace(settings, seconds=60)) > demo.limit_s(settings) + 60 * 20


def test_where_nobody_listens_there_is_still_time_to_look_at_the_clock(settings: DemoSettings) -> None:
    heard = demo.snapshots(settings.paths)
    assert [next(heard) for _ in range(3)] == [None, None, None]


def test_a_page_that_cannot_come_up_is_not_waited_for(settings: DemoSettings) -> None:
    class Failing(Hand):
        def check(self) -> None:
            raise Problem("process-fails", "a", "b", "c")

    assert code_of(lambda: demo.page_address(settings.paths, Failing())) == "process-fails"  # type: ignore[arg-type]
    settings.paths.run.mkdir(parents=True)
    (settings.paths.run / "web.port").write_text("8123\n")
    assert demo.page_address(settings.paths, Failing()) == "http://127.0.0.1:8123/"  # type: ignore[arg-type]


@pytest.fixture
def journal(settings: DemoSettings) -> Iterator[Journal]:
    settings.paths.make()
    opened = Journal(settings.paths.journal)
    opened.put_take(TakeRow("t", "2026", TakeState.FINISHED, 4.0, False, True, ""))
    yield opened
    opened.close()


def delivered(settings: DemoSettings, journal: Journal) -> None:
    stick = settings.root / "stick/2026-11-21 Tape 1"
    stick.mkdir(parents=True)
    (stick / "film.mp4").write_bytes(b"film")
    files = (Artifact("film.mp4", ArtifactRole.ACCESS, "ab" * 32, 4),)
    journal.put_receipt(Receipt("t", "Stick", str(stick), files, "2026"))
    work = settings.paths.take("t") / "work"
    work.mkdir(parents=True)
    estimate = {"offset_s": 2.5, "drift_ppm": 80.0, "confidence": 0.9}
    (work / "sync-00.json").write_text(json.dumps({"clips": [estimate]}))
    (work / "seconds.json").write_text(json.dumps({"sync": 1.0, "enhance": 20.0}))
    (work.parent / "truth.json").write_text(json.dumps({"offset_s": 2.501, "drift_ppm": 79.0}))


def test_what_was_delivered_is_collected(
    settings: DemoSettings, journal: Journal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    delivered(settings, journal)
    for _ in range(2):
        result = collect(settings.paths, journal, "t", tmp_path / "out")
    assert (Path(result["folder"]) / "film.mp4").read_bytes() == b"film"
    assert json.loads(json.dumps(result))["files"][0]["size_bytes"] == 4
    print_table(result | {"to_ready_s": 1.0, "to_delivered_s": 30.0})
    text = capsys.readouterr().out
    for words in ("film.mp4", "2.5000 s", "2.5010 s", "-1.00 ms", "30.0"):
        assert words in text


def test_a_job_that_failed_is_told_by_its_name(
    settings: DemoSettings, journal: Journal, tmp_path: Path
) -> None:
    assert code_of(lambda: collect(settings.paths, journal, "t", tmp_path)) == "not-delivered"
    journal.queue_job("t")
    journal.end_job("t", "failed", TROUBLE)
    assert code_of(lambda: collect(settings.paths, journal, "t", tmp_path)) == "stick-full"


def test_a_log_gets_a_line_a_change_and_none_for_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    screen = demo.Screen()
    for sentence in ("Recording, 1 s.", "Recording, 2 s.", "Working."):
        screen.show(Snapshot(BoxState.RECORDING, sentence))
    assert capsys.readouterr().out.splitlines() == ["recording: Recording, 1 s.", "recording: Working."]
