"""Two devices that are driven by hand: what comes of them is in order, and the sound may fail alone."""

from __future__ import annotations

import errno
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from appliance.capture import paired as paired_module
from appliance.capture import sound_keeper
from appliance.capture.alsa import problem_of
from appliance.capture.paired import PairedSource, with_sound
from appliance.core.problems import DeviceLost, Problem
from appliance.core.types import (
    BT601_625,
    AudioBlock,
    DeviceInfo,
    Role,
    Signal,
    StreamFormat,
    VideoFrame,
)

STYLE = StreamFormat(720, 576, Fraction(25), "yuv422p", "tff", BT601_625, audio_channels=0)


class Line:
    """What a hand puts in, a reader takes out; stopping or a trouble ends the waiting."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.pieces: deque[object] = deque()
        self.open = False
        self.problem: Problem | None = None
        self.starts = self.stops = 0

    def put(self, piece: object) -> None:
        with self.changed:
            self.pieces.append(piece)
            self.changed.notify_all()

    def fail(self, problem: Problem) -> None:
        with self.changed:
            self.problem = problem
            self.changed.notify_all()

    def start(self) -> None:
        with self.changed:
            self.starts += 1
            self.open = True
            self.changed.notify_all()

    def stop(self) -> None:
        with self.changed:
            self.stops += 1
            self.open = False
            self.changed.notify_all()

    def take(self, timeout_s: float) -> object | None:
        with self.changed:
            self.changed.wait_for(lambda: self.pieces or self.problem or not self.open, timeout_s)
            if self.problem is not None:
                raise self.problem
            self.changed.notify_all()
            return self.pieces.popleft() if self.pieces and self.open else None

    def wait(self, condition: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(condition, 10), "it never happened"


class HandPicture(Line):
    info = DeviceInfo("hand", "Hand dongle", Role.TAPE)
    format = STYLE

    def frame(self, number: int, stamp_s: float | None = None) -> None:
        self.put(VideoFrame(number, number / 25 if stamp_s is None else stamp_s))

    def read(self, timeout_s: float) -> VideoFrame | None:
        return self.take(timeout_s)  # type: ignore[return-value]

    def signal(self) -> Signal:
        return Signal.OK

    def report(self) -> dict[str, str]:
        return {"device": "Hand dongle"}


class HandSound(Line):
    rate_hz, channels = 44100, 1

    def block(self, number: int) -> None:
        self.put(AudioBlock(number * 0.02, np.zeros((882, 1), np.int16)))

    def read(self, timeout_s: float) -> AudioBlock | None:
        return self.take(timeout_s)  # type: ignore[return-value]

    def report(self) -> dict[str, str]:
        return {"sound card": "Hand card"}


class Pair:
    def __init__(self) -> None:
        self.picture, self.sound = HandPicture(), HandSound()
        self.source = PairedSource(self.picture, self.sound)

    def read(self, count: int) -> list[VideoFrame | AudioBlock]:
        pieces = [self.source.read(10) for _ in range(count)]
        assert None not in pieces
        return pieces  # type: ignore[return-value]


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The watch over the card in hundredths of its seconds."""
    monkeypatch.setattr(sound_keeper, "SILENT_S", 0.03)
    monkeypatch.setattr(sound_keeper, "READ_S", 0.01)
    monkeypatch.setattr(sound_keeper, "FIRST_PAUSE_S", 0.005)


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    monkeypatch.setattr(paired_module, "PATIENCE_S", 0.05)
    made = Pair()
    made.source.start()
    yield made
    made.source.stop()


def kinds(pieces: list[VideoFrame | AudioBlock]) -> str:
    return "".join("s" if isinstance(piece, AudioBlock) else "P" for piece in pieces)


def test_the_format_is_the_pictures_with_the_sound() -> None:
    source = PairedSource(HandPicture(), HandSound())
    assert source.format == replace(STYLE, audio_rate_hz=44100, audio_channels=1)
    assert PairedSource(HandPicture(), None).format.audio_channels == 0


def test_pieces_come_in_order_of_time_whichever_driver_was_first(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paired_module, "PATIENCE_S", 10.0)
    pair.sound.wait(lambda: pair.sound.open)
    for number in range(3):
        pair.picture.frame(number)
    for number in range(6):
        pair.sound.block(number)
    pieces = pair.read(8)
    assert kinds(pieces) == "sPssPssP"
    stamps = [piece.timestamp_s for piece in pieces]
    assert stamps == sorted(stamps)


def test_sound_that_is_ahead_waits_for_the_pictures_of_its_time(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paired_module, "PATIENCE_S", 10.0)
    for number in range(6):
        pair.sound.block(number)
    assert pair.source.read(0.05) is None
    pair.picture.frame(0)
    pair.picture.frame(1)
    assert kinds(pair.read(5)) == "sPssP"


def test_a_picture_waits_for_the_sound_of_before_it(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paired_module, "PATIENCE_S", 10.0)
    pair.picture.frame(1)
    assert pair.source.read(0.05) is None
    for number in range(3):
        pair.sound.block(number)
    assert kinds(pair.read(4)) == "sssP"


def test_sound_without_pictures_still_comes(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paired_module, "PATIENCE_S", 0.02)
    pair.sound.block(0)
    assert kinds(pair.read(1)) == "s"


def test_missing_sound_holds_pictures_up_for_a_moment_only(pair: Pair) -> None:
    begun_s = time.monotonic()
    pair.picture.frame(0)
    assert kinds(pair.read(1)) == "P"
    assert time.monotonic() - begun_s < 1.0


def test_a_silent_card_is_started_anew_and_said(
    hasty: None, pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    pair.sound.block(0)
    assert kinds(pair.read(1)) == "s"
    pair.sound.wait(lambda: pair.sound.starts >= 2)
    issue = pair.source.issue
    assert issue is not None
    assert (issue.code, "Hand dongle" in issue.title) == ("sound-silent", True)
    assert int(pair.source.report()["sound restarts"]) >= 1
    assert "is back" not in caplog.text
    pair.sound.block(40)
    assert kinds(pair.read(1)) == "s"
    assert "Hand dongle: the sound is back" in caplog.text


def test_pictures_go_on_without_a_wait_when_the_card_is_gone(
    hasty: None, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paired_module, "PATIENCE_S", 10.0)
    pair.sound.fail(DeviceLost("Hand card"))
    pair.sound.wait(lambda: pair.sound.starts >= 2)
    begun_s = time.monotonic()
    for number in range(20):
        pair.picture.frame(number)
    assert kinds(pair.read(20)) == "P" * 20
    assert time.monotonic() - begun_s < 5
    assert pair.source.issue is not None
    assert pair.source.issue.code == "device-lost"


def test_a_card_that_comes_back_is_heard_again(
    hasty: None, pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    pair.sound.fail(DeviceLost("Hand card"))
    pair.sound.wait(lambda: pair.sound.starts >= 2)
    pair.sound.problem = None
    pair.sound.block(7)
    assert kinds(pair.read(1)) == "s"
    assert "Hand dongle: the sound is back" in caplog.text


def test_the_loss_of_the_pictures_ends_all_after_what_came_before(pair: Pair) -> None:
    pair.picture.frame(0)
    assert kinds(pair.read(1)) == "P"
    pair.picture.fail(DeviceLost("Hand dongle"))
    with pytest.raises(DeviceLost):
        pair.source.read(10)


def test_stopping_ends_a_read_at_once_and_twice_is_no_harm(pair: Pair) -> None:
    got: list[object] = []
    reader = threading.Thread(target=lambda: got.append(pair.source.read(30)))
    reader.start()
    pair.source.stop()
    reader.join(5)
    assert got == [None]
    pair.source.stop()
    assert (pair.picture.open, pair.sound.open) == (False, False)


def test_it_starts_again_after_a_stop(pair: Pair) -> None:
    pair.source.stop()
    pair.source.start()
    pair.picture.frame(0)
    assert kinds(pair.read(1)) == "P"
    assert pair.picture.starts == 2


def test_a_reader_that_is_held_up_leaves_pictures_with_the_driver(pair: Pair) -> None:
    for number in range(200):
        pair.picture.frame(number)
    pair.picture.wait(lambda: len(pair.picture.pieces) < 200 - 24)
    assert pair.source.read(10) is not None
    assert len(pair.picture.pieces) > 150
    frames = pair.read(199)
    assert [frame.sequence for frame in frames if isinstance(frame, VideoFrame)] == list(range(1, 200))


def test_the_log_has_both_devices_and_the_pictures_true_rate(pair: Pair) -> None:
    for number in range(0, 2000, 50):  # a driver that shows the frames it loses
        pair.picture.frame(number, number / 25 * (1 - 30e-6))
    pair.source.stop()
    told = pair.source.report()
    assert (told["device"], told["sound card"]) == ("Hand dongle", "Hand card")
    assert "picture true rate" in told


def test_a_card_that_refuses_is_told_and_the_pictures_come_alone() -> None:
    picture = HandPicture()
    source = with_sound(picture, 31)  # no machine has so many
    assert source.format.audio_channels == 0
    assert source.issue is not None
    assert source.issue.code in ("device-lost", "sound-library-missing")
    assert with_sound(picture, None).issue is None
    source.start()
    picture.frame(0)
    assert isinstance(source.read(10), VideoFrame)
    source.stop()


def test_a_stop_in_the_middle_of_a_start_ends_it(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    pair.source.stop()
    starting, go_on, stopping = threading.Event(), threading.Event(), threading.Event()
    start, stop = pair.picture.start, pair.picture.stop

    def slow_start() -> None:
        starting.set()
        assert go_on.wait(10)
        start()

    def stop_that_waits_for_the_start() -> None:
        stopping.set()
        assert go_on.wait(10)
        starter.join(0.3)
        stop()

    monkeypatch.setattr(pair.picture, "start", slow_start)
    monkeypatch.setattr(pair.picture, "stop", stop_that_waits_for_the_start)
    starter = threading.Thread(target=pair.source.start, daemon=True)
    starter.start()
    assert starting.wait(10)
    stopper = threading.Thread(target=pair.source.stop, daemon=True)
    stopper.start()
    stopping.wait(0.05)  # it may be there already, or wait for the start to end
    go_on.set()
    stopper.join(5)
    assert not stopper.is_alive()
    assert (pair.picture.open, pair.sound.open) == (False, False)


@pytest.mark.parametrize(("busy_times", "channels"), [(2, 2), (9, 0)])
def test_a_card_that_another_program_looks_at_for_a_moment_is_waited_for(
    busy_times: int, channels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def opened(card: int, name: str, quirks: object) -> HandSound:
        if len(pauses) < busy_times:
            raise problem_of(OSError(errno.EBUSY, "busy"), name)
        sound = HandSound()
        sound.channels = 2
        return sound

    monkeypatch.setattr(paired_module, "AlsaSound", opened)
    source = with_sound(HandPicture(), 1, pause=pauses.append)
    assert source.format.audio_channels == channels
    assert sum(pauses) <= 1.5
    assert (source.issue is None) == bool(channels)


@pytest.mark.parametrize(("role", "code"), [(Role.CAMERA, "camera-no-picture"), (Role.TAPE, None)])
def test_a_camera_that_sends_nothing_is_told_until_a_picture_comes(
    role: Role, code: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paired_module, "BLIND_S", 0.05)
    picture = HandPicture()
    picture.info = replace(HandPicture.info, role=role)
    source = PairedSource(picture, None)
    source.start()
    assert source.issue is None
    assert source.read(0.1) is None
    assert (source.issue and source.issue.code) == code
    source.stop()
    source.start()  # as the box does, again and again
    assert (source.issue and source.issue.code) == code
    monkeypatch.setattr(paired_module, "BLIND_S", 10.0)
    picture.frame(0)
    assert isinstance(source.read(10), VideoFrame)
    assert source.issue is None
    source.stop()
