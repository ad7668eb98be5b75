"""What the box says of itself in each state."""

from __future__ import annotations

import pytest

from appliance.control.sentences import sentence
from appliance.core.snapshot import BoxState, DeviceStatus, JobProgress, RecordingStatus
from appliance.core.types import DeviceInfo, Role, Stage

TAPE = DeviceStatus(DeviceInfo("a", "VCR", Role.TAPE))
CAMERA = DeviceStatus(DeviceInfo("b", "Camera", Role.CAMERA))
RECORDING = RecordingStatus("t", 12.0, 300, 0, 0, 0, 1000)
ENDING = RecordingStatus("t", 12.0, 300, 0, 0, 0, 1000, tape_end_in_s=3.4)
JOB = JobProgress("t", Stage.ENHANCE, 0.5, "Restoring pictures, 312 of 1500")
TROUBLE = "The stick is full. Make room."


@pytest.mark.parametrize("state", BoxState)
def test_every_state_has_a_sentence_even_when_nothing_else_is_known(state: BoxState) -> None:
    said = sentence(state, None, None, (), "")
    assert said.endswith(".")
    assert ("needs a person" in said) is (state is BoxState.ATTENTION)


@pytest.mark.parametrize(
    ("state", "recording", "job", "devices", "trouble", "said"),
    [
        (BoxState.RECORDING, RECORDING, None, (TAPE,), "", "Recording the tape."),
        (BoxState.RECORDING, RECORDING, None, (TAPE, CAMERA), "", "Recording the tape and the camera."),
        (BoxState.RECORDING, RECORDING, JOB, (TAPE,), TROUBLE, "Recording the tape."),
        (
            BoxState.RECORDING,
            ENDING,
            None,
            (TAPE,),
            "",
            "The tape seems to have ended; recording stops in 3 s.",
        ),
        (BoxState.WORKING, None, JOB, (TAPE,), "", "Restoring pictures, 312 of 1500."),
        (BoxState.WORKING, None, None, (), "", "The recording is safe. The film is about to be made."),
        (BoxState.ATTENTION, None, None, (), TROUBLE, TROUBLE),
        (BoxState.ATTENTION, None, JOB, (), TROUBLE, f"{TROUBLE} Meanwhile: {JOB.text}."),
        (BoxState.READY, None, None, (TAPE,), "", "Ready. Press record, then play on the VCR."),
    ],
)
def test_it_says_what_matters_now(state, recording, job, devices, trouble, said) -> None:
    assert sentence(state, recording, job, devices, trouble) == said


def test_preparing_is_told_at_the_start_only() -> None:
    assert sentence(BoxState.STARTING, None, None, (), "", "Preparing: 40%.") == "Preparing: 40%."
    assert sentence(BoxState.READY, None, None, (), "", "Preparing: 40%.").startswith("Ready.")


@pytest.mark.parametrize(("films", "said"), [(1, "A finished film waits"), (3, "3 finished films wait")])
@pytest.mark.parametrize("state", [BoxState.WAITING, BoxState.READY])
def test_films_that_wait_for_a_stick_are_named_where_nothing_else_goes_on(state, films, said) -> None:
    assert sentence(state, None, None, (), "", waiting=films).endswith(f"{said} for a stick.")
    assert said not in sentence(BoxState.DONE, None, None, (), "", waiting=films)
