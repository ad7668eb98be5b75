"""How near the picture is to the truth that the flow net's answer makes; films do the same with OpenCV."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from appliance.enhance.motion import LIGHT, SHARE_STEPS

PICTURE = 64  # channels of a picture's light, folded by 8
FLOOR = 1.0  # squared levels: what is nearer than this is near enough


def motion_loss(answer: Tensor, packed: Tensor) -> Tensor:
    """The logarithm of the mean square error of each picture, as decibels count: of every picture, easy or
    hard, it is worth as much to halve it."""
    error = shown(answer, packed) - light(packed, 2)
    return torch.log((error * error).mean((1, 2, 3)) + FLOOR).mean()


def shown(answer: Tensor, packed: Tensor) -> Tensor:
    """The light of the picture between, (n, 1, rows, columns), in levels."""
    share = functional.pixel_shuffle(answer[:, LIGHT : LIGHT + 4], 2) / SHARE_STEPS + packed[:, -1:, :1, :1]
    share = larger(share.clamp(0, 1), 4)
    more = larger(functional.pixel_shuffle(answer[:, :LIGHT], 4), 2)
    return light(packed, 0) * (1 - share) + light(packed, 1) * share + more


def light(packed: Tensor, number: int) -> Tensor:
    """Of the one and the other, both brought to where things lay between them, and of the truth."""
    return functional.pixel_shuffle(packed[:, PICTURE * number : PICTURE * (number + 1)], 8)


def larger(plane: Tensor, times: int) -> Tensor:
    return functional.interpolate(plane, scale_factor=times, mode="bilinear", align_corners=False)
