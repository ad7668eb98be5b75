"""The still things of the scene, painted once: wall, shelf, pictures, chart, clock face, table."""

from __future__ import annotations

import math
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.sim.paint import Brush, Canvas, Point, Rgb

TABLE_TOP = 760.0
RAIL = TABLE_TOP + 138.0
DADO = 610.0  # where the panelling begins
TITLES = (
    "SEA MILES",
    "THE LOOM",
    "MOTH & LAMP",
    "TIN BIRDS",
    "A LOW SUN",
    "SALT ROAD",
    "WINTER WHEAT",
    "OLD MAPS",
    "CLAY",
    "NORTH PIER",
    "HOW TO MEND",
    "RADIO",
    "FERNS",
    "THE LONG TAPE",
    "GLASS",
    "HARBOUR",
    "KITES",
    "SMALL CLOCKS",
    "RIVERS",
    "BREAD",
)
POSTER = (
    (30.0, "READING"),
    (22.0, "ROOM RULES"),
    (15.0, "Speak softly."),
    (12.0, "Put every book back"),
    (12.0, "where you found it."),
    (10.0, "Wipe your feet, mind the train,"),
    (10.0, "and wind the clock on Sundays."),
    (8.0, "The parrot may be answered back,"),
    (8.0, "but she always has the last word."),
    (6.0, "Printed by hand at the pier, edition of forty."),
)


def mix(one: Rgb, other: Rgb, share: float) -> Rgb:
    """``share`` of the other colour in the one."""
    return cast(Rgb, tuple(round(a + (b - a) * share) for a, b in zip(one, other, strict=True)))


def shaded(colour: Rgb, gain: float) -> Rgb:
    return cast(Rgb, tuple(min(255, max(0, round(v * gain))) for v in colour))


def smooth_noise(
    rng: np.random.Generator, shape: tuple[int, int], grain: tuple[int, int]
) -> NDArray[np.float32]:
    """Noise of about unit strength whose blobs are ``grain`` (down, across) pixels large."""
    small = rng.standard_normal((shape[0] // grain[0] + 2, shape[1] // grain[1] + 2)).astype(np.float32)
    return cast("NDArray[np.float32]", cv2.resize(small, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC))


def modulate(region: Canvas, gain: NDArray[np.floating]) -> None:
    """Multiply the light of a region in place."""
    region[..., :3] = np.clip(region[..., :3] * (1.0 + gain[..., None]), 0, 255).astype(np.uint8)


def wood(
    brush: Brush, rng: np.random.Generator, x: float, y: float, width: float, height: float, colour: Rgb
) -> None:
    """A board with its grain along the longer side."""
    brush.rect(x, y, width, height, colour)
    region = brush.region(x, y, width, height)
    fine, long = max(1, round(2 * brush.scale)), max(2, round(160 * brush.scale))
    grain = (fine, long) if width >= height else (long, fine)
    shape = (region.shape[0], region.shape[1])
    streaks = 0.07 * smooth_noise(rng, shape, grain)
    modulate(region, streaks + 0.05 * smooth_noise(rng, shape, (grain[0] * 6, grain[1])))


def wallpaper(brush: Brush, rng: np.random.Generator, paper: Rgb, ink: Rgb) -> None:
    """Stripes, a printed flower on a lattice, and the tooth of the paper."""
    height, width = brush.canvas.shape[:2]
    brush.canvas[:] = paper
    for stripe in range(0, math.ceil(width / brush.scale), 104):
        brush.rect(stripe, 0, 52, DADO, mix(paper, ink, 0.12))
        brush.line([(stripe, 0), (stripe, DADO)], mix(paper, ink, 0.5), 2)
    for row in range(12):
        for column in range(-1, math.ceil(width / brush.scale / 104) + 1):
            flower(brush, column * 104 + 26 + 52 * (row % 2), row * 56 + 20, mix(paper, ink, 0.75))
    modulate(brush.canvas, 0.02 * rng.standard_normal((height, width), np.float32))


def flower(brush: Brush, x: float, y: float, colour: Rgb) -> None:
    for petal in range(5):
        angle = petal * 2 * math.pi / 5 - math.pi / 2
        brush.ellipse(x + 8 * math.cos(angle), y + 8 * math.sin(angle), 6, 3, colour, math.degrees(angle))
    brush.ellipse(x, y, 3, 3, shaded(colour, 1.5))
    brush.line([(x, y + 10), (x - 3, y + 22), (x, y + 32)], colour, 1.6)


def panelling(brush: Brush, rng: np.random.Generator, width: float, colour: Rgb) -> None:
    wood(brush, rng, 0, DADO, width, TABLE_TOP + 20 - DADO, colour)
    brush.rect(0, DADO, width, 10, shaded(colour, 1.25))
    brush.rect(0, DADO + 10, width, 4, shaded(colour, 0.55))
    for x in range(10, round(width), 150):
        wood(brush, rng, x, DADO + 28, 126, 110, shaded(colour, 0.9))
        brush.line([(x, DADO + 138), (x, DADO + 28), (x + 126, DADO + 28)], shaded(colour, 0.5), 3)
        brush.line([(x, DADO + 138), (x + 126, DADO + 138), (x + 126, DADO + 28)], shaded(colour, 1.35), 2)


def table(brush: Brush, rng: np.random.Generator, width: float, colour: Rgb, cloth: Rgb) -> None:
    wood(brush, rng, 0, TABLE_TOP, width, 150, colour)
    brush.rect(0, TABLE_TOP, width, 5, shaded(colour, 1.35))
    brush.rect(0, RAIL, width, 4, (150, 150, 156))
    brush.rect(0, TABLE_TOP + 150, width, 60, shaded(cloth, 0.8))
    for x in range(0, round(width), 26):  # a checked cloth hangs over the front edge
        brush.rect(x, TABLE_TOP + 150, 13, 60, cloth)
    for y in (0, 26):
        brush.rect(0, TABLE_TOP + 150 + y, width, 13, mix(cloth, (255, 255, 255), 0.35))
    for x in range(0, round(width), 26):
        brush.rect(x, TABLE_TOP + 150, 13, 13, mix(cloth, (255, 255, 255), 0.8))
        brush.rect(x, TABLE_TOP + 176, 13, 13, mix(cloth, (255, 255, 255), 0.8))


def bookshelf(
    brush: Brush, rng: np.random.Generator, x: float, y: float, width: float, height: float
) -> None:
    board: Rgb = (104, 66, 40)
    brush.rect(x + 8, y + 10, width, height, (40, 30, 26))  # its shadow
    wood(brush, rng, x, y, width, height, board)
    brush.rect(x + 14, y + 14, width - 28, height - 28, shaded(board, 0.35))
    rows = max(1, round(height / 190))
    step = (height - 28) / rows
    for row in range(rows):
        floor = y + 14 + (row + 1) * step
        books(brush, rng, x + 18, x + width - 18, floor - 12, step - 34)
        wood(brush, rng, x + 14, floor - 12, width - 28, 12, shaded(board, 1.15))


def books(
    brush: Brush, rng: np.random.Generator, left: float, right: float, floor: float, room: float
) -> None:
    x = left
    while x < right - 12:
        width = min(float(rng.uniform(24, 42)), right - x)
        height = room * float(rng.uniform(0.78, 1.0))
        book(brush, rng, x, floor - height, width, height)
        x += width + float(rng.choice([1.0, 1.0, 1.0, 9.0]))


def book(brush: Brush, rng: np.random.Generator, x: float, y: float, width: float, height: float) -> None:
    red, green, blue = colour_wheel(
        float(rng.uniform(0, 1)), float(rng.uniform(0.35, 0.8)), float(rng.uniform(0.3, 0.8))
    )
    cover: Rgb = (red, green, blue)
    brush.rect(x, y, width, height, cover)
    brush.rect(x, y, 3, height, shaded(cover, 1.3))
    brush.rect(x + width - 4, y, 4, height, shaded(cover, 0.65))
    ink: Rgb = (245, 225, 170) if sum(cover) < 400 else (40, 25, 20)
    for band in (0.06, 0.9):
        brush.rect(x + 3, y + height * band, width - 7, 3, ink)
    spine_title(brush, str(rng.choice(TITLES)), x, y + height * 0.09, width, height * 0.8, ink)


def spine_title(brush: Brush, words: str, x: float, y: float, width: float, height: float, ink: Rgb) -> None:
    """Text that runs down the spine: written on a piece of the book laid flat, which is then put back."""
    region = brush.region(x + 3, y, width - 7, height)
    flat = np.asarray(cv2.rotate(region, cv2.ROTATE_90_COUNTERCLOCKWISE), np.uint8)
    page = Brush(flat, brush.scale)
    size = min(width * 0.48, 15.0)
    size = min(size, size * height * 0.86 / page.text_width(words, size))
    page.text(height * 0.04, (width - 7 + size) / 2, words, size, ink)
    region[:] = cv2.rotate(flat, cv2.ROTATE_90_CLOCKWISE)


def colour_wheel(hue: float, saturation: float, value: float) -> Rgb:
    pixel = np.array([[[hue * 360, saturation, value]]], np.float32)
    red, green, blue = (round(float(v) * 255) for v in cv2.cvtColor(pixel, cv2.COLOR_HSV2RGB)[0, 0])
    return (red, green, blue)


def frame(brush: Brush, x: float, y: float, width: float, height: float, colour: Rgb) -> None:
    """A moulded picture frame around the rectangle."""
    brush.rect(x - 12, y - 8, width + 30, height + 30, (46, 38, 34))
    for inset, gain in ((16, 0.6), (13, 1.0), (8, 1.4), (4, 0.75)):
        brush.rect(x - inset, y - inset, width + 2 * inset, height + 2 * inset, shaded(colour, gain))


def landscape(
    brush: Brush, rng: np.random.Generator, x: float, y: float, width: float, height: float
) -> None:
    frame(brush, x, y, width, height, (178, 138, 60))
    tall = 24
    for strip in range(tall):
        sky = mix((250, 190, 120), (70, 120, 190), 1 - strip / tall)
        brush.rect(x, y + height * strip / tall, width, height / tall + 1, sky)
    brush.ellipse(x + width * 0.7, y + height * 0.35, 16, 16, (255, 235, 160))
    for layer in range(4):
        phase, base = float(rng.uniform(0, 6)), y + height * (0.45 + 0.13 * layer)
        ridge: list[Point] = [
            (x + width * i / 40, base - 18 * math.sin(phase + i / 5) - 7 * math.sin(2.7 * phase + i / 1.7))
            for i in range(41)
        ]
        colour = mix((110, 130, 150), (34, 78, 38), layer / 3)
        brush.poly([*ridge, (x + width, y + height), (x, y + height)], colour)
    region = brush.region(x, y, width, height)
    strokes = smooth_noise(rng, (region.shape[0], region.shape[1]), (4, 9))
    modulate(region, 0.08 * strokes)


def star_chart(brush: Brush, x: float, y: float, size: float) -> None:
    """A Siemens star and line gratings: where resolution ends can be read off it."""
    frame(brush, x, y, size, size * 1.3, (30, 30, 34))
    brush.rect(x, y, size, size * 1.3, (236, 232, 222))
    middle, radius, spokes = (x + size / 2, y + size * 0.5), size * 0.42, 36
    for spoke in range(0, 2 * spokes, 2):
        a, b = (math.pi * k / spokes for k in (spoke, spoke + 1))
        tips = [(middle[0] + radius * math.cos(t), middle[1] + radius * math.sin(t)) for t in (a, b)]
        brush.poly([middle, *tips], (20, 20, 24))
    brush.ellipse(*middle, size * 0.05, size * 0.05, (190, 40, 40))
    left = x + size * 0.06
    for pitch in (8.0, 5.0, 3.5, 2.5):
        for bar in range(4):
            brush.rect(left, y + size * 1.02, pitch / 2, size * 0.2, (20, 20, 24))
            left += pitch if bar < 3 else pitch + size * 0.08


def poster(brush: Brush, x: float, y: float, width: float) -> None:
    """Lines of print from large to hardly readable."""
    height = 12 + sum(size * 1.75 for size, _ in POSTER)
    brush.rect(x + 5, y + 6, width, height, (60, 50, 44))
    brush.rect(x, y, width, height, (240, 228, 200))
    baseline = y + 10.0
    for size, words in POSTER:
        baseline += size * 1.35
        drawn = min(size, size * (width - 34) / brush.text_width(words, size))
        brush.text(x + 12, baseline, words, drawn, (60, 24, 20), "serif" if size > 12 else "plain")
        baseline += size * 0.4
    for corner in (x + 8, x + width - 8):
        brush.ellipse(corner, y + 7, 4, 4, (200, 40, 40))


def clock_face(brush: Brush, x: float, y: float, radius: float) -> None:
    """A wall clock with its case for the pendulum; the hands are drawn as they move."""
    brush.rect(x - radius * 0.72 + 6, y + 8, radius * 1.44, radius * 2.75, (40, 30, 26))
    brush.rect(x - radius * 0.72, y, radius * 1.44, radius * 2.75, (88, 48, 30))
    brush.rect(x - radius * 0.55, y + radius, radius * 1.1, radius * 1.6, (28, 20, 18))
    brush.ellipse(x, y, radius * 1.14, radius * 1.14, (110, 64, 38))
    brush.ellipse(x, y, radius, radius, (244, 238, 222))
    for minute in range(60):
        angle = minute * math.pi / 30
        inner = 0.86 if minute % 5 == 0 else 0.92
        ends = [(x + radius * r * math.sin(angle), y - radius * r * math.cos(angle)) for r in (inner, 0.97)]
        brush.line(ends, (30, 30, 30), 3 if minute % 5 == 0 else 1.4)
    for hour in range(1, 13):
        angle = hour * math.pi / 6
        place = (x + radius * 0.7 * math.sin(angle), y - radius * 0.7 * math.cos(angle))
        shift = brush.text_width(str(hour), radius * 0.17) / 2
        brush.text(place[0] - shift, place[1] + radius * 0.085, str(hour), radius * 0.17, (30, 30, 30))


def lamp_light(brush: Brush, x: float, y: float) -> None:
    """The room is brighter towards the lamp: no large even areas anywhere."""
    height, width = brush.canvas.shape[:2]
    across = (np.arange(width, dtype=np.float32) / brush.scale - x) / 1000
    down = (np.arange(height, dtype=np.float32) / brush.scale - y) / 800
    modulate(brush.canvas, 0.22 * np.exp(-(across[None] ** 2) - down[:, None] ** 2) - 0.16)
