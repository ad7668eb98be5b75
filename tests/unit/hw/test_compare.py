"""Lost, doubled and late pieces of a recording are found by the bench, or it proves nothing."""

from __future__ import annotations

import numpy as np

from hw.bench.compare import Recorded, check_sound, match
from hw.bench.plugs import Sent
from hw.bench.usb.pictures import LOOP
from hw.bench.usb.tune import Tune, clicks

PERIOD_S = 0.04


def sent(count: int, first: int = 0) -> list[Sent]:
    frames = range(first, first + count)
    return [Sent(frame * PERIOD_S, frame, "picture", frame % LOOP, 0) for frame in frames]


def test_a_whole_recording_lies_within_what_was_sent() -> None:
    found = match(sent(700), [number % LOOP for number in range(100, 640)])
    assert (found.first, found.last, found.sent, found.whole) == (100, 639, 540, True)


def test_a_lost_frame_is_named() -> None:
    numbers = [number for number in range(10, 90) if number not in (33, 34)]
    found = match(sent(100), numbers)
    assert found.missing == (33, 34)
    assert (found.sent, found.recorded) == (80, 78)


def test_a_doubled_frame_is_strange() -> None:
    numbers = [*range(10, 40), 39, *range(40, 60)]
    found = match(sent(100), numbers)
    assert found.strange == (39,)
    assert not found.whole


def test_what_was_never_sent_is_no_match() -> None:
    assert not match(sent(50), [400, 401]).whole
    assert match([], [1]).sent == 0


def recording(late_s: float, without: int | None = None) -> Recorded:
    """Frames 50..299, the scene's seconds 2 to 12; the sound is late by so much."""
    tune = Tune()
    sound = np.concatenate([tune.second(second)[:, 0] for second in range(13)]).astype(np.float32)
    if without is not None:
        sound[without * 48000 : without * 48000 + 1200] = 0
    begin = round((2.0 - late_s) * 48000)
    found = tuple(clicks(sound[begin : 12 * 48000]))
    return Recorded(tuple(range(50, 300)), tuple(PERIOD_S * n for n in range(250)), found, 10.0)


def test_sound_in_step_is_in_step() -> None:
    taken = recording(0.0)
    checked = check_sound(sent(400), match(sent(400), taken.numbers), taken, PERIOD_S)
    assert abs(checked.middle_s) < 0.002
    assert checked.stray_s < 0.002
    assert checked.absent == 0


def test_late_sound_is_late_by_so_much() -> None:
    taken = recording(0.1)
    checked = check_sound(sent(400), match(sent(400), taken.numbers), taken, PERIOD_S)
    assert abs(checked.middle_s - 0.1) < 0.002


def test_a_missing_click_is_absent_and_one_a_second_off_is_no_click_of_that_second() -> None:
    taken = recording(0.0, without=6)
    assert check_sound(sent(400), match(sent(400), taken.numbers), taken, PERIOD_S).absent == 1
    shifted = recording(1.0)
    assert check_sound(sent(400), match(sent(400), shifted.numbers), shifted, PERIOD_S).late_s == ()
