from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.sim.optics import camera_jpeg, camera_to_tape, split_422, tape_picture
from appliance.sim.scene import Scene

TAPE, CAMERA = (360, 288), (640, 360)


def decode(jpeg: bytes) -> NDArray[np.float32]:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    return np.asarray(picture, np.float32)


def test_the_tape_gets_4_2_2_with_blanking_beside_the_picture() -> None:
    y, u, v = tape_picture(Scene(1, 0.25).draw(0.0), TAPE)
    assert (y.shape, u.shape, v.shape) == ((288, 360), (288, 180), (288, 180))
    assert (y[:, :4] == 16).all()
    assert (y[:, -4:] == 16).all()
    assert y[:, 5:-5].mean() > 50


def test_colour_is_sited_on_the_left_pixel_of_each_pair() -> None:
    picture = np.full((2, 8, 3), 128, np.uint8)
    picture[:, 4, 1] = 228  # lies on a colour sample: half of it stays there
    _, u, _ = split_422(picture)
    assert u[0].tolist() == [128, 128, 178, 128]


def test_the_known_homography_lays_the_camera_on_the_tape() -> None:
    room = Scene(1, 0.5)
    tape = tape_picture(room.draw(1.0), TAPE)[0].astype(np.float32)
    camera = decode(camera_jpeg(room.draw(1.0), CAMERA, 1))
    matrix = np.array(camera_to_tape(CAMERA, TAPE))

    def likeness(shift: float) -> float:
        moved = np.array([[1, 0, shift], [0, 1, 0], [0, 0, 1]]) @ matrix
        laid = cv2.warpPerspective(camera, moved, TAPE)
        inner = (slice(20, -20), slice(12, -12))
        return float(np.corrcoef(laid[inner].ravel(), tape[inner].ravel())[0, 1])

    assert likeness(0.0) > 0.93
    assert likeness(0.0) > max(likeness(-1.5), likeness(1.5)) + 0.02


def test_the_camera_is_sharper_and_of_another_colour() -> None:
    room = Scene(1, 0.5).draw(1.0)
    jpeg = camera_jpeg(room, CAMERA, 1)
    seen = np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.float32)
    flat = cv2.cvtColor(seen, cv2.COLOR_BGR2YUV)[..., 1:].std(axis=(0, 1))
    assert flat.min() > 5
    assert abs(seen[..., 0].mean() - seen[..., 2].mean()) > 2


def test_only_the_noise_differs_between_two_looks_at_one_moment() -> None:
    room = Scene(1, 0.5).draw(1.0)
    one, two = (decode(camera_jpeg(room, CAMERA, seed)) for seed in (1, 2))
    assert 0.3 < np.abs(one - two).mean() < 4
    assert camera_jpeg(room, CAMERA, 1) == camera_jpeg(room, CAMERA, 1)
