from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

from appliance.capture.camera_writer import CameraWriter, can_begin_with
from appliance.capture.segment import SegmentRecorder
from appliance.capture.tape_writer import TapeWriter
from appliance.core.config import CaptureConfig
from appliance.core.media import probe, read_pictures
from appliance.core.types import BT601_525, BT601_625, AudioBlock, Role, StreamFormat, VideoFrame

PAL = StreamFormat(720, 576, Fraction(25), "yuv422p", "tff", BT601_625, Fraction(12, 11))
NTSC = StreamFormat(720, 480, Fraction(30000, 1001), "yuv422p", "bff", BT601_525, Fraction(10, 11))


def write_tape(path: Path, style: StreamFormat, kit: SimpleNamespace, config: CaptureConfig) -> None:
    writer = TapeWriter(path, style, config, {"CAPTURE_DEVICE": "Pattern VCR"})
    for index in (0, 1, 2, 5):
        writer.write_picture(kit.frame(index, style), index)
    writer.write_sound(kit.tone(0, 8000).samples, 0)
    writer.file.close()


@pytest.mark.parametrize("style", [PAL, NTSC], ids=["PAL", "NTSC"])
def test_the_master_says_what_it_is(
    tmp_path: Path, style: StreamFormat, kit: SimpleNamespace, config: CaptureConfig
) -> None:
    path = tmp_path / "tape.mkv"
    write_tape(path, style, kit, CaptureConfig())
    info = probe(path)
    assert (info.codec, info.pixel_format, info.field_order) == ("ffv1", "yuv422p", style.field_order)
    assert (info.colour, info.sample_aspect) == (style.colour, style.sample_aspect)
    assert abs(info.rate - style.rate) < Fraction(1, 100)
    with av.open(str(path)) as container:
        video, sound = container.streams
        extradata = bytes(video.codec_context.extradata or b"")
        assert sound.codec_context.name == "pcm_s16le"
        assert container.metadata["CAPTURE_DEVICE"] == "Pattern VCR"
        packets = [p for p in container.demux(video) if p.size]
        first = next(iter(packets[0].decode()))
    assert all(packet.is_keyframe for packet in packets)
    assert first.interlaced_frame
    assert len(extradata) > 30  # level 3 has its global header; version 1 has none


def test_level_3_with_a_checksum_in_every_slice(
    tmp_path: Path, kit: SimpleNamespace, config: CaptureConfig
) -> None:
    """A flipped byte must be noticed by the decoder: that is what the checksums are for."""
    path = tmp_path / "tape.mkv"
    write_tape(path, kit.TAPE, kit, config)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        data = bytearray(bytes(next(container.demux(stream))))
        data[len(data) // 3] ^= 0x55
        av.logging.set_level(av.logging.ERROR)
        try:
            with av.logging.Capture() as logged:
                stream.codec_context.decode(av.Packet(bytes(data)))
        finally:
            av.logging.set_level(None)
    assert any("CRC mismatch" in message for _, _, message in logged)


def test_pictures_come_back_bit_for_bit_in_their_places(
    tmp_path: Path, kit: SimpleNamespace, config: CaptureConfig
) -> None:
    path = tmp_path / "tape.mkv"
    write_tape(path, kit.TAPE, kit, config)
    pictures = list(read_pictures(path))
    assert [round(p.time_s * 25) for p in pictures] == [0, 1, 2, 5]
    for picture, index in zip(pictures, (0, 1, 2, 5), strict=True):
        for plane, original in zip((picture.y, picture.u, picture.v), kit.picture(index), strict=True):
            assert np.array_equal(plane, original)


def test_a_device_without_sound_makes_a_silent_film(
    tmp_path: Path, kit: SimpleNamespace, config: CaptureConfig
) -> None:
    writer = TapeWriter(tmp_path / "tape.mkv", replace(kit.TAPE, audio_channels=0), config, {})
    writer.write_picture(kit.frame(0), 0)
    writer.file.close()
    assert not probe(tmp_path / "tape.mkv").has_audio


def test_the_cameras_jpegs_come_out_as_they_went_in(
    tmp_path: Path, kit: SimpleNamespace, config: CaptureConfig
) -> None:
    path = tmp_path / "camera.mkv"
    writer = CameraWriter(path, kit.CAMERA, config, {})
    originals = [kit.jpeg(number) for number in range(5)]
    for number, data in enumerate(originals):
        writer.write_picture(VideoFrame(number, number / 25, data=data), number)
    writer.write_sound(kit.tone(0, 9600).samples, 0)
    writer.file.close()
    with av.open(str(path)) as container:
        assert [bytes(p) for p in container.demux(container.streams.video[0]) if p.size] == originals
    info = probe(path)
    assert (info.codec, info.width, info.colour) == ("mjpeg", 320, kit.CAMERA.colour)
    assert info.frames == 5
    assert info.has_audio


def h264(count: int, style: StreamFormat) -> list[bytes]:
    """Pictures as a camera sends them: a whole one every ten, with its parameters before it."""
    with av.open(BytesIO(), "w", format="h264") as container:
        options = {"g": "10", "preset": "ultrafast", "tune": "zerolatency"}
        stream = container.add_stream("libx264", rate=style.rate, options=options)
        stream.width, stream.height, stream.pix_fmt = style.width, style.height, "yuv420p"
        pictures = [av.VideoFrame(style.width, style.height, "yuv420p") for _ in range(count)]
        for number, picture in enumerate(pictures):
            picture.pts = number
            for plane in picture.planes:
                plane.update(bytes([number * 9]) * plane.buffer_size)
        return [bytes(packet) for picture in pictures for packet in stream.encode(picture)]


def test_a_cameras_h264_is_kept_from_its_first_whole_picture_on(
    tmp_path: Path, kit: SimpleNamespace, config: CaptureConfig
) -> None:
    """The sound stays where it was; what nobody could decode is told as lost."""
    style = replace(kit.CAMERA, pixel_format="h264")
    recorder = SegmentRecorder(style, tmp_path, Role.CAMERA, 0, config, "A camera")
    for number, data in enumerate(h264(25, style)[5:]):
        recorder.write(VideoFrame(number, 100 + number / 25, data=data))
        recorder.write(AudioBlock(100 + number / 25, np.full((1920, 2), 100 + number, np.int16)))
    segment = recorder.close(complete=True)
    assert (segment.frames, segment.lost_frames, segment.duration_s) == (15, 5, 0.8)
    with av.open(str(tmp_path / segment.path)) as container:
        shown = [(frame.time, int(frame.to_ndarray()[0, 0])) for frame in container.decode(video=0)]
    with av.open(str(tmp_path / segment.path)) as container:
        heard = next(container.decode(audio=0))
    assert [round(time_s * 25) for time_s, _ in shown] == list(range(5, 20))
    assert [value for _, value in shown] == pytest.approx([9 * n for n in range(10, 25)], abs=3)
    assert (heard.time, heard.to_ndarray()[0, 0]) == (0, 100)


def test_a_player_can_begin_with_whole_pictures_only(kit: SimpleNamespace) -> None:
    whole = [can_begin_with("h264", VideoFrame(0, 0, data=data)) for data in h264(21, kit.CAMERA)]
    assert [number for number, one in enumerate(whole) if one] == [0, 10, 20]
    assert can_begin_with("mjpeg", kit.frame(0, kit.CAMERA))
