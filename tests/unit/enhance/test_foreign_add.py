"""Adding a model: what is found out, and every refusal in words that help."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from appliance.core.problems import Problem
from appliance.enhance.foreign_add import Added, Wish, add_model, lasting, slow_issues
from appliance.enhance.foreign_measure import Peak
from appliance.enhance.own import own_models
from tests.unit.enhance import foreign_nets as nets
from tests.unit.enhance.foreign_nets import node, save

SIDES = [1, 3, "h", "w"]


def added(path: Path, task: str = "denoise", **more: object) -> Added:
    options = {"licence": "MIT", "threads": 1} | more
    return add_model(Wish(path, task, **options), path.parent / "own", frozenset({"live"}))  # type: ignore[arg-type]


def refused(path: Path, task: str = "denoise", **more: object) -> Problem:
    with pytest.raises(Problem) as raised:
        added(path, task, **more)
    assert own_models(path.parent / "own") == ()
    return raised.value


def test_what_is_found_out_of_an_enlarging_net(tmp_path: Path) -> None:
    model = added(nets.chain(tmp_path / "RealSR x2_v3.onnx", scale=2, layers=4), "sr", scale=2).model
    assert (model.name, model.task, model.scale, model.channels) == ("realsr-x2-v3", "sr", 2, 3)
    assert (model.align, model.rows, model.numbers, model.levels) == (1, 0, "float32", "0..1")
    assert model.overlap == 8
    assert model.seam_levels <= 1
    assert model.seconds > 0
    assert model.source == "RealSR x2_v3.onnx"


def test_what_is_found_out_of_others(tmp_path: Path) -> None:
    assert added(nets.of_eights(tmp_path / "eights.onnx")).model.align == 8
    assert added(nets.of_bytes(tmp_path / "bytes.onnx")).model.levels == "0..255"
    assert added(nets.overall(tmp_path / "all.onnx")).model.overlap == -1
    assert added(nets.chain(tmp_path / "half.onnx", half=True, layers=2)).model.numbers == "float16"
    frozen = added(nets.frozen(tmp_path / "frozen.onnx")).model
    assert (frozen.rows, frozen.columns) == (64, 64)


def test_deeper_nets_look_farther(tmp_path: Path) -> None:
    far = save(
        tmp_path / "far.onnx",
        [node("Conv", ["x", "w"], "out", pads=[10, 10, 10, 10], group=3)],
        {"w": np.full((3, 1, 21, 21), 1 / 441)},
        {"x": SIDES},
    )
    assert added(far).model.overlap == 16


def test_a_scale_that_the_answer_contradicts(tmp_path: Path) -> None:
    problem = refused(nets.chain(tmp_path / "two.onnx", 2), "sr", scale=4)
    assert problem.issue.code == "own-model-scale"
    assert problem.issue.remedy == "Give --scale 2."


def test_without_a_licence_it_says_why_it_asks(tmp_path: Path) -> None:
    problem = refused(nets.same(tmp_path / "same.onnx"), licence="")
    assert problem.issue.code == "own-model-licence"
    assert "report" in problem.issue.cause
    told = nets.chain(tmp_path / "told.onnx", layers=2, about={"license": "BSD-3-Clause"})
    assert added(told, licence="").model.licence == "BSD-3-Clause"


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def operator(path: Path, kind: str = "Relu", domain: str = "", opset: int = 17) -> Path:
    import onnx

    model = onnx.load_from_string(nets.same(path).read_bytes())
    model.graph.node[0].op_type, model.graph.node[0].domain = kind, domain
    model.opset_import[0].version = opset
    if domain:
        model.opset_import.add(domain=domain, version=1)
    return write(path, model.SerializeToString())


@pytest.mark.parametrize(
    ("make", "code", "words"),
    [
        (lambda p: write(p, b"This is no model at all."), "own-model-file", "no ONNX file"),
        (lambda p: write(p, b""), "own-model-file", "no ONNX file"),
        (lambda p: operator(p, "Frobnicate"), "own-model-operators", "operator Frobnicate"),
        (lambda p: operator(p, "DeformConv2d", "mmcv"), "own-model-operators", "operator mmcv:DeformConv2d"),
        (lambda p: operator(p, opset=99), "own-model-operators", "opset 99"),
        (nets.two, "own-model-shape", "2 inputs (img0, img1)"),
        (nets.no_numbers, "own-model-answer", "no numbers"),
        (nets.upside_down, "own-model-answer", "off what it was shown"),
        (lambda p: nets.overall(p, (64, 64)), "own-model-seams", "64 × 64"),
        (
            lambda p: save(p, [node("Relu", ["x"], "out")], {}, {"x": [1, 4, "h", "w"]}),
            "own-model-shape",
            "4 ch",
        ),
        (
            lambda p: save(p, [node("Relu", ["x"], "out")], {}, {"x": [1, "h", "w", 3]}),
            "own-model-shape",
            "NHWC",
        ),
        (
            lambda p: save(p, [node("Relu", ["x"], "out")], {}, {"x": [4, 3, 8, 8]}),
            "own-model-shape",
            "4 pictures",
        ),
        (
            lambda p: save(p, [node("ReduceMean", ["x"], "out")], {}, {"x": SIDES}),
            "own-model-shape",
            "1 channels for 3",
        ),
        (
            lambda p: save(
                p, [node("Relu", ["x"], "a"), node("Relu", ["x"], "b")], {}, {"x": SIDES}, outputs=("a", "b")
            ),
            "own-model-shape",
            "2 outputs (a, b)",
        ),
    ],
)
def test_what_cannot_be_a_stage_is_refused_in_words(tmp_path, make, code, words) -> None:
    problem = refused(make(tmp_path / "net.onnx"))
    assert problem.issue.code == code
    assert words in problem.issue.cause
    assert problem.issue.remedy


def test_inputs_that_no_interpolation_has(tmp_path: Path) -> None:
    problem = refused(nets.joined(tmp_path / "nine.onnx", 9), "interpolate")
    assert problem.issue.code == "own-model-shape"
    assert "9" in problem.issue.cause


def test_force_takes_strange_answers_and_seams(tmp_path: Path) -> None:
    assert added(nets.upside_down(tmp_path / "negative.onnx"), force=True).model.levels == "0..1"
    assert added(nets.overall(tmp_path / "fixed.onnx", (64, 64)), force=True).model.seam_levels > 5


def test_too_little_memory(tmp_path: Path) -> None:
    path = nets.chain(tmp_path / "wide.onnx", channels=64, layers=3, sides=(128, 128))
    problem = refused(path, memory_mb=5)
    assert problem.issue.code == "own-model-memory"
    assert "--memory" in problem.issue.remedy


def test_less_memory_means_smaller_tiles(tmp_path: Path) -> None:
    found = [
        added(nets.chain(tmp_path / f"m{mb}.onnx", channels=16), memory_mb=mb).model.most_px
        for mb in (60, 240)
    ]
    assert found[0] * 2 < found[1]
    assert found[0] * 16 * 4 < 60e6  # one layer's answer alone


def test_memory_that_grows_with_the_square_is_divided_so() -> None:
    assert Peak(0, 100).most_px(1.2e8) == 1_000_000
    most = Peak(0, 100, 0.01).most_px(1.2e8)
    assert Peak(0, 100, 0.01).at(most) == pytest.approx(1e8, rel=1e-3)


def test_weights_beside_the_file_come_along(tmp_path: Path) -> None:
    given = nets.external(tmp_path)
    model = added(given).model
    assert [path.name for path in (tmp_path / "own").glob("*.onnx*")] == [model.file]
    (tmp_path / "outside.onnx.data").unlink()
    with pytest.raises(Problem, match="second file"):
        added(given, name="again")


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    path = nets.same(tmp_path / "live.onnx")
    assert refused(path).issue.code == "own-model-name"  # a shipped model has it
    added(path, name="mine")
    with pytest.raises(Problem, match="already"):
        added(path, name="mine")
    with pytest.raises(Problem, match="small letters"):
        added(path, name="Mine!")


def test_unknown_words_and_files(tmp_path: Path) -> None:
    path = nets.same(tmp_path / "same.onnx")
    assert refused(path, "colourise").issue.code == "own-model-option"
    assert refused(path, levels="0..7").issue.code == "own-model-option"
    assert refused(tmp_path / "gone.onnx").issue.code == "file-missing"


def test_a_slow_model_is_told_of(tmp_path: Path) -> None:
    model = added(nets.same(tmp_path / "same.onnx")).model
    assert slow_issues(replace(model, seconds=0.5)) == ()
    assert "5 hours" in slow_issues(replace(model, seconds=6.0))[0].cause
    assert [lasting(s) for s in (0.01, 0.1, 1, 10)] == ["30 s", "5 minutes", "50 minutes", "8 hours"]


def test_the_sentences_say_what_a_person_wants_to_know(tmp_path: Path) -> None:
    text = "\n".join(added(nets.of_eights(tmp_path / "eights.onnx")).sentences())
    for words in ("eights: denoise", "MIT", "multiples of 8", "8 pixels far", "1500 MB", "720 × 576"):
        assert words in text
