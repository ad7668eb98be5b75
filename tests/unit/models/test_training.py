"""The whole training in small: learns, goes on from its checkpoint, learns to round, and is exported."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest

from appliance.enhance.pack import CHANNELS_A_FIELD, INPUT_CHANNELS, baseline, guess_between
from models.train import prepare as preparing
from models.train.batches import cut_field, draw_batches, draw_example, example
from models.train.prepare import Pieces, make_piece

torch = pytest.importorskip("torch", reason="the extra [train] is not installed")

from models.train.begin import begin_from  # noqa: E402
from models.train.export import check_export, export, export_all  # noqa: E402
from models.train.fit import Training, base_of, believed, fit, loss_of, unlikeness  # noqa: E402
from models.train.net import Restorer, Scale, divide, even_out, pretend_quantised, watch  # noqa: E402
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


def publish(training: Training, folder: Path) -> Path:
    """Its mean, with weights that say something, as floats."""
    with torch.no_grad():
        for part in training.mean.parameters():
            part.add_(torch.randn(part.shape) * 0.05)
    export(training.mean, folder / "tiny-f32.onnx", signed=False, rounding=False)
    return folder / "tiny-f32.onnx"


def test_a_training_begins_with_published_floats(tmp_path: Path) -> None:
    first = Training(TINY, tmp_path / "first")
    published = publish(first, tmp_path)
    second = Training(TINY, tmp_path / "second")
    begin_from(second, published)
    for (name, one), other in zip(first.mean.named_parameters(), second.net.parameters(), strict=True):
        if name.endswith("peak"):
            continue
        assert torch.equal(one, other)
    narrower = Training(replace(TINY, channels=8), tmp_path / "narrower")
    with pytest.raises(ValueError, match=r"head\.weight does not fit"):
        begin_from(narrower, published)
    shorter = Training(replace(TINY, blocks=TINY.blocks - 1), tmp_path / "shorter")
    with pytest.raises(ValueError, match="does not grow"):
        begin_from(shorter, published)


def test_a_net_that_grows_answers_as_before_and_learns_with_what_is_new(tmp_path: Path) -> None:
    small = Training(TINY, tmp_path / "small")
    published = publish(small, tmp_path)
    large = Training(replace(TINY, blocks=TINY.blocks + 2, channels=32), tmp_path / "large")
    begin_from(large, published)
    export(small.mean, tmp_path / "tiny.onnx", signed=False, rounding=True)
    with pytest.raises(ValueError, match="does not grow"):  # bytes are no floats
        begin_from(Training(TINY, tmp_path / "other"), tmp_path / "tiny.onnx")
    fields = torch.randint(0, 256, (1, INPUT_CHANNELS, 8, 8)).float()
    assert torch.allclose(large.net(fields), small.mean(fields), atol=1e-3)
    large.net(fields).square().mean().backward()
    assert all(block.two.weight.grad.abs().max() > 0 for block in large.net.blocks)


def test_a_head_that_saw_fewer_fields_answers_as_before(tmp_path: Path) -> None:
    older = replace(TINY, inputs=INPUT_CHANNELS - 2 * CHANNELS_A_FIELD)
    first, second = Training(older, tmp_path / "first"), Training(TINY, tmp_path / "second")
    published = publish(first, tmp_path)
    begin_from(second, published)
    fields = torch.randint(0, 256, (1, INPUT_CHANNELS, 8, 8)).float()
    seen = torch.cat([fields[:, CHANNELS_A_FIELD:-24], fields[:, -8:]], 1)
    assert torch.allclose(second.net(fields), first.mean(seen), atol=1e-3)


def test_a_checkpoint_of_another_plan_is_refused(tmp_path: Path) -> None:
    Training(TINY, tmp_path).save()
    assert Training(TINY, tmp_path).step == 0
    with pytest.raises(SystemExit, match="another plan"):
        Training(replace(TINY, steps=TINY.steps + 1), tmp_path)


def looked_at(blocks: int) -> tuple[Restorer, torch.Tensor]:
    """A net of channels of very different sizes, its scales settled on what it is shown."""
    torch.manual_seed(0)
    net, fields = Restorer(blocks, 8, 16), torch.randint(0, 256, (4, 8, 16, 16)).float()
    sizes = torch.logspace(-1, 1, 16)
    with torch.no_grad():
        for part in net.parameters():
            part.add_(torch.randn(part.shape) * 0.05)
        for writes in (net.head, *(block.two for block in net.blocks)):
            divide(writes, 1 / sizes)
        for reads in (net.tail, *(block.one for block in net.blocks)):
            reads.weight.mul_(1 / sizes[None, :, None, None])
    watch(net, True)
    net(fields)
    return net, fields


def rounding_error(net: Restorer, fields: torch.Tensor, wanted: torch.Tensor) -> float:
    watch(net, True)
    net(fields)
    watch(net, False)
    pretend_quantised(net, True)
    return float(((net(fields) - wanted) ** 2).mean())


@torch.no_grad()
def test_channels_made_even_change_nothing_but_what_rounding_costs() -> None:
    net, fields = looked_at(2)
    wanted, other = net(fields), deepcopy(net)
    even_out(net)
    assert torch.allclose(net(fields), wanted, rtol=1e-3, atol=1e-2)
    assert rounding_error(net, fields, wanted) < 0.5 * rounding_error(other, fields, wanted)


def test_the_scales_learn_where_to_end() -> None:
    scale = Scale(signed=False)
    values = torch.rand(1, 4, 16, 16)
    scale.peak.data, scale.quantised = torch.tensor(0.5), True
    optimiser = torch.optim.Adam([scale.peak], 0.01)
    for _ in range(200):
        optimiser.zero_grad()
        ((scale(values) - values) ** 2).mean().backward()
        optimiser.step()
    assert float(scale.peak.detach()) == pytest.approx(1.0, abs=0.05)


def test_the_loss_is_nothing_for_the_truth_and_grows_with_the_error() -> None:
    truth, base = torch.randn(1, 24, 8, 8) * 5, torch.rand(1, 1, 32, 32) * 200
    none, small, large = (float(loss_of(truth + error, truth, base, 25.0)) for error in (0, 1, 4))
    assert none == pytest.approx(0, abs=1e-4)
    assert 0 < small < large


def test_likeness_is_that_of_the_usual_measure() -> None:
    rng = np.random.default_rng(0)
    one = cv2.GaussianBlur(rng.uniform(0, 255, (64, 64)), (0, 0), 1.5)
    other = one + rng.normal(0, 6, one.shape)
    found = 1 - float(unlikeness(*(torch.tensor(p, dtype=torch.float32)[None, None] for p in (one, other))))
    assert found == pytest.approx(ssim(one, other), abs=0.002)


def ssim(one: np.ndarray, other: np.ndarray) -> float:
    """As it was published: a Gaussian window of 11 by 11 pixels, without the edges."""

    def around(x: np.ndarray) -> np.ndarray:
        return cv2.GaussianBlur(x, (11, 11), 1.5)[5:-5, 5:-5]

    a, b = around(one), around(other)
    power = around(one * one) - a * a + around(other * other) - b * b
    both = around(one * other) - a * b
    light = (2 * a * b + 6.5025) / (a * a + b * b + 6.5025)
    return float((light * (2 * both + 58.5225) / (power + 58.5225)).mean())


def test_the_base_is_the_picture_that_the_residual_is_added_to(pieces: Pieces) -> None:
    window = [cut_field(pieces, 0, 4 + k, 64, 64) for k in (-3, -2, -1, 0, 1, 2, 3)]
    upright = [field.flipped() for field in window] if window[3].bottom else window
    fields, _ = example(window, (np.zeros((128, 128), np.uint8), *np.zeros((2, 64, 64), np.uint8)))
    whole = baseline(upright[3], guess_between(upright))[0]
    assert np.array_equal(base_of(torch.from_numpy(fields[None]))[0, 0].numpy(), whole)


def test_a_guide_learns_only_where_it_is_believed() -> None:
    fields = torch.zeros(1, 49, 4, 4)
    fields[:, -1, :, 2:] = 255
    residual = torch.ones(1, 24, 4, 4)
    assert float(believed(residual, fields)[..., :2].abs().max()) == 0
    assert float(believed(residual, fields)[..., 2:].min()) == 1
    assert torch.equal(believed(residual, torch.zeros(1, INPUT_CHANNELS, 4, 4)), residual)


def test_pieces_have_every_wear(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = [preparing.draw_tape(np.random.default_rng(k))[1] for k in range(40)]
    assert set(drawn) == {0, 1, 2}
