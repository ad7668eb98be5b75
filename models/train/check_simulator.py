"""Holds the torch kit to the numpy one: the same tape and camera, without grain, must give the same pictures.

``python -m models.train.check_simulator [--device cuda]`` ends with 1 if they differ. It is no test of
the suite, because the suite runs without torch.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from appliance.sim.optics import tape_picture
from appliance.sim.scene import scene
from appliance.sim.tape.kit import NUMPY, Kit, Planes
from appliance.sim.tape.parameters import draw_tape
from appliance.sim.tape.play import degrade
from appliance.sim.tape.second_camera import draw_camera, see
from models.train.tape_torch import TorchKit

SIZE, FRAMES, START, SEEDS = (360, 288), 4, 7, 6
# A rounding that falls the other way may change a number of a JPEG block by one step.
MEAN_LEVELS, FAR_LEVELS, FAR_PART = 0.01, 2, 1e-3


def pictures() -> tuple[Planes, Planes]:
    room = scene(1, 0.5)
    fields = [tape_picture(room.draw(1.0 + k / 50), SIZE) for k in range(2 * FRAMES)]
    first, second = (tuple(np.stack(plane) for plane in zip(*fields[k::2], strict=True)) for k in (0, 1))
    return first, second  # type: ignore[return-value]


def differ(name: str, make: Callable[[Kit], Planes], torch_kit: TorchKit) -> bool:
    ours, theirs = make(NUMPY), [plane.cpu().numpy() for plane in make(torch_kit)]
    apart = [np.abs(a.astype(int) - b) for a, b in zip(ours, theirs, strict=True)]
    mean = max(float(d.mean()) for d in apart)
    far = max(float((d > FAR_LEVELS).mean()) for d in apart)
    print(f"{name:28} mean {mean:.5f}  most {max(int(d.max()) for d in apart):3d} levels")
    return mean > MEAN_LEVELS or far > FAR_PART


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m models.train.check_simulator", description=__doc__)
    parser.add_argument("--device", default="cpu")
    kit = TorchKit(parser.parse_args().device)
    first, second = pictures()
    wrong = False
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        standard, order = (("pal", "tff"), ("ntsc", "bff"), ("pal", "bff"), ("ntsc", "tff"))[seed % 4]
        for wear in ("clean", "good", "worn"):
            tape = draw_tape(rng, wear, standard, *SIZE, order=order)  # type: ignore[arg-type]
            tape = replace(tape, luma_noise=0.0)
            name = f"{wear} {standard} {order} {tape.speed} JPEG {tape.jpeg_quality}"
            wrong |= differ(name, lambda k, tape=tape: degrade(first, second, tape, START, k), kit)  # type: ignore[misc]
        camera = replace(draw_camera(rng), noise=0.0)
        wrong |= differ("second camera", lambda k, camera=camera: see(first, camera, START, k), kit)  # type: ignore[misc]
    if wrong:
        raise SystemExit("numpy and torch do not agree.")


if __name__ == "__main__":
    main()
