"""The flow net learns on the very pictures that the film is made of."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.core.types import Picture
from appliance.enhance.interpolate import Mixer
from appliance.enhance.motion import Pair, Seen, ways_of
from models.train.motion_data import draw_motion, draw_three, example, jerky
from models.train.scenes import Colour

torch = pytest.importorskip("torch", reason="the extra [train] is not installed")

from models.train.motion_loss import motion_loss, shown  # noqa: E402


def pieces(scene: list[Colour]) -> np.ndarray:
    return np.stack([np.ascontiguousarray(picture[..., 0]) for picture in scene[:6]])[None]


def test_training_moves_and_mixes_as_the_film_does(scene: list[Colour]) -> None:
    one, between, other = (np.ascontiguousarray(scene[k][..., 0]) for k in (0, 1, 4))
    _, packed = example(one, between, other, 0.25)
    rng = np.random.default_rng(0)
    answer = rng.integers(98, 158, (24, 24, 48)).astype(np.uint8)
    colour = np.full((one.shape[0] // 2, one.shape[1] // 2), 128, np.uint8)
    pair = Pair(*(Seen(Picture(y, colour, colour, 0.0)) for y in (one, other)))
    ways = ways_of(pair.way_at(0.25), 0.25, answer)
    film = Mixer().mixed(pair.one.picture, pair.other.picture, ways, 0.0).y
    told = torch.from_numpy(answer.astype(np.float32) - 128)[None]
    learnt = shown(told, torch.from_numpy(packed)[None])[0, 0].numpy()
    assert np.abs(film - learnt).max() < 2
    assert np.abs(film - learnt).mean() < 0.5


def test_examples_lie_between_and_are_told_when(scene: list[Colour]) -> None:
    """The square moves 4 pixels a picture: its left edge tells the time."""
    known = pieces(scene)
    for seed in range(20):
        three, part = draw_three(known, np.random.default_rng(seed))
        edges = [float((y > 150).any(0).argmax()) for y in three]
        assert edges[1] == pytest.approx((1 - part) * edges[0] + part * edges[2])
    asked, packed = draw_motion(known, np.random.default_rng(1))
    assert (asked.shape, packed.shape) == ((56, 24, 48), (193, 24, 48))


def test_films_that_show_every_picture_twice_teach_nothing(scene: list[Colour]) -> None:
    one, other = scene[0][..., 0], scene[1][..., 0]
    assert jerky(one, one, other)
    assert not jerky(one, other, scene[2][..., 0])
    assert not jerky(one, one, one)


def test_the_loss_falls_where_the_answer_is_right(scene: list[Colour]) -> None:
    """Two pictures and the later one as what lay between: all of its share is right."""
    one, other = (np.ascontiguousarray(scene[k][..., 0]) for k in (0, 3))
    asked, packed = example(one, other, other, 0.5)
    known = torch.from_numpy(packed)[None]
    answer = torch.zeros(1, 24, *asked.shape[1:])
    before = motion_loss(answer, known)
    answer[:, 16:20] = 64
    assert motion_loss(answer, known) < before
