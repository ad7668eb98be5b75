"""The restorer: plain 3x3 convolutions, ReLU and three additions, on folded fields.

While it learns it can pretend to be quantised (``quantised = True``): activations to 8 bits with one scale a
layer, weights to 7 bits with one scale a channel, because processors without VNNI add pairs of 8x8 bit
products in 16 bits and would clip at 8.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from appliance.enhance.pack import INPUT_CHANNELS, RESIDUAL_CHANNELS

LEVELS = 128.0  # the net counts in 128 levels: inputs and residual lie in -1..1
WEIGHT_STEPS = 63
POSITIVE_STEPS, SIGNED_STEPS = 255, 127
SAMPLES = 20000  # of a signal, from each batch that is looked at


def round_through(x: Tensor) -> Tensor:
    """Rounds, and lets the gradient pass as if it did not."""
    return x + (x.round() - x).detach()


class Scale(nn.Module):
    """Watches how large a signal gets and, once asked, rounds it to 8 bits."""

    peak: Tensor

    def __init__(self, signed: bool) -> None:
        super().__init__()
        self.signed, self.quantised, self.watching = signed, False, False
        self.seen: list[Tensor] = []
        self.register_buffer("peak", torch.zeros(()))

    def step(self) -> Tensor:
        return self.peak / (SIGNED_STEPS if self.signed else POSITIVE_STEPS)

    def forward(self, x: Tensor) -> Tensor:
        if self.watching:
            values = x.detach().flatten()
            self.seen.append(values[torch.randint(len(values), (SAMPLES,), device=values.device)])
        return self.rounded(x) if self.quantised else x

    def rounded(self, x: Tensor) -> Tensor:
        low = -SIGNED_STEPS - 1 if self.signed else 0
        high = SIGNED_STEPS if self.signed else POSITIVE_STEPS
        return round_through(torch.clamp(x / self.step(), low, high)) * self.step()

    def settle(self) -> None:
        """Takes the peak that rounds what was seen with the smallest error: a few outliers may be clipped."""
        values, self.seen = torch.cat(self.seen), []
        peaks = values.abs().max().clamp_min(1e-6) * torch.linspace(0.1, 1.0, 37, device=values.device)
        errors = []
        for peak in peaks:
            self.peak = peak
            errors.append(float(((self.rounded(values) - values) ** 2).mean()))
        self.peak = peaks[int(np.argmin(errors))].clone()


class Convolution(nn.Conv2d):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 3, padding=1)
        self.quantised = False

    def weight_steps(self) -> Tensor:
        return self.weight.detach().abs().amax((1, 2, 3), keepdim=True).clamp_min(1e-6) / WEIGHT_STEPS

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight
        if self.quantised:
            weight = round_through(weight / self.weight_steps()) * self.weight_steps()
        return functional.conv2d(x, weight, self.bias, padding=1)


class Block(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.one, self.two = Convolution(channels, channels), Convolution(channels, channels)
        self.inner, self.branch, self.sum = Scale(False), Scale(True), Scale(False)

    def forward(self, x: Tensor) -> Tensor:
        y = self.inner(functional.relu(self.one(x)))
        return self.sum(functional.relu(self.branch(self.two(y)) + x))


class Restorer(nn.Module):
    """(n, inputs, rows / 4, columns / 4) bytes as floats to the residual, both in levels."""

    def __init__(self, blocks: int, inputs: int = INPUT_CHANNELS, channels: int = 64) -> None:
        super().__init__()
        self.head, self.first = Convolution(inputs, channels), Scale(False)
        self.blocks = nn.ModuleList(Block(channels) for _ in range(blocks))
        self.tail = Convolution(channels, RESIDUAL_CHANNELS)
        nn.init.zeros_(self.tail.weight)
        nn.init.zeros_(self.tail.bias)

    def forward(self, levels: Tensor) -> Tensor:
        x = self.first(functional.relu(self.head((levels - LEVELS) / LEVELS)))
        for block in self.blocks:
            x = block(x)
        return self.tail(x) * LEVELS


def watch(net: nn.Module, watching: bool) -> None:
    """While it is on the signals are looked at; at its end the scales are settled."""
    for part in net.modules():
        if isinstance(part, Scale):
            part.watching = watching
            if not watching:
                part.settle()


def pretend_quantised(net: nn.Module, quantised: bool) -> None:
    for part in net.modules():
        if isinstance(part, Scale | Convolution):
            part.quantised = quantised
