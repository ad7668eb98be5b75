"""Messages survive the line; anything else is refused with a name."""

import pytest

from appliance.core import wire
from appliance.core.problems import Problem
from appliance.core.snapshot import (
    BoxState,
    Command,
    CommandName,
    DeviceStatus,
    JobProgress,
    Levels,
    Snapshot,
    TakeSummary,
)
from appliance.core.types import DeviceInfo, Issue, Role, Severity, Signal, Stage, TakeState

ISSUE = Issue("stick-full", Severity.ERROR, "Full", "Too small", "Take a larger one")
PROGRESS = JobProgress("t1", Stage.ENHANCE, 0.5, "Restoring", 12.0)
SNAPSHOT = Snapshot(
    BoxState.RECORDING,
    "Recording.",
    devices=(
        DeviceStatus(DeviceInfo("id", "VCR", Role.TAPE), Signal.OK, Levels((-3.0, -4.0), (-20.0, -21.0))),
    ),
    takes=(TakeSummary("t1", "2026", TakeState.WORKING, 12.0, False, True, {"access": "film.mp4"}),),
    issues=(ISSUE,),
    job=PROGRESS,
)


@pytest.mark.parametrize(
    "message",
    [
        wire.Hello("web", preview=True),
        wire.CommandRequest(7, Command(CommandName.STOP)),
        wire.JobReport(PROGRESS, (ISSUE,)),
    ],
)
def test_what_a_client_says_arrives_as_it_was(message) -> None:
    line = wire.encode_to(message)
    assert line.count(b"\n") == 1
    assert wire.decode_to(line) == message


@pytest.mark.parametrize(
    "message",
    [
        wire.SnapshotUpdate(SNAPSHOT),
        wire.CommandReply(7, ISSUE),
        wire.CommandReply(8),
        wire.PreviewUpdate(Role.TAPE, "aGVsbG8="),
        wire.JobsChanged(),
    ],
)
def test_what_the_recorder_says_arrives_as_it_was(message) -> None:
    assert wire.decode_from(wire.encode_from(message)) == message


def test_a_preview_carries_bytes() -> None:
    assert wire.PreviewUpdate(Role.TAPE, "aGVsbG8=").jpeg == b"hello"


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"nonsense", b'{"kind": "command", "id": 1}', b'{"kind": "sudo"}']
)
def test_anything_else_is_refused(line: bytes) -> None:
    with pytest.raises(Problem) as caught:
        wire.decode_to(line)
    assert caught.value.issue.code == "protocol"
