"""``twinreel make`` on files and takes: any rate, sound in step, and refusals before the first picture."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from appliance.core.config import Config
from appliance.core.media import probe, read_pictures, read_sound
from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.encode.digest import sha256_file
from appliance.enhance.runtime import Runtime
from appliance.worker.files import FileJob, enhance_files
from appliance.worker.recipes import RecipeJob, RecipeResult, make_by_recipe
from appliance.worker.room import film_bytes
from tests.unit.worker.nets import add_nets

WriteFilm = Callable[..., Path]
RATE_HZ = 48000


@pytest.fixture(scope="module")
def nets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return add_nets(tmp_path_factory.mktemp("models"))


@pytest.fixture(autouse=True)
def _models(nets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINREEL_MODELS", str(nets))


@pytest.fixture
def config() -> Config:
    return Config.model_validate(
        {"work": {"chunk_s": 0.2}, "encode": {"preset": "ultrafast"}, "enhance": {"threads": 1}}
    )


Make = Callable[..., RecipeResult]


@pytest.fixture
def make(tmp_path: Path, config: Config) -> Make:
    def go(
        recipe: str, source: Path | None, out: str = "out.mkv", tell: Any = None, **more: Any
    ) -> RecipeResult:
        job = RecipeJob(recipe, tmp_path / out, source, provider="cpu", **more)
        return make_by_recipe(job, Paths(tmp_path / "box"), config, tell or (lambda fraction, text: None))

    return go


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stands for interpolation: each picture again and again."""

    def repeated(pictures: Any, times: int, runtime: Runtime) -> Any:
        return (picture for picture in pictures for _ in range(times))

    monkeypatch.setattr("appliance.worker.stages.between", repeated)


RATES = [Fraction(15), Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60)]


@pytest.mark.parametrize("rate", RATES)
def test_a_clip_of_any_rate_keeps_it_and_its_sound(rate: Fraction, write_film: WriteFilm, make: Make) -> None:
    clip = write_film("clip.mkv", range(13), rate=rate, order=1, size=(98, 66), sound_s=13 / float(rate))
    result = make("denoise", clip)
    made = probe(result.out)
    assert (made.width, made.height, made.rate) == (98, 66, rate)
    before, after = list(read_pictures(clip)), list(read_pictures(result.out))
    assert len(after) == result.pictures == 13
    changed = after[6].y.astype(int) - before[6].y
    assert 0 < np.abs(changed).max() <= 5
    sounds = [np.concatenate(list(read_sound(path, RATE_HZ))) for path in (clip, result.out)]
    assert len(sounds[1]) == pytest.approx(13 / float(rate) * RATE_HZ, abs=2)
    assert np.abs(sounds[0][:4000] - sounds[1][:4000]).max() < 0.01


@pytest.mark.parametrize(
    ("recipe", "size"), [("sr4", (384, 256)), ("compact", (128, 128)), ("deblur", (96, 64))]
)
def test_shapes(
    recipe: str, size: tuple[int, int], write_film: WriteFilm, make: Make, tmp_path: Path
) -> None:
    given = (128, 128) if recipe == "compact" else (96, 64)
    clip = write_film("clip.mkv", range(7), order=1, sound_s=0.28, size=given)
    result = make(recipe, clip, "film.mp4")
    made = probe(tmp_path / "film.mp4")
    assert (made.width, made.height, made.frames, made.has_audio) == (*size, 7, True)
    assert (result.width, result.height) == size
    small = tmp_path / "film.small.mp4"
    assert small.exists() == (recipe == "compact")
    if small.exists():
        kept = probe(small)
        assert (kept.width, kept.height, kept.frames, kept.codec, kept.has_audio) == (64, 64, 7, "hevc", True)


@pytest.mark.usefixtures("between")
def test_slow_motion_lasts_four_times_as_long_with_its_sound(
    write_film: WriteFilm, make: Make, tmp_path: Path
) -> None:
    clicks = np.zeros(RATE_HZ, np.int16)
    clicks[RATE_HZ // 2 : RATE_HZ // 2 + 2400] = 9000
    clip = write_film("clip.mkv", range(25), order=1, sound=clicks, rate=Fraction(25), size=(64, 48))
    result = make("slow-motion", clip)
    made = probe(result.out)
    assert (made.rate, result.pictures) == (25, 100)
    assert made.duration_s == pytest.approx(4.0, abs=0.05)
    loud = np.abs(np.concatenate(list(read_sound(result.out, RATE_HZ)))) > 0.05
    assert np.flatnonzero(loud)[0] / RATE_HZ == pytest.approx(2.0, abs=0.06)


@pytest.mark.usefixtures("between")
def test_slow_motion_of_a_tape_restores_it_first(write_film: WriteFilm, make: Make) -> None:
    result = make("slow-motion", write_film("tape.mkv", range(6), order=2))
    assert (result.pictures, result.rate) == (48, 50.0)
    assert [stage.words for stage in result.stages] == ["restore the tape", "4 times as slow"]
    assert all(len(stage.sha256) == 64 for stage in result.stages)


def test_the_recipe_tape_is_what_enhance_makes(
    write_film: WriteFilm, make: Make, config: Config, tmp_path: Path
) -> None:
    tape = write_film("tape.mkv", range(7), order=2, sound_s=0.28)
    job = FileJob(tape, (), tmp_path / "enhanced.mp4", "auto", "cpu", 1.0, False)
    enhance_files(job, config, lambda fraction, text: None)
    make("tape", tape, "made.mp4")
    assert sha256_file(tmp_path / "made.mp4") == sha256_file(tmp_path / "enhanced.mp4")
    make("auto", tape, "auto.mp4")
    assert sha256_file(tmp_path / "auto.mp4") == sha256_file(tmp_path / "enhanced.mp4")


@pytest.mark.parametrize("recipe", ["denoise", "compact"])
def test_a_run_that_was_interrupted_goes_on_to_the_same_film(
    recipe: str, write_film: WriteFilm, make: Make, tmp_path: Path
) -> None:
    clip = write_film("clip.mkv", range(22), order=1, size=(128, 128))
    whole = list(read_pictures(make(recipe, clip, "whole.mkv").out))

    def stop(fraction: float, text: str) -> None:
        if "10 of" in text:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(recipe, clip, tell=stop)
    done = sorted((tmp_path / "out.mkv.unfinished").glob("piece-00/*.json"))
    assert done
    times = [path.stat().st_mtime_ns for path in done]
    seen: list[int] = []
    result = make(
        recipe, clip, tell=lambda f, t: seen.extend(p.stat().st_mtime_ns for p in done if p.exists())
    )
    assert set(seen) == set(times)
    again = list(read_pictures(result.out))
    assert len(again) == len(whole)
    others = sum(not np.array_equal(a.y, b.y) for a, b in zip(again, whole, strict=True))
    assert others <= (recipe == "compact")  # x265 begins anew at the seam, and the net looks one aside
    assert not (tmp_path / "out.mkv.unfinished").exists()


def test_a_folder_gets_a_report_that_names_every_model(
    write_film: WriteFilm, make: Make, tmp_path: Path
) -> None:
    result = make("compact", write_film("clip.mkv", range(6), order=1, size=(128, 128)), "folder")
    page = (tmp_path / "folder/report.html").read_text()
    assert "Compact" in page
    assert page.index("squeeze (x265, CRF 28)") < page.index(result.stages[1].sha256)
    assert {p.name for p in (tmp_path / "folder").iterdir()} >= {
        "film.mp4",
        "film.small.mp4",
        "comparison.mp4",
    }
    assert probe(tmp_path / "folder/comparison.mp4").frames == 6


@pytest.mark.parametrize(
    ("recipe", "order", "more", "code"),
    [
        ("denoise", 2, {}, "recipe-unfit"),
        ("twin", 2, {}, "recipe-unfit"),
        ("tape", 2, {"cameras": True}, "recipe-unfit"),
        ("denoize", 1, {}, "recipe-unknown"),
        ("denoise", 1, {"look": "twin"}, "recipe-unfit"),
        ("denoise", 1, {"take": "also"}, "recipe-input"),
    ],
)
def test_what_cannot_run_leaves_nothing_behind(
    recipe: str,
    order: int,
    more: dict[str, Any],
    code: str,
    write_film: WriteFilm,
    make: Make,
    tmp_path: Path,
) -> None:
    tape = write_film("tape.mkv", range(6), order=order)
    if "cameras" in more:
        more = {"cameras": (write_film("camera.mkv", range(6), order=1),)}
    with pytest.raises(Problem) as caught:
        make(recipe, tape, **more)
    assert caught.value.issue.code == code
    assert not list(tmp_path.glob("out*"))


def test_a_film_that_does_not_fit_says_how_much_is_needed(
    write_film: WriteFilm, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = write_film("clip.mkv", range(6), order=1)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=1_000_000))
    make("denoise", clip, "small.mp4")
    with pytest.raises(Problem) as caught:
        make("sr4", clip, "large.mkv")
    assert caught.value.issue.code == "recipe-room"
    assert "384 × 256" in caught.value.issue.cause
    assert "1.0 MB free" in caught.value.issue.cause
    assert not (tmp_path / "large.mkv.unfinished").exists()


def test_the_estimate_grows_with_pixels_and_pictures() -> None:
    from appliance.enhance.course import Shape

    hour = Shape(720, 576, Fraction(50), 180_000)
    assert 2e9 < film_bytes(hour, ".mp4") < 1e10
    assert film_bytes(hour, ".mkv") > 5 * film_bytes(hour, ".mp4")


def test_a_take_is_only_read(box: Any, make: Make, tmp_path: Path) -> None:
    before = {p.name: p.stat().st_mtime_ns for p in box.folder.rglob("*")}
    result = make("tape", None, "film.mp4", take=box.folder.name)
    assert result.pictures == 24
    assert {p.name: p.stat().st_mtime_ns for p in box.folder.rglob("*")} == before
    assert json.dumps(result.as_json())


def test_a_recipe_of_ones_own_in_any_order(write_film: WriteFilm, make: Make, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    stages = ('do = "restore"', 'do = "net"\nmodel = "denoise"', 'do = "net"\nmodel = "sr4"')
    mine.write_text('title = "M"\nabout = "M."\n' + "".join(f"[[stage]]\n{stage}\n" for stage in stages))
    result = make(str(mine), write_film("tape.mkv", range(5), order=2, size=(64, 48)))
    assert (result.pictures, result.width, result.height, result.rate) == (10, 256, 192, 50.0)
    assert len(list(read_pictures(result.out))) == 10
