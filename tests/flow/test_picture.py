"""What becomes of the picture while a tape is recorded: told in words, and ended only where nothing comes."""

from __future__ import annotations

import json
from collections.abc import Callable

from appliance.core.snapshot import BoxState, Snapshot
from appliance.core.types import Signal
from tests.flow.conftest import Box

ALONE = {"processes": ("record",), "camera": "none", "seconds": 2}


def told(code: str) -> Callable[[Snapshot], bool]:
    return lambda s: any(issue.code == code for issue in s.issues)


def test_a_dongle_that_repeats_its_picture_in_silence_ends_the_take(start_box: Callable[..., Box]) -> None:
    box = start_box(speed=2, faults=("freeze@1.5",), **ALONE)
    box.record()
    box.until(lambda s: s.tape_signal is Signal.FROZEN and s.state is BoxState.RECORDING, "frozen")
    box.until(lambda s: s.recording and s.recording.tape_end_in_s is not None, "about to end")
    box.until(lambda s: s.state is BoxState.WORKING, "the take has ended")
    take = json.loads((box.take_folder() / "take.json").read_text())
    assert take["ended_by"] == "end of tape"
    assert take["blank_tail_s"] > 1.5


def test_another_standard_is_told_and_the_recording_goes_on(start_box: Callable[..., Box]) -> None:
    box = start_box(speed=1, faults=("wrong-standard@0.2",), **ALONE | {"ending": "none", "seconds": 4})
    box.record()
    wrong = box.until(told("wrong-standard"), "told")
    assert wrong.state is BoxState.RECORDING
    assert "another standard" in wrong.sentence
    box.hand("steady")
    back = box.until(lambda s: not told("wrong-standard")(s), "taken back")
    assert back.state is BoxState.RECORDING
