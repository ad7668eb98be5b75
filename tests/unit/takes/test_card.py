"""Which files of a card are films of the camera."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from appliance.core.problems import Problem
from appliance.takes.card import films_on


def lay(card: Path, *names: str) -> None:
    for name in names:
        (card / name).parent.mkdir(parents=True, exist_ok=True)
        (card / name).write_bytes(b"film")


def found(card: Path) -> list[str]:
    return [str(film.path.relative_to(card)) for film in films_on(card)]


def code_of(card: Path) -> str:
    with pytest.raises(Problem) as caught:
        films_on(card)
    return caught.value.issue.code


def test_films_of_every_kind_come_in_the_order_in_which_the_camera_counted(tmp_path: Path) -> None:
    lay(tmp_path, "DCIM/101CANON/MVI_0001.MOV", "DCIM/100CANON/MVI_0009.MP4", "DCIM/100CANON/MVI_0002.avi")
    lay(tmp_path, "PRIVATE/AVCHD/BDMV/STREAM/00000.MTS", "DCIM/100CANON/IMG_0003.JPG", "DCIM/Misc/notes.txt")
    assert found(tmp_path) == [
        "DCIM/100CANON/MVI_0002.avi",
        "DCIM/100CANON/MVI_0009.MP4",
        "DCIM/101CANON/MVI_0001.MOV",
        "PRIVATE/AVCHD/BDMV/STREAM/00000.MTS",
    ]
    assert [film.size_bytes for film in films_on(tmp_path)] == [4] * 4


def test_hidden_files_small_copies_and_our_own_films_are_none_of_the_cameras(tmp_path: Path) -> None:
    lay(tmp_path, "A.MP4", "._A.MP4", ".Trashes/B.MP4", "M4ROOT/SUB/A_S03.MP4")
    lay(tmp_path, "2026-11-21 Tape 1/bagit.txt", "2026-11-21 Tape 1/data/film.mp4")
    assert found(tmp_path) == ["A.MP4"]


def test_a_single_film_is_a_card_of_one(tmp_path: Path) -> None:
    lay(tmp_path, "A.MP4", "B.MP4")
    assert [film.path.name for film in films_on(tmp_path / "B.MP4")] == ["B.MP4"]


def test_a_card_without_films_and_one_that_is_not_there(tmp_path: Path) -> None:
    lay(tmp_path, "DCIM/IMG_0001.JPG")
    assert code_of(tmp_path) == "card-empty"
    assert code_of(tmp_path / "nowhere") == "card-unread"


def test_a_folder_that_cannot_be_read_is_no_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(tmp_path, "A.MP4", "DCIM/B.MP4")
    scandir = os.scandir

    def torn(path: str) -> object:
        if str(path).endswith("DCIM"):
            raise OSError(5, "Input/output error", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", torn)
    assert code_of(tmp_path) == "card-unread"
