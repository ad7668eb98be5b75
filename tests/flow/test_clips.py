"""Several films of a camera beside a tape, and one beside two tapes, as plain files."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest

from appliance.core.media import read_pictures
from tests.flow.test_files import RUN_S, render, stranger, twinreel

pytestmark = pytest.mark.xdist_group("clips")  # its shelf is rendered once
CUT_S = TAPE_CUT_S = 4.0
CAMERA_STARTS_S = 0.7


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds of tape, whole and in two; a card with its two films in the wrong order, and a third."""
    folder = tmp_path_factory.mktemp("shelf")
    render(folder, "--camera-offset-s", str(CAMERA_STARTS_S), "--seconds", "8")
    (folder / "card/DCIM").mkdir(parents=True)
    cut(folder / "camera.mkv", folder / "card/DCIM/MVI_0002.mkv", "-t", CUT_S)
    cut(folder / "camera.mkv", folder / "card/DCIM/MVI_0001.mkv", "-ss", CUT_S)
    stranger(folder / "card/DCIM/MVI_0003.mkv")
    cut(folder / "tape.mkv", folder / "tape-1.mkv", "-t", TAPE_CUT_S)
    cut(folder / "tape.mkv", folder / "tape-2.mkv", "-ss", TAPE_CUT_S)
    return folder


def cut(source: Path, target: Path, *span: object) -> None:
    words = ["-v", "error", "-i", source, *span, "-c", "copy", target]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *map(str, words)], check=True, timeout=RUN_S)


def test_each_film_is_placed_on_its_own_whatever_its_order(shelf: Path) -> None:
    done = twinreel("sync", shelf / "tape.mkv", shelf / "card", "--json")
    assert done.returncode == 0, done.stderr
    found = {Path(clip["camera"]).name: clip["offset_s"] for clip in json.loads(done.stdout)}
    truth_s = json.loads((shelf / "truth.json").read_text())["offset_s"]
    assert found["MVI_0002.mkv"] == pytest.approx(truth_s, abs=0.005)
    assert found["MVI_0001.mkv"] == pytest.approx(truth_s + CUT_S, abs=0.04), (
        "cut between two of its pictures"
    )
    assert found["MVI_0003.mkv"] is None


def test_one_film_lies_on_two_tapes(shelf: Path) -> None:
    words = (shelf / "tape-1.mkv", "--tape", shelf / "tape-2.mkv", shelf / "camera.mkv", "--json")
    found = json.loads(twinreel("sync", *words).stdout)
    assert [Path(clip["tape"]).name for clip in found] == ["tape-1.mkv", "tape-2.mkv"]
    assert found[0]["offset_s"] - found[1]["offset_s"] == pytest.approx(TAPE_CUT_S, abs=0.005)


def test_two_films_of_the_camera_help_as_the_whole_one_would(shelf: Path, tmp_path: Path) -> None:
    out = tmp_path / "film"
    words = (shelf / "tape.mkv", "--camera", shelf / "card", "-o", out, "--tier", "live", "--json", "-q")
    done = twinreel("enhance", *words)
    assert done.returncode == 0, done.stderr
    seen_fields = round((8 - CAMERA_STARTS_S) * 50)
    assert json.loads(done.stdout)["guided_fields"] == pytest.approx(seen_fields, abs=8)
    assert len(list(read_pictures(out / "film.mp4"))) == 400
    report = (out / "report.html").read_text()
    assert report.count('class="plot"') == 2
    assert "MVI_0003.mkv: " in report
    assert "1 of the 3 recordings of the camera did not help" in report
