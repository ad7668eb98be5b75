from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

from appliance.capture.camera_writer import CameraWriter
from appliance.capture.tape_writer import TapeWriter
from appliance.core.config import CaptureConfig
from appliance.core.media import probe, read_pictures
from appliance.core.types import BT601_525, BT601_625, StreamFormat, VideoFrame

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
