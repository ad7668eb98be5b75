"""INT8 of a user's net by a user's frames: the loss is measured on other frames, and a large one refused."""

from __future__ import annotations

import builtins
from pathlib import Path

import cv2
import numpy as np
import pytest

from appliance.core.problems import Problem
from appliance.enhance.foreign import opened
from appliance.enhance.foreign_add import Wish, add_model
from appliance.enhance.foreign_check import trial_picture
from appliance.enhance.foreign_frames import as_light, frames_of, piece
from appliance.enhance.foreign_quantise import load_onnx
from appliance.enhance.own import needed_model, sha256_of
from tests.unit.enhance import foreign_nets as nets
from tests.unit.enhance.foreign_nets import node, save


@pytest.fixture
def stills(tmp_path: Path) -> Path:
    folder = tmp_path / "stills"
    folder.mkdir()
    wide = (trial_picture(80, 140) * 255).astype(np.uint8)
    for number in range(6):
        cv2.imwrite(str(folder / f"{number}.png"), wide[:, 8 * number : 8 * number + 96, ::-1])
    (folder / "notes.txt").write_text("no still")
    return folder


def test_the_loss_is_measured_and_the_int8_net_kept(tmp_path: Path, stills: Path) -> None:
    path = nets.chain(tmp_path / "net.onnx", scale=2, layers=4, channels=16)
    added = add_model(
        Wish(path, "sr", licence="MIT", frames=stills, threads=1), tmp_path / "own", frozenset()
    )
    model, found = added.model, added.quantised
    assert found is not None
    assert model.quantised
    assert 35 < model.quantised_psnr < 80
    assert found.frames == 3
    assert model.sha256 == sha256_of(tmp_path / "own" / model.file) != model.source_sha256 == sha256_of(path)
    assert b"QuantizeLinear" in (tmp_path / "own" / model.file).read_bytes()
    assert "dB from the float net on 3 of your frames" in "\n".join(added.sentences())
    opened(needed_model("net", tmp_path / "own"), tmp_path / "own", "cpu", 1)


def coarse(path: Path) -> Path:
    """Adds a hundred and takes it away again: bytes cannot hold the picture between."""
    centre = np.zeros((3, 3, 1, 1))
    centre[range(3), range(3)] = 1
    nodes = [
        node("Conv", ["x", "w", "up"], "a"),
        node("Conv", ["a", "w", "none"], "b"),
        node("Conv", ["b", "w", "down"], "out"),
    ]
    constants = {"w": centre, "up": np.full(3, 100.0), "none": np.zeros(3), "down": np.full(3, -100.0)}
    return save(path, nodes, constants, {"x": [1, 3, "h", "w"]})


def test_a_large_loss_is_refused_unless_forced(tmp_path: Path, stills: Path) -> None:
    wish = Wish(coarse(tmp_path / "coarse.onnx"), "denoise", licence="MIT", frames=stills, threads=1)
    with pytest.raises(Problem) as raised:
        add_model(wish, tmp_path / "own", frozenset())
    assert raised.value.issue.code == "own-model-quantise"
    assert "35 dB is the least" in raised.value.issue.cause
    assert not (tmp_path / "own").exists()
    forced = add_model(Wish(**{**wish.__dict__, "force": True}), tmp_path / "own", frozenset())
    assert forced.model.quantised_psnr < 35


def test_float16_and_nets_without_layers_are_refused(tmp_path: Path, stills: Path) -> None:
    for path, words in (
        (nets.chain(tmp_path / "half.onnx", half=True, layers=2), "float16"),
        (nets.same(tmp_path / "same.onnx"), "no layer"),
    ):
        with pytest.raises(Problem, match=words) as raised:
            add_model(Wish(path, "denoise", licence="MIT", frames=stills), tmp_path / "own", frozenset())
        assert raised.value.issue.code == "own-model-quantise"


def test_an_old_export_and_pictures_between_pictures(tmp_path: Path, stills: Path) -> None:
    path = tmp_path / "old.onnx"
    centre = np.zeros((3, 6, 3, 3))
    centre[range(3), range(3), 1, 1] = centre[range(3), range(3, 6), 1, 1] = 0.5
    nodes = [node("Conv", ["x", "w"], "out", pads=[1, 1, 1, 1])]
    save(path, nodes, {"w": centre}, {"x": [1, 6, "h", "w"]}, opset=11)
    wish = Wish(path, "interpolate", licence="MIT", frames=stills, threads=1)
    model = add_model(wish, tmp_path / "own", frozenset()).model
    assert (model.layout, model.quantised) == ("joined6", True)


def test_without_onnx_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: object, **more: object) -> object:
        if name == "onnx":
            raise ImportError(name)
        return real(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(Problem) as raised:
        load_onnx()
    assert raised.value.issue.code == "own-model-onnx"
    assert "pip install" in raised.value.issue.remedy


def test_frames_come_from_stills_spread_over_the_folder(stills: Path) -> None:
    moments = (
        frames_of(stills, 3, 2, 3)[:3] if len(list(stills.iterdir())) > 8 else frames_of(stills, 4, 1, 3)
    )
    assert all(frame.shape == (80, 96, 3) for moment in moments for frame in moment)
    wanted = trial_picture(80, 140)[:, :96]
    assert np.abs(frames_of(stills, 6, 1, 3)[0][0] - wanted).max() < 0.01
    assert frames_of(stills, 6, 1, 1)[0][0].shape == (80, 96, 1)


def test_too_few_frames(tmp_path: Path, stills: Path) -> None:
    for path in stills.glob("[2-5].png"):
        path.unlink()
    with pytest.raises(Problem) as raised:
        frames_of(stills, 6, 1, 3)
    assert raised.value.issue.code == "own-model-frames"


def test_pieces_are_the_same_place_in_both_pictures() -> None:
    picture = trial_picture(40, 50)
    one, other = piece([picture, picture], 24, 64, 5)
    assert one.shape == (24, 64, 3)
    assert np.array_equal(one, other)
    assert as_light(picture).shape == (40, 50, 1)
