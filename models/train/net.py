"""The restorer: plain 3x3 convolutions, ReLU and three additions, on folded fields.

While it learns it can pretend to be quantised (``quantised = True``): activations to 8 bits with one scale a
layer, weights to 8 bits with one scale a channel.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from appliance.enhance.pack import INPUT_CHANNELS, RESIDUAL_CHANNELS

LEVELS = 128.0  # the net counts in 128 levels: inputs and residual lie in -1..1
WEIGHT_STEPS = 127
POSITIVE_STEPS, SIGNED_STEPS = 255, 127
EVENED, EVENED_BY = 0.9, 8.0  # how far the channels are brought to one size
SAMPLES = 20000  # of a signal, from each batch that is looked at


def round_through(x: Tensor) -> Tensor:
    """Rounds, and lets the gradient pass as if it did not."""
    return x + (x.round() - x).detach()


class Scale(nn.Module):
    """Watches how large a signal gets and, once asked, rounds it to 8 bits; then learns its peak, too."""

    def __init__(self, signed: bool) -> None:
        super().__init__()
        self.signed, self.quantised, self.watching = signed, False, False
        self.seen: list[Tensor] = []
        self.reached: list[Tensor] = []
        self.peak = nn.Parameter(torch.zeros(()))

    def step(self) -> Tensor:
        return self.peak / (SIGNED_STEPS if self.signed else POSITIVE_STEPS)

    def forward(self, x: Tensor) -> Tensor:
        if self.watching:
            values = x.detach().float().flatten()
            self.reached.append(x.detach().float().abs().amax((0, 2, 3)))
            self.seen.append(values[torch.randint(len(values), (SAMPLES,), device=values.device)])
        return self.rounded(x) if self.quantised else x

    def rounded(self, x: Tensor) -> Tensor:
        """Each of the many numbers pulls at the one peak, so that their pull is made smaller."""
        low = -SIGNED_STEPS - 1 if self.signed else 0
        high = SIGNED_STEPS if self.signed else POSITIVE_STEPS
        share = (x.numel() * high) ** -0.5
        step = self.step() * share + (self.step() * (1 - share)).detach()
        return round_through(torch.clamp(x / step, low, high)) * step

    @torch.no_grad()
    def settle(self) -> None:
        """Takes the peak that rounds what was seen with the smallest error: a few outliers may be clipped."""
        values, self.seen, self.reached = torch.cat(self.seen), [], []
        peaks = values.abs().max().clamp_min(1e-6) * torch.linspace(0.1, 1.0, 37, device=values.device)
        errors = []
        for peak in peaks:
            self.peak.data = peak
            errors.append(float(((self.rounded(values) - values) ** 2).mean()))
        self.peak.data = peaks[int(np.argmin(errors))].clone()


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


@torch.no_grad()
def even_out(net: Restorer) -> None:
    """Makes channels that were seen to stay small larger, and large ones smaller, where it changes nothing.

    What comes out of a convolution and a ReLU may be divided by any number if what reads it is multiplied by
    that. All channels share one scale when they are rounded: this gives each of them as many steps.
    """
    stream = [net.first, *(block.sum for block in net.blocks), *(block.branch for block in net.blocks)]
    by = evenness(stream)
    for part in (net.head, *(block.two for block in net.blocks)):
        divide(part, by)
    for part in (*(block.one for block in net.blocks), net.tail):
        part.weight *= by[None, :, None, None]
    for block in net.blocks:
        by = evenness([block.inner])
        divide(block.one, by)
        block.two.weight *= by[None, :, None, None]


def evenness(signals: list[Scale]) -> Tensor:
    """For each channel what to divide it by; no more than EVENED_BY either way."""
    reached = torch.stack([torch.stack(signal.reached).mean(0) for signal in signals]).amax(0)
    by = reached / reached.clamp_min(1e-6).log().mean().exp()
    return by.clamp(1 / EVENED_BY, EVENED_BY) ** EVENED


def divide(part: Convolution, by: Tensor) -> None:
    assert part.bias is not None
    part.weight /= by[:, None, None, None]
    part.bias /= by


def watch(net: nn.Module, watching: bool) -> None:
    """While it is on the signals are looked at, from nothing; at its end the scales are settled."""
    for part in net.modules():
        if isinstance(part, Scale):
            part.watching = watching
            if watching:
                part.seen, part.reached = [], []
            else:
                part.settle()


def pretend_quantised(net: nn.Module, quantised: bool) -> None:
    for part in net.modules():
        if isinstance(part, Scale | Convolution):
            part.quantised = quantised
