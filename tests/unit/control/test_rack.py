"""The rack: one device a role, opened and closed whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from appliance.capture.session import DeviceSession
from appliance.control.rack import Rack
from appliance.core.config import CaptureConfig
from appliance.core.problems import DeviceLost, Problem
from appliance.core.types import DeviceInfo, Role
from tests.unit.control.conftest import CAMERA, VCR, Watcher


@pytest.fixture
def watcher() -> Watcher:
    return Watcher()


@pytest.fixture
def lost() -> list[tuple[Role, DeviceSession]]:
    return []


@pytest.fixture
def rack(watcher: Watcher, lost: list[tuple[Role, DeviceSession]]) -> Iterator[Rack]:
    made = Rack(
        watcher, CaptureConfig(), lambda *a: None, lambda role, session, _: lost.append((role, session))
    )
    yield made
    made.close()


def test_the_first_device_of_a_role_is_used(rack: Rack, watcher: Watcher) -> None:
    other = DeviceInfo("vcr2", "Other VCR", Role.TAPE)
    for info in (VCR, CAMERA, other):
        watcher.plug(info)
    assert [rack.plug(info) for info in (VCR, CAMERA, other)] == [True, True, False]
    assert [status.info for status in rack.statuses()] == [VCR, CAMERA]
    assert len(rack.heartbeats()) == 2
    rack.remove(Role.TAPE)
    assert rack.info(Role.TAPE) is None
    assert rack.plug(other)


def test_a_device_that_does_not_start_is_let_go_of(
    rack: Rack, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(source: object) -> None:
        raise Problem("usb-bandwidth", "Too much", "", "")

    watcher.plug(VCR)
    with monkeypatch.context() as broken:
        broken.setattr("tests.unit.capture.conftest.PatternSource.start", fails)
        with pytest.raises(Problem):
            rack.plug(VCR)
    assert watcher.sources[VCR.id]._stopped
    assert rack.session(Role.TAPE) is None
    assert rack.plug(VCR), "and can be tried again"


def test_a_device_that_is_gone_before_it_is_opened_has_its_trouble(rack: Rack) -> None:
    with pytest.raises(DeviceLost):
        rack.plug(VCR)


def test_the_loss_names_the_session_that_it_happened_to(
    rack: Rack, watcher: Watcher, lost: list[tuple[Role, DeviceSession]]
) -> None:
    watcher.plug(VCR)
    rack.plug(VCR)
    session = rack.session(Role.TAPE)
    assert session is not None
    watcher.pull(VCR)
    session._thread.join(20)
    assert lost == [(Role.TAPE, session)]


def test_after_the_end_nothing_is_opened_any_more(rack: Rack, watcher: Watcher) -> None:
    watcher.plug(VCR)
    rack.plug(VCR)
    rack.close()
    assert rack.sessions() == {}
    assert not rack.plug(VCR)


def test_who_comes_while_another_hangs_is_turned_away_after_a_while(
    rack: Rack, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.control.rack.PATIENCE_S", 0.05)
    watcher.hangs[VCR.id] = threading.Event()
    watcher.plug(VCR)
    first = threading.Thread(target=rack.plug, args=(VCR,), daemon=True)
    first.start()
    assert watcher.reached.wait(20)
    assert rack.opening(Role.TAPE)
    assert not rack.plug(VCR)
    watcher.hangs[VCR.id].set()
    first.join(20)
    assert rack.session(Role.TAPE) is not None
    assert not rack.opening(Role.TAPE)
