"""Each look is what it is called, and the marks are exact."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from appliance.core.config import Config, validate
from appliance.core.problems import Problem
from appliance.core.types import Picture, Plane
from appliance.enhance.look import RESTORED, TAPE, TWIN, name_of, place_of, toward_tape, toward_twin
from appliance.enhance.pipeline import NO_ANSWER, guide_question
from appliance.enhance.runtime import Runtime

ROWS, COLUMNS = 128, 192
DROPOUT = (slice(60, 62), slice(80, 120))


def planes(y: np.ndarray, grey: int = 128) -> Picture:
    half = np.full((y.shape[0] // 2, y.shape[1] // 2), grey, np.uint8)
    return Picture(np.clip(np.rint(y), 0, 255).astype(np.uint8), half, half, 1.0)


@pytest.fixture
def truth() -> np.ndarray:
    rng = np.random.default_rng(5)
    blots = cv2.GaussianBlur(rng.standard_normal((ROWS, COLUMNS)), (0, 0), 4) * 120
    return np.asarray(120 + blots + cv2.GaussianBlur(rng.standard_normal((ROWS, COLUMNS)), (0, 0), 1) * 30)


@pytest.fixture
def grain() -> np.ndarray:
    return np.random.default_rng(6).normal(0, 3.0, (ROWS, COLUMNS))


@pytest.fixture
def alone(truth: np.ndarray) -> Picture:
    return planes(truth)


@pytest.fixture
def plain(truth: np.ndarray, grain: np.ndarray) -> Picture:
    """Softer along its lines than the restored film, with grain, other colours and a dropout."""
    soft = cv2.filter2D(truth, -1, np.array([[1, 4, 6, 4, 1]]) / 16)
    y = soft + grain
    y[DROPOUT] = 250
    return planes(y, grey=90)


def same(one: Picture, other: Picture) -> bool:
    pairs = ((one.y, other.y), (one.u, other.u), (one.v, other.v))
    return all(np.array_equal(a, b) for a, b in pairs)


def everywhere(value: int = 255) -> Plane:
    return np.full((ROWS, COLUMNS), value, np.uint8)


def test_restored_is_the_film_itself(alone: Picture, plain: Picture, grain: np.ndarray) -> None:
    film = planes(alone.y + grain)
    assert toward_tape(film, alone, plain, RESTORED) is film
    assert toward_twin(film, alone, plain, everywhere(), 1.0, RESTORED) is film


def test_the_tape_has_its_grain_and_its_softness_back(
    alone: Picture, plain: Picture, grain: np.ndarray, truth: np.ndarray
) -> None:
    made = toward_tape(alone, alone, plain, TAPE)
    calm = np.ones((ROWS, COLUMNS), bool)
    calm[50:72, 70:130] = False
    back = made.y.astype(float) - cv2.filter2D(truth, -1, np.array([[1, 4, 6, 4, 1]]) / 16)
    assert np.corrcoef(back[calm], grain[calm])[0, 1] > 0.9
    assert np.std(back[calm]) == pytest.approx(np.std(grain[calm]), rel=0.15)


def test_a_hard_edge_is_as_soft_as_the_tape_has_it(grain: np.ndarray) -> None:
    """It is far from the restored film's there, as a fault would be."""
    stripes = np.where(np.arange(COLUMNS) // 12 % 2, 200.0, 60.0) * np.ones((ROWS, 1))
    soft = cv2.filter2D(stripes, -1, np.array([[1, 4, 6, 4, 1]]) / 16)
    made = toward_tape(planes(stripes), planes(stripes), planes(soft + grain / 3), TAPE)
    assert np.abs(stripes - soft).max() > 20
    assert np.abs(made.y - soft)[:, 8:-8].max() < 8


def test_a_dropout_and_wrong_colours_do_not_come_back(alone: Picture, plain: Picture) -> None:
    made = toward_tape(alone, alone, plain, TAPE)
    assert np.abs(plain.y[DROPOUT].astype(float) - alone.y[DROPOUT]).mean() > 80
    assert np.abs(made.y[DROPOUT].astype(float) - alone.y[DROPOUT]).mean() < 8
    assert np.array_equal(made.u, alone.u)


def test_slow_light_stays_the_films(alone: Picture, plain: Picture) -> None:
    lighter = Picture(cv2.add(plain.y, 12), plain.u, plain.v, 1.0)  # type: ignore[call-overload]
    made = toward_tape(alone, alone, lighter, TAPE)
    assert abs(float(made.y.mean()) - float(alone.y.mean())) < 1.0


def test_a_clean_tape_gets_no_noise(alone: Picture) -> None:
    assert np.abs(toward_tape(alone, alone, alone, TAPE).y.astype(int) - alone.y).max() <= 1


def test_between_two_marks_is_a_mixture(alone: Picture, plain: Picture) -> None:
    far, half = (toward_tape(alone, alone, plain, place).y.astype(float) for place in (TAPE, 0.25))
    assert np.abs((half - alone.y) - (far - alone.y) / 2).max() <= 1.01


@pytest.fixture
def camera(truth: np.ndarray) -> Picture:
    """Sharper, lighter and greener."""
    return planes(truth + 1.5 * (truth - cv2.GaussianBlur(truth, (0, 0), 1.5)) + 20, grey=110)


def test_a_twin_has_the_cameras_detail_in_the_tapes_light_and_colour(alone: Picture, camera: Picture) -> None:
    asked = guide_question(alone, camera, everywhere(), 1.0, by_net=False)
    restored = asked.finish(NO_ANSWER)
    twin = toward_twin(restored, alone, camera, everywhere(), 1.0, TWIN)

    def missing(picture: Picture) -> float:
        error = camera.y.astype(float) - picture.y
        return float(np.std((error - cv2.GaussianBlur(error, (0, 0), 3))[16:-16, 16:-16]))

    assert missing(twin) < 0.6 * missing(restored) < missing(alone)
    for name in ("y", "u", "v"):
        drift = getattr(twin, name).astype(float) - getattr(alone, name)
        assert np.abs(cv2.GaussianBlur(drift, (0, 0), 12)).max() < 2


@pytest.mark.parametrize("case", ["unseen", "strength 0", "something else"])
def test_where_the_camera_is_not_believed_no_byte_changes(case: str, alone: Picture, camera: Picture) -> None:
    if case == "something else":
        camera = planes(np.random.default_rng(9).integers(0, 255, (ROWS, COLUMNS)).astype(float))
    coverage = everywhere(0 if case == "unseen" else 255)
    strength = 0.0 if case == "strength 0" else 1.0
    assert same(toward_twin(alone, alone, camera, coverage, strength, TWIN), alone)


def test_odd_sizes(alone: Picture, plain: Picture) -> None:
    def odd(picture: Picture) -> Picture:
        return Picture(picture.y[:121, :187], picture.u[:61, :94], picture.v[:61, :94], 0.0)

    small = odd(alone)
    made = (
        toward_tape(small, small, odd(plain), TAPE),
        toward_twin(small, small, odd(plain), everywhere()[:121, :187], 1.0, TWIN),
    )
    assert all((m.y.shape, m.u.shape) == ((121, 187), (61, 94)) for m in made)


@pytest.mark.parametrize(
    ("text", "place"), [("tape", 0.0), ("restored", 0.5), ("0.7", 0.7), ("1", 1.0), (0.25, 0.25)]
)
def test_a_look_is_a_name_or_a_place(text: str | float, place: float) -> None:
    assert place_of(text) == place


@pytest.mark.parametrize("text", ["sepia", "1.5", "-0.1", "nan", ""])
def test_anything_else_is_no_look(text: str) -> None:
    with pytest.raises(Problem) as caught:
        place_of(text)
    assert caught.value.issue.code == "look-unknown"


def test_looks_in_words() -> None:
    assert [name_of(place) for place in (0.0, 0.5, 1.0)] == ["tape", "restored", "twin"]
    assert name_of(0.25) == "0.25, between tape and restored"


def test_the_configuration_takes_names_and_places() -> None:
    assert Config().enhance.look == "restored"
    assert validate({"enhance": {"look": 0.7}}, "here").enhance.look == 0.7
    assert validate({"enhance": {"look": "twin"}}, "here").enhance.look == "twin"
    with pytest.raises(Problem, match=r"enhance\.look"):
        validate({"enhance": {"look": "sepia"}}, "here")


def test_the_tapes_own_pixels_are_seen_before_the_net(make_tape, idle: Runtime) -> None:
    from appliance.enhance.pipeline import restore

    tape, seen = make_tape(4), []
    film = list(restore(tape, "tff", idle, see_plain=seen.append))
    assert [p.time_s for p in seen] == [p.time_s for p in film]
    assert all(same(one, other) for one, other in zip(seen, film, strict=True))  # this net adds nothing
