"""How near the picture is to the truth that the flow net's answer makes; films do the same with OpenCV."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from appliance.enhance.motion import SHARE_STEPS, STEPS_A_PX

LIGHT = 64  # channels of a picture's light, folded by 8
QUARTER = 4  # pixels to one of the quarter size
FLOOR = 1.0  # squared levels: what is nearer than this is near enough
EDGES = 0.02
PART = (
    24,
    48,
)  # rows and columns of the quarter size that are looked at; all of them cost four times as much


def motion_loss(answer: Tensor, packed: Tensor) -> Tensor:
    """The mean of the decibels of every picture, with a little for its edges; anywhere, in a part of them."""
    rows, columns = (2 * size for size in packed.shape[-2:])
    top, left = (
        int(torch.randint(size - part + 1, ())) for size, part in zip((rows, columns), PART, strict=True)
    )
    part = slice(top, top + PART[0]), slice(left, left + PART[1])
    wanted = tuple(slice(QUARTER * s.start, QUARTER * s.stop) for s in part)
    error = shown(answer, packed, part) - light(packed, 2)[..., wanted[0], wanted[1]]
    square = (error * error).mean((1, 2, 3))
    steps = error[..., 1:] - error[..., :-1], error[..., 1:, :] - error[..., :-1, :]
    return torch.log(square + FLOOR).mean() + EDGES * sum(step.abs().mean() for step in steps)


def shown(answer: Tensor, packed: Tensor, where: tuple[slice, slice] | None = None) -> Tensor:
    """The light of the picture between, (n, 1, rows, columns), in levels; or of ``where`` at a quarter."""
    rows, columns = where or (slice(None), slice(None))
    told = functional.pixel_shuffle(answer[:, :20], 2)[..., rows, columns]
    way = functional.pixel_shuffle(packed[:, 3 * LIGHT : 3 * LIGHT + 8], 2)[..., rows, columns]
    part = packed[:, -1:, :1, :1]
    to_one = -QUARTER * part * way + told[:, 0:2] / STEPS_A_PX
    to_other = QUARTER * (1 - part) * way + told[:, 2:4] / STEPS_A_PX
    share = larger((part + told[:, 4:5] / SHARE_STEPS).clamp(0, 1))
    corner = QUARTER * (columns.start or 0), QUARTER * (rows.start or 0)
    one, other = (
        brought(light(packed, number), larger(to), corner) for number, to in enumerate((to_one, to_other))
    )
    return one * (1 - share) + other * share


def light(packed: Tensor, number: int) -> Tensor:
    return functional.pixel_shuffle(packed[:, LIGHT * number : LIGHT * (number + 1)], 8)


def larger(quarter: Tensor) -> Tensor:
    return functional.interpolate(quarter, scale_factor=QUARTER, mode="bilinear", align_corners=False)


def brought(plane: Tensor, way: Tensor, corner: tuple[int, int]) -> Tensor:
    """What lies ``way`` pixels from each place, the first being ``corner``; beyond the edge, the edge."""
    rows, columns = plane.shape[-2:]
    x = corner[0] + torch.arange(way.shape[-1], device=way.device) + way[:, 0]
    y = corner[1] + torch.arange(way.shape[-2], device=way.device)[:, None] + way[:, 1]
    grid = torch.stack([2 * x / (columns - 1) - 1, 2 * y / (rows - 1) - 1], -1)
    return functional.grid_sample(plane, grid, mode="bilinear", padding_mode="border", align_corners=True)
