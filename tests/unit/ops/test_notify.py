"""What systemd hears, on a real datagram socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance.ops.notify import Watchdog, notify_ready, notify_status, notify_stopping, watchdog_interval_s


class HandClock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Systemd:
    """Listens where NOTIFY_SOCKET points; everything sent has arrived when ``heard`` is called."""

    def __init__(self, address: str | bytes) -> None:
        self.inbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.inbox.bind(address)
        self.inbox.setblocking(False)

    def heard(self) -> list[str]:
        messages: list[str] = []
        while True:
            try:
                messages.append(self.inbox.recv(4096).decode())
            except BlockingIOError:
                return messages


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Systemd]:
    path = os.path.relpath(tmp_path / "notify")
    made = Systemd(path)
    monkeypatch.setenv("NOTIFY_SOCKET", path)
    monkeypatch.setenv("WATCHDOG_USEC", "20000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    yield made
    made.inbox.close()


def test_ready_status_and_stopping_are_heard(systemd: Systemd) -> None:
    notify_ready()
    notify_status("Recording\nthe tape")
    notify_stopping()
    assert systemd.heard() == ["READY=1", "STATUS=Recording the tape", "STOPPING=1"]


def test_abstract_sockets_are_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"twinreel-test-{os.getpid()}"
    systemd = Systemd(b"\0" + name.encode())
    monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
    notify_ready()
    assert systemd.heard() == ["READY=1"]
    systemd.inbox.close()


def test_without_systemd_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    notify_ready()
    watchdog = Watchdog()
    watchdog.expect("capture", 1.0)
    assert not watchdog.due()
    assert not watchdog.feed()


def test_a_socket_that_is_gone_does_not_stop_the_box(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    notify_ready()
    assert "systemd did not take a message" in caplog.text


@pytest.mark.parametrize(
    ("usec", "pid", "expected"),
    [
        ("20000000", "", 10.0),
        ("20000000", "own", 10.0),
        ("20000000", "1", None),
        ("0", "", None),
        ("", "", None),
        ("soon", "", None),
    ],
)
def test_the_interval_is_half_of_what_systemd_waits(
    monkeypatch: pytest.MonkeyPatch, usec: str, pid: str, expected: float | None
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", usec)
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()) if pid == "own" else pid)
    assert watchdog_interval_s() == expected


@pytest.fixture
def watched(systemd: Systemd) -> Callable[[], tuple[Watchdog, HandClock]]:
    def make() -> tuple[Watchdog, HandClock]:
        clock = HandClock()
        return Watchdog(clock), clock

    return make


def test_it_is_fed_once_an_interval(
    systemd: Systemd, watched: Callable[[], tuple[Watchdog, HandClock]]
) -> None:
    watchdog, clock = watched()
    assert [watchdog.feed(), watchdog.feed()] == [True, False]
    clock.now += 9.9
    assert not watchdog.feed()
    clock.now += 0.1
    assert watchdog.feed()
    assert systemd.heard() == ["WATCHDOG=1"] * 2


def test_one_silent_loop_starves_it_until_it_is_heard_again(
    systemd: Systemd,
    watched: Callable[[], tuple[Watchdog, HandClock]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    watchdog, clock = watched()
    watchdog.expect("capture", 2.0)
    watchdog.expect("writer", 60.0)
    assert watchdog.feed()
    for _ in range(4):
        clock.now += 10.0
        watchdog.beat("writer")
        assert not watchdog.feed()
    assert watchdog.late() == ("capture",)
    assert caplog.text.count("no sign of life") == 1
    watchdog.beat("capture")
    assert watchdog.feed()
    assert len(systemd.heard()) == 2


def test_work_that_ended_is_not_waited_for(watched: Callable[[], tuple[Watchdog, HandClock]]) -> None:
    watchdog, clock = watched()
    watchdog.expect("capture", 2.0)
    clock.now += 100.0
    assert not watchdog.feed()
    watchdog.forget("capture")
    assert watchdog.feed()
