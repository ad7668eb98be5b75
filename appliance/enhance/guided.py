"""What goes into the guide net and what its answer does: the camera's fine detail, as a net sees it.

The rule goes first: it carries the camera's detail into the restored picture as far as it believes it. The
net looks at what came of that, at the camera's picture (registered, its light and colours those of the film)
and at how free it is to change anything, all on a quarter of the width and height. It answers with what to
add, in levels around 128. That is weighed by the same freedom, so that where the rule believes nothing no
byte changes. Training and benchmark use these functions too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from appliance.core.types import Picture, Plane
from appliance.enhance.guide import Floats, confidence
from appliance.enhance.pack import FOLD, NOTHING, RESIDUAL_CHANNELS, fold, pad, unfold

GUIDE_CHANNELS = 2 * RESIDUAL_CHANNELS + 1
BROAD_PX = (
    4.0  # of each plane; waves longer than about 20 px stay the film's, half as long ones are the guide's
)
SURE = 255  # the freedom to change everything
BOLDER = 2.0  # the net may do all where the rule believes half

Blend = Callable[[Picture, Picture, Plane, float], Picture]


def pack_guide(film: Picture, guide: Picture, conf: Plane) -> Plane:
    """(1, 49, rows / 4, columns / 4): film and guide, 24 channels each, and ``conf``.

    Film and guide are 4:2:0 of one size, which is padded where it is odd; the film is the rule's, the guide
    comes from ``match_low``, ``conf`` from ``freedom``.
    """
    return np.concatenate([*folded(film), *folded(guide), conf[None]])[None]


def add_guided(film: Picture, residual: Plane, conf: Plane) -> Picture:
    """The film and, as far as ``conf`` believes it, the net's (24, rows / 4, columns / 4) answer."""
    y = weighed(film.y, unfold(residual[:16], 4), conf)
    u = weighed(film.u, unfold(residual[16:20], 2), conf)
    v = weighed(film.v, unfold(residual[20:24], 2), conf)
    return replace(film, y=y, u=u, v=v)


def weighed(plane: Plane, residual: Plane, conf: Plane) -> Plane:
    rows, columns = plane.shape
    weight = cv2.resize(conf, (residual.shape[1], residual.shape[0]), interpolation=cv2.INTER_LINEAR)
    change = cv2.subtract(residual, NOTHING, dtype=cv2.CV_16S)  # type: ignore[call-overload]
    change = cv2.multiply(change, weight, scale=1 / SURE, dtype=cv2.CV_16S)
    return np.asarray(cv2.add(plane, change[:rows, :columns], dtype=cv2.CV_8U), np.uint8)


def believed(film: Plane, guide: Plane, coverage: Plane) -> tuple[Floats, float]:
    """0..1 for every 4 x 4 pixels of luma, odd sizes rounded up: how far the rule believes the guide.

    And what it is worth, as ``confidence`` says. ``guide`` as the camera's picture lies on the film's,
    before ``match_low``.
    """
    rows, columns = (-side % FOLD for side in film.shape)
    return confidence(*(pad(plane, rows, columns) for plane in (film, guide, coverage)))


def freedom(trust: Floats, strength: float) -> Plane:
    """How far the net may change what the rule has made, 0..``SURE``: nothing where nothing is believed."""
    return np.asarray(np.rint(np.minimum(1, BOLDER * trust) * (strength * SURE)), np.uint8)


def match_low(film: Picture, guide: Picture) -> Picture:
    """The guide with the film's light and colour: only what is finer than ``BROAD_PX`` is its own."""
    y, u, v = (matched(*planes) for planes in ((film.y, guide.y), (film.u, guide.u), (film.v, guide.v)))
    return replace(guide, y=y, u=u, v=v)


def matched(film: Plane, guide: Plane) -> Plane:
    rows, columns = film.shape
    small = (max(1, columns // 4), max(1, rows // 4))
    low_film, low_guide = (cv2.resize(p, small, interpolation=cv2.INTER_AREA) for p in (film, guide))
    broad = cv2.GaussianBlur(cv2.subtract(low_film, low_guide, dtype=cv2.CV_32F), (0, 0), BROAD_PX / 4)
    # Whole levels before they are made large: four times the speed, and half a level is no colour.
    steps = np.asarray(np.rint(broad), np.int16)
    return np.asarray(cv2.add(guide, cv2.resize(steps, (columns, rows)), dtype=cv2.CV_8U), np.uint8)


def of_one_size(guide: Picture, film: Picture) -> Picture:
    """The guide with a line or column more where half an odd size was rounded otherwise."""
    y, u, v = (resized(*planes) for planes in ((guide.y, film.y), (guide.u, film.u), (guide.v, film.v)))
    return replace(guide, y=y, u=u, v=v)


def resized(plane: Plane, like: Plane) -> Plane:
    rows, columns = (max(0, want - have) for want, have in zip(like.shape, plane.shape, strict=True))
    return pad(plane, rows, columns)[: like.shape[0], : like.shape[1]]


def folded(picture: Picture) -> tuple[Plane, Plane, Plane]:
    height, width = picture.y.shape
    rows, columns = height + -height % FOLD, width + -width % FOLD
    y = pad(picture.y, rows - height, columns - width)
    u, v = (pad(c, rows // 2 - c.shape[0], columns // 2 - c.shape[1]) for c in (picture.u, picture.v))
    return fold(y, 4, 4), fold(u, 2, 2), fold(v, 2, 2)
