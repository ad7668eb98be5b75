"""The whole training in small: learns, goes on from its checkpoint, learns to round, and is exported."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from models.train import prepare as preparing
from models.train.batches import draw_batches, draw_example
from models.train.prepare import Pieces, make_piece

torch = pytest.importorskip("torch", reason="the extra [train] is not installed")

from models.train.export import check_export, export_all  # noqa: E402
from models.train.fit import Training, believed, fit, loss_of  # noqa: E402
from models.train.plan import Plan  # noqa: E402

TINY = Plan("tiny", blocks=1, steps=24, quantised_steps=6, channels=16, batch=2, warm_up=2, save_every=6)


@pytest.fixture
def pieces(scene, monkeypatch) -> Pieces:
    made = [make_piece(scene, np.random.default_rng(k)) for k in range(2)]
    return Pieces(**{k: np.stack([m[k] for m in made]) for k in made[0]})


def batches(pieces: Pieces, start: int):
    return draw_batches(partial(draw_example, pieces), TINY.batch, TINY.seed, start)


def test_it_learns_goes_on_rounds_and_is_exported(pieces: Pieces, tmp_path: Path) -> None:
    whole = Training(TINY, tmp_path / "whole")
    fit(whole, batches(pieces, 0))
    assert whole.step == 24
    assert (tmp_path / "whole/log.csv").read_text().count("\n") == 5

    first = Training(TINY, tmp_path / "parts")
    fit(first, batches(pieces, 0), until=12)
    second = Training(TINY, tmp_path / "parts")
    assert second.step == 12
    fit(second, batches(pieces, 12))
    for one, other in zip(whole.mean.parameters(), second.mean.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-5)

    export_all(second, tmp_path)
    check_export(second, partial(draw_example, pieces), tmp_path)
    fields = draw_example(pieces, np.random.default_rng(3))[0][None].astype(np.uint8)
    answers = [
        onnxruntime.InferenceSession(str(tmp_path / f"tiny{kind}.onnx")).run(None, {"fields": fields})[0]
        for kind in ("", "-s8", "-f32")
    ]
    assert all(a.dtype == np.uint8 and a.shape == (1, 24, 32, 32) for a in answers)
    assert np.abs(answers[0].astype(int) - answers[1]).mean() < 1.5


def test_the_loss_is_nothing_for_the_truth_and_grows_with_the_error() -> None:
    truth = torch.randn(1, 24, 8, 8) * 5
    small, large = loss_of(truth + 1, truth), loss_of(truth + 4, truth)
    assert float(loss_of(truth, truth)) == pytest.approx(0, abs=1e-6)
    assert 0 < float(small) < float(large)


def test_a_guide_learns_only_where_it_is_believed() -> None:
    fields = torch.zeros(1, 49, 4, 4)
    fields[:, -1, :, 2:] = 255
    residual = torch.ones(1, 24, 4, 4)
    assert float(believed(residual, fields)[..., :2].abs().max()) == 0
    assert float(believed(residual, fields)[..., 2:].min()) == 1
    assert torch.equal(believed(residual, torch.zeros(1, 88, 4, 4)), residual)


def test_pieces_have_every_wear(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = [preparing.draw_tape(np.random.default_rng(k))[1] for k in range(40)]
    assert set(drawn) == {0, 1, 2}
