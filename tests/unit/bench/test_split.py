"""Which clips are the bench's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.bench.split import HELD_OUT_EVERY, held_out_clips, is_held_out


@pytest.mark.parametrize(
    ("name", "held_out"),
    [
        ("flutter+assets-for-api-docs__bee.mp4", True),
        ("mdn+learning-area__pig.mp4", True),
        ("flutter+assets-for-api-docs__butterfly.mp4", False),
        ("facebookresearch+sam2__04_coffee.mp4", False),
    ],
)
def test_the_split_of_the_material_never_changes(name: str, held_out: bool) -> None:
    assert is_held_out(Path(name)) is held_out
    assert is_held_out(Path("another/folder") / name) is held_out


def test_about_one_in_six_is_held_out() -> None:
    share = sum(is_held_out(Path(f"clip-{n}.mp4")) for n in range(3000)) / 3000
    assert share == pytest.approx(1 / HELD_OUT_EVERY, abs=0.03)


def test_only_films_of_the_video_folder_are_clips(tmp_path: Path) -> None:
    for folder in ("video", "images"):
        (tmp_path / folder).mkdir()
        for name in ("flutter+assets-for-api-docs__bee.mp4", "butterfly.mp4", "notes.txt"):
            (tmp_path / folder / name).touch()
    found = held_out_clips(tmp_path)
    assert tmp_path / "video/flutter+assets-for-api-docs__bee.mp4" in found
    assert all(path.parent.name == "video" and path.suffix == ".mp4" for path in found)
    assert all(is_held_out(path) for path in found)
