"""Moving scenes at field rate from clips and photos: fourteen whole pictures, one for each field time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.bench.split import is_held_out
from appliance.sim.optics import Planes

FIELDS = 14
ROWS, COLUMNS = 192, 384
CLIP_PICTURES = 120
PHOTO_SIDE = 1000

Colour = NDArray[np.uint8]  # (rows, columns, 3): Y, U, V at full size


def find_sources(folder: Path, held_out: bool) -> tuple[list[Path], list[Path]]:
    """Clips and photos of one side of the split."""
    clips = sorted(p for p in (folder / "video").glob("*") if is_held_out(p) is held_out)
    photos = sorted(p for p in (folder / "images").glob("*") if is_held_out(p) is held_out)
    return [c for c in clips if picture_rate(c) > 20], photos


def picture_rate(clip: Path) -> float:
    with av.open(str(clip)) as container:
        return float(container.streams.video[0].average_rate or 0)


def read_clip(path: Path, pictures: int = CLIP_PICTURES) -> list[Colour]:
    """Up to so many pictures as packed YUV, 576 rows at most; big ones lose their noise in the shrinking."""
    frames: list[Colour] = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            height = min(576, frame.height)
            width = round(frame.width * height / frame.height / 2) * 2
            small = frame.reformat(width, height, "yuv444p", interpolation="AREA")
            frames.append(
                np.ascontiguousarray(small.to_ndarray().reshape(3, height, width).transpose(1, 2, 0))
            )
            if len(frames) == pictures:
                break
    return frames


def read_photo(path: Path) -> Colour | None:
    """The photo about a thousand pixels wide in BT.601 limited range; None when it is no colour photo."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        return None
    scale = PHOTO_SIDE / max(image.shape[:2])
    small = cv2.resize(
        image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    )
    full = cv2.cvtColor(small, cv2.COLOR_BGR2YCrCb)[..., [0, 2, 1]].astype(np.float64)
    ycc = (full - [0, 128, 128]) * [219 / 255, 224 / 255, 224 / 255] + [16, 128, 128]
    return np.clip(np.rint(ycc), 0, 255).astype(np.uint8)


def clip_scene(frames: list[Colour], rng: np.random.Generator) -> list[Colour]:
    """A piece of the clip, one of its pictures for each field; shrunk for more detail, or enlarged: what was
    shot for tape was seldom sharper than that."""
    height, width = frames[0].shape[:2]
    largest = min(height / ROWS, width / COLUMNS)
    zoom = min(largest, float(rng.uniform(0.5, max(1.0, min(largest, 1.8)))))
    rows, columns = int(ROWS * zoom), int(COLUMNS * zoom)
    top, left = rng.integers(0, height - rows + 1), rng.integers(0, width - columns + 1)
    start = rng.integers(0, max(1, len(frames) - FIELDS))
    chosen = [frames[min(start + k, len(frames) - 1)] for k in range(FIELDS)]
    part = (slice(top, top + rows), slice(left, left + columns))
    method = cv2.INTER_AREA if zoom > 1 else cv2.INTER_CUBIC
    return [cv2.resize(f[part], (COLUMNS, ROWS), interpolation=method) for f in chosen]


def photo_scene(photo: Colour, front: Colour, rng: np.random.Generator) -> list[Colour]:
    """A pan, turn and zoom over a photo; half the time a piece of another one passes in front of it."""
    back = camera_path(photo, rng)
    if rng.random() < 0.5:
        return back
    passing, places = camera_path(front, rng), walk(rng, 14.0) + rng.uniform(0.2, 0.8, 2) * [COLUMNS, ROWS]
    axes = tuple(int(a) for a in rng.uniform(20, 90, 2))
    angle, soft = float(rng.uniform(0, 180)), float(rng.uniform(0.6, 2.0))
    scene = []
    for behind, before, (x, y) in zip(back, passing, places, strict=True):
        mask = np.zeros((ROWS, COLUMNS), np.uint8)
        cv2.ellipse(
            mask,
            (int(x * 16), int(y * 16)),
            (axes[0] * 16, axes[1] * 16),
            angle,
            0,
            360,
            255,
            -1,
            cv2.LINE_AA,
            4,
        )
        cover = cv2.GaussianBlur(mask, (0, 0), soft)[..., None].astype(np.float32) / 255
        scene.append(np.rint(behind * (1 - cover) + before * cover).astype(np.uint8))
    return scene


def walk(rng: np.random.Generator, fastest_px: float) -> NDArray[np.float64]:
    """The places of something that moves evenly with a little shake; slow more often than fast."""
    speed = fastest_px * rng.random() ** 2
    heading = rng.uniform(0, 2 * np.pi)
    time = np.arange(FIELDS)[:, None]
    way = time * speed * np.array([[np.cos(heading), 0.6 * np.sin(heading)]])
    return np.asarray(way + rng.normal(0, 0.15 * speed, (FIELDS, 2)).cumsum(0))


def camera_path(photo: Colour, rng: np.random.Generator) -> list[Colour]:
    height, width = photo.shape[:2]
    places = walk(rng, 16.0)
    room = np.maximum(np.array([width, height]) - np.array([COLUMNS, ROWS]) - 40, 1)
    corner = rng.uniform(0, 1, 2) * room + 20
    scale0, angle0 = rng.uniform(0.85, 1.15), rng.normal(0, 4)
    grow, turn = rng.normal(0, 0.004), rng.normal(0, 0.3) * (rng.random() < 0.4)
    scene = []
    for k, (x, y) in enumerate(places):
        centre = corner + np.array([x + COLUMNS / 2, y + ROWS / 2])
        matrix = cv2.getRotationMatrix2D(tuple(centre), angle0 + turn * k, scale0 * (1 + grow * k))
        matrix[:, 2] += [COLUMNS / 2 - centre[0], ROWS / 2 - centre[1]]
        size, flags = (COLUMNS, ROWS), cv2.INTER_CUBIC
        moved = cv2.warpAffine(photo, matrix, size, flags=flags, borderMode=cv2.BORDER_REFLECT)
        scene.append(np.asarray(moved, np.uint8))
    return scene


def to_planes(picture: Colour) -> Planes:
    """4:2:2, each colour sample the mean of two."""
    half = (picture.shape[1] // 2, picture.shape[0])
    u, v = (
        cv2.resize(np.ascontiguousarray(picture[..., k]), half, interpolation=cv2.INTER_AREA) for k in (1, 2)
    )
    return np.ascontiguousarray(picture[..., 0]), np.asarray(u, np.uint8), np.asarray(v, np.uint8)


def vary(scene: list[Colour], rng: np.random.Generator) -> tuple[list[Colour], str]:
    """Most scenes as they are; some still, some shot progressively, some softened like an old camera."""
    if rng.random() < 0.4:
        sigma = rng.uniform(0.3, 1.5)
        scene = [np.asarray(cv2.GaussianBlur(f, (0, 0), sigma), np.uint8) for f in scene]
    kind = rng.choice(["moving", "still", "progressive"], p=[0.74, 0.14, 0.12])
    if kind == "still":
        scene = [scene[0]] * FIELDS
    if kind == "progressive":
        scene = [scene[k // 2 * 2] for k in range(FIELDS)]
    if rng.random() < 0.5:
        scene = [np.ascontiguousarray(f[:, ::-1]) for f in scene]
    return scene, str(kind)


def draw_scenes(folder: Path, held_out: bool, each: tuple[int, int], seed: int) -> Iterator[list[Colour]]:
    """``each``: scenes from every clip and from every photo."""
    rng = np.random.default_rng(seed)
    clips, photos = find_sources(folder, held_out)
    front: Colour | None = None
    for path in photos:
        photo = read_photo(path)
        if photo is None:
            continue
        for _ in range(each[1]):
            yield vary(photo_scene(photo, photo if front is None else front, rng), rng)[0]
        front = photo
    for path in clips:
        frames = read_clip(path)
        for _ in range(each[0]):
            yield vary(clip_scene(frames, rng), rng)[0]
