"""What a take's folder remembers of its films."""

from __future__ import annotations

from pathlib import Path

from appliance.core.types import Artifact, ArtifactRole, Receipt
from appliance.takes.outcome import deliveries_of, films_of, forget_films, note_delivery, note_films

FILM = Artifact("film.mp4", ArtifactRole.ACCESS, "0" * 64, 4)
RECEIPT = Receipt("a", "Stick", "a", (FILM,), "2026-11-21T10:15:00+00:00")


def test_films_are_remembered_as_long_as_they_are_there(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"film")
    assert films_of(tmp_path) == ()
    note_films(tmp_path, (FILM,))
    assert films_of(tmp_path) == (FILM,)
    (tmp_path / "film.mp4").unlink()
    assert films_of(tmp_path) == ()


def test_new_films_have_not_been_delivered(tmp_path: Path) -> None:
    note_films(tmp_path, (FILM,))
    note_delivery(tmp_path, RECEIPT)
    note_delivery(tmp_path, RECEIPT)
    assert deliveries_of(tmp_path) == (RECEIPT, RECEIPT)
    note_films(tmp_path, (FILM,))
    assert deliveries_of(tmp_path) == ()


def test_forgotten_or_damaged_notes_are_none(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"film")
    note_films(tmp_path, (FILM,))
    forget_films(tmp_path)
    assert films_of(tmp_path) == ()
    for name in ("films.json", "deliveries.json"):
        (tmp_path / "work" / name).write_bytes(b"\x00" * 40)
    assert (films_of(tmp_path), deliveries_of(tmp_path)) == ((), ())
