"""What was measured of a device is kept below the box's root, and a damaged file costs no film."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest

from appliance.core.media import probe
from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.takes.store import load_take
from appliance.worker.latencies import (
    keep_latency,
    key_of,
    known_latencies,
    latency_of_file,
    load_latencies,
    mode_of,
)
from appliance.worker.reel import reel_of_take

WriteFilm = Callable[..., Path]


class Box(Protocol):
    folder: Path
    paths: Paths


def test_what_is_kept_is_known_for_that_device_and_mode(write_film: WriteFilm, tmp_path: Path) -> None:
    film = probe(write_film("film.mkv", range(4)))
    kept = tmp_path / "state/latency.json"
    keep_latency(kept, key_of("grabber", film), 0.0871)
    keep_latency(kept, key_of("other", film), -0.02)
    late_of = known_latencies(kept)
    assert (late_of("grabber", film), late_of("other", film), late_of("third", film)) == (0.0871, -0.02, 0.0)
    assert [path.name for path in kept.parent.iterdir()] == ["latency.json"]


@pytest.mark.parametrize("broken", ["", "{", "[1]", '{"a": "late"}', '{"a": null}'])
def test_a_damaged_file_is_as_none(broken: str, tmp_path: Path) -> None:
    path = tmp_path / "latency.json"
    path.write_text(broken)
    assert load_latencies(path) == {}
    keep_latency(path, "grabber 720x576i25", 0.04)
    assert load_latencies(path) == {"grabber 720x576i25": 0.04}
    assert load_latencies(tmp_path / "none.json") == {}


def test_a_mode_is_size_scan_and_rate(write_film: WriteFilm) -> None:
    assert mode_of(probe(write_film("film.mkv", range(4)))) == "96x64i25"
    assert mode_of(probe(write_film("other.mkv", range(4), order=1))) == "96x64p25"


def test_claps_and_flashes_of_a_film_are_measured(write_film: WriteFilm) -> None:
    """The flashes light one frame each; the claps lie 50 ms after the middles of these."""
    frames = [25, 60, 90, 130]
    level = [np.full((64, 96), 170 if k in frames else 90, np.uint8) for k in range(160)]
    heard = np.zeros(round(6.4 * 48000))
    for k in frames:
        at = round((k / 25 + 0.01 + 0.05) * 48000)
        heard[at : at + 200] = np.resize([9000, -9000], 200)
    film = write_film("film.mkv", range(160), light=level, sound=heard.astype(np.int16))
    found, key = latency_of_file(film, "grabber", lambda fraction, text: None)
    assert found.late_s == pytest.approx(0.05, abs=0.003)
    assert (found.events, key) == (4, "grabber 96x64i25")


def test_a_film_without_claps_is_a_trouble_with_a_name(write_film: WriteFilm) -> None:
    with pytest.raises(Problem) as caught:
        latency_of_file(write_film("film.mkv", range(50), sound_s=2.0), "grabber", lambda *_: None)
    assert caught.value.issue.code == "latency-unclear"


def test_a_take_knows_the_delays_of_its_devices(box: Box) -> None:
    take = load_take(box.folder)
    segments = tuple(replace(segment, device=f"sim-{segment.role.value}") for segment in take.segments)
    film = probe(box.folder / segments[0].path)
    keep_latency(box.paths.latencies, key_of("sim-tape", film), 0.06)
    reel = reel_of_take(replace(take, segments=segments), box.folder, known_latencies(box.paths.latencies))
    late_s = {path.name: late for path, late in reel.pieces[0].sound_late_s.items()}
    assert late_s == {"tape-00.mkv": 0.06, "camera-00.mkv": 0.0}
