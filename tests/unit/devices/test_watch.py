"""The watcher on a bus that the test holds in its hands."""

from __future__ import annotations

import errno
import os
import queue
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import pytest

from appliance.core.config import DevicesConfig
from appliance.core.problems import DeviceLost
from appliance.core.types import Issue, Severity
from appliance.devices.base import DeviceChange
from appliance.devices.found import Card, Facts, Found, Mode, Node, Plugged, UsbDevice
from appliance.devices.ports import Ports
from appliance.devices.watch import Watcher

WAIT_S = 5.0
UVC = Facts("uvcvideo", "x", (Mode("MJPG", 720, 576, (Fraction(25),)),))


class Hands:
    """A Bus: what is plugged in, and word of it."""

    def __init__(self) -> None:
        self.plugged = Plugged()
        self.scans = 0
        self._news = os.eventfd(0, os.EFD_NONBLOCK)

    def fileno(self) -> int:
        return self._news

    def drain(self) -> bool:
        try:
            return os.eventfd_read(self._news) > 0
        except BlockingIOError:
            return False

    def scan(self) -> Plugged:
        self.scans += 1
        return self.plugged

    def hold(self, *nodes: Node, times: int = 1) -> None:
        usb = tuple(dict.fromkeys(node.usb for node in nodes if node.usb))
        self.plug(Plugged(nodes, (), usb), times)

    def plug(self, plugged: Plugged, times: int = 1) -> None:
        self.plugged = plugged
        for _ in range(times):
            os.eventfd_write(self._news, 1)


@dataclass
class Opened:
    found: Found
    issue: Issue | None = None


@dataclass
class Room:
    hands: Hands
    watcher: Watcher
    changes: queue.Queue[DeviceChange]
    asked: list[str]
    answers: dict[str, list[OSError]]
    ports: Path

    def next(self) -> tuple[str, bool]:
        change = self.changes.get(timeout=WAIT_S)
        return change.info.port, change.present


def node(port: str, model: str = "534d:0021", number: int = 0, plugged: int = 1) -> Node:
    path = f"/sys/usb1/{port}"
    usb = UsbDevice(path, port, model, "/sys/usb1", number=plugged)
    return Node(f"/dev/video{number}", 0, f"usb-{port}", f"{path}/video{number}", usb, plugged)


@pytest.fixture
def make_room(tmp_path: Path) -> Iterator[Callable[..., Room]]:
    rooms: list[Room] = []

    def make(*nodes: Node) -> Room:
        hands, asked, answers = Hands(), [], {}
        hands.hold(*nodes)
        changes: queue.Queue[DeviceChange] = queue.Queue()

        def ask(path: str) -> Facts:
            asked.append(path)
            if answers.get(path):
                raise answers[path].pop(0)
            return UVC

        ports = tmp_path / "ports.json"
        watcher = Watcher(hands, Opened, DevicesConfig(), Ports(ports), ask, quiet_s=0.02)  # type: ignore[arg-type]
        watcher.subscribe(changes.put)
        assert watcher.wait_for_first_look(WAIT_S)
        rooms.append(Room(hands, watcher, changes, asked, answers, ports))
        return rooms[-1]

    yield make
    for room in rooms:
        room.watcher.close()


def test_what_is_there_from_the_start_is_known(make_room: Callable[..., Room]) -> None:
    room = make_room(node("1-1"), node("1-2", "046d:0825", 2))
    assert [info.port for info in room.watcher.devices()] == ["1-1", "1-2"]


def test_plugs_and_unplugs_are_told(make_room: Callable[..., Room]) -> None:
    room = make_room()
    room.hands.hold(node("1-1"), times=5)
    assert room.next() == ("1-1", True)
    room.hands.hold()
    assert room.next() == ("1-1", False)
    assert room.watcher.devices() == ()


def test_a_replug_that_was_too_quick_to_see_is_told_as_both(make_room: Callable[..., Room]) -> None:
    room = make_room()
    room.hands.hold(node("1-1"))
    assert room.next() == ("1-1", True)
    room.hands.hold(node("1-1", plugged=2))
    assert [room.next(), room.next()] == [("1-1", False), ("1-1", True)]


def test_word_without_a_change_is_not_told_and_nothing_is_asked_twice(
    make_room: Callable[..., Room],
) -> None:
    room = make_room(node("1-1"))
    room.hands.hold(node("1-1"))
    room.hands.hold(node("1-1"), node("1-2", number=2))
    assert room.changes.get(timeout=WAIT_S).info.port in ("1-1", "1-2")
    while not {info.port for info in room.watcher.devices()} >= {"1-1", "1-2"}:
        room.next()
    assert sorted(room.asked) == ["/dev/video0", "/dev/video2"]


def test_a_node_that_does_not_answer_yet_is_asked_again(make_room: Callable[..., Room]) -> None:
    room = make_room()
    room.answers["/dev/video0"] = [OSError(errno.EIO, "not yet"), OSError(errno.EACCES, "rules to come")]
    room.hands.hold(node("1-1"))
    assert room.next() == ("1-1", True)
    assert room.asked == ["/dev/video0"] * 3
    assert room.watcher.issues() == ()


def test_a_device_that_may_not_be_opened_is_told(make_room: Callable[..., Room]) -> None:
    room = make_room()
    room.answers["/dev/video0"] = [OSError(errno.EACCES, "denied")] * 100
    room.hands.hold(node("1-1"), node("1-2", number=2))
    assert room.next() == ("1-2", True)
    assert [issue.code for issue in room.watcher.issues()] == ["device-denied"]


def test_a_device_that_never_answers_is_told_until_it_is_pulled(make_room: Callable[..., Room]) -> None:
    room = make_room()
    room.answers["/dev/video0"] = [OSError(errno.EIO, "no answer")] * 100
    nodes = [node("1-1")]
    for number in range(2, 8):  # each one that comes makes it look, and ask, once more
        nodes.append(node(f"1-{number}", number=number))
        room.hands.hold(*nodes)
        assert room.next() == (f"1-{number}", True)
    assert [issue.code for issue in room.watcher.issues()].count("device-silent") == 1
    room.hands.hold(nodes[1])
    assert room.next()[1] is False
    assert "device-silent" not in [issue.code for issue in room.watcher.issues()]


def test_a_listener_that_fails_ends_no_looking(make_room: Callable[..., Room]) -> None:
    room = make_room()

    def fails(change: DeviceChange) -> None:
        raise RuntimeError("a bad listener")

    room.watcher._listeners.insert(0, fails)
    room.hands.hold(node("1-1"))
    assert room.next() == ("1-1", True)
    room.hands.hold()
    assert room.next() == ("1-1", False)


def test_open_gives_the_device_to_the_opener_and_remembers_its_port(make_room: Callable[..., Room]) -> None:
    room = make_room(node("1-1"), node("1-2", number=2))
    second = room.watcher.devices()[1]
    source = room.watcher.open(second.id)
    assert source.found.node == "/dev/video2"  # type: ignore[attr-defined]
    again = Ports(room.ports)
    assert [again.liking(found) > 0 for found in room.watcher.found()] == [False, True]


def test_what_an_open_device_has_to_say_is_told_until_it_is_gone(make_room: Callable[..., Room]) -> None:
    room = make_room(node("1-1"))
    source = room.watcher.open(room.watcher.devices()[0].id)
    issue = Issue("bus-fallback", Severity.NOTICE, "a", "b", "c")
    source.issue = issue  # type: ignore[attr-defined]
    assert room.watcher.issues() == (issue,)
    room.hands.hold()
    while room.next() != ("1-1", False):
        pass
    assert room.watcher.issues() == ()


def test_a_device_that_is_not_there_is_lost(make_room: Callable[..., Room]) -> None:
    room = make_room()
    with pytest.raises(DeviceLost):
        room.watcher.open("usb-1-9 534d:0021")


def test_a_device_that_was_put_back_a_moment_ago_is_not_opened_as_the_old_one(
    make_room: Callable[..., Room],
) -> None:
    room = make_room(node("1-1"))
    room.hands.plugged = Plugged((node("1-1", plugged=2),))  # and no word of it yet
    with pytest.raises(DeviceLost):
        room.watcher.open(room.watcher.devices()[0].id)
    room.hands.hold(node("1-1", plugged=2))
    while room.next() != ("1-1", True):
        pass
    assert room.watcher.open(room.watcher.devices()[0].id)


def test_after_closing_nothing_is_told(make_room: Callable[..., Room]) -> None:
    room = make_room()
    room.watcher.close()
    room.watcher.close()
    room.hands.hold(node("1-1"))
    assert room.changes.empty()


def test_ports_of_before_survive_and_a_broken_file_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    file.write_text("[1, 2")
    ports = Ports(file)
    info = make_found("1-1")
    assert ports.liking(info) == 0
    ports.remember(info)
    ports.remember(make_found("1-2"))
    read = Ports(file)
    assert read.liking(make_found("1-2")) > read.liking(info) > read.liking(make_found("1-3")) == 0


def test_a_port_that_cannot_be_remembered_is_no_trouble(tmp_path: Path) -> None:
    Ports(tmp_path / "absent" / "ports.json").remember(make_found("1-1"))


def make_found(port: str) -> Found:
    from appliance.core.types import DeviceInfo, Role

    return Found(replace(DeviceInfo(port, port, Role.TAPE)), "/dev/video0", UVC, "")


def test_a_sound_card_that_comes_late_is_a_reason_to_open_its_device_again(
    make_room: Callable[..., Room],
) -> None:
    dongle = node("1-1")
    assert dongle.usb is not None
    room = make_room(dongle)
    device = room.watcher.devices()[0]
    room.hands.hold(dongle)
    assert room.watcher.open(device.id).found.card is None  # type: ignore[attr-defined]
    with_sound = Plugged((dongle,), (Card(1, dongle.usb.path),), (dongle.usb,))
    room.hands.plug(with_sound)
    assert [room.next(), room.next()] == [("1-1", False), ("1-1", True)]
    assert room.watcher.open(device.id).found.card == 1  # type: ignore[attr-defined]
    room.hands.hold(dongle)  # it is mended where it is read, and costs no picture
    room.hands.plug(with_sound)
    room.hands.plug(Plugged((dongle, node("1-2", number=2)), with_sound.cards, (dongle.usb,)))
    assert room.next() == ("1-2", True)
