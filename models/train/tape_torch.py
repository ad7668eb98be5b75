"""The simulator's array operations in torch, so that the training can degrade on CPU or GPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from appliance.sim.tape.kit import Array, Key, Taps


class TorchKit:
    """``appliance.sim.tape.kit.Kit`` on a device; pictures are float32 tensors, what it stores is uint8."""

    def __init__(self, device: str | torch.device = "cpu") -> None:
        self.device = torch.device(device)

    def load(self, picture: Array) -> Tensor:
        if not isinstance(picture, Tensor):
            picture = torch.from_numpy(np.array(picture, order="C"))
        return picture.to(self.device, torch.float32, copy=True)

    def store(self, picture: Tensor) -> Tensor:
        return picture.round().clip(0, 255).to(torch.uint8)

    def filter(self, picture: Tensor, across: Taps, down: Taps | None = None) -> Tensor:
        filtered = self._convolve(picture, across[None])
        return filtered if down is None else self._convolve(filtered, down[:, None])

    def _convolve(self, picture: Tensor, taps: NDArray[np.float32]) -> Tensor:
        height, width = taps.shape
        edges = (width // 2, width // 2, height // 2, height // 2)
        padded = functional.pad(picture[:, None], edges, "replicate")
        kernel = self.load(taps[::-1, ::-1])[None, None]  # torch correlates
        return functional.conv2d(padded, kernel)[:, 0]

    def cut(self, picture: Tensor, starts: NDArray[np.int64], width: int) -> Tensor:
        columns = picture.shape[2]
        first = torch.from_numpy(starts).to(self.device)[:, :, None]
        place = first + torch.arange(width, device=self.device)
        return picture.gather(2, place.clip(0, columns - 1))

    def mix(self, picture: Tensor, matrix: Taps) -> Tensor:
        return picture @ self.load(matrix)

    def normal(self, shape: tuple[int, int], keys: Sequence[Key]) -> Tensor:
        return torch.stack([self._grain(shape, key) for key in keys])

    sheet = normal

    def _grain(self, shape: tuple[int, int], key: Key) -> Tensor:
        seed = int(np.random.SeedSequence(key).generate_state(1, np.uint64)[0])
        generator = torch.Generator(self.device).manual_seed(seed)
        return torch.randn(shape, generator=generator, device=self.device)

    def look_up(self, picture: Tensor, table: NDArray[np.float32]) -> Tensor:
        return cast(Tensor, self.load(table)[self.store(picture).long()])
