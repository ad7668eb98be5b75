"""The camera that films the scene beside the tape: other colours and curve, its own blur, noise and JPEG."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from appliance.sim.paint import YUV_OF_RGB
from appliance.sim.tape.chance import Figures
from appliance.sim.tape.dongle import compress
from appliance.sim.tape.kit import NUMPY, Array, Key, Kit, Planes, gaussian

Range = tuple[float, float]


@dataclass(frozen=True)
class CameraParameters:
    """Its pictures are RGB of 0..255 until the JPEG."""

    seed: int = 0
    blur_px: float = 0.0  # standard deviation
    red: float = 1.0  # white balance, against green
    blue: float = 1.0
    saturation: float = 1.0
    exposure: float = 1.0
    vignetting: float = 0.0  # part of the light that the corners lose
    gamma: float = 1.0  # of the curve: below one, the middle is brighter
    contrast: float = 0.0  # of a curve like an S: darker shadows, brighter lights
    black: float = 0.0  # levels that black is lifted by
    noise: float = 0.0  # standard deviation, levels
    jpeg_quality: int = 100


CAMERA_RANGES: dict[str, Range] = {
    "blur_px": (0, 1.0),
    "red": (0.85, 1.15),
    "blue": (0.85, 1.15),
    "saturation": (0.8, 1.3),
    "exposure": (0.8, 1.2),
    "vignetting": (0, 0.2),
    "gamma": (0.8, 1.2),
    "contrast": (-0.1, 0.3),
    "black": (0, 10),
    "noise": (0.5, 5),
    "jpeg_quality": (75, 97),
}


def draw_camera(rng: np.random.Generator) -> CameraParameters:
    values = {field.name: rng.random() for field in fields(CameraParameters)}
    drawn = {name: low + values[name] * (high - low) for name, (low, high) in CAMERA_RANGES.items()}
    whole = {"jpeg_quality": int(drawn["jpeg_quality"]), "seed": int(rng.integers(2**31))}
    return CameraParameters(**{**drawn, **whole})  # type: ignore[arg-type]


def see(whole: Planes, camera: CameraParameters, start: int, kit: Kit = NUMPY) -> Planes:
    """Whole 8-bit 4:2:2 pictures (frames, rows, columns) as this camera would see them, in the same form."""
    y, u, v = (kit.load(plane) for plane in whole)
    frames, rows, columns = y.shape
    twice = np.arange(columns).clip(max=2 * u.shape[2] - 1) // 2
    light = film(stack((y, u[:, :, twice], v[:, :, twice]), kit), camera, start, kit)
    y, u, v = (plane.reshape(frames, rows, columns) for plane in coloured(light.clip(0.0, 255.0), YUV_OF_RGB))
    u, v = (0.5 * (c[:, :, 0 : columns - 1 : 2] + c[:, :, 1:columns:2]) for c in (u, v))
    planes = (
        compress(y, camera.jpeg_quality, False, kit),
        *(compress(plane, camera.jpeg_quality, True, kit) for plane in (u, v)),
    )
    return tuple(kit.store(plane) for plane in planes)


def stack(planes: Planes, kit: Kit) -> Array:
    """(3, frames, rows, columns) of three planes."""
    y = planes[0]
    stacked = kit.load(np.empty((3, *y.shape), np.float32))
    for number, plane in enumerate(planes):
        stacked[number] = plane
    return stacked


def film(yuv: Array, camera: CameraParameters, start: int, kit: Kit) -> Array:
    """Limited-range YUV in, RGB about 0..255 out, (3, frames, rows, columns); in place, no JPEG yet."""
    frames, rows, columns = yuv.shape[1:]
    rgb = coloured(yuv, camera_of_yuv(camera)).reshape(3 * frames, rows, columns)
    if camera.blur_px > 0.1:
        taps = gaussian(camera.blur_px)
        rgb = kit.filter(rgb, taps, taps)
    if camera.vignetting:
        rgb *= kit.load(vignette(rows, columns, camera.vignetting))
    rgb = kit.look_up(rgb, curve(camera))
    if camera.noise:
        keys: list[Key] = [(camera.seed, start + n % frames, n // frames) for n in range(3 * frames)]
        grain = kit.sheet((rows, columns), keys)
        grain *= camera.noise
        rgb += grain
    return rgb.reshape(3, frames, rows, columns)


def coloured(picture: Array, matrix: NDArray[np.float64]) -> Array:
    """A colour matrix with its constant as last column, over three planes. In place."""
    one, two, three = (picture[number] + 0.0 for number in range(3))
    for plane, (a, b, c, constant) in zip(picture, matrix.tolist(), strict=True):
        plane[:] = one  # in place all the way: such planes are larger than the processor's cache
        plane *= a
        plane += constant
        plane += b * two
        plane += c * three
    return picture


def camera_of_yuv(camera: CameraParameters) -> NDArray[np.float64]:
    """Limited-range YUV to this camera's RGB."""
    rgb_of_yuv = np.linalg.inv(YUV_OF_RGB[:, :3])
    grey = np.full((3, 3), 1 / 3)
    saturate = grey + camera.saturation * (np.eye(3) - grey)
    light = camera.exposure * np.array([camera.red, 1.0, camera.blue])
    mix = np.diag(light) @ saturate @ rgb_of_yuv
    return np.column_stack([mix, -mix @ YUV_OF_RGB[:, 3]])


@lru_cache(maxsize=32)
def curve(camera: CameraParameters) -> Figures:
    """What the camera makes of each of 256 levels of light."""
    light = (np.arange(256) / 255) ** camera.gamma
    bent = light + camera.contrast * (light - 0.5) * 4 * light * (1 - light)
    return np.asarray(camera.black + (255 - camera.black) * bent, np.float32)


@lru_cache(maxsize=4)
def vignette(rows: int, columns: int, strength: float) -> Figures:
    """Nothing in the middle, all of ``strength`` in the corners."""
    down, across = np.linspace(-1, 1, rows)[:, None], np.linspace(-1, 1, columns)[None]
    return np.asarray(1 - strength * (down**2 + across**2) / 2, np.float32)
