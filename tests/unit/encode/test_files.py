"""Files are whole or not there; fingerprints tell them apart."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from appliance.core.problems import Problem
from appliance.encode.digest import frame_digest, sha256_file
from appliance.encode.files import whole_file
from appliance.encode.writer import FilmSpec


def test_the_name_comes_last(tmp_path: Path) -> None:
    with whole_file(tmp_path / "page.html") as part:
        part.write_text("whole")
        assert not (tmp_path / "page.html").exists()
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("page.html", "whole")]


@pytest.mark.parametrize(
    ("code", "name"), [(errno.ENOSPC, "disk-full"), (errno.EIO, "disk-failed"), (errno.EROFS, "disk-failed")]
)
def test_troubles_of_the_disk_have_names(tmp_path: Path, code: int, name: str) -> None:
    def broken() -> None:
        with whole_file(tmp_path / "film.mp4") as part:
            part.write_text("half")
            raise OSError(code, os.strerror(code))

    with pytest.raises(Problem) as caught:
        broken()
    assert caught.value.issue.code == name
    assert list(tmp_path.iterdir()) == []


def test_an_old_version_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    (tmp_path / "film").write_text("old")

    def broken() -> None:
        with whole_file(tmp_path / "film") as part:
            part.write_text("new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken()
    assert (tmp_path / "film").read_text() == "old"


def test_sha256_of_a_file(tmp_path: Path) -> None:
    data = os.urandom(3_000_000)
    (tmp_path / "film").write_bytes(data)
    assert sha256_file(tmp_path / "film") == sha256(data).hexdigest()


def test_pictures_have_a_fingerprint_of_their_own(
    write_chunks: Callable[..., list[Path]], spec: FilmSpec
) -> None:
    lossless = replace(spec, codec="ffv1")
    one = write_chunks(lossless, 5, folder="a")[0]
    sliced = write_chunks(replace(lossless, threads=2), 5, folder="b")[0]
    shorter = write_chunks(lossless, 4, folder="c")[0]
    assert frame_digest(one) == frame_digest(sliced) != frame_digest(shorter)
