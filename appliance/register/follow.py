"""How the camera lies on the tape, followed from field to field: pure states and steps.

Two parts with two kinds of patience. The *pose* (shift, turn, stretch) follows a hand that holds the camera:
how quickly is learnt from its own errors, which are alike from field to field where it lags, and not where
the tape's lines merely waver. The *mesh* (parallax and what else remains) is a long mean, smooth in space
where the pictures tell little.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

from appliance.register.measure import Cells
from appliance.register.place import NODES, Placing, nodes

Reals = NDArray[np.floating[Any]]
COUNT = NODES[0] * NODES[1]
WAVER_PX = 0.3  # how far a field's lines may lie aside as a whole: no cell is surer than that
OUTLIER_PX, UNSURE = 1.0, 4.0
ALIKE = 0.2, 0.5  # correlation of a cell below and above which it has no say, and its whole say
MEMORY = 0.985  # of the mesh, from field to field
BENDING_PX, LARGEST_PX = 0.3, 4.0  # how much a mesh bends from node to node, and how large it is, rms
STEADIEST, QUICKEST, FIRST_GAIN = 0.02, 0.8, 0.25
LEARNING, HEARD = 0.5, 0.1
SLOWING, LEAD = 0.96, 0.5
JUMP_PX, JUMP = 1.5, 4.0  # a step this much larger than usual, in pixels and times, is taken at once
STRANGER, HALF, USED = 0.15, 0.5, 0.03  # correlation of a picture of something else; a share of the usual one
FLAT = 1.0  # squared levels
PATIENCE = 3  # fields
REFOCUSES, STRONG, FAINT = 0.8, 25.0, 1.0  # a field's share of the next; squared levels
BLURRED = 1.1  # a sharp camera comes out below one, one that does more harm than good from here on
PRIOR = 60.0  # 1 / px²: what the mesh of a registration is worth at the start


@dataclass(frozen=True)
class Track:
    """``pose`` and ``speed`` (3, 2): shift, and change across and down half the picture, of x and y."""

    to_tape: Reals
    lens: float
    pose: Reals
    speed: Reals
    error: Reals
    gain: float
    heard: Reals  # (2,): mean square of the errors, and their mean product with the ones before
    info: Reals  # (*NODES, 3)
    pull: Reals  # (*NODES, 2)
    mesh: Reals  # (*NODES, 2)
    focus: Reals  # (*NODES, 2): how much sharper the film was than the camera, summed up, and its weight
    usual: float  # how alike the two pictures are as a rule
    fields: int = 0  # that were followed since it was found
    missed: int = 0  # one after the other
    waits: int = 0  # fields between two searches for it
    searched: int = 0  # fields since the last one


def begun(placing: Placing, worth: float = PRIOR) -> Track:
    """As a registration says; its mesh is believed as far as ``worth`` says."""
    zero = np.zeros((3, 2))
    info = np.zeros((*NODES, 3))
    info[..., (0, 2)] = worth
    return Track(
        to_tape=placing.to_tape,
        lens=placing.lens,
        pose=zero,
        speed=zero,
        error=zero,
        gain=FIRST_GAIN,
        heard=np.zeros(2),
        info=info,
        pull=worth * placing.mesh,
        mesh=placing.mesh,
        focus=np.zeros((*NODES, 2)),
        usual=0.0,
    )


def placing_of_track(track: Track, ahead: Reals | float = 0.0) -> Placing:
    """Where the next picture is expected; ``ahead`` is what has been found to come on top (3, 2)."""
    pose = track.pose + track.speed + ahead
    return Placing(track.to_tape, track.lens, track.mesh + basis() @ pose)


def fitted(cells: Cells) -> Reals:
    """The pose's change (3, 2) that the cells want; those that want something else have little say."""
    info, pull = believed(cells)
    change: Reals = np.zeros((3, 2))
    weight: Reals = np.ones(NODES)
    for _ in range(4):
        change = pose_of(info * weight[..., None], pull * weight[..., None])
        off = beside(info, pull - times(info, basis() @ change))
        weight = np.asarray(1 / (1 + np.sum(off**2, axis=-1) / OUTLIER_PX**2) ** 2)
    return change


def followed(track: Track, cells: Cells, before: Reals) -> Track:
    """After a picture: ``before`` (3, 2) is the change found at coarser scales, on which cells stand."""
    change = fitted(cells)
    error = before + change
    gain, heard = learnt(track, error)
    size = float(np.abs(basis() @ error).max())
    usual = np.sqrt(track.heard[0]) if track.fields > 4 else 0.0
    jumped = size > max(JUMP_PX, JUMP * usual)
    lead = 0.0 if jumped or track.fields < 2 else LEAD * gain**2 / (2 - gain)
    moved = replace(
        track,
        pose=track.pose + track.speed + (1.0 if jumped else gain) * error,
        speed=SLOWING * track.speed + lead * error,
        error=error,
        gain=gain,
        heard=heard,
        usual=(1 - USED) * track.usual + USED * cells.whole if track.usual else cells.whole,
        focus=REFOCUSES * track.focus + focus_of(cells),
        fields=track.fields + 1,
        missed=0,
        waits=0,
        searched=0,
    )
    return meshed(moved, cells, change)


def rested(track: Track) -> Track:
    """After a picture that told nothing, or told of something else."""
    return replace(
        track,
        speed=np.zeros((3, 2)),
        missed=track.missed + 1,
        searched=track.searched + (track.missed >= PATIENCE),
    )


def due(track: Track) -> bool:
    """Whether it is time to search: at once when the camera was lost, then less and less often."""
    return track.missed >= PATIENCE and track.searched >= track.waits


def shows(cells: Cells) -> bool:
    """Whether there is something to follow by in both pictures."""
    return min(cells.film_power, cells.guide_power) > FLAT


def strange(track: Track, cells: Cells) -> bool:
    return cells.whole < max(STRANGER, HALF * track.usual)


def focus_of(cells: Cells) -> Reals:
    weight = np.minimum(cells.strength, STRONG)
    return np.stack([weight * cells.sharper, weight], axis=-1)


def blurred(track: Track) -> NDArray[np.bool_]:
    """The cells (*NODES) in which the camera is out of focus: the tape alone shows more."""
    total = cv2.blur(track.focus, (3, 3))
    return np.asarray(total[..., 0] > BLURRED * (total[..., 1] + FAINT))


def learnt(track: Track, error: Reals) -> tuple[float, Reals]:
    """A follower that lags errs the same way twice, one that is hasty errs to and fro."""
    now = np.array([np.sum(error * error), np.sum(error * track.error)])
    heard = (1 - HEARD) * track.heard + HEARD * now if track.fields > 1 else now * (1, 0)
    lag = heard[1] / (heard[0] + 1e-6)
    return float(np.clip(track.gain * np.exp(LEARNING * lag), STEADIEST, QUICKEST)), heard


def meshed(track: Track, cells: Cells, change: Reals) -> Track:
    """The long mean of what is left when the pose's change is taken off."""
    info, pull = believed(cells)
    rest = pull - times(info, basis() @ change)
    off = beside(info, rest)
    weight = 1 / (1 + np.sum(off**2, axis=-1, keepdims=True) / OUTLIER_PX**2) ** 2
    info, rest = weight * info, weight * rest
    sums = MEMORY * track.info + info
    pulls = MEMORY * track.pull + rest + times(info, track.mesh)
    return replace(track, info=sums, pull=pulls, mesh=smooth(sums, pulls))


def believed(cells: Cells) -> tuple[Reals, Reals]:
    """Information and pull of the cells in which both pictures show the same, no surer than a tape can be."""
    sure = (cells.info[..., 0] + cells.info[..., 2]) / 2
    worth = np.clip((cells.alike - ALIKE[0]) / (ALIKE[1] - ALIKE[0]), 0, 1) / (1 + sure * WAVER_PX**2)
    return cells.info * worth[..., None], cells.pull * worth[..., None]


def pose_of(info: Reals, pull: Reals) -> Reals:
    phi = basis().reshape(COUNT, 3)
    xx, xy, yy = info.reshape(COUNT, 3).T
    blocks = [phi.T @ (part[:, None] * phi) for part in (xx, xy, yy)]
    normal = np.block([[blocks[0], blocks[1]], [blocks[1], blocks[2]]]) + 0.1 * np.eye(6)
    wanted = (phi.T @ pull.reshape(COUNT, 2)).T.ravel()
    return np.asarray(np.linalg.solve(normal, wanted).reshape(2, 3).T)


def times(info: Reals, vector: Reals) -> Reals:
    xx, xy, yy = np.moveaxis(info, -1, 0)
    x, y = np.moveaxis(vector, -1, 0)
    return np.stack([xx * x + xy * y, xy * x + yy * y], axis=-1)


def beside(info: Reals, pull: Reals) -> Reals:
    """How many pixels each cell wants to move; none where it knows nothing."""
    xx, xy, yy = np.moveaxis(info, -1, 0)
    xx, yy = xx + UNSURE, yy + UNSURE
    x, y = np.moveaxis(pull, -1, 0)
    free = xx * yy - xy * xy
    return np.stack([(yy * x - xy * y) / free, (xx * y - xy * x) / free], axis=-1)


def smooth(info: Reals, pull: Reals) -> Reals:
    """The mesh that fits best and bends least. Its numbers go x, y of node after node: few lie far apart."""
    band = stiffness().copy()
    band[0, 0::2] += info[..., 0].ravel()
    band[0, 1::2] += info[..., 2].ravel()
    band[1, 0::2] += info[..., 1].ravel()
    found = solveh_banded(band, pull.ravel(), lower=True, overwrite_ab=True, check_finite=False)
    return np.asarray(found.reshape(*NODES, 2))


@lru_cache(maxsize=1)
def stiffness() -> Reals:
    """The lower diagonals of what bending costs."""
    down, across = (np.diff(np.eye(count), 2, axis=0) for count in NODES)
    slopes = [np.diff(np.eye(count), axis=0) for count in NODES]
    bends = [
        np.kron(down.T @ down, np.eye(NODES[1])),
        np.kron(np.eye(NODES[0]), across.T @ across),
        2 * np.kron(slopes[0].T @ slopes[0], slopes[1].T @ slopes[1]),
    ]
    one = sum(bends) / BENDING_PX**2 + np.eye(COUNT) / LARGEST_PX**2
    both = np.kron(one, np.eye(2))
    width = 4 * NODES[1] + 1
    return np.array([np.pad(np.diagonal(both, -k), (0, k)) for k in range(width)])


@lru_cache(maxsize=1)
def basis() -> Reals:
    """(*NODES, 3): 1, and -1..1 across and down the picture."""
    x, y = (nodes((2, 2))[..., k] - 0.5 for k in (0, 1))
    return np.stack([np.ones(NODES), x, y], axis=-1)
