"""The folder's layout: places, numbers and the bag's own files."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.core.types import Artifact, ArtifactRole
from appliance.deliver.package import TAG_MANIFEST, folder_name, lay_out, tag_files, take_of


def artifact(path: str, role: ArtifactRole = ArtifactRole.ACCESS, size: int = 5) -> Artifact:
    return Artifact(path, role, "ab" * 32, size)


def test_films_are_at_the_top_and_recordings_below() -> None:
    files = [
        artifact("out/film.mp4"),
        artifact("tape.mkv", ArtifactRole.MASTER),
        artifact("a.jpg", ArtifactRole.STILL),
    ]
    assert [item.path for item in lay_out(files)] == [
        "data/film.mp4",
        "data/originals/tape.mkv",
        "data/stills/a.jpg",
    ]


def test_equal_names_are_numbered_whatever_their_capitals() -> None:
    paths = [
        item.path for item in lay_out([artifact("a/film.mp4"), artifact("b/Film.mp4"), artifact("film.mp4")])
    ]
    assert paths == ["data/film.mp4", "data/Film 2.mp4", "data/film 3.mp4"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(st.characters(blacklist_characters="/\0", blacklist_categories=["Cs"]), min_size=1)))
def test_every_file_has_a_place_that_fat_can_name(names: list[str]) -> None:
    files = [artifact(f"take/{name}.mkv") for name in names]
    paths = [item.path for item in lay_out(files)]
    assert len({path.casefold() for path in paths}) == len(files)
    assert not any(set('":*<>?|\\\n\r') & set(path) for path in paths)


def test_the_next_free_number_is_taken() -> None:
    assert folder_name("2026-11-21", []) == "2026-11-21 Tape 1"
    present = ["2026-11-21 Tape 1", "2026-11-21 tape 9", "2026-11-20 Tape 40", "2026-11-21 Tape x", "Holiday"]
    assert folder_name("2026-11-21", present) == "2026-11-21 Tape 10"


def test_a_bag_says_whose_it_is() -> None:
    tags = tag_files("take-7", "2026-11-21", lay_out([artifact("film.mp4"), artifact("b.mp4", size=7)]))
    assert take_of(tags["bag-info.txt"]) == "take-7"
    assert b"Payload-Oxum: 12.2\n" in tags["bag-info.txt"]
    assert take_of(b"nothing of the kind") == ""


def test_the_tag_manifest_covers_every_other_tag_file() -> None:
    tags = tag_files("t", "2026-11-21", lay_out([artifact("film.mp4")]))
    lines = dict(reversed(line.split("  ")) for line in tags[TAG_MANIFEST].decode().splitlines())
    assert lines == {name: sha256(data).hexdigest() for name, data in tags.items() if name != TAG_MANIFEST}


def test_the_start_page_links_the_films_and_escapes_names() -> None:
    page = tag_files("t", "2026-11-21", lay_out([artifact("a & b.mp4")]))["Start here.html"].decode()
    assert 'href="data/a &amp; b.mp4"' in page
    assert "http" not in page
