"""``python -m models.train --data DIR``: prepare, train, quantise, export, evaluate, publish.

``DIR`` holds clips in ``video/`` and photos in ``images/``. Everything is kept in the cache and goes on from
there when it is started again; another ``--steps`` goes on to that number.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch

from appliance.enhance.pack import NOTHING
from models.train.batches import draw_example
from models.train.curve import draw_curve
from models.train.evaluate import Scores, by_bwdif, by_guess, by_line_average, by_model, evaluate, open_model
from models.train.export import export
from models.train.fit import Plan, fit
from models.train.net import Restorer
from models.train.prepare import Pieces, prepare
from models.train.publish import write_card, write_manifest
from models.train.scenes import find_sources

HERE = Path(__file__).resolve().parent
TRAIN_EACH, HELD_OUT_EACH = (12, 6), (8, 3)  # pieces from every clip and from every photo
SEED = 2


def main() -> None:
    options = read_options()
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(1)
    print("Preparing pieces of simulated tape")
    train = prepare(options.data, options.cache, False, TRAIN_EACH, SEED)
    held_out = Pieces.load([prepare(options.data, options.cache, True, HELD_OUT_EACH, SEED + 1)])
    quantised_steps = min(Plan.quantised_steps, options.steps // 10)
    plan = replace(Plan(), steps=options.steps, quantised_steps=quantised_steps)
    print(f"Training to step {plan.steps}; the log is {options.cache / 'run' / 'log.csv'}")
    net = fit(Pieces.load([train]), options.cache / "run", plan)
    draw_curve(options.cache / "run" / "log.csv", options.out / "cards" / "live-loss.png")
    export_both(net, options.out)
    check_export(net, held_out, options.out / "live.onnx")
    print("Evaluating on held-out clips and photos")
    scores = evaluate_all(held_out, options.out)
    publish(options.out, scores, describe(options.data, plan))


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m models.train", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with video/ and images/")
    parser.add_argument("--cache", type=Path, default=HERE / "cache")
    parser.add_argument("--out", type=Path, default=HERE.parent, help="where the models go")
    parser.add_argument("--steps", type=int, default=Plan.steps)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    return parser.parse_args()


def export_both(net: Restorer, folder: Path) -> None:
    export(net, folder / "live.onnx", signed=False)
    export(net, folder / "live-s8.onnx", signed=True)


def check_export(net: Restorer, pieces: Pieces, path: Path) -> None:
    """The file must answer as the net did in training, but for a level of rounding here and there."""
    fields = draw_example(pieces, np.random.default_rng(0))[0][None]
    with torch.no_grad():
        wanted = np.clip(np.rint(net(torch.from_numpy(fields)).numpy()) + NOTHING, 0, 255)[0]
    answer = open_model(path).answer(fields.astype(np.uint8))
    assert np.abs(answer - wanted).mean() < 0.2, "the exported model differs from the trained one"


def evaluate_all(pieces: Pieces, folder: Path) -> Scores:
    methods = {
        "live": by_model(folder / "live.onnx"),
        "live_s8": by_model(folder / "live-s8.onnx"),
        "guess": by_guess,
        "line_average": by_line_average,
        "bwdif": by_bwdif,
    }
    return evaluate(pieces, methods)


def describe(data: Path, plan: Plan) -> str:
    clips, photos = find_sources(data, held_out=False)
    other_clips, other_photos = find_sources(data, held_out=True)
    return (
        f"simulated tape from {len(clips)} clips and {len(photos)} moved photos, "
        f"{len(other_clips)} clips and {len(other_photos)} photos held out; "
        f"{plan.steps} steps of {plan.batch} crops, the last {plan.quantised_steps} quantised"
    )


def publish(folder: Path, scores: Scores, data: str) -> None:
    metrics = {f"{wear}_{key}": value for wear, row in scores.items() for key, value in row.items()}
    write_manifest(folder, metrics, data)
    write_card(folder / "cards" / "live.md", scores, data)
    for name, value in metrics.items():
        print(f"{name:32} {value:6.2f}")


if __name__ == "__main__":
    main()
