"""The training: first in floats, then as if quantised; stops and goes on from its checkpoint."""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from appliance.enhance.guided import GUIDE_CHANNELS, SURE
from appliance.enhance.pack import CHANNELS_A_FIELD, WINDOW
from models.train.batches import Batch
from models.train.motion_loss import motion_loss
from models.train.net import Restorer, even_out, pretend_quantised, watch
from models.train.plan import INTERPOLATE, Plan

SOFT = 3.0  # levels; smaller errors count by their square, as PSNR does, larger ones by their size
AVERAGED = 0.999  # the weights that are kept are a running mean of those that learn,
OVER = 1 / 8  # of all steps at most
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2  # of SSIM
MIDDLE = WINDOW // 2 * CHANNELS_A_FIELD  # where the middle field's light begins
WATCHED = 12  # batches that show how large the signals get


class Training:
    """A net that learns, its running mean, and how far it has come; ``folder`` keeps all of it."""

    def __init__(self, plan: Plan, folder: Path, device: str = "cpu") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(plan.seed)
        self.plan, self.folder, self.device = plan, folder, device
        net = Restorer(plan.blocks, plan.inputs, plan.channels).to(device)
        self.net: Restorer = net.to(memory_format=torch.channels_last)
        self.mean = deepcopy(self.net)
        self.optimiser = torch.optim.Adam(self.net.parameters(), betas=(0.9, 0.99), fused=True)
        self.step = 0
        self._resume()

    @property
    def float_steps(self) -> int:
        return self.plan.steps - self.plan.quantised_steps

    @property
    def quantised(self) -> bool:
        return self.step > self.float_steps

    def _resume(self) -> None:
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            return
        saved = torch.load(path, weights_only=True, map_location=self.device)
        if saved.get("plan") != repr(self.plan):
            raise SystemExit(f"{path} is of another plan for {self.plan.tier}: move {self.folder} away.")
        self.net.load_state_dict(saved["net"])
        self.mean.load_state_dict(saved["mean"])
        self.optimiser.load_state_dict(saved["optimiser"])
        self.step = int(saved["step"])
        for net in (self.net, self.mean):
            pretend_quantised(net, self.quantised)

    def hours(self) -> float:
        """What the log says was spent, over all the runs."""
        with (self.folder / "log.csv").open() as file:
            seconds = [float(row["seconds"]) for row in csv.DictReader(file)]
        ends = [now for now, then in zip(seconds, [*seconds[1:], 0.0], strict=True) if then < now]
        return sum(ends) / 3600

    def save(self, name: str = "checkpoint.pt") -> None:
        state = {
            "net": self.net.state_dict(),
            "mean": self.mean.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "plan": repr(self.plan),
        }
        partial = self.folder / f"{name}.part"
        torch.save(state, partial)
        partial.replace(self.folder / name)

    def before_rounding(self) -> Restorer:
        """The mean as it was when the rounding began."""
        net = Restorer(self.plan.blocks, self.plan.inputs, self.plan.channels)
        saved = torch.load(self.folder / "float.pt", weights_only=True, map_location="cpu")
        net.load_state_dict(saved["mean"])
        return net

    def learn(self, batch: Batch) -> float:
        """One step; in bfloat16 until the rounding to bytes is learnt, which wants the exact numbers."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate_at(self.step, self.plan)
        fields, truth = (self.on_device(part) for part in batch)
        self.optimiser.zero_grad(set_to_none=True)
        with torch.autocast(torch.device(self.device).type, torch.bfloat16, enabled=not self.quantised):
            guess = self.net(fields)
        loss = self.loss(guess.float(), truth, fields)
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 3.0)
        self.optimiser.step()
        self._average()
        return float(loss.detach())

    def loss(self, guess: Tensor, truth: Tensor, fields: Tensor) -> Tensor:
        if self.plan.tier == INTERPOLATE.tier:
            return motion_loss(guess, truth)
        base = base_of(fields) if self.plan.alike else None
        return loss_of(believed(guess, fields), believed(truth, fields), base, self.plan.alike)

    def on_device(self, part: Any) -> Tensor:
        moved = torch.from_numpy(part).to(self.device)
        return moved.contiguous(memory_format=torch.channels_last)

    def _average(self) -> None:
        kept = min(AVERAGED, 1 - 1 / (OVER * self.plan.steps), self.step / (self.step + 10))
        with torch.no_grad():
            for mean, new in zip(self.mean.parameters(), self.net.parameters(), strict=True):
                mean.lerp_(new, 1 - kept)

    def start_quantised(self, batches: Iterator[Batch]) -> None:
        """The mean goes on alone: looks at what its signals reach, then switches the rounding on."""
        self.save("float.pt")
        self.net.load_state_dict(self.mean.state_dict())
        looked_at = [next(batches)[0] for _ in range(WATCHED)]
        self._look(looked_at)
        even_out(self.net)
        self._look(looked_at)
        watch(self.net, False)
        self.mean.load_state_dict(self.net.state_dict())
        for net in (self.net, self.mean):
            pretend_quantised(net, True)

    def _look(self, fields: list[Any]) -> None:
        watch(self.net, True)
        with torch.no_grad():
            for one in fields:
                self.net(self.on_device(one))


def believed(residual: Tensor, fields: Tensor) -> Tensor:
    """A guide's residual counts as far as its last channel believes it; a tape's counts wholly."""
    return residual * (fields[:, -1:] / SURE) if fields.shape[1] == GUIDE_CHANNELS else residual


def loss_of(guess: Tensor, truth: Tensor, base: Tensor | None, alike: float) -> Tensor:
    """Light, colour, the differences of neighbours, and likeness of structure, which PSNR alone would blur.

    ``base``: what both residuals are added to, its light as a picture (n, 1, rows, columns), in levels;
    without it the likeness does not count.
    """
    y, wanted_y = (functional.pixel_shuffle(t[:, :16], 4) for t in (guess, truth))
    error = y - wanted_y
    edges = rounded(error[..., 1:] - error[..., :-1]) + rounded(error[..., 1:, :] - error[..., :-1, :])
    light = rounded(error) + 0.2 * edges
    if base is not None:
        light = light + alike * unlikeness(base + y, base + wanted_y)
    return light + 0.5 * rounded(guess[:, 16:] - truth[:, 16:])


def base_of(fields: Tensor) -> Tensor:
    """The light that a net's residual is added to: middle field and guess, or a guide's film."""
    if fields.shape[1] == GUIDE_CHANNELS:
        return functional.pixel_shuffle(fields[:, :16], 4)
    n, _, rows, columns = fields.shape
    middle = fields[:, MIDDLE : MIDDLE + 8].reshape(n, 2, 1, 4, rows, columns)
    between = fields[:, -8:].reshape(n, 2, 1, 4, rows, columns)
    return functional.pixel_shuffle(torch.cat([middle, between], 2).reshape(n, 16, rows, columns), 4)


def unlikeness(one: Tensor, other: Tensor) -> Tensor:
    """1 - SSIM of two pictures in levels."""
    taps = torch.exp(-0.5 * (torch.arange(-5, 6, device=one.device) / 1.5) ** 2)
    taps = taps / taps.sum()

    def around(x: Tensor) -> Tensor:
        return functional.conv2d(functional.conv2d(x, taps.view(1, 1, 1, 11)), taps.view(1, 1, 11, 1))

    # Around their common mean: single precision would not hold the squares of levels.
    middle = other.mean()
    maps = torch.cat([x - middle for x in (one, other)])
    mean = around(maps)
    power = around(maps * maps) - mean * mean
    a, b = mean.chunk(2)
    both = around((one - middle) * (other - middle)) - a * b
    light = (2 * (a + middle) * (b + middle) + C1) / ((a + middle) ** 2 + (b + middle) ** 2 + C1)
    contrast = (2 * both + C2) / (power[: len(one)] + power[len(one) :] + C2)
    return 1 - (light * contrast).mean()


def rounded(error: Tensor) -> Tensor:
    """Charbonnier: a parabola that becomes straight."""
    return torch.sqrt(error * error + SOFT * SOFT).mean() - SOFT


def rate_at(step: int, plan: Plan) -> float:
    """Warm up, then half a cosine; the quantised part has its own, smaller half cosine."""
    float_steps = plan.steps - plan.quantised_steps
    if step >= float_steps:
        done = (step - float_steps) / max(1, plan.quantised_steps)
        return plan.quantised_rate * 0.5 * (1 + math.cos(math.pi * done)) + 1e-6
    warm = min(1.0, (step + 1) / plan.warm_up)
    return plan.rate * warm * (0.5 * (1 + math.cos(math.pi * step / float_steps)) + 0.01)


def fit(training: Training, batches: Iterator[Batch], until: int | None = None) -> Restorer:
    """Trains up to the plan's end (or ``until``); returns the mean of the weights."""
    plan = training.plan
    began, total, seen = time.monotonic(), 0.0, 0
    while training.step < min(plan.steps, until or plan.steps):
        if training.step == training.float_steps:
            training.start_quantised(batches)
        training.step += 1
        total, seen = total + training.learn(next(batches)), seen + 1
        if training.step % plan.save_every == 0 or training.step == plan.steps:
            training.save()
            note(training.folder, training.step, total / seen, time.monotonic() - began)
            total, seen = 0.0, 0
    return training.mean


def note(folder: Path, step: int, loss: float, seconds: float) -> None:
    path = folder / "log.csv"
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(["step", "loss", "seconds"])
        writer.writerow([step, f"{loss:.4f}", f"{seconds:.0f}"])
