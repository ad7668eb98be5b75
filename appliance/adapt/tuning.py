"""The last layers of a shipped net, tuned for one tape: as it was quantised, and it stays so.

The file for processors is read back into the net of the training, numbers and scales: what is not tuned
answers as before, byte for byte. What comes before the tuned layers is computed once for each picture.
Everything that learns needs the extra [train].
"""

from __future__ import annotations

import importlib
import os
import sys
import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.adapt.windows import Numbers
from appliance.core.problems import Problem
from appliance.core.types import Plane
from appliance.enhance.pack import NOTHING

SIDE = 32  # of a crop, in places of the net; four times as many pixels
BATCH = 6
GLIMPSES = 3  # crops in a batch
GLIMPSED = 1.0  # weight
WARM_UP = 30  # steps
SOFT = 3.0  # levels; larger errors count by their size, as in the training
LEAST_RATE = 0.01  # of the whole
AVERAGED = 0.99  # the weights that are kept are a running mean
UNSIGNED, SIGNED = 255, 127

Net = Any


@dataclass(frozen=True)
class Example:
    """What reaches the tuned layers, rounded as the net rounds it, and what they should answer."""

    reached: Plane
    missing: Numbers


@dataclass(frozen=True)
class Glimpse:
    """What reaches the tuned layers from the tape itself, and how far other fields tell what it answers.

    Once played (``Course.response``) the light that is added should be what ``lacks``, where ``counts`` is 1.
    """

    reached: Plane
    lacks: Numbers
    counts: Plane


@dataclass(frozen=True)
class Course:
    """How long and how boldly is learnt; of two ends the first counts."""

    steps: int
    rate: float
    until_s: float  # of ``time.monotonic``
    response: tuple[float, ...] = (1.0,)  # of the tape, along a row
    noise: float = 0.0  # levels
    seed: int = 1


def parts() -> SimpleNamespace:
    """torch and the house's training, which lies beside the weights. Raises Problem "train-missing"."""
    beside = str(Path(__file__).resolve().parents[2])
    if beside not in sys.path:
        sys.path.append(beside)
    try:
        names = ("torch", "onnx", "models.train.net", "models.train.export", "models.train.plan")
        torch, onnx, net, export, plan = (importlib.import_module(name) for name in names)
    except ImportError as error:
        raise train_missing(error) from error
    return SimpleNamespace(torch=torch, onnx=onnx, net=net, export=export, plan=plan)


def shipped_net(path: Path, tier: str) -> Net:
    """The net of a published ``TIER.onnx``, rounding as it does."""
    given = parts()
    graph = given.onnx.load(str(path)).graph
    known = {part.name: given.onnx.numpy_helper.to_array(part) for part in graph.initializer}
    plan = given.plan.TAPE_PLANS[tier]
    net = given.net.Restorer(plan.blocks, plan.inputs, plan.channels)
    take_convolution(given, net.head, known, "head")
    take_scale(given, net.first, known, "first")
    for number, block in enumerate(net.blocks):
        for name in ("one", "two"):
            take_convolution(given, getattr(block, name), known, f"block{number}.{name}")
        for name in ("inner", "branch", "sum"):
            take_scale(given, getattr(block, name), known, f"block{number}.{name}")
    take_convolution(given, net.tail, known, "tail")
    given.net.pretend_quantised(net, True)
    return net


def take_convolution(given: SimpleNamespace, part: Any, known: dict[str, NDArray[Any]], name: str) -> None:
    weight, bias = (
        known[f"{name}.{kind}.steps_of_it"].astype(np.float32) * spread(known[f"{name}.{kind}.step"], axes)
        for kind, axes in (("weight", 4), ("bias", 1))
    )
    part.weight.data, part.bias.data = given.torch.from_numpy(weight), given.torch.from_numpy(bias)


def spread(steps: NDArray[Any], axes: int) -> NDArray[Any]:
    return steps.reshape(-1, *[1] * (axes - 1))


def take_scale(given: SimpleNamespace, part: Any, known: dict[str, NDArray[Any]], name: str) -> None:
    steps = SIGNED if part.signed else UNSIGNED
    part.peak.data = given.torch.tensor(float(known[f"{name}.step"]) * steps)


class Tuner:
    """One net in two parts: what stays, and the ``tuned`` last blocks with the tail."""

    def __init__(self, path: Path, tier: str, tuned: int, threads: int = 0) -> None:
        self._given = parts()
        self._given.torch.set_num_threads(threads or len(os.sched_getaffinity(0)))
        self.net = shipped_net(path, tier)
        self.tuned = tuned
        first = len(self.net.blocks) - tuned
        self._step = float((self.net.blocks[first - 1].sum if first else self.net.first).step().detach())
        for part in self.net.parameters():
            part.requires_grad_(False)

    def reached(self, packed: Plane) -> Plane:
        """(channels, rows / 4, columns / 4) bytes: what the tuned layers see of this question."""
        torch, net = self._given.torch, self.net
        with torch.no_grad():
            x = torch.from_numpy(packed[None]).float()
            x = net.first(torch.relu(net.head((x - NOTHING) / NOTHING)))
            for block in net.blocks[: len(net.blocks) - self.tuned]:
                x = block(x)
        return np.asarray(np.rint(x[0].numpy() / self._step), np.uint8)

    def answer(self, reached: Plane, net: Net | None = None) -> Plane:
        """What ``net``, or the shipped one, answers."""
        torch = self._given.torch
        with torch.no_grad():
            levels = self._last(net or self.net, torch.from_numpy(reached[None]).float() * self._step)
        return np.asarray(np.clip(np.rint(levels[0].numpy()) + NOTHING, 0, 255), np.uint8)

    def learn(
        self,
        examples: Sequence[Example],
        glimpses: Sequence[Glimpse],
        course: Course,
        tell: Callable[[float], None],
    ) -> Net:
        """A net of its own; the shipped one stays as it is."""
        torch, rng = self._given.torch, np.random.default_rng(course.seed)
        net, mean = deepcopy(self.net), deepcopy(self.net)
        learning = [*(p for b in self._blocks(net) for p in b.parameters()), *net.tail.parameters()]
        for part in learning:
            part.requires_grad_(True)
        optimiser = torch.optim.Adam(learning, betas=(0.9, 0.99))
        began, step, done = time.monotonic(), 0, 0.0
        while done < 1:
            rate = (
                course.rate * min(1, (step + 1) / WARM_UP) * (0.5 * (1 + np.cos(np.pi * done)) + LEAST_RATE)
            )
            for group in optimiser.param_groups:
                group["lr"] = float(rate)
            optimiser.zero_grad(set_to_none=True)
            loss = self._loss(net, examples, rng) if examples else torch.zeros(())
            if glimpses:
                loss = loss + GLIMPSED * self._glimpsed(net, glimpses, course, rng)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(learning, 3.0)
            optimiser.step()
            average(torch, mean, net, step)
            step += 1
            spent = (time.monotonic() - began) / max(1e-3, course.until_s - began)
            done = max(step / course.steps, spent)
            tell(min(1.0, done))
        return mean

    def export(self, net: Net, folder: Path, tier: str) -> None:
        """Three files, as the training publishes them."""
        export = self._given.export.export
        export(net, folder / f"{tier}.onnx", signed=False)
        export(net, folder / f"{tier}-s8.onnx", signed=True)
        export(net, folder / f"{tier}-f32.onnx", signed=False, rounding=False)

    def _loss(self, net: Net, examples: Sequence[Example], rng: np.random.Generator) -> Any:
        torch = self._given.torch
        crops = [crop_of(examples[int(rng.integers(len(examples)))], rng) for _ in range(BATCH)]
        reached, missing = (torch.from_numpy(np.stack(part)).float() for part in zip(*crops, strict=True))
        error = self._last(net, reached * self._step) - missing
        light, colour = (
            torch.sqrt(e * e + SOFT * SOFT).mean() - SOFT for e in (error[:, :16], error[:, 16:])
        )
        return light + 0.5 * colour

    def _glimpsed(
        self, net: Net, glimpses: Sequence[Glimpse], course: Course, rng: np.random.Generator
    ) -> Any:
        torch = self._given.torch
        crops = [crop_of(glimpses[int(rng.integers(len(glimpses)))], rng) for _ in range(GLIMPSES)]
        reached, lacks, counts = (torch.from_numpy(np.stack(p)).float() for p in zip(*crops, strict=True))
        answer = self._last(net, reached * self._step)[:, :16]
        y, lacks, counts = (torch.nn.functional.pixel_shuffle(p, 4) for p in (answer, lacks, counts))
        taps = torch.tensor(course.response[::-1]).float().view(1, 1, 1, -1)
        reach = len(course.response) // 2
        inner = slice(reach, y.shape[-1] - reach)
        error = torch.nn.functional.conv2d(y, taps) - lacks[..., inner]
        soft = max(SOFT, 2 * course.noise)
        each = (torch.sqrt(error * error + soft * soft) - soft) * (soft / SOFT) * counts[..., inner]
        return each.sum() / counts[..., inner].numel()

    def _last(self, net: Net, x: Any) -> Any:
        for block in self._blocks(net):
            x = block(x)
        return net.tail(x) * NOTHING

    def _blocks(self, net: Net) -> Any:
        return net.blocks[len(net.blocks) - self.tuned :]


def average(torch: Any, mean: Net, net: Net, step: int) -> None:
    kept = min(AVERAGED, (step + 1) / (step + 11))
    with torch.no_grad():
        for old, new in zip(mean.parameters(), net.parameters(), strict=True):
            old.lerp_(new, 1 - kept)


def crop_of(given: Example | Glimpse, rng: np.random.Generator) -> list[NDArray[Any]]:
    """The same piece of every part."""
    rows, columns = given.reached.shape[1:]
    side = min(SIDE, rows, columns)
    top, left = int(rng.integers(rows - side + 1)), int(rng.integers(columns - side + 1))
    where = (slice(None), slice(top, top + side), slice(left, left + side))
    return [part[where] for part in vars(given).values()]


def train_missing(error: ImportError) -> Problem:
    return Problem(
        "train-missing",
        "A model cannot be tuned here",
        f"That needs the training, which is not installed ({error}).",
        "Install Twinreel with its extra [train]: pip install 'twinreel[train]'. Films are made without it.",
    )
