"""`twinreel enhance` and `twinreel sync` on files, good and bad, each in a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from appliance.core.media import probe, read_pictures
from appliance.encode.digest import sha256_file

RUN_S = 150
pytestmark = pytest.mark.xdist_group("files")  # they share one rendered pair


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """tape.mkv, camera.mkv, clean.mkv and truth.json of four seconds at a quarter of the size."""
    folder = tmp_path_factory.mktemp("pair")
    render(folder, "--camera-offset-s", "0.7")
    return folder


def render(folder: Path, *options: str) -> None:
    command = [sys.executable, "-m", "appliance.sim.render", "--out", str(folder)]
    options = ("--seconds", "4", "--size", "quarter", *options)
    subprocess.run([*command, *options], check=True, timeout=RUN_S, stdout=subprocess.DEVNULL)


def stranger(path: Path) -> Path:
    """Three seconds of something else: drifting blobs and bursts of noise."""
    random = np.random.default_rng(7)
    bursts = random.normal(0, 6000, 144000) * (np.sin(np.arange(144000) / 9000) > 0.3)
    with av.open(str(path), "w") as film:
        pictures = film.add_stream("mjpeg", rate=30)
        pictures.width, pictures.height, pictures.pix_fmt = 640, 360, "yuvj422p"
        sound = film.add_stream("pcm_s16le", rate=48000)
        blobs = cv2.resize(random.integers(0, 255, (9, 24, 3), np.uint8), (960, 360))
        for number in range(90):
            view = np.ascontiguousarray(blobs[:, 3 * number : 3 * number + 640])
            film.mux(pictures.encode(av.VideoFrame.from_ndarray(view, "rgb24").reformat(format="yuvj422p")))
        film.mux(pictures.encode(None))
        block = av.AudioFrame.from_ndarray(bursts.astype(np.int16)[None].repeat(2, 1), "s16", "stereo")
        block.sample_rate = 48000
        film.mux(sound.encode(block))
        film.mux(sound.encode(None))
    return path


def twinreel(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "appliance", *(str(a) for a in arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=RUN_S)


def refused(done: subprocess.CompletedProcess[str], *named: str) -> None:
    """It ended with an error, a cause and a remedy on stderr, and no traceback."""
    assert done.returncode not in (0, None)
    for words in ("Cause:", "What to do:", *named):
        assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_tape_becomes_one_picture_per_field_uncropped_with_its_sound(pair: Path, tmp_path: Path) -> None:
    done = twinreel("enhance", pair / "tape.mkv", "-o", tmp_path / "film.mp4", "--json", "-q")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    film = probe(tmp_path / "film.mp4")
    pictures = [p.time_s for p in read_pictures(film.path)]
    assert (facts["tape_frames"], len(pictures)) == (100, 200)
    assert (film.width, film.height, film.rate) == (360, 288, Fraction(50))
    assert film.sample_aspect == Fraction(12, 11)
    assert film.has_audio
    assert pictures == pytest.approx([n / 50 for n in range(200)], abs=0.002)
    assert list(tmp_path.iterdir()) == [tmp_path / "film.mp4"], "nothing else is left behind"


def test_the_camera_helps_and_the_folder_holds_everything(pair: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = twinreel("enhance", pair / "tape.mkv", "--camera", pair / "camera.mkv", "-o", out, "--json", "-q")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["guided_fields"] > 100
    truth = json.loads((pair / "truth.json").read_text())
    assert abs(facts["offset_s"] - truth["offset_s"]) < 0.005
    names = {path.name for path in out.iterdir()}
    assert {"film.mp4", "comparison.mp4", "report.html", "before-1.jpg", "after-1.jpg"} <= names
    assert facts["model_sha256"] in (out / "report.html").read_text()


def test_a_killed_run_goes_on_and_gives_the_same_bytes(pair: Path, tmp_path: Path) -> None:
    arguments = [pair / "tape.mkv", "--camera", pair / "camera.mkv", "--tier", "live", "-q", "-o"]
    config = tmp_path / "box"
    (config / "etc/twinreel").mkdir(parents=True)
    (config / "etc/twinreel/site.toml").write_text("[work]\nchunk_s = 0.5\n")
    options = ["--root", config, "enhance"]
    assert twinreel(*options, *arguments, tmp_path / "whole.mp4").returncode == 0

    command = [sys.executable, "-m", "appliance", *options, *arguments, tmp_path / "cut.mp4"]
    process = subprocess.Popen([str(a) for a in command])
    chunks = tmp_path / "cut.mp4.unfinished/piece-00"
    until_s = time.monotonic() + RUN_S
    while len(list(chunks.glob("*.json"))) < 2:
        assert time.monotonic() < until_s
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=30)
    kept = {path: path.stat().st_mtime_ns for path in chunks.glob("*.json")}
    second = subprocess.Popen([str(a) for a in command])
    while chunks.is_dir() and second.poll() is None:
        again = {p: p.stat().st_mtime_ns for p in kept if p.exists()}
        assert all(kept[path] == stamp for path, stamp in again.items()), "what was done is not done again"
        time.sleep(0.05)
    assert second.wait(timeout=RUN_S) == 0
    assert sha256_file(tmp_path / "cut.mp4") == sha256_file(tmp_path / "whole.mp4")


def test_a_camera_that_filmed_something_else_is_left_out(pair: Path, tmp_path: Path) -> None:
    camera = stranger(tmp_path / "stranger.mkv")
    found = twinreel("sync", pair / "tape.mkv", camera, "--json")
    assert found.returncode == 0
    assert json.loads(found.stdout)["offset_s"] is None
    command = ("enhance", pair / "tape.mkv", "--tier", "live", "-q", "-o")
    done = twinreel(*command, tmp_path / "a.mp4", "--camera", camera)
    assert done.returncode == 0
    assert "The tape was restored alone" in done.stderr
    assert twinreel(*command, tmp_path / "b.mp4").returncode == 0
    assert sha256_file(tmp_path / "a.mp4") == sha256_file(tmp_path / "b.mp4")


def test_sync_prints_where_the_camera_lies(pair: Path) -> None:
    done = twinreel("sync", pair / "tape.mkv", pair / "camera.mkv", "--json")
    assert done.returncode == 0, done.stderr
    found, truth = json.loads(done.stdout), json.loads((pair / "truth.json").read_text())
    assert abs(found["offset_s"] - truth["offset_s"]) < 0.005
    assert {"drift_ppm", "confidence", "steps", "method"} <= found.keys()


def test_files_that_are_no_films(pair: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.mkv").touch()
    (tmp_path / "letter.mkv").write_text("Dear museum, " * 1000)
    out = tmp_path / "film.mp4"
    for name in ("missing.mkv", "empty.mkv", "letter.mkv"):
        refused(twinreel("enhance", tmp_path / name, "-o", out), name)
        refused(twinreel("sync", pair / "tape.mkv", tmp_path / name, "--json"), name)
    refused(
        twinreel("enhance", pair / "tape.mkv", "--camera", tmp_path / "letter.mkv", "-o", out), "letter.mkv"
    )
    assert not out.exists()


def test_a_tape_that_is_cut_off_is_restored_as_far_as_it_goes(pair: Path, tmp_path: Path) -> None:
    whole = (pair / "tape.mkv").read_bytes()
    (tmp_path / "torn.mkv").write_bytes(whole[: len(whole) // 2])
    done = twinreel("enhance", tmp_path / "torn.mkv", "-o", tmp_path / "film.mp4", "-q")
    assert done.returncode == 3
    refused(done, "torn.mkv is cut off")
    assert 60 < len(list(read_pictures(tmp_path / "film.mp4"))) < 160


def test_a_tape_without_sound_is_placed_by_what_it_shows(pair: Path) -> None:
    silent, camera = pair / "clean.mkv", pair / "camera.mkv"
    refused(twinreel("sync", silent, camera, "--by", "sound", "--json"), "no sound")
    done = twinreel("sync", silent, camera, "--json")
    assert done.returncode == 0, done.stderr
    found, truth = json.loads(done.stdout), json.loads((pair / "truth.json").read_text())
    assert found["method"] == "light"
    assert abs(found["offset_s"] - truth["offset_s"]) < 0.04


def test_outputs_that_would_harm(pair: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_text("somebody's film")
    refused(twinreel("enhance", pair / "tape.mkv", "-o", film), "there already")
    assert film.read_text() == "somebody's film"
    refused(twinreel("enhance", pair / "tape.mkv", "-o", pair / "tape.mkv", "--force"), "its own source")
    refused(twinreel("enhance", pair / "tape.mkv", "-o", tmp_path / "film.docx"), "film.docx")
    refused(twinreel("enhance", pair / "tape.mkv", "-o", film, "--force", "--field-order", "up"), "up")
