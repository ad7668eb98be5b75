"""Sound first, light where it does not tell; the estimate and its reason say which it was."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from appliance.core.media import MediaInfo, probe
from appliance.core.problems import Problem
from appliance.core.types import SyncEstimate
from appliance.encode.files import DISK_ERRORS
from appliance.worker import placing as module
from appliance.worker.placing import Placer

WriteFilm = Callable[..., Path]
Told = list[tuple[float, str]]


def waves(seconds: float, rate: float, begin_s: float, seed: int = 1) -> list[np.ndarray]:
    """A bar that wanders as it likes; the same moment shows it at the same place."""
    rng = np.random.default_rng(seed)
    steps = np.convolve(rng.normal(0, 9, 3000), np.hanning(9) / 4, mode="same")
    way = np.abs((np.cumsum(steps) + 70) % 140 - 70)
    pictures = []
    for time_s in begin_s + np.arange(round(seconds * rate)) / rate:
        rows = np.full((64, 96), 70, np.uint8)
        place = round(float(np.interp(time_s * 25, np.arange(3000), way)))
        rows[10 + place // 3 : 40 + place // 3, place : place + 24] = 190
        pictures.append(rows)
    return pictures


@pytest.fixture
def films(write_film: WriteFilm) -> Callable[..., tuple[MediaInfo, MediaInfo]]:
    def both(seed: int = 1, sound_s: float | None = None) -> tuple[MediaInfo, MediaInfo]:
        tape, camera = waves(14.0, 25, 0.0), waves(10.0, 25, 2.2, seed)
        return (
            probe(write_film("tape.mkv", range(350), light=tape, sound_s=sound_s, order=1)),
            probe(write_film("camera.mkv", range(250), light=camera, order=1)),
        )

    return both


def teller(told: Told) -> Callable[[float, str], None]:
    return lambda fraction, text: told.append((fraction, text))


def test_silent_films_are_placed_by_what_they_show(films: Callable[..., tuple[MediaInfo, MediaInfo]]) -> None:
    tape, camera = films()
    told: Told = []
    found = Placer(tape).place(camera, teller(told))
    assert found.method == "light"
    assert found.offset_s == pytest.approx(2.2, abs=0.03)
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert sum("pictures" in text for _, text in told) > 15  # a step for each second of film


def test_what_neither_tells_is_refused_with_both_reasons(
    films: Callable[..., tuple[MediaInfo, MediaInfo]],
) -> None:
    tape, camera = films(seed=9, sound_s=3.0)
    found = Placer(tape).place(camera, teller([]))
    assert found.offset_s is None
    assert found.reason.startswith("Neither their sound nor their light belong together: The camera's")
    assert "has no sound" in found.reason
    assert "nowhere on the tape" in found.reason


def test_light_is_not_looked_at_where_sound_tells(
    films: Callable[..., tuple[MediaInfo, MediaInfo]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "estimate_sync", lambda *a: SyncEstimate(1.5, confidence=0.9))
    monkeypatch.setattr(module, "read_light", lambda *a: pytest.fail("looked"))
    assert Placer(films()[0]).place(films()[1], teller([])).method == "sound"


def test_one_way_alone_can_be_asked_for(
    films: Callable[..., tuple[MediaInfo, MediaInfo]], monkeypatch: pytest.MonkeyPatch
) -> None:
    tape, camera = films()
    by_sound = Placer(tape, way="sound").place(camera, teller([]))
    assert (by_sound.offset_s, "Neither" in by_sound.reason) == (None, False)
    monkeypatch.setattr(module, "estimate_sync", lambda *a: pytest.fail("listened"))
    assert Placer(tape, way="light").place(camera, teller([])).offset_s is not None
    with pytest.raises(Problem, match="Choose one of auto, sound, light"):
        Placer(tape, way="smell")


def test_delays_inside_the_devices_correct_sound_and_not_light(
    films: Callable[..., tuple[MediaInfo, MediaInfo]], monkeypatch: pytest.MonkeyPatch
) -> None:
    tape, camera = films()
    late_s = {tape.path: 0.1, camera.path: 0.04}
    by_light = Placer(tape, sound_late_s=late_s).place(camera, teller([]))
    assert by_light.offset_s == pytest.approx(2.2, abs=0.03)
    monkeypatch.setattr(module, "estimate_sync", lambda *a: SyncEstimate(2.26, confidence=0.9))
    assert Placer(tape, sound_late_s=late_s).place(camera, teller([])).offset_s == pytest.approx(2.2)


def test_the_tape_is_read_once_for_several_cameras(
    films: Callable[..., tuple[MediaInfo, MediaInfo]], monkeypatch: pytest.MonkeyPatch
) -> None:
    tape, camera = films()
    read: list[Path] = []
    real = module.read_pictures

    def counted(path: Path) -> object:
        read.append(path)
        return real(path)

    monkeypatch.setattr(module, "read_pictures", counted)
    placer = Placer(tape)
    for _ in range(2):
        placer.place(camera, teller([]))
    assert sorted(path.name for path in read) == ["camera.mkv", "camera.mkv", "tape.mkv"]


def test_a_disk_that_fills_while_the_sound_is_kept_is_told_and_nothing_stays_behind(
    films: Callable[..., tuple[MediaInfo, MediaInfo]], tmp_path: Path
) -> None:
    tape, camera = films(sound_s=14.0)
    work = tmp_path / "work"
    (work / "sound-of-a-run-that-the-power-ended").mkdir(parents=True)
    placer = Placer(tape, work=work)
    (kept,) = work.iterdir()
    (kept / "tape").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left") as caught:
        placer.place(camera, lambda fraction, text: None)
    assert caught.value.errno in DISK_ERRORS, "which the job and the command turn into a trouble with a name"
    del placer, caught
    gc.collect()
    assert list(work.iterdir()) == []
