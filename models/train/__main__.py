"""``python -m models.train --data DIR``: prepare, train, quantise, export, evaluate, publish.

``DIR`` holds clips in ``video/`` and photos in ``images/``. Everything is kept in the cache and goes on from
there when it is started again. The guide's net learns on the films of the largest tier that is there; the
nets for recipes (denoise, deblur, sr4, compact) learn on the truths of the same pieces, spoilt anew.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch

from models.train.batches import Batch, Example, draw_batches, draw_example
from models.train.begin import begin_from
from models.train.curve import draw_curve
from models.train.evaluate import evaluate_tier, open_model
from models.train.evaluate_guide import evaluate_guide
from models.train.evaluate_motion import evaluate_motion
from models.train.evaluate_pictures import evaluate_pictures
from models.train.export import check_export, export_all
from models.train.fit import Training, fit
from models.train.guide_data import Films, draw_guided, make_films
from models.train.motion_data import draw_motion, of_clips
from models.train.picture_data import SPOILT, draw_picture, draw_squeezed, squeeze
from models.train.plan import GUIDE, INTERPOLATE, LIVE, PICTURE_PLANS, STANDARD, Plan
from models.train.prepare import Pieces, prepare
from models.train.publish import write_card, write_manifest
from models.train.publish_motion import write_motion_card, write_motion_rows
from models.train.scenes import find_sources

HERE = Path(__file__).resolve().parent
TRAIN_EACH, HELD_OUT_EACH = (20, 7), (8, 3)  # pieces from every clip and from every photo
SEEDS, HELD_OUT_SEED = (2, 12, 22), 3
PLANS = (LIVE, STANDARD, GUIDE, INTERPOLATE, *PICTURE_PLANS)


@dataclass(frozen=True)
class House:
    """Where the material comes from, where the work is kept, and where the models go."""

    data: Path
    cache: Path
    out: Path
    device: str

    def training(self) -> list[Path]:
        return [prepare(self.data, self.cache, False, TRAIN_EACH, seed) for seed in SEEDS]

    def held_out(self) -> Path:
        return prepare(self.data, self.cache, True, HELD_OUT_EACH, HELD_OUT_SEED)

    def clips(self, pieces: Path) -> int:
        """How many of the pieces are of clips; they come last."""
        held_out = pieces == self.held_out()
        clips, _ = find_sources(self.data, held_out)
        return len(clips) * (HELD_OUT_EACH if held_out else TRAIN_EACH)[0]

    def films(self, pieces: Path) -> Films:
        """What the largest tier makes of these pieces; made once."""
        model = next(path for t in ("standard", "live") if (path := self.out / f"{t}.onnx").exists())
        digest = hashlib.sha256(model.read_bytes()).hexdigest()[:8]
        path = self.cache / f"films-{digest}-{pieces.stem}.npz"
        if not path.exists():
            make_films(Pieces.load([pieces]), open_model(model)).save(path)
        return Films.load(path)


def main() -> None:
    options = read_options()
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(1)
    house = House(options.data, options.cache, options.out, options.device)
    (house.out / "cards").mkdir(parents=True, exist_ok=True)
    print("Preparing pieces of simulated tape", flush=True)
    house.training()
    house.held_out()
    for plan in PLANS:
        if options.tier in ("all", plan.tier):
            make_model(house, shortened(plan, options.steps), options.begin)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m models.train", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with video/ and images/")
    parser.add_argument("--tier", default="all", choices=["all", *(plan.tier for plan in PLANS)])
    parser.add_argument("--cache", type=Path, default=HERE / "cache", help="work that is gone on with")
    parser.add_argument("--out", type=Path, default=HERE.parent, help="where the models go")
    parser.add_argument("--steps", type=int, default=0, help="0: as many as the plan of each tier says")
    parser.add_argument("--from", dest="begin", type=Path, help="a published TIER-f32.onnx to begin with")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return parser.parse_args()


def shortened(plan: Plan, steps: int) -> Plan:
    return (
        replace(plan, steps=steps, quantised_steps=min(plan.quantised_steps, steps // 8)) if steps else plan
    )


def make_model(house: House, plan: Plan, begin: Path | None) -> None:
    if begin is None and plan.grown_from:
        begin = house.out / f"{plan.grown_from}-f32.onnx"
        if not begin.exists():
            raise SystemExit(
                f"{plan.tier} begins as {begin}, which is not there: train {plan.grown_from} first."
            )
    if begin is not None:  # what is learnt already would be forgotten at the full rate
        plan = replace(plan, rate=plan.rate / 2)
    training = Training(plan, house.cache / "run" / plan.tier, house.device)
    if begin is not None:
        begin_from(training, begin)
    print(f"{plan.tier}: training to step {plan.steps}; the log is {training.folder / 'log.csv'}", flush=True)
    began = time.monotonic()
    if training.step < plan.steps:
        fit(training, batches(house, plan, training.step))
    print(f"{plan.tier}: {(time.monotonic() - began) / 60:.0f} minutes; exporting and evaluating", flush=True)
    finish_model(house, training)


def batches(house: House, plan: Plan, start: int) -> Iterator[Batch]:
    return draw_batches(drawing(house, plan, house.training()), plan.batch, plan.seed, start)


def drawing(house: House, plan: Plan, paths: list[Path]) -> Callable[[np.random.Generator], Example]:
    """What makes one example of these prepared pieces."""
    if plan.tier == INTERPOLATE.tier:
        return partial(draw_motion, of_clips(paths, house.clips(paths[0])))
    if plan.window:
        pieces = Pieces.load(paths, ("tape", "steady"))
        if plan.tier in SPOILT:
            return partial(draw_picture, pieces, plan, SPOILT[plan.tier])
        name = f"squeezed-{'-'.join(path.stem for path in paths)}"
        path = house.cache / f"{hashlib.sha256(name.encode()).hexdigest()[:12]}.npz"
        return partial(draw_squeezed, pieces, squeeze(pieces, path, plan.seed), plan)
    if plan.tier == GUIDE.tier:
        films = Films.joined([house.films(path) for path in paths])
        return partial(draw_guided, Pieces.load(paths, ("tape", "steady")), films)
    return partial(draw_example, Pieces.load(paths, ("tape",)))


def finish_model(house: House, training: Training) -> None:
    """The three files of the tier, its curve, its figures on held-out material, its card and its rows."""
    plan, cards = training.plan, house.out / "cards"
    export_all(training, house.out)
    draw = drawing(house, plan, [house.held_out()])
    check_export(training, draw, house.out)
    if plan.tier == INTERPOLATE.tier:
        scores = evaluate_motion(draw, house.out, plan)
    elif plan.window:
        scores = evaluate_pictures(draw, house.out, plan)
    elif plan.tier == GUIDE.tier:
        scores = evaluate_guide(Pieces.load([house.held_out()]), house.films(house.held_out()), house.out)
    else:
        scores = evaluate_tier(Pieces.load([house.held_out()]), house.out, plan.tier)
    draw_curve(training.folder / "log.csv", cards / f"{plan.tier}-loss.png")
    about = describe(house, training)
    if plan.tier == INTERPOLATE.tier:
        write_motion_card(cards / f"{plan.tier}.md", plan, scores, about)
        write_motion_rows(house.out, plan, scores, about)
        return
    write_card(cards / f"{plan.tier}.md", plan, scores, about)
    write_manifest(house.out, plan, scores, about)


def describe(house: House, training: Training) -> str:
    clips, photos = find_sources(house.data, held_out=False)
    other_clips, other_photos = find_sources(house.data, held_out=True)
    plan = training.plan
    what = "clean pictures" if plan.window else "simulated tape"
    return (
        f"{what} from {len(clips)} clips and {len(photos)} moved photos, {len(other_clips)} clips "
        f"and {len(other_photos)} photos held out; {plan.steps} steps of {plan.batch} crops of 128x128, "
        f"the last {plan.quantised_steps} quantised; {training.hours():.1f} hours on {house.device}"
    )


if __name__ == "__main__":
    main()
