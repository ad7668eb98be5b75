"""The training pairs: the tape's fields and the truth at the same moment, nothing that cannot be known."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from appliance.enhance.pack import INPUT_CHANNELS, baseline, guess_between, unfold
from appliance.sim.tape import parameters
from models.train import prepare as preparing
from models.train.batches import SIDE, cut_field, draw_batches, draw_example, draw_window, example, mistracked
from models.train.prepare import TARGETS, Pieces, draw_tape, make_piece, prepare
from models.train.scenes import (
    COLUMNS,
    FIELDS,
    ROWS,
    camera_path,
    find_sources,
    is_held_out,
    photo_scene,
    vary,
)


@pytest.fixture
def pieces(scene, monkeypatch) -> Pieces:
    """Two pieces on a tape that is only interlaced."""
    clean = parameters.draw_tape(np.random.default_rng(0), "clean", "pal", 720, 576)
    monkeypatch.setattr(preparing, "draw_tape", lambda rng: (clean, 0))
    made = [make_piece(scene, np.random.default_rng(k)) for k in range(2)]
    return Pieces(**{k: np.stack([m[k] for m in made]) for k in made[0]})


def test_the_truth_is_the_scene_at_the_fields_own_time(pieces: Pieces, scene) -> None:
    for place, field in enumerate(TARGETS):
        assert np.array_equal(pieces.truth_y[0, place], scene[field][..., 0])
        row = scene[field][100::2, ::2, 1][:30].astype(int)
        assert np.abs(pieces.truth_c[0, place, 0, 50:80] - row).max() <= 1
        frame, late = divmod(field, 2)
        tape_row = pieces.tape_y[0, frame, 120 + late]
        edge = 60 + 4 * field
        assert abs(int(np.argmax(tape_row > 125)) - edge) <= 1


def test_the_tapes_to_learn_from_have_no_harm_that_nobody_can_undo() -> None:
    tapes = [draw_tape(np.random.default_rng(k)) for k in range(60)]
    assert {wear for _, wear in tapes} == {0, 1, 2}
    assert {tape.standard for tape, _ in tapes} == {"pal", "ntsc"}
    for tape, _ in tapes:
        assert (tape.gain, tape.lift, tape.saturation, tape.agc, tape.edge_wave_px) == (1, 0, 1, 0, 0)
        assert tape.standard == "pal" or tape.chroma_phase_deg == 0
    assert any(tape.luma_noise > 3 and tape.chroma_delay_px > 3 for tape, _ in tapes)


@pytest.mark.parametrize("target", range(len(TARGETS)))
def test_guess_and_residual_make_the_truth(pieces: Pieces, target: int) -> None:
    window = [cut_field(pieces, 0, TARGETS[target] + k, 64, 32) for k in (-3, -2, -1, 0, 1, 2, 3)]
    y = pieces.truth_y[0, target, 64 : 64 + SIDE, 32 : 32 + SIDE]
    u, v = pieces.truth_c[0, target, :, 32 : 32 + SIDE // 2, 16 : 16 + SIDE // 2]
    packed, residual = example(window, (y, u, v))
    assert packed.shape == (INPUT_CHANNELS, SIDE // 4, SIDE // 4)
    upside_down = window[3].bottom
    upright = [f.flipped() if upside_down else f for f in window]
    guess = baseline(upright[3], guess_between(upright))[0]
    made = guess + unfold(residual[:16], 4)  # type: ignore[arg-type]
    assert np.array_equal(made[::-1] if upside_down else made, y)


def test_the_same_number_gives_the_same_batch(pieces: Pieces) -> None:
    draw = partial(draw_example, pieces)
    one, other = (next(draw_batches(draw, 2, seed=3, start=5)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    different = next(draw_batches(draw, 2, seed=3, start=6))
    assert not np.array_equal(one[0], different[0])
    assert draw_example(pieces, np.random.default_rng(0))[1].shape == (24, SIDE // 4, SIDE // 4)


def test_windows_are_mostly_whole_and_sometimes_as_beside_a_cut() -> None:
    rng = np.random.default_rng(0)
    drawn = [tuple(draw_window(rng)) for _ in range(400)]
    whole = drawn.count((-3, -2, -1, 0, 1, 2, 3)) / len(drawn)
    assert 0.8 < whole < 0.92
    assert {(1, 0, 1, 0, 1, 2, 3), (-3, -2, -1, 0, -1, 0, -1), (0,) * 7} <= set(drawn)


def test_pieces_are_saved_loaded_and_joined(pieces: Pieces, tmp_path: Path) -> None:
    pieces.save(tmp_path / "a.npz")
    both = Pieces.load([tmp_path / "a.npz"] * 2)
    assert len(both.tape_y) == 4
    assert np.array_equal(both.truth_c[2:], pieces.truth_c)


def test_photos_of_a_folder_become_pieces_once(tmp_path: Path) -> None:
    (tmp_path / "video").mkdir()
    (tmp_path / "images").mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    names = [f"{k}.png" for k in range(60)]
    held_out = next(name for name in names if is_held_out(Path(name)))
    learnt = [name for name in names if not is_held_out(Path(name))][:3]
    for name in (held_out, *learnt):
        cv2.imwrite(str(tmp_path / "images" / name), cv2.resize(noise, (800, 600)))
    (tmp_path / "images" / "none.txt").write_text("not a photo")
    assert {p.name for p in find_sources(tmp_path, held_out=False)[1]} >= set(learnt)
    assert held_out in {p.name for p in find_sources(tmp_path, held_out=True)[1]}
    path = prepare(tmp_path, tmp_path / "cache", False, (0, 1), 1)
    assert len(Pieces.load([path]).tape_y) == len(learnt)
    before = path.stat().st_mtime_ns
    assert prepare(tmp_path, tmp_path / "cache", False, (0, 1), 1).stat().st_mtime_ns == before


def test_the_split_is_by_name_alone() -> None:
    names = [Path(f"{k}.mp4") for k in range(300)]
    share = sum(is_held_out(p) for p in names) / 300
    assert 0.1 < share < 0.25
    assert is_held_out(Path("a/7.mp4")) == is_held_out(Path("b/7.mp4"))


def test_a_photo_moves_and_some_scenes_are_still_or_progressive() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (600, 800, 3), dtype=np.uint8)
    rng = np.random.default_rng(1)
    moved = camera_path(photo, rng)
    assert len(moved) == FIELDS
    assert moved[0].shape == (ROWS, COLUMNS, 3)
    assert not np.array_equal(moved[0], moved[4])
    assert len(photo_scene(photo, photo, rng)) == FIELDS
    kinds = {kind for _ in range(40) for kind in [vary(moved, rng)[1]]}
    assert kinds == {"moving", "still", "progressive"}


def test_a_mistracked_band_is_loud_lies_alike_in_all_fields_and_leaves_the_rest_alone(pieces: Pieces) -> None:
    fields = {k: cut_field(pieces, 0, TARGETS[2] + k, 0, 40) for k in range(-3, 4)}
    quiet = 0
    for seed in range(20):
        spoilt = mistracked(fields, np.random.default_rng(seed))
        noise = np.stack([spoilt[k].y.astype(float) - fields[k].y for k in fields])
        by_row = noise.std(axis=2)
        assert by_row.max() > 2.5
        assert np.corrcoef(by_row[0], by_row[-1])[0, 1] > 0.5 or by_row.min() > 2.5
        assert abs(np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]) < 0.1
        assert [spoilt[k].bottom for k in fields] == [fields[k].bottom for k in fields]
        quiet += by_row.min() < 0.2
    assert quiet > 5
