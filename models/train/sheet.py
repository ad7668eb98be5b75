"""A contact sheet of the simulator: each effect alone, at the strong end of its range, on the painted scene.

``python -m models.train.sheet [--out docs/simulator/effects.jpg]`` needs no torch.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.sim.optics import Planes, tape_picture
from appliance.sim.paint import YUV_OF_RGB
from appliance.sim.scene import scene
from appliance.sim.tape.parameters import TapeParameters, draw_tape
from appliance.sim.tape.play import degrade
from appliance.sim.tape.second_camera import CameraParameters, see

SIZE = (720, 576)
FIELD_S = 0.02
MOMENT_S = 2.0
TILE, LABEL, COLUMNS = (240, 180), 20, 5
WHOLE = (8, 0, 704, 576)
FACE = (250, 150, 176, 132)
STRIPES = (196, 50, 88, 66)
CLOTH = (500, 504, 88, 66)
POSTER = (206, 196, 88, 66)
TRAIN = (460, 444, 176, 132)
HALF = (180, 140, 352, 264)
BOTTOM = (0, 476, 132, 99)
TOP = (0, 0, 132, 99)
QUALITY = 72
Bytes = NDArray[np.uint8]
Crop = tuple[int, int, int, int]  # left, top, width, height


@dataclass(frozen=True)
class Tile:
    label: str
    crop: Crop
    tape: TapeParameters | None = None
    camera: CameraParameters | None = None
    index: int = 0


def tape(**changes: object) -> TapeParameters:
    return replace(TapeParameters(), **({"seed": 7} | changes))  # type: ignore[arg-type]


def camera(**changes: object) -> CameraParameters:
    return CameraParameters(seed=7, **changes)  # type: ignore[arg-type]


def effects() -> list[Tile]:
    """In the order in which a picture meets them."""
    soft = {"luma_cut_mhz": 2.4, "chroma_cut_mhz": 0.32}
    return [
        Tile("the scene, one whole picture", WHOLE),
        Tile("shot: blur 0.9 px", FACE, tape(shot_blur_px=0.9, shot_blur_rows=0.7)),
        Tile("shot: exposure +10 %", WHOLE, tape(exposure=1.1)),
        Tile("interlace, a picture a field", TRAIN, tape()),
        Tile("Y/C split: cross-colour 0.6", STRIPES, tape(cross_colour=0.6)),
        Tile("band: SP 2.4 MHz, 320 kHz", FACE, tape(**soft)),
        Tile("band: LP 1.9 MHz, 300 kHz", FACE, tape(luma_cut_mhz=1.9, chroma_cut_mhz=0.3)),
        Tile("band: EP 1.4 MHz, 280 kHz", FACE, tape(luma_cut_mhz=1.4, chroma_cut_mhz=0.28)),
        Tile("ringing 0.7 (SP)", FACE, tape(luma_cut_mhz=2.4, ringing=0.7)),
        Tile("pre-emphasis clip, smear 0.6", POSTER, tape(smear=0.6)),
        Tile("FM noise 8, rows 1.5", FACE, tape(luma_noise=8.0, row_noise=1.5)),
        Tile("chroma noise 10", FACE, tape(chroma_noise=10.0)),
        Tile("chroma phase 10 deg, rows 8 (NTSC)", FACE, hue()),
        Tile("chroma delay 14 px", FACE, tape(chroma_delay_px=14.0)),
        Tile("chroma blend, three times", CLOTH, tape(chroma_blend=1.0, generations=3)),
        Tile("line jitter 1.5 px", FACE, tape(line_jitter_px=1.5)),
        Tile("edge wave 20 px", WHOLE, tape(edge_wave_px=20.0)),
        Tile("skew 14 px", TOP, tape(skew_px=14.0)),
        Tile("head switch, 12 rows, 40 px", BOTTOM, tape(head_switch_rows=12, head_switch_px=40.0)),
        Tile("tracking band, 120 rows", WHOLE, tape(seed=400, tracking_rows=120)),
        Tile("dropouts, 12 a frame, 64 px", HALF, tape(dropouts_per_frame=12.0, dropout_px=64.0), index=10),
        Tile("rows of lost chroma, 2 %", FACE, tape(chroma_loss=0.02)),
        Tile("levels: gain .92, lift 5, colour .75", WHOLE, tape(gain=0.92, lift=5.0, saturation=0.75)),
        Tile("third generation", FACE, tape(**soft, ringing=0.5, luma_noise=3.0, generations=3)),
        Tile("dongle: gain follows by 0.1", WHOLE, tape(agc=0.1)),
        Tile("dongle: 4:2:0 interlaced", CLOTH, tape(chroma_420=1)),
        Tile("dongle: MJPEG 70", POSTER, tape(jpeg_quality=70)),
        *cameras(),
        *wears(),
    ]


def hue() -> TapeParameters:
    return tape(standard="ntsc", order="bff", chroma_phase_deg=10.0, chroma_phase_jitter_deg=8.0)


def cameras() -> list[Tile]:
    return [
        Tile("2nd camera: balance, colour 1.3", WHOLE, camera=camera(red=0.85, blue=1.15, saturation=1.3)),
        Tile("2nd camera: curve, exposure", WHOLE, camera=camera(gamma=0.8, contrast=0.3, exposure=1.2)),
        Tile("2nd camera: vignetting 0.2", WHOLE, camera=camera(vignetting=0.2)),
        Tile("2nd camera: blur, noise, JPEG", FACE, camera=camera(blur_px=1.0, noise=5.0, jpeg_quality=75)),
    ]


def wears() -> list[Tile]:
    drawn = (draw_tape(np.random.default_rng(12), wear, "pal", *SIZE) for wear in ("clean", "good", "worn"))  # type: ignore[arg-type]
    names = ("all of it: clean", "all of it: good", "all of it: worn")
    return [Tile(name, WHOLE, one, index=3) for name, one in zip(names, drawn, strict=True)]


def field(number: int) -> Planes:
    y, u, v = tape_picture(scene(1, 1.0).draw(MOMENT_S + number * FIELD_S), SIZE)
    return y[None], u[None], v[None]


def show(tile: Tile) -> Bytes:
    """The tile's picture as BGR, enlarged from its crop."""
    first, second = field(0), field(1)
    planes = first
    if tile.tape is not None:
        planes = degrade(first, second, tile.tape, tile.index)
    if tile.camera is not None:
        planes = see(first, tile.camera, tile.index)
    left, top, width, height = tile.crop
    picture = to_bgr(planes)[top : top + height, left : left + width]
    large = cv2.INTER_AREA if width > TILE[0] else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(picture, TILE, interpolation=large), np.uint8)


def to_bgr(planes: Planes) -> Bytes:
    y, u, v = (plane[0] for plane in planes)
    full = np.stack([y, np.repeat(u, 2, axis=1), np.repeat(v, 2, axis=1)], axis=-1).astype(np.float64)
    rgb = (full - YUV_OF_RGB[:, 3]) @ np.linalg.inv(YUV_OF_RGB[:, :3]).T
    return np.ascontiguousarray(np.clip(np.rint(rgb), 0, 255).astype(np.uint8)[..., ::-1])


def labelled(tile: Tile) -> Bytes:
    strip = np.full((LABEL, TILE[0], 3), 255, np.uint8)
    cv2.putText(strip, tile.label, (3, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (30, 30, 30), 1, cv2.LINE_AA)
    framed = np.concatenate([strip, show(tile)])
    return np.asarray(cv2.copyMakeBorder(framed, 0, 4, 0, 4, cv2.BORDER_CONSTANT, value=(255, 255, 255)))


def contact_sheet(tiles: list[Tile]) -> Bytes:
    pictures = [labelled(tile) for tile in tiles]
    blank = np.full_like(pictures[0], 255)
    pictures += [blank] * (-len(pictures) % COLUMNS)
    rows = [np.concatenate(pictures[k : k + COLUMNS], axis=1) for k in range(0, len(pictures), COLUMNS)]
    return np.concatenate(rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m models.train.sheet", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/simulator/effects.jpg"))
    out: Path = parser.parse_args().out
    out.parent.mkdir(parents=True, exist_ok=True)
    written = cv2.imwrite(str(out), contact_sheet(effects()), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not written:
        raise SystemExit(f"{out} could not be written.")


if __name__ == "__main__":
    main()
