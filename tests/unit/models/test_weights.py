"""The files that ship: integers from end to end, small enough for processors without VNNI, twins alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper

from appliance.enhance.frames import channels as picture_channels
from appliance.enhance.guided import GUIDE_CHANNELS
from appliance.enhance.manifest import MANIFEST, read_rows
from appliance.enhance.pack import INPUT_CHANNELS, RESIDUAL_CHANNELS

MODELS = Path(__file__).resolve().parents[3] / "models"
FILES = {Path(row["file"]).stem for row in read_rows(MODELS / MANIFEST)}  # tiers may share one
TIERS = sorted(name for name in FILES if "-" not in name)


def session(name: str, **options: str) -> onnxruntime.InferenceSession:
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1
    settings.log_severity_level = 3
    for key, value in options.items():
        setattr(settings, key, value)
    return onnxruntime.InferenceSession(str(MODELS / name), settings, providers=["CPUExecutionProvider"])


def constants(name: str) -> dict[str, np.ndarray]:
    return {c.name: numpy_helper.to_array(c) for c in onnx.load(MODELS / name).graph.initializer}


def layers(name: str) -> int:
    return sum(node.op_type == "Conv" for node in onnx.load(MODELS / name).graph.node)


@pytest.mark.parametrize("tier", TIERS)
def test_on_the_processor_every_layer_runs_in_integers(tier: str, tmp_path: Path) -> None:
    session(f"{tier}.onnx", optimized_model_filepath=str(tmp_path / "optimised.onnx"))
    kinds = [node.op_type for node in onnx.load(tmp_path / "optimised.onnx").graph.node]
    assert kinds.count("QLinearConv") == layers(f"{tier}.onnx") >= 6
    assert set(kinds) <= {"QLinearConv", "QLinearAdd", "Transpose"}


@pytest.mark.parametrize("name", [f"{tier}{kind}.onnx" for tier in TIERS for kind in ("", "-s8")])
def test_weights_stay_symmetric_and_use_their_eight_bits(name: str) -> None:
    weights = [v for k, v in constants(name).items() if k.endswith("weight.steps_of_it")]
    assert len(weights) == layers(name)
    assert all(w.dtype == np.int8 and np.abs(w.astype(int)).max() <= 127 for w in weights)
    assert all(np.abs(w.astype(int)).max() == 127 for w in weights)


@pytest.mark.parametrize("tier", TIERS)
def test_the_signed_twin_is_symmetric_everywhere(tier: str) -> None:
    zeros = [v for k, v in constants(f"{tier}-s8.onnx").items() if k.endswith(".zero")]
    assert zeros
    assert all(not z.any() for z in zeros)
    assert {z.dtype for z in zeros} == {np.dtype(np.int8)}  # TensorRT reads biases as floats


@pytest.mark.parametrize("tier", TIERS)
def test_both_twins_answer_nearly_alike(tier: str) -> None:
    channels = int(session(f"{tier}.onnx").get_inputs()[0].shape[1])
    rng = np.random.default_rng(0)
    smooth = rng.integers(60, 190, (1, channels, 1, 1)) + rng.normal(0, 4, (1, channels, 20, 24))
    fields = np.clip(smooth.mean(1, keepdims=True) + rng.normal(0, 6, smooth.shape), 0, 255).astype(np.uint8)
    if tier == "interpolate":  # which has nothing to say of pictures that are alike
        fields = rng.integers(60, 190, (1, channels, 5, 6)).repeat(4, 2).repeat(4, 3).astype(np.uint8)
    one, other = (session(n).run(None, {"fields": fields})[0] for n in (f"{tier}.onnx", f"{tier}-s8.onnx"))
    assert one.shape == other.shape == (1, RESIDUAL_CHANNELS, 20, 24)
    assert one.dtype == other.dtype == np.uint8
    difference = np.abs(one.astype(int) - other.astype(int))
    assert difference.mean() < 1
    assert one.std() > 0.5  # it was trained: it does add something


@pytest.mark.parametrize("tier", [tier for tier in TIERS if tier != "interpolate"])
def test_a_file_asks_for_what_its_row_says(tier: str) -> None:
    row = next(row for row in read_rows(MODELS / MANIFEST) if row["tier"] == tier)
    wanted = {"guide": GUIDE_CHANNELS}.get(tier, INPUT_CHANNELS)
    if row.get("task") in ("sr", "deblur", "denoise"):
        wanted = picture_channels(row["scale"], row["window"])
    assert session(f"{tier}.onnx").get_inputs()[0].shape[1] == wanted


def test_studio_is_the_net_of_standard_that_looks_more_often() -> None:
    rows = {row["tier"]: row for row in read_rows(MODELS / MANIFEST)}
    for kind in ("", "-s8", "-f32"):
        studio, standard = rows[f"studio{kind}"], rows[f"standard{kind}"]
        assert (studio["file"], studio["sha256"]) == (standard["file"], standard["sha256"])
        assert (studio["looks"], studio["scale"]) == (4, 2)
        assert studio["gmacs"] == pytest.approx(4 * standard["gmacs"])
        assert "looks" not in standard
