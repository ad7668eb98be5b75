"""The pictures that a device shows, made once and kept: a picture with a number, blue, snow, black."""

from __future__ import annotations

import json
import math
import mmap
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hw.bench.base import digest, made_once
from hw.bench.usb.barcode import paint
from hw.bench.usb.model import Size

Picture = NDArray[np.uint8]  # height, width, (Y, U, V)
LOOP = 512  # pictures with a number of their own; then they come again
RAW_LOOP = 25  # backgrounds of the uncompressed ones, whose number is painted when they are sent
SNOW = 8
QUALITY = 75
SCENES = ("picture", "blue", "noise", "black", "frozen", "stalled")


@cache
def scenery(size: Size) -> Picture:
    """Something of everything: shades, edges, fine texture; its left and right sides fit together."""
    y, x = np.mgrid[0 : size.height, 0 : size.width].astype(np.float32)
    u, v = x / size.width, y / size.height
    texture = 14 * np.sin(2 * np.pi * 7 * u) * np.cos(31 * v) + 9 * np.sin(2 * np.pi * 29 * u + 40 * v * v)
    bricks = 25 * ((np.floor(u * 12) + np.floor(v * 9)) % 2)
    luma = 70 + 60 * v + texture + bricks
    picture = np.stack((luma, 118 + 20 * np.sin(2 * np.pi * u), 130 - 18 * v), axis=2)
    return np.clip(np.rint(picture), 16, 235).astype(np.uint8)


def background(size: Size, number: int) -> Picture:
    """The scenery passes by, a ball swings before it: movement that never stops."""
    picture = np.roll(scenery(size), 2 * number, axis=1)
    t, radius = number / float(size.rate), size.height // 9
    middle_x = round(size.width * (0.5 + 0.3 * math.cos(1.1 * t)))
    middle_y = round(size.height * (0.55 + 0.25 * math.sin(1.7 * t)))
    y, x = np.ogrid[-radius:radius, -radius:radius]
    box = picture[middle_y - radius : middle_y + radius, middle_x - radius : middle_x + radius]
    box[x * x + y * y < radius * radius] = (200, 90, 170)
    return picture


def flat(size: Size, y: int, u: int, v: int) -> Picture:
    return np.broadcast_to(np.array((y, u, v), np.uint8), (size.height, size.width, 3)).copy()


def snow(size: Size, number: int) -> Picture:
    values = np.random.default_rng(number).normal(110, 50, (size.height, size.width))
    picture = flat(size, 0, 128, 128)
    picture[:, :, 0] = np.clip(values, 16, 235)
    return picture


def numbered(size: Size, number: int) -> Picture:
    picture = background(size, number)
    paint(picture[:, :, 0], number)
    return picture


def still(scene: str, size: Size) -> list[Picture]:
    """The scenes that hold no number."""
    if scene == "noise":
        return [snow(size, number) for number in range(SNOW)]
    return [flat(size, 41, 212, 115) if scene == "blue" else flat(size, 16, 128, 128)]


def jpeg(picture: Picture) -> bytes:
    """With 4:2:2 chroma, as dongles send it."""
    import cv2

    options = [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422]
    return cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_YUV2BGR), options)[1].tobytes()


def yuyv(picture: Picture) -> bytes:
    packed = np.empty((*picture.shape[:2], 2), np.uint8)
    packed[:, :, 0] = picture[:, :, 0]
    packed[:, 0::2, 1], packed[:, 1::2, 1] = picture[:, 0::2, 1], picture[:, 0::2, 2]
    return packed.tobytes()


@cache
def album(form: str, size: Size) -> Album:
    return Album(form, size)


class Album:
    """All pictures of one format and size, read from the cache without being copied."""

    def __init__(self, form: str, size: Size) -> None:
        self._raw, self._size = form == "yuyv", size
        name = f"pictures_{form}_{size.width}x{size.height}_{float(size.rate):.2f}"
        key = digest((Path(__file__), Path(__file__).with_name("barcode.py")))
        with made_once(f"{name}-{key}", keep=1) as (folder, part):
            if part is not None:
                self._make(part)
        self._index: dict[str, list[tuple[int, int]]] = json.loads((folder / "index.json").read_text())
        with (folder / "pictures").open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def _make(self, folder: Path) -> None:
        index: dict[str, list[tuple[int, int]]] = {}
        encode = yuyv if self._raw else jpeg
        with (folder / "pictures").open("wb") as file:
            for scene in ("picture", "blue", "noise", "black"):
                index[scene] = []
                for number in range((RAW_LOOP if self._raw else LOOP) if scene == "picture" else 1):
                    shown = [numbered(self._size, number)] if scene == "picture" else still(scene, self._size)
                    for data in map(encode, shown):
                        index[scene].append((file.tell(), len(data)))
                        file.write(data)
        (folder / "index.json").write_text(json.dumps(index))

    def picture(self, scene: str, frame: int) -> tuple[bytes, int]:
        """(its bytes, the number that it carries or -1) of the scene at this frame."""
        places = self._index[scene]
        begin, length = places[frame % len(places)]
        data = self._bytes[begin : begin + length]
        if scene != "picture":
            return data, -1
        number = frame % LOOP
        return (self._numbered(data, number) if self._raw else data), number

    def _numbered(self, data: bytes, number: int) -> bytes:
        picture = np.frombuffer(data, np.uint8).reshape(self._size.height, self._size.width, 2).copy()
        paint(picture[:, :, 0], number)
        return picture.tobytes()
