"""The sync bench: what it says is the truth must be it, and its verdicts must be able to fail."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from appliance.bench.cli import app
from appliance.bench.process import Cost
from appliance.bench.sync import Row, SyncFigures, judge_steps, required, row_of, written
from appliance.bench.sync_grid import Case, draw_grid, draw_short, drift_ppm, make, steps_of
from appliance.bench.sync_ours import compare, main
from appliance.bench.sync_peer import PeerAnswer
from appliance.bench.sync_sound import RATE_HZ, Way, find_library, programme, shelf_of, write_sound
from appliance.bench.sync_table import row_json, sync_json, table
from appliance.core.media import read_sound
from appliance.core.types import SyncEstimate, SyncStep

LIBRARY = find_library(None)
TAPE = Way(5.0, 24.0, 80.0, 0.003, snr_db=30.0, lost=((12.0, 0.5),))
CAMERA = Way(8.0, 14.0, -60.0, snr_db=30.0)


def test_the_same_moment_sounds_the_same_on_both():
    pair = make(Case(3, replace(TAPE, lost=(), wow=5e-4), CAMERA), LIBRARY)
    for tape_s, camera_s in list(zip(pair.tape_s, pair.camera_s, strict=True))[2:-2:4]:
        reach = np.arange(-2000, 2000)
        on_tape = pair.tape[round(tape_s * RATE_HZ) + reach]
        if on_tape.std() < 0.02:  # a pause
            continue
        lags = range(-40, 41)
        alike = [float(on_tape @ pair.camera[round(camera_s * RATE_HZ) + reach + k]) for k in lags]
        assert abs(lags[int(np.argmax(alike))]) <= 3  # a fifth of a millisecond


def test_a_loss_moves_what_follows(tmp_path):
    case = Case(3, TAPE, CAMERA)
    pair = make(case, LIBRARY)
    lag_s = pair.tape_s - pair.camera_s
    before, after = lag_s[pair.tape_s < 11], lag_s[pair.tape_s > 13]
    assert after.mean() - before.mean() == pytest.approx(-0.5, abs=0.01)
    assert pair.steps == ((12.0, -0.5),)
    by_camera = steps_of(Case(3, replace(TAPE, lost=()), replace(CAMERA, lost=((6.0, 2.0),))))
    assert by_camera[0] == (pytest.approx(11.0, abs=0.01), 2.0)
    assert drift_ppm(case) == pytest.approx(-140.0, abs=0.1)


def test_unrelated_pairs_share_nothing():
    case = next(draw_short(1, 4, related=False))
    pair = make(
        replace(case, tape=replace(case.tape, length_s=20.0), camera=replace(case.camera, length_s=9.0)),
        LIBRARY,
    )
    scene, other = (programme(LIBRARY, 20.0, seed) for seed in (case.seed, case.seed + 500_000))
    assert not np.array_equal(scene, other)
    assert pair.case.label


def test_every_axis_is_drawn():
    cases = list(draw_grid(40, 2))
    assert {case.tape.wow for case in cases} == {0.0, 0.001, 0.003}
    assert {case.kbit_s for case in cases} == {0, 32, 64}
    assert any(case.tape.lost for case in cases)
    assert any(case.camera.lost for case in cases)
    assert any(case.camera.start_s < case.tape.start_s for case in cases)
    assert cases == list(draw_grid(40, 2))


@pytest.mark.parametrize(("name", "kbit_s"), [("a.wav", 0), ("a.m4a", 64)])
def test_a_written_sound_begins_where_it_did(tmp_path, name, kbit_s):
    sound = programme(LIBRARY, 4.0, 1)
    again = np.concatenate(list(read_sound(write_sound(tmp_path / name, sound, kbit_s), RATE_HZ)))
    part = slice(RATE_HZ, 3 * RATE_HZ)
    alike = [float(again[part] @ np.roll(sound, k)[part]) for k in range(-30, 31)]
    assert abs(int(np.argmax(alike)) - 30) <= 1


def test_a_pair_is_placed_as_the_worker_would(tmp_path):
    pair = make(Case(3, replace(TAPE, lost=()), CAMERA, kbit_s=64), LIBRARY)
    row = row_of(pair, compare(*written(pair, tmp_path)), 1.0, PeerAnswer(3.0, 20.0, 2.0))
    assert np.median(row.errors_ms) < 1
    assert row.peer_error_ms < 20
    main([*map(str, written(pair, tmp_path)), str(tmp_path / "answer.json")])
    answer = json.loads((tmp_path / "answer.json").read_text())
    assert answer["offset_s"] == pytest.approx(row.estimate.offset_s)


def test_steps_count_only_near_the_truth():
    steps = SyncStep(10.2, 1.002), SyncStep(50.0, -2.0)
    assert judge_steps(SyncEstimate(0.0, steps=steps), ((10.0, 1.0), (49.0, -2.0))) == (1, 1)
    assert judge_steps(SyncEstimate(0.0), ()) == (0, 0)


def row(related: bool = True, offset_s: float | None = 0.0, error_ms: float = 0.1) -> Row:
    errors = (error_ms,) * 10 if related and offset_s is not None else ()
    return Row("pair", related, 600.0, SyncEstimate(offset_s), errors, 0.5, 1, 1, 0, 1.0, 6.0)


GOOD = SyncFigures(
    (row(),), (row(),), (row(False, None),), (row(),) * 3, row(), Cost(10.0, 300.0), "not asked"
)


def test_good_figures_hold():
    assert all(holds for _, _, holds in required(GOOD))


@pytest.mark.parametrize(
    "worse",
    [
        {"grid": (row(error_ms=1.5),)},
        {"grid": (row(),) * 50 + (row(error_ms=2000.0),)},
        {"grid": (replace(row(), drift_error_ppm=2.5),)},
        {"grid": (replace(row(), steps_found=0),)},
        {"grid": (replace(row(), steps_false=1),)},
        {"related": (row(offset_s=None),)},
        {"unrelated": (row(False),)},
        {"clips": (row(), row(), row(offset_s=None))},
        {"cost": Cost(25.0, 300.0)},
        {"cost": Cost(10.0, 600.0)},
    ],
)
def test_worse_figures_fall_short(worse):
    assert not all(holds for _, _, holds in required(replace(GOOD, **worse)))


def test_tables_say_what_was_refused_and_what_the_peer_said():
    asked = replace(row(), peer=PeerAnswer(1.0, 12.0, 3.0), peer_error_ms=7.25)
    shown = table("Grid", [asked, row(False, None), row(False)])
    assert [next(iter(column.cells)) for column in shown.columns][-3:] == ["7.2", "12.0", "3.0"]
    assert list(shown.columns[2].cells)[1:] == ["refused", "accepted"]
    assert row_json(asked)["peer_ms"] == 7.25
    assert json.loads(json.dumps(sync_json(GOOD)))["required"][0]["holds"]


def test_sounds_go_to_their_shelves():
    assert shelf_of("resemble-ai+Resemblyzer__1.flac") == "voices"
    assert shelf_of("rafaelmardojai+blanket__rain.ogg") == "rooms"
    assert shelf_of("solo-trumpet.ogg") == "music"


def test_the_command_runs_without_anything_but_the_box(tmp_path: Path):
    asked = ["sync", "--cases", "1", "--decisions", "1", "--peer", "0", "--light", "0", "--short", "-q"]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 0, result.output
    assert "unrelated refused: 1 of 1, holds" in result.output
