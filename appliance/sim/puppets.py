"""The cut-outs that move: puppet, parrot, clapperboard, train, balloon, and the sky behind the window."""

from __future__ import annotations

import math

import numpy as np

from appliance.sim.furniture import mix, modulate, shaded, smooth_noise
from appliance.sim.paint import Canvas, Easel, Point, Rgb, Sprite, to_yuv

SKIN: Rgb = (226, 168, 130)


def body(scale: float, rng: np.random.Generator, wool: Rgb) -> Sprite:
    """Shoulders and chest in a knitted jumper; the pivot is where the table hides it."""
    easel = Easel(420, 330, scale)
    brush = easel.brush
    outline: list[Point] = [
        (30, 330),
        (44, 150),
        (90, 84),
        (160, 60),
        (260, 60),
        (330, 84),
        (376, 150),
        (390, 330),
    ]
    brush.poly(outline, wool)
    light = mix(wool, (255, 255, 255), 0.65)
    for row in range(60, 330, 13):  # rows of knitting
        for column in range(36 + (row // 13 % 2) * 7, 386, 14):
            if easel.canvas[
                min(int(row * brush.scale), easel.canvas.shape[0] - 1), int(column * brush.scale), 3
            ]:
                ink = light if (row // 13) % 6 == 2 else shaded(wool, 0.72)
                brush.line([(column - 4, row - 4), (column, row + 3), (column + 4, row - 4)], ink, 1.8)
    brush.poly([(165, 62), (255, 62), (210, 120)], (238, 234, 226))
    brush.line([(165, 62), (210, 122), (255, 62)], shaded(wool, 0.6), 7)
    tooth = 0.05 * rng.standard_normal(easel.canvas.shape[:2], np.float32)
    modulate(easel.canvas, tooth)
    return easel.sprite((210, 330))


def head(scale: float, rng: np.random.Generator) -> Sprite:
    """Face, hair and glasses; eyes and mouth are drawn as they move. The pivot is the neck."""
    easel = Easel(240, 290, scale)
    brush = easel.brush
    hair: Rgb = (92, 54, 30)
    brush.rect(96, 210, 48, 80, shaded(SKIN, 0.82))
    brush.ellipse(120, 118, 98, 104, hair)
    for ear in (32, 208):
        brush.ellipse(ear, 146, 15, 24, shaded(SKIN, 0.92))
    brush.ellipse(120, 146, 84, 98, SKIN)
    for _ in range(170):  # single hairs
        angle = float(rng.uniform(math.pi * 1.02, math.pi * 1.98))
        start = (120 + 70 * math.cos(angle), 118 + 76 * math.sin(angle))
        reach = float(rng.uniform(22, 38))
        end = (start[0] + reach * math.cos(angle + 0.3), start[1] + reach * math.sin(angle + 0.3))
        brush.line([start, end], mix(hair, (220, 170, 110), float(rng.uniform(0, 0.7))), 1.5)
    for cheek in (72, 168):
        brush.ellipse(cheek, 176, 19, 13, mix(SKIN, (224, 96, 84), 0.4))
        for _ in range(9):
            freckle = (cheek + float(rng.uniform(-16, 16)), 168 + float(rng.uniform(-10, 12)))
            brush.ellipse(*freckle, 1.8, 1.8, shaded(SKIN, 0.72))
    brush.poly([(120, 138), (108, 174), (132, 174)], shaded(SKIN, 0.86))
    for eye in (86, 154):
        brush.ellipse(eye, 134, 29, 27, (40, 36, 44))
        brush.ellipse(eye, 134, 25, 23, (240, 240, 244))
    brush.line([(113, 132), (127, 132)], (40, 36, 44), 4)
    return easel.sprite((120, 262))


def hand(scale: float, wool: Rgb) -> Sprite:
    """Forearm and hand; the pivot is the elbow, the hand points up."""
    easel = Easel(90, 250, scale)
    brush = easel.brush
    brush.poly([(18, 250), (26, 90), (64, 90), (72, 250)], wool)
    for row in range(96, 250, 13):
        brush.line([(22, row), (45, row + 5), (68, row)], shaded(wool, 0.7), 2)
    brush.rect(24, 84, 42, 12, shaded(wool, 0.6))
    brush.ellipse(45, 60, 25, 30, SKIN)
    for finger in range(4):
        brush.ellipse(26 + finger * 12.5, 26 + 4 * abs(finger - 1.5), 6.5, 22, SKIN)
        brush.line([(32 + finger * 12.5, 42), (32 + finger * 12.5, 24)], shaded(SKIN, 0.75), 1.2)
    brush.ellipse(70, 56, 8, 18, SKIN, 30)
    return easel.sprite((45, 240))


def parrot(scale: float, rng: np.random.Generator) -> Sprite:
    """Everything but the lower beak; the pivot is the perch under its feet."""
    easel = Easel(160, 260, scale)
    brush = easel.brush
    brush.poly([(60, 130), (100, 130), (96, 260), (76, 236)], (40, 80, 190))
    brush.ellipse(80, 118, 44, 68, (214, 48, 40), -8)
    for feather in range(110):
        angle, reach = float(rng.uniform(0, 2 * math.pi)), math.sqrt(float(rng.uniform(0, 1)))
        x, y = 80 + 34 * reach * math.cos(angle), 122 + 56 * reach * math.sin(angle)
        tint = mix((214, 48, 40), (250, 200, 60), float(rng.uniform(0, 0.55)))
        brush.ellipse(x, y, 7, 3.4, tint if feather % 3 else shaded(tint, 0.8), 60)
    brush.ellipse(60, 136, 20, 52, (60, 150, 70), 8)
    for quill in range(9):
        brush.line([(50 + quill * 2.4, 104 + quill * 6), (56 + quill, 176)], (36, 100, 52), 1.6)
    brush.ellipse(88, 52, 36, 38, (224, 62, 50))
    brush.ellipse(104, 50, 17, 16, (246, 240, 232))
    brush.ellipse(104, 48, 6, 6, (20, 20, 20))
    brush.poly([(116, 40), (146, 58), (134, 84), (118, 66)], (54, 50, 52))
    return easel.sprite((80, 184))


def beak(scale: float) -> Sprite:
    easel = Easel(40, 40, scale)
    easel.brush.poly([(4, 6), (30, 14), (24, 28), (8, 20)], (40, 36, 38))
    return easel.sprite((5, 8))


def clap_slate(scale: float, words: str) -> Sprite:
    easel = Easel(260, 190, scale)
    brush = easel.brush
    brush.rect(0, 20, 260, 170, (24, 26, 30))
    brush.rect(8, 52, 244, 130, (36, 40, 46))
    stripes(easel, 20, 22)
    brush.text(20, 84, "TWINREEL", 20, (240, 240, 236), "serif")
    brush.line([(8, 98), (252, 98)], (220, 220, 220), 2)
    brush.text(20, 126, words, 16, (240, 240, 236), "plain")
    brush.line([(8, 140), (252, 140)], (220, 220, 220), 2)
    return easel.sprite((8, 20))


def clap_arm(scale: float) -> Sprite:
    """The upper bar; its pivot is the hinge at the left end."""
    easel = Easel(260, 22, scale)
    easel.brush.rect(0, 0, 260, 22, (24, 26, 30))
    stripes(easel, 0, 22)
    return easel.sprite((8, 20))


def stripes(easel: Easel, top: float, height: float) -> None:
    for x in range(14, 250, 48):
        bar: list[Point] = [(x, top), (x + 22, top), (x + 22 - 14, top + height), (x - 14, top + height)]
        easel.brush.poly(bar, (240, 240, 236))


def engine(scale: float) -> Sprite:
    """The toy train: engine and two wagons, without wheels. The pivot is the rail under its front."""
    easel = Easel(420, 110, scale)
    brush = easel.brush
    brush.rect(290, 44, 110, 40, (28, 108, 60))
    brush.rect(290, 18, 48, 66, (28, 108, 60))
    brush.rect(298, 26, 30, 24, (180, 214, 230))
    brush.rect(284, 10, 60, 10, (190, 40, 36))
    brush.rect(372, 18, 14, 30, (24, 24, 26))
    brush.ellipse(400, 64, 10, 20, (222, 180, 60))
    brush.text(342, 74, "No 7", 15, (244, 226, 150))
    for wagon, paint in ((12, (190, 44, 40)), (152, (40, 74, 160))):
        brush.rect(wagon, 40, 124, 46, paint)
        for plank in range(wagon + 10, wagon + 124, 12):
            brush.line([(plank, 40), (plank, 86)], shaded(paint, 0.6), 2)
        brush.rect(wagon + 18, 52, 88, 22, (240, 230, 200))
        brush.text(wagon + 24, 69, "EXPRESS" if wagon == 12 else "TAPE CO.", 12, (40, 30, 30))
    brush.rect(130, 78, 170, 5, (30, 30, 30))
    return easel.sprite((400, 108))


def wheel(scale: float, radius: float = 14.0) -> Sprite:
    easel = Easel(2 * radius + 2, 2 * radius + 2, scale)
    brush, middle = easel.brush, radius + 1
    brush.ellipse(middle, middle, radius, radius, (22, 22, 24))
    brush.ellipse(middle, middle, radius * 0.72, radius * 0.72, (206, 172, 70))
    for spoke in range(3):
        angle = spoke * math.pi / 3
        reach = (radius * 0.7 * math.cos(angle), radius * 0.7 * math.sin(angle))
        ends = [(middle - reach[0], middle - reach[1]), (middle + reach[0], middle + reach[1])]
        brush.line(ends, (22, 22, 24), 3)
    return easel.sprite((middle, middle))


def balloon(scale: float) -> Sprite:
    easel = Easel(70, 100, scale)
    brush = easel.brush
    for stripe in range(7, 0, -1):
        colour: Rgb = (214, 60, 50) if stripe % 2 else (250, 220, 120)
        brush.ellipse(35, 36, 32 * stripe / 7, 34, colour)
    for rope in (22, 48):
        brush.line([(rope, 64), (35 + (rope - 35) * 0.4, 84)], (60, 50, 40), 1.5)
    brush.rect(28, 82, 14, 12, (120, 80, 40))
    return easel.sprite((35, 50))


def mullions(scale: float, width: float, height: float) -> Sprite:
    """The bars of the window, laid over what goes on outside."""
    easel = Easel(width, height, scale)
    for x in (0.0, width / 2 - 6, width - 12):
        easel.brush.rect(x, 0, 12, height, (226, 222, 210))
        easel.brush.rect(x + 9, 0, 3, height, (150, 144, 132))
    for y in (0.0, height / 2 - 6, height - 12):
        easel.brush.rect(0, y, width, 12, (226, 222, 210))
        easel.brush.rect(0, y + 9, width, 3, (150, 144, 132))
    return easel.sprite((0, 0))


def sky(scale: float, rng: np.random.Generator, width: float, height: float, more: float) -> Canvas:
    """Clouds over a sea that join at their ends; the first ``more`` units and a pixel are there once more."""
    shape = (round(height * scale), round(width * scale / 2))
    clouds = np.zeros(shape, np.float32)
    for grain, strength in ((48, 1.0), (20, 0.5), (8, 0.28)):
        size = max(1, round(grain * scale))
        clouds += strength * smooth_noise(rng, shape, (size, 2 * size))
    cover = np.clip(clouds * 0.8 + 0.1, 0, 1)[..., None]
    down = np.linspace(0, 1, shape[0], dtype=np.float32)[:, None, None]
    blue = (1 - down) * np.array([70, 130, 210], np.float32) + down * np.array([190, 215, 235], np.float32)
    picture = blue * (1 - cover) + cover * np.array([250, 248, 244], np.float32)
    sea = round(shape[0] * 0.78)
    waves = smooth_noise(rng, (shape[0] - sea, shape[1]), (2, 24))
    picture[sea:] = np.array([40, 84, 110]) + 14 * waves[..., None]
    half = to_yuv(np.clip(picture, 0, 255).astype(np.uint8))
    again = half[:, : round(more * scale) + 1]
    return np.ascontiguousarray(np.hstack([half, half[:, ::-1], again]))
