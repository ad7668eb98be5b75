"""Reading films of every kind a visitor may bring, and refusing what is none."""

import subprocess
from fractions import Fraction
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import pytest

from appliance.core.media import nearest_rate, probe, read_pictures, read_sound, read_sound_channels
from appliance.core.problems import Problem


def write_film(
    path: Path,
    frames: int = 10,
    codec: str = "ffv1",
    pixel_format: str = "yuv422p",
    size: tuple[int, int] = (64, 48),
    sound_s: float | None = None,
    field_order: int = 0,
) -> Path:
    """Frame n is flat with luma 10 * n; the sound is a 440 Hz tone."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = *size, pixel_format
        if field_order:
            stream.codec_context.field_order = field_order
        sound = (
            container.add_stream("pcm_s16le" if path.suffix == ".mkv" else "aac", rate=48000)
            if sound_s
            else None
        )
        for number in range(frames):
            frame = av.VideoFrame(*size, pixel_format)
            for index, plane in enumerate(frame.planes):
                plane.update(bytes([10 * number if index == 0 else 128]) * plane.buffer_size)
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound is not None:
            tone = np.sin(np.arange(int(sound_s * 48000)) * 2 * np.pi * 440 / 48000) * 16000
            block = av.AudioFrame.from_ndarray(
                np.tile(tone.astype(np.int16), (1, 1)).repeat(2, 1)[:, ::1], "s16", "stereo"
            )
            block.sample_rate = 48000
            container.mux(sound.encode(block))
            container.mux(sound.encode(None))
    return path


def test_probe_says_what_is_in_the_file(tmp_path: Path) -> None:
    info = probe(write_film(tmp_path / "a.mkv", sound_s=0.4))
    assert (info.width, info.height, info.rate) == (64, 48, Fraction(25))
    assert (info.codec, info.pixel_format, info.has_audio) == ("ffv1", "yuv422p", True)
    assert info.frames == 10
    assert info.duration_s == pytest.approx(0.4, abs=0.05)


@pytest.mark.parametrize(("tag", "order"), [(4, "tff"), (5, "bff"), (1, "progressive")])
def test_the_field_order_is_what_the_tag_says(tmp_path: Path, tag: int, order: str) -> None:
    assert probe(write_film(tmp_path / "a.mkv", field_order=tag)).field_order == order


@pytest.mark.parametrize(
    ("size", "order"), [((720, 576), "tff"), ((720, 480), "bff"), ((640, 360), "progressive")]
)
def test_untagged_video_is_taken_as_its_standard_says(
    tmp_path: Path, size: tuple[int, int], order: str
) -> None:
    info = probe(write_film(tmp_path / "a.mkv", frames=2, size=size))
    assert info.field_order == order
    aspect = {(720, 576): Fraction(12, 11), (720, 480): Fraction(10, 11)}.get(size, Fraction(1))
    assert info.sample_aspect == aspect


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("19001/317", "60000/1001"),
        ("25", "25"),
        ("10000/401", "25000/1001"),
        ("14985/500", "30000/1001"),
        ("15", "15"),
    ],
)
def test_a_rate_that_milliseconds_blurred_becomes_the_one_that_was_meant(read: str, meant: str) -> None:
    expected = Fraction(read) if meant == "25000/1001" else Fraction(meant)
    assert nearest_rate(Fraction(read)) == expected


def test_pictures_come_in_order_with_their_times(tmp_path: Path) -> None:
    pictures = list(read_pictures(write_film(tmp_path / "a.mkv")))
    assert [int(p.y[0, 0]) for p in pictures] == [10 * n for n in range(10)]
    assert [p.time_s for p in pictures] == pytest.approx([n / 25 for n in range(10)], abs=1e-3)
    assert pictures[0].u.shape == (48, 32)


def test_reading_from_the_middle_begins_with_that_frame(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mp4", frames=25, codec="libx264", pixel_format="yuv420p")
    assert next(read_pictures(path, 12 / 25)).time_s == pytest.approx(12 / 25, abs=1e-3)


@pytest.mark.parametrize(
    ("codec", "pixel_format", "chroma"),
    [
        ("ffv1", "yuv444p", (48, 64)),
        ("ffv1", "yuv422p10le", (48, 32)),
        ("ffv1", "yuv420p", (24, 32)),
        ("ffv1", "bgr0", (48, 64)),
    ],
)
def test_every_format_becomes_planar_8_bit(
    tmp_path: Path, codec: str, pixel_format: str, chroma: tuple[int, int]
) -> None:
    picture = next(read_pictures(write_film(tmp_path / "a.mkv", codec=codec, pixel_format=pixel_format)))
    assert picture.y.shape == (48, 64)
    assert picture.u.shape == chroma
    assert picture.y.dtype == np.uint8


def test_sound_is_mono_at_the_rate_asked_for(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mkv", sound_s=1.0)
    sound = np.concatenate(list(read_sound(path, 8000)))
    assert len(sound) == pytest.approx(8000, abs=100)
    spectrum = np.abs(np.fft.rfft(sound))
    assert np.argmax(spectrum) * 8000 / len(sound) == pytest.approx(440, abs=3)
    stereo = next(read_sound_channels(path, 48000))
    assert stereo.shape[1] == 2


def test_a_film_without_sound_gives_none(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mkv")
    assert not probe(path).has_audio
    assert list(read_sound(path, 8000)) == []


def test_a_torn_file_gives_what_is_readable(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mkv", frames=20, size=(320, 240))
    torn = tmp_path / "torn.mkv"
    torn.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    assert 5 < len(list(read_pictures(torn))) < 20


def make_missing(folder: Path) -> Path:
    return folder / "no-such.mkv"


def make_empty(folder: Path) -> Path:
    path = folder / "empty.mkv"
    path.touch()
    return path


def make_text(folder: Path) -> Path:
    path = folder / "text.mkv"
    path.write_text("Dear museum, this is a letter. " * 100)
    return path


def make_cut_mp4(folder: Path) -> Path:
    whole = write_film(folder / "whole.mp4", codec="libx264", pixel_format="yuv420p", frames=25)
    path = folder / "cut.mp4"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    return path


def make_sound_only(folder: Path) -> Path:
    path = folder / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        block = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), "s16", "mono")
        block.sample_rate = 8000
        container.mux(stream.encode(block))
    return path


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (make_missing, "file-missing"),
        (make_empty, "not-a-film"),
        (make_text, "not-a-film"),
        (make_cut_mp4, "not-a-film"),
        (make_sound_only, "not-a-film"),
    ],
)
def test_what_is_no_film_is_a_problem_with_its_name(tmp_path: Path, make, code: str) -> None:
    path = make(tmp_path)
    with pytest.raises(Problem) as caught:
        probe(path)
    assert caught.value.issue.code == code
    assert path.name in caught.value.issue.title
    assert caught.value.issue.remedy


def corner_film(path: Path, pixel_format: str = "yuv420p") -> Path:
    """Twice as wide as high; the upper left corner is bright and red."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 128, 64, pixel_format
        stream.sample_aspect_ratio = Fraction(4, 3)
        picture = np.full((64, 128, 3), 30, np.uint8)
        picture[:16, :32] = (250, 40, 40)
        for number in range(3):
            frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format=pixel_format)
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("pixel_format", ["yuvj420p", "yuvj422p"])
@pytest.mark.parametrize(("turned", "corner"), [(90, (-1, 0)), (180, (-1, -1)), (270, (0, -1)), (0, (0, 0))])
def test_a_picture_that_lies_is_turned_upright(
    turned: int, corner: tuple[int, int], pixel_format: str, tmp_path: Path
) -> None:
    """As a telephone writes it that was held upright, or upside down."""
    path = corner_film(tmp_path / "flat.mov", pixel_format)
    options = ["-display_rotation:v:0", str(turned), "-i", path, "-c", "copy", tmp_path / "phone.mov"]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *map(str, options)], check=True)
    info = probe(tmp_path / "phone.mov")
    upright = turned % 180 == 90
    assert (info.width, info.height) == ((64, 128) if upright else (128, 64))
    assert info.sample_aspect == (Fraction(3, 4) if upright else Fraction(4, 3))
    pictures = list(read_pictures(info.path))
    assert len(pictures) == 3
    for picture in pictures:
        assert picture.y.shape == (info.height, info.width)
        bright, red = picture.y[corner] > 80, picture.v[corner] > 160
        assert bright
        assert red
        assert (picture.y > 80).mean() < 0.1
    if upright:
        assert pictures[0].u.shape == (64, 32)
