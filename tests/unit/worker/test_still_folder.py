"""A folder of stills: PNG out under the same names, in a person's order; what would be lost is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from appliance.core.config import Config
from appliance.core.media import probe
from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.worker.recipes import RecipeJob, RecipeResult, make_by_recipe
from appliance.worker.still_folder import planar, read_stills
from tests.unit.worker.nets import add_nets

CONFIG = Config.model_validate({"enhance": {"threads": 1}})


@pytest.fixture(scope="module")
def nets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return add_nets(tmp_path_factory.mktemp("models"))


@pytest.fixture(autouse=True)
def _models(nets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINREEL_MODELS", str(nets))


def smooth(width: int = 50, height: int = 38, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.float32)
    return np.clip((cv2.GaussianBlur(noise, (0, 0), 4) - 128) * 6 + 128, 0, 255).astype(np.uint8)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, name in enumerate(("s10.jpg", "s9.png", "S1.jpeg", "readme.txt", ".s2.png")):
        if name.endswith("txt"):
            (folder / name).write_text("no picture")
        else:
            cv2.imwrite(str(folder / name), smooth(seed=number))
    return folder


def make(recipe: str, folder: Path, out: Path, tell: Any = None, force: bool = False) -> RecipeResult:
    job = RecipeJob(recipe, out, folder, provider="cpu", force=force)
    return make_by_recipe(job, Paths(out.parent / "box"), CONFIG, tell or (lambda fraction, text: None))


def test_the_order_is_a_persons_and_other_files_stay_out(photos: Path) -> None:
    assert [path.name for path in read_stills(photos).paths] == ["S1.jpeg", "s9.png", "s10.jpg"]


@pytest.mark.parametrize(("recipe", "scale"), [("denoise", 1), ("sr4", 4)])
def test_stills_become_png_of_the_same_names(recipe: str, scale: int, photos: Path, tmp_path: Path) -> None:
    result = make(recipe, photos, tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["S1.png", "s10.png", "s9.png"]
    assert (result.pictures, result.width, result.height) == (3, scale * 50, scale * 38)
    made, given = cv2.imread(str(tmp_path / "out/s9.png")), cv2.imread(str(photos / "s9.png"))
    assert made.shape == (scale * 38, scale * 50, 3)
    small = cv2.resize(made, (50, 38), interpolation=cv2.INTER_AREA)
    assert np.abs(small.astype(int) - given).mean() < 6


def test_colours_come_back_as_they_were() -> None:
    from appliance.core.types import JPEG_FULL
    from appliance.encode.stills import to_rgb

    for colour in ((255, 255, 255), (0, 0, 0), (200, 30, 60), (20, 180, 90)):
        rgb = np.full((32, 48, 3), colour, np.uint8)
        assert np.abs(to_rgb(planar(rgb, 0.0), JPEG_FULL).astype(int) - rgb).max() <= 2


def test_grey_stills_and_opaque_ones_with_alpha_are_taken(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    cv2.imwrite(str(folder / "grey.png"), smooth()[:, :, 0])
    cv2.imwrite(str(folder / "opaque.png"), np.dstack([smooth(), np.full((38, 50), 255, np.uint8)]))
    make("denoise", folder, tmp_path / "out")
    grey = cv2.imread(str(tmp_path / "out/grey.png")).astype(int)
    assert np.abs(grey - grey.mean(axis=2, keepdims=True)).max() <= 2


def write_bad(folder: Path, kind: str) -> None:
    pixels: dict[str, np.ndarray] = {
        "16 bits": smooth().astype(np.uint16) * 257,
        "transparent": np.dstack([smooth(), np.full((38, 50), 90, np.uint8)]),
        "48 × 38": smooth(width=48),
    }
    if kind == "damaged":
        (folder / "bad.png").write_bytes(b"\x89PNG and no more")
    elif kind == "differs from it in its ending":
        cv2.imwrite(str(folder / "s9.jpg"), smooth())
    else:
        cv2.imwrite(str(folder / "bad.png"), pixels[kind])


@pytest.mark.parametrize(
    "kind", ["16 bits", "transparent", "48 × 38", "damaged", "differs from it in its ending"]
)
def test_a_still_that_does_not_fit_is_named_before_the_first_one(
    kind: str, photos: Path, tmp_path: Path
) -> None:
    write_bad(photos, kind)
    with pytest.raises(Problem) as caught:
        make("denoise", photos, tmp_path / "out")
    assert caught.value.issue.code == "still-unfit"
    assert kind in caught.value.issue.cause
    assert not list(tmp_path.glob("out*"))


def test_an_interrupted_run_goes_on(photos: Path, tmp_path: Path) -> None:
    make("denoise", photos, tmp_path / "whole")

    def stop(fraction: float, text: str) -> None:
        if text == "Making s10.png":
            raise KeyboardInterrupt

    told: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        make("denoise", photos, tmp_path / "out", stop)
    assert not (tmp_path / "out").exists()
    make("denoise", photos, tmp_path / "out", lambda fraction, text: told.append(text))
    assert [text for text in told if text.startswith("Making")] == ["Making s10.png"]
    for path in (tmp_path / "whole").iterdir():
        assert path.read_bytes() == (tmp_path / "out" / path.name).read_bytes()


def test_nothing_is_written_over_unasked(photos: Path, tmp_path: Path) -> None:
    make("denoise", photos, tmp_path / "out")
    with pytest.raises(Problem) as caught:
        make("denoise", photos, tmp_path / "out")
    assert caught.value.issue.code == "output-exists"
    make("denoise", photos, tmp_path / "out", force=True)
    with pytest.raises(Problem) as caught:
        make("denoise", photos, photos)
    assert caught.value.issue.code == "output-is-input"
    with pytest.raises(Problem) as caught:
        make("denoise", photos, tmp_path / "film.mp4")
    assert caught.value.issue.code == "output-kind"


def test_compact_keeps_the_small_film_of_stills_too(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(3):
        cv2.imwrite(str(folder / f"{number}.png"), smooth(132, 130, number))
    make("compact", folder, tmp_path / "out")
    kept = probe(tmp_path / "out/small-1.mp4")
    assert (kept.width, kept.height, kept.frames, kept.codec) == (66, 64, 3, "hevc")


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        make("denoise", tmp_path, tmp_path / "out")
    assert caught.value.issue.code == "still-unfit"
