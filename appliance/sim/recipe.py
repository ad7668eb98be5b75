"""Everything that decides what the simulated tape and camera hold: the key of the cache."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

from appliance.core.config import SimConfig
from appliance.core.types import BT601_525, BT601_625, JPEG_FULL, FieldOrder, StreamFormat

CAMERA_RATE = Fraction(30)
PICTURE_MAKERS = (
    "furniture.py",
    "optics.py",
    "paint.py",
    "puppets.py",
    "recipe.py",
    "render.py",
    "scene.py",
    "score.py",
    "sound.py",
    "tape/chance.py",
    "tape/chroma.py",
    "tape/damage.py",
    "tape/dongle.py",
    "tape/kit.py",
    "tape/luma.py",
    "tape/parameters.py",
    "tape/play.py",
    "tape/second_camera.py",
    "tape/shot.py",
    "tape/timing.py",
)


@dataclass(frozen=True)
class Recipe:
    standard: Literal["pal", "ntsc"] = "pal"
    size: Literal["full", "quarter"] = "full"
    seconds: float = 20.0
    seed: int = 1
    wear: Literal["clean", "good", "worn"] = "good"
    camera: Literal["same", "other", "none"] = "same"
    camera_offset_s: float = 2.6
    camera_ppm: float = 80.0

    @property
    def scale(self) -> float:
        """Pixels a scene unit when drawing."""
        return 1.0 if self.size == "full" else 0.5

    @property
    def tape_size(self) -> tuple[int, int]:
        width, height = 720, 576 if self.standard == "pal" else 480
        return (width, height) if self.size == "full" else (width // 2, height // 2)

    @property
    def camera_size(self) -> tuple[int, int]:
        return (1280, 720) if self.size == "full" else (640, 360)

    @property
    def tape_rate(self) -> Fraction:
        return Fraction(25) if self.standard == "pal" else Fraction(30000, 1001)

    @property
    def field_order(self) -> FieldOrder:
        return "tff" if self.standard == "pal" else "bff"

    @property
    def tape_frames(self) -> int:
        return max(1, round(self.seconds * self.tape_rate))

    @property
    def camera_frames(self) -> int:
        return 0 if self.camera == "none" else max(1, round(self.seconds * CAMERA_RATE))

    @property
    def frame_bytes(self) -> int:
        width, height = self.tape_size
        return 2 * width * height

    @property
    def camera_seed(self) -> int:
        """Which scene the camera films; an odd number more is a room furnished the other way round."""
        return self.seed if self.camera == "same" else self.seed + 1001

    def tape_format(self) -> StreamFormat:
        pal = self.standard == "pal"
        return StreamFormat(
            *self.tape_size,
            rate=self.tape_rate,
            pixel_format="yuv422p",
            field_order=self.field_order,
            colour=BT601_625 if pal else BT601_525,
            sample_aspect=Fraction(12, 11) if pal else Fraction(10, 11),
        )

    def camera_format(self) -> StreamFormat:
        return StreamFormat(
            *self.camera_size,
            rate=CAMERA_RATE,
            pixel_format="mjpeg",
            field_order="progressive",
            colour=JPEG_FULL,
        )

    def key(self) -> str:
        """Changes with every setting and with every line of the code that makes pictures and sound."""
        digest = hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode())
        for name in PICTURE_MAKERS:
            digest.update((Path(__file__).parent / name).read_bytes())
        return digest.hexdigest()[:20]


def recipe_of(config: SimConfig) -> Recipe:
    return Recipe(
        standard=config.standard,
        size=config.size,
        seconds=config.seconds,
        seed=config.seed,
        wear=config.wear,
        camera=config.camera,
        camera_offset_s=config.camera_offset_s,
        camera_ppm=config.camera_ppm,
    )
