"""A journal that the disk has damaged: put aside, and made anew from the folders."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from appliance.control.ledger import open_journal
from appliance.control.spool import Spool
from appliance.core import journal as journal_module
from appliance.core.config import Config
from appliance.core.journal import Journal, TakeRow
from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.core.types import Artifact, ArtifactRole, Receipt, Take, TakeState
from appliance.takes.outcome import note_delivery, note_films
from appliance.takes.store import save_take
from tests.unit.control.test_spool import TAPE

FILM = Artifact("film.mp4", ArtifactRole.ACCESS, "0" * 64, 4)


def filled(paths: Paths) -> bytes:
    """A journal of many takes, closed; its bytes."""
    paths.make()
    journal = Journal(paths.journal)
    for number in range(40):
        journal.put_take(TakeRow(f"take-{number}", "2026", TakeState.DELIVERED, 1.0, False, True, "x" * 200))
        journal.queue_job(f"take-{number}")
    journal.close()
    return paths.journal.read_bytes()


def test_a_whole_journal_is_opened_as_it_is(paths: Paths) -> None:
    filled(paths)
    journal, issues = open_journal(paths.journal)
    assert issues == ()
    assert len(journal.takes()) == 40
    assert not journal.replaced
    journal.close()


@pytest.mark.parametrize("kind", ["zeros", "garbage", "cut", "header", "text"])
def test_a_damaged_one_is_kept_aside_and_a_new_one_works(paths: Paths, kind: str) -> None:
    data, chance = filled(paths), random.Random(kind)
    middle = len(data) // 2
    paths.journal.write_bytes(
        {
            "zeros": data[:4096] + bytes(len(data) - 4096),
            "garbage": data[:middle] + chance.randbytes(len(data) - middle),
            "cut": data[:middle],
            "header": chance.randbytes(100) + data[100:],
            "text": data.replace(b"delivered", b"delivrred"),
        }[kind]
    )
    old = paths.journal.read_bytes()
    journal, issues = open_journal(paths.journal)
    assert [issue.code for issue in issues] == ["journal-rebuilt"]
    assert journal.takes() == ()
    journal.put_take(TakeRow("new", "2026", TakeState.RECORDED, 1.0, False, True, ""))
    journal.close()
    (aside,) = paths.data.glob("journal.db.damaged-*[0-9]")
    assert aside.read_bytes() == old
    assert open_journal(paths.journal)[1] == ()


def test_whoever_has_the_old_one_open_learns_of_it(paths: Paths) -> None:
    data = filled(paths)
    workers = Journal(paths.journal)
    assert not workers.replaced
    paths.journal.write_bytes(data[: len(data) // 2])
    open_journal(paths.journal)[0].close()
    assert workers.replaced
    workers.close()


class Full:
    """sqlite3 on a disk without room."""

    OperationalError, DatabaseError, Connection = sqlite3.OperationalError, sqlite3.DatabaseError, None

    class connect:
        def __init__(self, *arguments: object, **more: object) -> None: ...

        def execute(self, statement: str) -> None:
            raise sqlite3.OperationalError("database or disk is full")

        def close(self) -> None: ...


def test_a_full_disk_is_no_damage(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    data = filled(paths)
    monkeypatch.setattr(journal_module, "sqlite3", Full)
    with pytest.raises(Problem) as caught:
        open_journal(paths.journal)
    assert caught.value.issue.code == "journal-closed"
    monkeypatch.undo()
    assert paths.journal.read_bytes() == data


def take(paths: Paths, name: str) -> Path:
    folder = paths.take(name)
    folder.mkdir(parents=True)
    save_take(Take(name, f"2026-11-2{name}", TakeState.RECORDED, (TAPE,)), folder)
    (folder / "film.mp4").write_bytes(b"film")
    return folder


def test_takes_are_found_again_with_what_had_become_of_them(paths: Paths) -> None:
    paths.make()
    take(paths, "1")
    note_films(take(paths, "2"), (FILM,))
    delivered = take(paths, "3")
    note_films(delivered, (FILM,))
    note_delivery(delivered, Receipt("3", "Stick", "3", (FILM,), "2026-11-21"))
    paths.journal.write_bytes(b"no journal any more" * 100)
    spool = Spool(paths, Config())
    recovered = spool.recover()
    assert [issue.code for issue in recovered.issues] == ["journal-rebuilt"]
    assert {s.id: s.state.value for s in spool.summaries()} == {
        "1": "recorded",
        "2": "recorded",
        "3": "delivered",
    }
    spool.close()
    journal = Journal(paths.journal)
    jobs = {job.take_id: job.state for job in journal.jobs()}
    assert jobs == {"1": "queued", "2": "queued", "3": "done"}, "2 only has to be delivered"
    assert [len(journal.artifacts(name)) for name in "123"] == [0, 1, 1]
    assert len(journal.receipts("3")) == 1
    journal.close()
