"""Whether two pictures show one scene, so that there is something between them.

They are compared after what moved was brought together, place by place, each around its own mean: neither a
fast pan nor a flash makes them another scene, and a scene of the same brightness does. A cut within one scene
shows only beside its neighbours: there, once, nothing fits as it did before and does again afterwards.
"""

from __future__ import annotations

import numpy as np

from appliance.enhance.motion import Pair, Reals, looked_up

SIDE = 12  # of a place that is compared, at a quarter of the size
DETAIL = 30.0  # squared levels around a place's mean, for it to tell anything
NOISE = 9.0  # squared levels that need not be alike
ALIKE = 0.55  # the median of the places: scenes reached 0.68 at least, cuts between scenes 0.45 at most
FEWEST = 6  # places with detail; of fewer only the light tells
FLAT_LEVELS = 18.0
LEAPS = (
    2.5  # times what its neighbours are astray: found at 4 of 5 cuts within a scene, and at 1 of 500 others
)
STILL_LEVELS = 0.5  # a neighbour that is no more astray than this tells nothing: pictures shown twice


def torn(before: Pair | None, pair: Pair, after: Pair | None) -> bool:
    """A cut lies between the two of ``pair``; the others lie before and after it, None at a film's ends."""
    if not whole(pair):
        return True
    around = [beside.astray for beside in (before, after) if beside is not None and beside.alike]
    if len(around) < 2 or min(around) < STILL_LEVELS:
        return False
    return pair.astray > LEAPS * (max(around) + STILL_LEVELS)


def whole(pair: Pair) -> bool:
    """No cut lies between the two, and they are large enough for movement to be found in them."""
    if not pair.alike:
        return False
    alike = likeness(pair)
    if len(alike) < FEWEST:
        return bool(abs(float(pair.one.quarter.mean()) - float(pair.other.quarter.mean())) < FLAT_LEVELS)
    return bool(np.median(alike) > ALIKE)


def likeness(pair: Pair) -> Reals:
    """-1..1 for every place that has detail in one of the pictures at least."""
    both = zip(pair.quarters, (-0.5, 0.5), strict=True)
    one, other = (around_mean(looked_up(plane, pair.halfway, part)) for plane, part in both)
    power, power_now, common = ((a * b).mean(1) for a, b in ((one, one), (other, other), (one, other)))
    told = np.maximum(power, power_now) > DETAIL
    alike = common / np.sqrt((power + NOISE) * (power_now + NOISE))
    return np.asarray(alike[told])


def around_mean(plane: Reals) -> Reals:
    """A row for every place, less its mean."""
    rows, columns = (size // SIDE for size in plane.shape)
    kept = plane[: rows * SIDE, : columns * SIDE].astype(np.float32)
    places = kept.reshape(rows, SIDE, columns, SIDE).transpose(0, 2, 1, 3).reshape(-1, SIDE * SIDE)
    return np.asarray(places - places.mean(1, keepdims=True))
