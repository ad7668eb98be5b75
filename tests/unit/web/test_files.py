from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.web.files import find_file


def test_finds_what_the_take_names(paths, take) -> None:
    assert find_file(paths, [take], "take-1", "film.mp4") == paths.take("take-1") / "film.mp4"
    assert find_file(paths, [take], "take-1", "stills/after.jpg")


@pytest.mark.parametrize("name", ["other.txt", "", ".", "../take-1/film.mp4", "stills", "stills/../film.mp4"])
def test_finds_nothing_else(paths, take, name: str) -> None:
    (paths.take("take-1") / "other.txt").write_text("not listed")
    assert find_file(paths, [take], "take-1", name) is None


def test_finds_nothing_of_an_unknown_take(paths, take) -> None:
    assert find_file(paths, [take], "take-2", "film.mp4") is None
    assert find_file(paths, [], "take-1", "film.mp4") is None


def test_a_listed_name_may_not_lead_out_of_the_take(paths, take) -> None:
    secret = paths.data / "secret.txt"
    secret.write_text("secret")
    (paths.take("take-1") / "link.mp4").symlink_to(secret)
    names = {"access": "../../secret.txt", "comparison": str(secret), "still": "link.mp4", "log": "gone.log"}
    sly = replace(take, files=names)
    assert [find_file(paths, [sly], "take-1", name) for name in names.values()] == [None] * 4


def test_a_take_may_not_be_named_like_a_way_out(paths, take) -> None:
    (paths.data / "film.mp4").write_text("outside")
    assert find_file(paths, [replace(take, id="..")], "..", "film.mp4") is None
