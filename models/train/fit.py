"""The training: first in floats, then as if quantised; stops and goes on from its checkpoint."""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.train.batches import Batch, draw_batches
from models.train.net import Restorer, pretend_quantised, watch
from models.train.prepare import Pieces


@dataclass(frozen=True)
class Plan:
    steps: int = 8000
    quantised_steps: int = 700  # the last ones of them
    batch: int = 8
    rate: float = 1.2e-3
    quantised_rate: float = 1.5e-4
    warm_up: int = 100
    seed: int = 1
    channels: int = 64
    blocks: int = 2
    save_every: int = 100


def loss_of(guess: Tensor, truth: Tensor) -> Tensor:
    """Charbonnier on light and colour, and on the differences of neighbours, where sharpness shows."""
    y, wanted_y = (functional.pixel_shuffle(t[:, :16], 4) for t in (guess, truth))
    light = charbonnier(y - wanted_y)
    colour = charbonnier(guess[:, 16:] - truth[:, 16:])
    error = y - wanted_y
    edges = charbonnier(error[..., 1:] - error[..., :-1]) + charbonnier(
        error[..., 1:, :] - error[..., :-1, :]
    )
    return light + 0.6 * colour + 0.35 * edges


def charbonnier(error: Tensor) -> Tensor:
    return torch.sqrt(error * error + 1.0).mean() - 1.0


def rate_at(step: int, plan: Plan) -> float:
    """Warm up, then half a cosine; the quantised part has its own, smaller half cosine."""
    float_steps = plan.steps - plan.quantised_steps
    if step >= float_steps:
        done = (step - float_steps) / max(1, plan.quantised_steps)
        return plan.quantised_rate * 0.5 * (1 + math.cos(math.pi * done)) + 1e-6
    warm = min(1.0, (step + 1) / plan.warm_up)
    return plan.rate * warm * (0.5 * (1 + math.cos(math.pi * step / float_steps)) + 0.02)


def start_quantised(net: Restorer, batches: Iterator[Batch]) -> None:
    """Looks at what the signals reach in a few batches, then switches the rounding on."""
    watch(net, True)
    with torch.no_grad():
        for _ in range(12):
            net(torch.from_numpy(next(batches)[0]))
    watch(net, False)
    pretend_quantised(net, True)


def fit(pieces: Pieces, folder: Path, plan: Plan) -> Restorer:
    """Trains up to the plan's end; ``folder`` keeps the checkpoint and the log of the losses."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(plan.seed)
    net = Restorer(plan.channels, plan.blocks)
    net.to(memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(net.parameters(), betas=(0.9, 0.99), fused=True)
    step = resume(folder, net, optimiser)
    batches = draw_batches(pieces, plan.batch, plan.seed, step)
    float_steps = plan.steps - plan.quantised_steps
    pretend_quantised(net, step > float_steps)
    began, mean = time.monotonic(), 0.0
    while step < plan.steps:
        if step == float_steps:
            start_quantised(net, batches)
        loss = learn(net, optimiser, next(batches), rate_at(step, plan))
        mean += loss / plan.save_every
        step += 1
        if step % plan.save_every == 0 or step == plan.steps:
            save(folder, net, optimiser, step)
            note(folder, step, mean, time.monotonic() - began)
            mean = 0.0
    pretend_quantised(net, True)
    return net


def learn(net: nn.Module, optimiser: torch.optim.Optimizer, batch: Batch, rate: float) -> float:
    for group in optimiser.param_groups:
        group["lr"] = rate
    fields, truth = (torch.from_numpy(part).contiguous(memory_format=torch.channels_last) for part in batch)
    optimiser.zero_grad(set_to_none=True)
    loss = loss_of(net(fields), truth)
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 3.0)
    optimiser.step()
    return float(loss.detach())


def save(folder: Path, net: nn.Module, optimiser: torch.optim.Optimizer, step: int) -> None:
    partial = folder / "checkpoint.part"
    torch.save({"net": net.state_dict(), "optimiser": optimiser.state_dict(), "step": step}, partial)
    partial.replace(folder / "checkpoint.pt")


def resume(folder: Path, net: nn.Module, optimiser: torch.optim.Optimizer | None) -> int:
    """The step to go on from; 0 without a checkpoint."""
    path = folder / "checkpoint.pt"
    if not path.exists():
        return 0
    saved = torch.load(path, weights_only=True)
    net.load_state_dict(saved["net"])
    if optimiser:
        optimiser.load_state_dict(saved["optimiser"])
    return int(saved["step"])


def note(folder: Path, step: int, loss: float, seconds: float) -> None:
    path = folder / "log.csv"
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(["step", "loss", "seconds"])
        writer.writerow([step, f"{loss:.4f}", f"{seconds:.0f}"])
