"""``python -m models.train`` from a folder of photos to checked files, on nets and numbers that are tiny."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from appliance.bench.split import is_held_out
from appliance.enhance.manifest import load_model

pytest.importorskip("torch", reason="the extra [train] is not installed")

from models.train import __main__ as training
from models.train.plan import GUIDE, LIVE


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """One photo for the training and one that is held out."""
    folder = tmp_path / "data/images"
    folder.mkdir(parents=True)
    (tmp_path / "data/video").mkdir()
    names = [Path(f"photo-{number}.jpg") for number in range(40)]
    rng = np.random.default_rng(0)
    for name in (next(n for n in names if is_held_out(n) is held_out) for held_out in (False, True)):
        blots = cv2.GaussianBlur(rng.uniform(0, 255, (500, 600, 3)), (0, 0), 4) * 4 - 380
        cv2.imwrite(str(folder / name), np.clip(blots, 0, 255).astype(np.uint8))
    return tmp_path / "data"


def test_tape_and_guide_are_trained_published_and_gone_on_with(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = {"channels": 16, "blocks": 1, "batch": 2, "save_every": 8, "warm_up": 2, "rate": 3e-3}
    monkeypatch.setattr(training, "PLANS", (replace(LIVE, **small), replace(GUIDE, **small)))
    monkeypatch.setattr(training, "TRAIN_EACH", (0, 2))
    monkeypatch.setattr(training, "HELD_OUT_EACH", (0, 1))
    out, cache = tmp_path / "models", tmp_path / "cache"
    arguments = [
        "models.train",
        "--data",
        str(data),
        "--cache",
        str(cache),
        "--out",
        str(out),
        "--steps",
        "80",
    ]
    monkeypatch.setattr(sys, "argv", [*arguments, "--threads", "1"])
    training.main()
    for tier in ("live", "live-s8", "live-f32", "guide", "guide-s8", "guide-f32"):
        assert load_model(tier, out).tier == tier
    assert "80 steps" in (out / "cards/guide.md").read_text()
    assert (out / "cards/live-loss.png").stat().st_size > 1000
    before = (out / "live.onnx").read_bytes()
    training.main()
    assert (out / "live.onnx").read_bytes() == before, "what is trained is not trained again"
