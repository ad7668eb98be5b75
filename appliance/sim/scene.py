"""The simulated world's picture as a function of time: a reading room in which a puppet and a parrot talk,
a toy train rushes by, clouds drift, a clock goes and a clapperboard claps under a flash lamp.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import cv2
import numpy as np

from appliance.sim import furniture, puppets, score
from appliance.sim.paint import OVERSAMPLE, Brush, Canvas, Point, Rgb, shrink, to_yuv

WIDTH, HEIGHT = 1664, 960  # the tape sees the middle 1280 x 960 of it
WINDOW = (330.0, 380.0)
SKY_WIDTH = 1600.0
POSTER_WIDTH = 206.0
CLOCK_RADIUS = 62.0
TRAIN_SPEED = 560.0  # scene units a second
DRIFT_SPEED = 14.0
PHASE_S = 37.7  # what moves in another room moves at other times
PALETTES: tuple[tuple[Rgb, Rgb, Rgb, Rgb], ...] = (  # paper, print, wood, wool
    ((150, 172, 150), (70, 104, 84), (128, 84, 50), (150, 40, 52)),
    ((196, 168, 128), (150, 84, 60), (92, 60, 46), (40, 84, 120)),
    ((136, 150, 186), (62, 72, 130), (150, 104, 62), (60, 110, 70)),
    ((190, 150, 156), (140, 60, 84), (84, 74, 70), (196, 140, 50)),
)


@dataclass(frozen=True)
class Layout:
    """Where things are in this room; another seed furnishes another room."""

    shelf: Point
    shelf_size: Point
    window: Point
    puppet: Point
    perch: Point
    slate: Point
    clock: Point
    chart: Point
    poster: Point
    painting: Point
    palette: int


def furnish(seed: int) -> Layout:
    """Seed decides on which side each thing stands and how far it is moved."""
    rng = np.random.default_rng((seed, 99))
    mirrored = bool(seed % 2 == 0)
    nudge = [float(v) for v in rng.uniform(-24, 24, 10)]

    def place(x: float, y: float, width: float, move: float) -> Point:
        return (WIDTH - x - width if mirrored else x) + move, y + abs(move) * 0.3

    return Layout(
        shelf=place(214, 26, 310, nudge[0]),
        shelf_size=(310.0, 570.0),
        window=place(1092, 60, WINDOW[0], nudge[1]),
        puppet=(WIDTH / 2 + (-48 if mirrored else 48) + nudge[2] / 3, 790.0),
        perch=place(1240, 690, 0, nudge[3]),
        slate=place(300, 726, 260, nudge[4]),
        clock=place(1000, 112, 0, nudge[5] / 4),
        chart=place(590, 60, 128, nudge[6] / 2),
        poster=place(556, 290, POSTER_WIDTH, nudge[7] / 4),
        painting=place(40, 130, 130, nudge[8] / 2),
        palette=seed % len(PALETTES) if seed > 1 else 0,
    )


class Scene:
    """One room, painted once at ``scale`` pixels a scene unit; ``draw`` then sets it to any time."""

    def __init__(self, seed: int, scale: float = 1.0) -> None:
        self.seed, self.scale = seed, scale
        self.size = (round(WIDTH * scale), round(HEIGHT * scale))
        self.layout = furnish(seed)
        rng = np.random.default_rng((seed, 7))
        wool = PALETTES[self.layout.palette][3]
        self.room = self.paint_room(rng)
        self.sky = puppets.sky(scale, rng, SKY_WIDTH, WINDOW[1], WINDOW[0])
        self.mullions = puppets.mullions(scale, *WINDOW)
        self.balloon = puppets.balloon(scale)
        self.body = puppets.body(scale, rng, wool)
        self.head = puppets.head(scale, rng)
        self.hand = puppets.hand(scale, wool)
        self.parrot = puppets.parrot(scale, rng)
        self.beak = puppets.beak(scale)
        self.slate = puppets.clap_slate(scale, f"SCENE {seed}   ROLL A")
        self.clap_arm = puppets.clap_arm(scale)
        self.engine = puppets.engine(scale)
        self.wheel = puppets.wheel(scale)

    def paint_room(self, rng: np.random.Generator) -> Canvas:
        """Everything that never moves, at twice the size and then scaled down."""
        place = self.layout
        paper, ink, timber, wool = PALETTES[place.palette]
        width, height = self.size
        canvas = np.zeros((height * OVERSAMPLE, width * OVERSAMPLE, 3), np.uint8)
        brush = Brush(canvas, self.scale * OVERSAMPLE)
        furniture.wallpaper(brush, rng, paper, ink)
        furniture.panelling(brush, rng, WIDTH, timber)
        furniture.bookshelf(brush, rng, *place.shelf, *place.shelf_size)
        furniture.star_chart(brush, *place.chart, 128)
        furniture.poster(brush, *place.poster, POSTER_WIDTH)
        furniture.landscape(brush, rng, *place.painting, 130, 170)
        furniture.landscape(brush, rng, WIDTH - 150 if place.painting[0] < WIDTH / 2 else 30, 120, 120, 240)
        furniture.clock_face(brush, *place.clock, CLOCK_RADIUS)
        furniture.table(brush, rng, WIDTH, furniture.shaded(timber, 1.15), wool)
        furniture.lamp_light(brush, WIDTH * 0.45, 250)
        return to_yuv(shrink(canvas, width, height))

    def draw(self, time_s: float, parallax: Point = (0.0, 0.0)) -> Canvas:
        """The scene at that moment, (h, w, 3) YUV 4:4:4 in BT.601 limited range.

        ``parallax`` moves the puppet, which sits well in front of the wall, for a viewer who stands aside.
        """
        canvas: Canvas = self.room.copy()
        moved_s = time_s + PHASE_S * (self.seed - 1)
        self.draw_window(canvas, moved_s)
        self.draw_clock(canvas, moved_s)
        self.draw_parrot(canvas, time_s)
        self.draw_puppet(canvas, time_s, parallax)
        top = round(furniture.TABLE_TOP * self.scale)
        canvas[top:] = self.room[top:]
        self.draw_slate(canvas, time_s)
        self.draw_train(canvas, moved_s)
        if score.flash_at(self.seed, time_s):
            return flashed(canvas)
        return canvas

    def draw_window(self, canvas: Canvas, time_s: float) -> None:
        """Slow things: the clouds, and a balloon that takes a minute to pass."""
        x, y = self.layout.window
        left, top = round(x * self.scale), round(y * self.scale)
        width, height = round(WINDOW[0] * self.scale), self.sky.shape[0]
        drift = (time_s * DRIFT_SPEED * self.scale) % (self.sky.shape[1] - width - 1)
        first = math.floor(drift)
        matrix = np.array([[1.0, 0.0, first - drift], [0.0, 1.0, 0.0]])
        near = self.sky[:, first : first + width + 1]
        view = np.asarray(cv2.warpAffine(near, matrix, (width, height), flags=cv2.INTER_LINEAR), np.uint8)
        course = (20 + time_s * 9) % (WINDOW[0] + 80) - 40
        self.balloon.paste(view, course, 120 + 20 * math.sin(time_s * 0.7))
        self.mullions.paste(view, 0, 0)
        canvas[top : top + height, left : left + width] = view

    def draw_clock(self, canvas: Canvas, time_s: float) -> None:
        x, y = self.layout.clock
        brush = Brush(canvas, self.scale, as_yuv=True)
        swing = math.radians(13) * math.sin(2 * math.pi * 0.9 * time_s)
        bob = (x + 118 * math.sin(swing), y + 20 + 118 * math.cos(swing))
        brush.line([(x, y + CLOCK_RADIUS + 8), bob], (200, 170, 90), 4)
        brush.ellipse(*bob, 17, 17, (226, 188, 84))
        brush.ellipse(bob[0] - 5, bob[1] - 5, 5, 5, (255, 244, 200))
        day_s = 10 * 3600 + 8 * 60 + time_s
        for turns, reach, width, colour in (
            (day_s / 43200, 0.5, 5.0, (20, 20, 20)),
            (day_s / 3600, 0.76, 4.0, (20, 20, 20)),
            (day_s / 60, 0.86, 2.0, (190, 30, 30)),
        ):
            angle = turns * 2 * math.pi
            tip = (x + CLOCK_RADIUS * reach * math.sin(angle), y - CLOCK_RADIUS * reach * math.cos(angle))
            brush.line([(x, y), tip], colour, width)

    def draw_parrot(self, canvas: Canvas, time_s: float) -> None:
        x, y = self.layout.perch
        brush = Brush(canvas, self.scale, as_yuv=True)
        brush.line([(x, y), (x, furniture.TABLE_TOP + 4)], (90, 60, 40), 9)
        brush.line([(x - 60, y), (x + 60, y)], (120, 80, 50), 9)
        opening = score.mouth(self.seed, 1, time_s)
        nod = 5 * math.sin(time_s * 1.3) + 4 * opening
        turned = math.radians(-nod)
        hinge = (118 - 80, 72 - 184)
        jaw = (
            x + hinge[0] * math.cos(turned) - hinge[1] * math.sin(turned),
            y + hinge[0] * math.sin(turned) + hinge[1] * math.cos(turned),
        )
        self.beak.paste(canvas, *jaw, turn_deg=nod - 34 * opening)
        self.parrot.paste(canvas, x, y, turn_deg=nod)

    def draw_puppet(self, canvas: Canvas, time_s: float, parallax: Point) -> None:
        x, y = (a + b for a, b in zip(self.layout.puppet, parallax, strict=True))
        opening = score.mouth(self.seed, 0, time_s)
        moved_s = time_s + PHASE_S * (self.seed - 1)
        sway = 2.2 * math.sin(moved_s * 0.9) + 1.1 * math.sin(moved_s * 2.3 + 1)
        wave = 22 * math.sin(moved_s * 7.5) * max(0.0, math.sin(moved_s * 0.55))  # now and then it waves
        self.hand.paste(canvas, x - 176, y - 40, turn_deg=26 - 0.4 * wave)
        self.body.paste(canvas, x, y, turn_deg=0.4 * sway)
        lean = math.radians(0.4 * sway)
        neck = (x - 262 * math.sin(lean), y - 262 * math.cos(lean) + 2 * opening)
        nod = -1.6 * sway
        self.head.paste(canvas, *neck, turn_deg=nod)
        self.draw_face(canvas, neck, nod, opening, time_s)
        self.hand.paste(canvas, x + 182, y - 30, turn_deg=-30 - wave)

    def draw_face(self, canvas: Canvas, neck: Point, nod_deg: float, opening: float, time_s: float) -> None:
        brush = Brush(canvas, self.scale, as_yuv=True)
        turn = math.radians(-nod_deg)

        def on_face(x: float, y: float) -> Point:
            """From the head's own drawing, whose neck is at (120, 262), to the scene."""
            across, down = x - 120, y - 262
            return (
                neck[0] + across * math.cos(turn) - down * math.sin(turn),
                neck[1] + across * math.sin(turn) + down * math.cos(turn),
            )

        gaze = 6 * math.sin(time_s * 0.8)
        blinking = (time_s + 0.4 * math.sin(time_s)) % 3.1 < 0.14
        for eye in (86, 154):
            if blinking:
                brush.line([on_face(eye - 18, 138), on_face(eye + 18, 138)], (110, 70, 54), 4)
            else:
                brush.ellipse(*on_face(eye + gaze, 136), 9, 10, (56, 90, 60))
                brush.ellipse(*on_face(eye + gaze, 136), 5, 5, (10, 10, 10))
                brush.ellipse(*on_face(eye + gaze - 3, 132), 2.4, 2.4, (250, 250, 250))
            lift = 4 * opening
            brows = [on_face(eye - 22, 104 - lift), on_face(eye, 98 - lift), on_face(eye + 22, 104 - lift)]
            brush.line(brows, (84, 50, 28), 6)
        tall = 3 + 22 * opening
        brush.ellipse(*on_face(120, 206), 30 - 6 * opening, tall + 4, (176, 70, 66), -nod_deg)
        brush.ellipse(*on_face(120, 206), 25 - 6 * opening, tall, (70, 18, 22), -nod_deg)
        if opening > 0.25:
            brush.ellipse(*on_face(120, 206 - tall * 0.7), 15, tall * 0.22, (246, 242, 232), -nod_deg)
            brush.ellipse(*on_face(120, 206 + tall * 0.6), 13, tall * 0.3, (214, 96, 96), -nod_deg)

    def draw_slate(self, canvas: Canvas, time_s: float) -> None:
        x, y = self.layout.slate
        self.slate.paste(canvas, x + 8, y)
        brush = Brush(canvas, self.scale, as_yuv=True)
        whole, part = divmod(round(max(time_s, 0.0) * 100), 100)
        brush.text(x + 22, y + 150, f"{whole // 60:02d}:{whole % 60:02d}.{part:02d}", 20, (250, 210, 90))
        self.clap_arm.paste(canvas, x + 8, y, turn_deg=arm_deg(self.seed, time_s))

    def draw_train(self, canvas: Canvas, time_s: float) -> None:
        """The fast thing: it crosses the table in two and a half seconds and comes again."""
        x = (time_s * TRAIN_SPEED + 300) % (WIDTH + 900)
        self.engine.paste(canvas, x, furniture.RAIL)
        turn = -math.degrees(time_s * TRAIN_SPEED / 14)
        for axle in (-366, -284, -226, -144, -84, -46, -16):
            self.wheel.paste(canvas, x + axle, furniture.RAIL - 14, turn_deg=turn)


def arm_deg(seed: int, time_s: float) -> float:
    """The board opens in the half second before the clap, falls shut in 60 ms, and stays shut."""
    coming = score.claps(seed, time_s, time_s + 0.6)
    if not coming:
        return 0.0
    left_s = coming[0] - time_s
    return 28.0 * min(left_s / 0.06, (0.6 - left_s) / 0.4, 1.0)


def flashed(canvas: Canvas) -> Canvas:
    """The lamp adds light everywhere; the brightest parts are cut off as a camera would."""
    luma = np.clip(16 + (np.arange(256) - 16) * 1.35 + 45, 16, 235)
    chroma = 128 + (np.arange(256) - 128) * 0.85
    table = np.rint(np.stack([luma, chroma, chroma], axis=-1))[None].astype(np.uint8)
    return cast(Canvas, cv2.LUT(canvas, table))


@lru_cache(maxsize=2)
def scene(seed: int, scale: float) -> Scene:
    """Painting a room takes a moment; a process that draws much keeps its two latest."""
    return Scene(seed, scale)
