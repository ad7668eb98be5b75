"""A whole source over pretended drivers: what is set, what comes out, what is told when things go wrong."""

from __future__ import annotations

import errno
import threading
import time
from fractions import Fraction

import numpy as np
import pytest

from appliance.capture import signal_watch
from appliance.capture.v4l2_source import V4l2Source
from appliance.core.problems import DeviceLost, Problem
from appliance.core.types import BT601_525, BT601_625, JPEG_FULL, DeviceInfo, Role, Signal, VideoFrame
from appliance.devices import videodev2 as v
from appliance.devices.found import Found, UsbDevice
from appliance.devices.probe import probe
from tests.unit.devices.pretended_kernel import PretendedDevice, PretendedDongle, PretendedKernel

WAIT_S = 5.0
FILM = Fraction(25)
USB = UsbDevice("/sys/usb1/1-1", "1-1", "046d:0825", stream_bytes_s=24_576_000)
WEBCAM = {"MJPG": {(1280, 720): (FILM,), (640, 480): (FILM,)}, "YUYV": {(640, 480): (FILM,)}}
JPEG = b"\xff\xd8 a picture \xff\xd9"


class Bench:
    """One device and the source that reads it; no pause is slept."""

    def __init__(self, device: PretendedDevice, role: Role = Role.TAPE, **found: object) -> None:
        self.device = device
        self.kernel = PretendedKernel(video0=device)
        facts = probe("/dev/video0", self.kernel)
        assert facts is not None
        info = DeviceInfo("usb-1 046d:0825", "The device", role, "1-1", usb="046d:0825")
        self.found = Found(info, "/dev/video0", facts, "a reason", **found)  # type: ignore[arg-type]
        self.source = V4l2Source(self.found, self.kernel, pause=lambda seconds: None)

    def start(self) -> Bench:
        self.source.start()
        return self

    def signal(self) -> Signal:
        """As it is after a look at it."""
        self.source.read(0)
        return self.source.signal()

    def read(self) -> VideoFrame:
        frame = self.source.read(0)
        assert frame is not None
        return frame


def dongle(**given: object) -> PretendedDongle:
    return PretendedDongle(**({"signals": {0: v.STD_625_50}} | given))  # type: ignore[arg-type]


def webcam(**given: object) -> PretendedDevice:
    return PretendedDevice(formats=WEBCAM, **given)  # type: ignore[arg-type]


def grey(lines: int, value: int = 90) -> bytes:
    return bytes([128, value] * (720 * lines))


def test_a_pal_tape() -> None:
    bench = Bench(dongle()).start()
    style = bench.source.format
    assert (style.width, style.height, style.rate, style.field_order) == (720, 576, 25, "tff")
    assert (style.colour, style.sample_aspect, style.audio_channels) == (BT601_625, Fraction(12, 11), 0)
    assert (bench.device.std, bench.device.fourcc) == (v.STD_PAL_BGHIDK, "UYVY")
    bench.device.fill(grey(576), 100.0)
    frame = bench.read()
    assert [plane.shape for plane in frame.planes] == [(576, 720), (576, 360), (576, 360)]
    assert [int(plane.mean()) for plane in frame.planes] == [90, 128, 128]
    assert (frame.sequence, frame.damaged) == (0, False)
    assert frame.timestamp_s == pytest.approx(99.96)  # the driver stamps the end


def test_an_ntsc_tape() -> None:
    style = Bench(dongle(signals={0: v.STD_525_60})).source.format
    assert (style.height, style.rate, style.field_order) == (480, Fraction(30000, 1001), "bff")
    assert (style.colour, style.sample_aspect) == (BT601_525, Fraction(10, 11))


def test_the_input_with_a_signal_is_taken() -> None:
    bench = Bench(dongle(signals={1: v.STD_625_50}))
    assert bench.device.input == 1
    assert bench.source.report()["input"] == "S-Video"


@pytest.mark.parametrize(("wanted", "lines"), [("auto", 576), ("ntsc", 480), ("pal", 576)])
def test_a_driver_that_cannot_tell_is_set_as_configured(wanted: str, lines: int) -> None:
    bench = Bench(dongle(detects=False), standard=wanted, input="s-vid").start()
    assert (bench.source.format.height, bench.device.input) == (lines, 1)
    assert bench.signal() is Signal.UNKNOWN


def test_any_of_all_standards_means_that_nothing_is_known() -> None:
    bench = Bench(dongle(signals={0: v.STD_ALL})).start()
    assert bench.source.format.height == 576
    assert bench.source.report()["standard"] == "PAL (not detected)"
    assert bench.signal() is Signal.UNKNOWN


@pytest.mark.parametrize(
    ("seen", "signal"), [(v.STD_625_50, Signal.OK), (0, Signal.NONE), (v.STD_525_60, Signal.WRONG_STANDARD)]
)
def test_the_signal_is_what_the_driver_sees(seen: int, signal: Signal) -> None:
    bench = Bench(dongle()).start()
    bench.device.signals = {0: seen}
    assert bench.signal() is signal


def test_the_driver_is_not_asked_at_every_frame() -> None:
    bench = Bench(dongle()).start()
    assert bench.signal() is Signal.OK
    bench.device.signals = {}
    assert bench.signal() is Signal.OK


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EVERY_S", "MISFIT_S", "HUNT_S"):
        monkeypatch.setattr(signal_watch, name, 0.0)


@pytest.mark.usefixtures("impatient")
def test_a_tape_of_the_other_standard_ends_the_source_and_the_next_one_fits() -> None:
    bench = Bench(dongle()).start()
    bench.device.signals = {0: v.STD_525_60}
    with pytest.raises(Problem) as told:
        bench.signal()
    assert bench.source.signal() is Signal.WRONG_STANDARD
    assert told.value.issue.code == "standard-changed"
    bench.source.stop()
    assert V4l2Source(bench.found, bench.kernel).format.height == 480


@pytest.mark.usefixtures("impatient")
def test_a_configured_standard_stays() -> None:
    bench = Bench(dongle(), standard="pal").start()
    bench.device.signals = {0: v.STD_525_60}
    assert bench.signal() is Signal.WRONG_STANDARD
    bench.device.fill(grey(576), 100.0)
    assert bench.read().planes[0].shape == (576, 720)


@pytest.mark.usefixtures("impatient")
def test_a_vcr_that_is_switched_on_later_is_found_at_its_input() -> None:
    bench = Bench(dongle(signals={})).start()
    assert bench.device.input == 0
    bench.device.signals = {1: v.STD_625_50}
    assert bench.source.read(0) is None
    assert (bench.device.input, bench.signal()) == (1, Signal.OK)
    bench.device.fill(grey(576), 100.0)
    assert bench.read().sequence == 0


@pytest.mark.usefixtures("impatient")
def test_an_input_that_had_a_picture_is_kept_through_a_blank() -> None:
    bench = Bench(dongle()).start()
    bench.device.signals = {1: v.STD_625_50}
    assert bench.signal() is Signal.NONE
    bench.source.read(0)
    assert bench.device.input == 0


def test_a_cameras_jpeg_comes_as_it_is() -> None:
    bench = Bench(webcam(controls={v.CID_EXPOSURE_AUTO_PRIORITY: 1}), Role.CAMERA).start()
    style = bench.source.format
    assert (style.width, style.height, style.pixel_format) == (1280, 720, "mjpeg")
    assert (style.field_order, style.colour, style.sample_aspect) == ("progressive", JPEG_FULL, 1)
    assert bench.device.controls == {v.CID_EXPOSURE_AUTO_PRIORITY: 0}  # frames go on coming in the dark
    bench.device.fill(JPEG, 100.0)
    frame = bench.read()
    assert (frame.data, frame.timestamp_s, frame.damaged) == (JPEG, 100.0, False)


@pytest.mark.parametrize(("data", "flags"), [(JPEG[:-2], 0), (JPEG, v.BUF_ERROR), (b"rubbish", 0)])
def test_a_broken_jpeg_is_kept_and_marked(data: bytes, flags: int) -> None:
    bench = Bench(webcam(), Role.CAMERA).start()
    bench.device.fill(data, 100.0, flags)
    frame = bench.read()
    assert (frame.data, frame.damaged) == (data, True)
    assert bench.source.report()["damaged"] == "1"


def test_an_empty_buffer_shows_as_a_missing_number() -> None:
    bench = Bench(webcam(), Role.CAMERA).start()
    for number, used in enumerate((len(JPEG), 0, len(JPEG))):
        bench.device.fill(JPEG, 100 + number / 25, used=used)
    assert bench.read().sequence == 0
    assert bench.source.read(0) is None
    assert bench.read().sequence == 2
    assert bench.source.report()["empty"] == "1"


def test_what_a_short_buffer_lacks_comes_from_the_frame_before() -> None:
    bench = Bench(dongle()).start()
    bench.device.fill(grey(576, 50), 100.00)
    bench.device.fill(grey(576, 200), 100.04, used=2 * 720 * 400)
    assert not bench.read().damaged
    frame = bench.read()
    assert frame.damaged
    assert np.unique(frame.planes[0][:400]).tolist() == [200]
    assert np.unique(frame.planes[0][400:]).tolist() == [50]


def test_frames_that_found_no_buffer_show_in_the_numbers() -> None:
    bench = Bench(webcam(), Role.CAMERA).start()
    for number in range(40):
        bench.device.fill(JPEG, 100 + number / 25)
    numbers = [bench.read().sequence for _ in range(len(bench.device.filled))]
    bench.device.fill(JPEG, 100 + 40 / 25)
    assert [*numbers, bench.read().sequence] == [*range(16), 40]
    assert bench.source.report()["lost"] == "24"


def test_numbers_begin_with_0_at_every_start() -> None:
    bench = Bench(webcam(), Role.CAMERA).start()
    bench.device.fill(JPEG, 100)
    assert bench.read().sequence == 0
    bench.source.stop()
    bench.start()
    bench.device.sequence = 7  # the first ones were lost on the way
    bench.device.fill(JPEG, 101)
    assert bench.read().sequence == 0


def test_an_unplug_is_a_loss_and_stopping_after_it_is_safe() -> None:
    bench = Bench(webcam(), Role.CAMERA).start()
    bench.device.plugged = False
    with pytest.raises(DeviceLost):
        bench.source.read(0)
    bench.source.stop()
    bench.source.stop()
    with pytest.raises(DeviceLost):
        bench.source.start()


def test_asking_for_the_signal_does_not_wait_for_a_reader() -> None:
    bench = Bench(dongle()).start()
    reader = threading.Thread(target=lambda: bench.source.read(60))
    reader.start()
    assert bench.kernel.waiting.wait(WAIT_S)
    assert bench.source.signal() is Signal.OK
    bench.source.stop()
    reader.join(WAIT_S)


def test_stopping_ends_a_read_at_once() -> None:
    bench = Bench(webcam(), Role.CAMERA).start()
    answers: list[VideoFrame | None] = []
    reader = threading.Thread(target=lambda: answers.append(bench.source.read(60)))
    reader.start()
    assert bench.kernel.waiting.wait(WAIT_S)
    bench.source.stop()
    reader.join(WAIT_S)
    assert answers == [None]
    assert bench.kernel.open_nodes == {}
    began_s = time.monotonic()
    assert bench.source.read(60) is None
    assert time.monotonic() - began_s < WAIT_S


def test_a_full_bus_means_a_lighter_form_and_a_word_about_it() -> None:
    bench = Bench(webcam(room_bytes_s=5e6), Role.CAMERA, usb=USB)
    assert (bench.source.format.width, bench.source.format.pixel_format) == (640, "mjpeg")
    issue = bench.source.issue
    assert issue is not None
    assert issue.code == "bus-fallback"
    assert "MJPG 1280x720" in issue.cause
    assert "less than it could" in bench.source.report()
    bench.start()
    assert bench.device.streaming


def test_a_bus_without_any_room_is_a_problem() -> None:
    with pytest.raises(Problem) as told:
        Bench(webcam(room_bytes_s=1), Role.CAMERA, usb=USB)
    assert told.value.issue.code == "bus-full"


def test_a_device_in_use_is_told() -> None:
    bench = Bench(dongle())
    bench.device.memory = [bytearray(4)]  # another program has its buffers
    with pytest.raises(Problem) as told:
        V4l2Source(bench.found, bench.kernel)
    assert told.value.issue.code == "device-busy"


def test_fields_in_buffers_of_their_own_are_refused() -> None:
    device = dongle()
    device.field = 7  # alternate
    with pytest.raises(Problem) as told:
        Bench(device)
    assert told.value.issue.code == "device-format"


def test_the_log_knows_the_device() -> None:
    bench, pixels = Bench(dongle()).start(), grey(576)
    for number in range(10):
        bench.device.fill(pixels, 100 + number * 0.040004)
        bench.read()
    told = bench.source.report()
    assert told["pictures"] == "UYVY 720x576 at 25"
    assert (told["fields"], told["standard"], told["input"]) == ("tff", "PAL", "Composite")
    assert (told["frames"], told["time stamps"]) == ("10", "end of frame")
    assert told["true rate"].startswith("24.9975")


def test_a_driver_that_begins_to_count_anew_has_lost_nothing() -> None:
    bench = Bench(webcam(), Role.CAMERA).start()
    numbers = []
    for number, driver in enumerate((7, 8, 0, 1, 3)):
        bench.device.sequence = driver
        bench.device.fill(JPEG, 100 + number / 25)
        numbers.append(bench.read().sequence)
    assert numbers == [0, 1, 2, 3, 5]


def test_a_decoder_that_does_not_answer_is_not_asked_at_every_frame() -> None:
    bench = Bench(dongle()).start()
    asked: list[object] = []

    def fail(given: object) -> None:
        asked.append(given)
        raise OSError(errno.EIO, "no answer from the decoder")

    bench.device.querystd = fail
    for number in range(5):
        bench.device.fill(grey(576), 100 + number / 25)
        bench.read()
    assert len(asked) == 1
    assert bench.source.signal() is Signal.UNKNOWN
