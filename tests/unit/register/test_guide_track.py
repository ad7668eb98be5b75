"""A camera that is followed: a hand, a knock, another scene, and what comes out where it is not believed."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from appliance.core.types import Picture, Registration
from appliance.register.guide_track import GuideTrack, settled, stepped
from appliance.register.keep import read, written
from tests.unit.register.conftest import CAMERA_SIZE, TAPE_SIZE, TO_TAPE

TRUTH = Registration(tuple(tuple(float(v) for v in row) for row in TO_TAPE))  # type: ignore[arg-type]


def off_px(track: GuideTrack, shift: tuple[float, float] = (0.0, 0.0)) -> float:
    """Median distance, on the tape, between where the track reads the camera and where it should."""
    places = track.placing.places(TAPE_SIZE, CAMERA_SIZE)[4:-4, 4:-4].astype(np.float64)
    there = cv2.perspectiveTransform(places - shift, TO_TAPE)
    truth = np.stack(np.meshgrid(*(8 * np.arange(4, n // 8 - 2) - 4.5 for n in TAPE_SIZE)), axis=-1)
    return float(np.median(np.linalg.norm(there - truth, axis=-1)))


def track(**more: object) -> GuideTrack:
    return GuideTrack(TRUTH, TAPE_SIZE, **more)  # type: ignore[arg-type]


def test_a_registration_that_is_a_little_off_is_put_right(tape_picture, camera_picture):
    film, camera = tape_picture(), camera_picture(shift=(1.6, -1.1))
    found = track()
    for _ in range(20):
        found.see(film, camera)
    assert off_px(found) > 0.8
    assert off_px(found, (1.6, -1.1)) < 0.1


def test_lines_that_waver_are_averaged_not_followed(tape_picture, camera_picture):
    rng = np.random.default_rng(2)
    film, camera = tape_picture(), camera_picture()
    found = track()
    for _ in range(40):
        aside = np.array([[1, 0, rng.normal(0, 0.5)], [0, 1, 0]], np.float64)
        wavered = cv2.warpAffine(
            film.y, aside, TAPE_SIZE, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        found.see(replace(film, y=np.asarray(wavered, np.uint8)), camera)
    assert off_px(found) < 0.3
    assert found.state.track.gain < 0.2


def test_a_hand_is_followed(tape_picture, camera_picture):
    film, found, worst = tape_picture(), track(), 0.0
    for field in range(40):
        shift = 6 * np.sin(field / 8), 4 * np.cos(field / 11)
        found.see(film, camera_picture(shift=shift))
        worst = max(worst, off_px(found, shift) if field > 10 else 0.0)
    assert worst < 0.35


def test_after_a_knock_the_film_is_alone_until_the_camera_is_found_again(tape_picture, camera_picture):
    film, moved = tape_picture(), (70.0, -30.0)
    found = track()
    for _ in range(4):
        assert found.see(film, camera_picture())[1].any()
    knocked = camera_picture(shift=moved)
    seen = [found.see(film, knocked)[1].any() for _ in range(8)]
    assert seen[:2] == [False, False]
    assert seen[-4:] == [True] * 4
    assert off_px(found, moved) < 0.35


def test_another_scene_covers_nothing_and_the_right_one_is_back_at_once(tape_picture, camera_picture):
    film, found = tape_picture(), track()
    for _ in range(4):
        found.see(film, camera_picture())
    for _ in range(15):
        assert not found.see(film, camera_picture(seed=12))[1].any()
    assert found.see(film, camera_picture())[1].any()
    assert off_px(found) < 0.2


def test_a_lens_cap_and_a_fade_to_black_are_waited_for(tape_picture, camera_picture):
    film, camera, found = tape_picture(), camera_picture(), track()
    for _ in range(4):
        found.see(film, camera)
    black = Picture(*(np.full_like(plane, 16) for plane in (camera.y, camera.u, camera.v)), 0.0)
    assert not found.see(film, black)[1].any()
    dark = Picture(*(np.full_like(plane, 16) for plane in (film.y, film.u, film.v)), 0.0)
    assert not found.see(dark, camera)[1].any()
    assert found.see(film, camera)[1].any()


def test_a_camera_that_loses_focus_is_not_believed_until_it_is_sharp_again(tape_picture, camera_picture):
    film, camera, found = tape_picture(), camera_picture(), track()
    soft = replace(camera, y=np.asarray(cv2.GaussianBlur(camera.y, (0, 0), 5.0), np.uint8))
    shares = [found.see(film, c)[1].mean() / 255 for c in [camera] * 6 + [soft] * 8 + [camera] * 12]
    assert shares[5] > 0.8
    assert shares[13] < 0.1
    assert shares[-1] > 0.8


def test_the_guide_takes_on_the_films_light_place_by_place(tape_picture, camera_picture):
    film, camera, found = tape_picture(gain=1.0, lift=0.0), camera_picture(), track()
    shade = np.linspace(0.7, 1.1, CAMERA_SIZE[0])
    shaded = replace(camera, y=np.clip(camera.y * shade, 0, 255).astype(np.uint8))
    apart = []
    for _ in range(25):
        seen, covered = found.see(film, shaded)
        apart.append(float(np.abs(seen.y.astype(int) - film.y)[covered > 0].mean()))
    assert apart[-1] < 0.6 * apart[0]


def test_a_run_that_is_cut_goes_on_as_if_it_were_not(tape_picture, camera_picture):
    film = tape_picture()
    cameras = [camera_picture(shift=(n / 3, 0.0)) for n in range(9)]
    whole, first = track(), track()
    pictures = [whole.see(film, camera) for camera in cameras]
    for camera in cameras[:5]:
        first.see(film, camera)
    second = track(state=read(written(first.state)))
    for camera, (picture, coverage) in zip(cameras[5:], pictures[5:], strict=True):
        again, covered = second.see(film, camera)
        assert all(
            np.array_equal(*planes) for planes in zip(again_planes(again), again_planes(picture), strict=True)
        )
        assert np.array_equal(covered, coverage)


def again_planes(picture: Picture) -> tuple[np.ndarray, ...]:
    return picture.y, picture.u, picture.v


@pytest.mark.parametrize("torn", ["", "{}", '{"track": {}, "light": []}', '{"track": 3'])
def test_what_is_no_state_is_refused(torn):
    with pytest.raises((ValueError, KeyError, TypeError)):
        read(torn)


def test_parallax_goes_into_the_mesh_of_a_registration(tape_picture, camera_picture):
    """The camera sees the right half of the wall two tape pixels further down."""
    camera = camera_picture()
    x, y = np.meshgrid(*(np.arange(n, dtype=np.float32) for n in CAMERA_SIZE))
    ramp = np.clip((x - 250) / 140, 0, 1) * 2.5
    bent = cv2.remap(camera.y, x, y - ramp, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    found = settled(TRUTH, [(tape_picture().y, np.asarray(bent, np.uint8))] * 2)
    down = np.array(found.mesh)[2:-2, :, 1]
    assert down[:, -3:].mean() - down[:, 1:3].mean() == pytest.approx(2.5 * 0.78, abs=0.3)


def test_a_picture_of_something_else_leaves_what_was_known(tape_picture, camera_picture):
    known = track().state.track
    after = stepped(known, tape_picture().y, camera_picture(seed=11).y, TAPE_SIZE)
    assert after.missed == 1
    assert np.array_equal(after.mesh, known.mesh)
    assert np.array_equal(after.pose, known.pose)
