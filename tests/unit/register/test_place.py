"""Lens, mesh and the coarse grid: every place where it belongs."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.register.place import (
    NODES,
    Placing,
    Raster,
    bent,
    chroma_raster,
    dense,
    grid,
    luma_raster,
    nodes,
    spread,
    straightened,
)

SIZE, CAMERA = (720, 576), (1280, 720)


@pytest.mark.parametrize("lens", [-0.1, 0.0, 0.08])
def test_a_lens_is_undone_to_a_hundredth_of_a_pixel(lens):
    places = np.stack(np.meshgrid(np.linspace(0, 1279, 9), np.linspace(0, 719, 7)), axis=-1)
    assert straightened(bent(places, lens, CAMERA), lens, CAMERA) == pytest.approx(places, abs=0.05)


def test_a_lens_moves_the_corners_by_its_share_of_the_diagonal_and_the_middle_not():
    corner, middle = np.array([[0.0, 0.0]]), np.array([[639.5, 359.5]])
    assert bent(middle, 0.05, CAMERA) == pytest.approx(middle)
    assert np.hypot(*(bent(corner, 0.05, CAMERA) - corner)[0]) == pytest.approx(0.05 * np.hypot(639.5, 359.5))
    assert bent(corner, 0.05, CAMERA)[0, 0] < 0  # outwards


@pytest.mark.parametrize(
    ("raster", "x", "y"),
    [
        (luma_raster(SIZE), lambda n: n, lambda n: n),
        (luma_raster(SIZE, 2), lambda n: n / 2 - 0.25, lambda n: n / 2 - 0.25),
        (luma_raster(SIZE, 1 / 4), lambda n: 4 * n + 1.5, lambda n: 4 * n + 1.5),
        (chroma_raster(SIZE), lambda n: 2 * n, lambda n: 2 * n + 0.5),
        (chroma_raster(SIZE, 2), lambda n: n - 0.25, lambda n: n),
    ],
)
def test_every_raster_knows_its_tape_pixels(raster: Raster, x, y):
    columns, rows = raster.size
    tape = dense(grid(SIZE).astype(np.float32), raster)
    assert tape.shape == (rows, columns, 2)
    assert tape[7, :, 0] == pytest.approx(x(np.arange(columns)), abs=1e-3)
    assert tape[:, 9, 1] == pytest.approx(y(np.arange(rows)), abs=1e-3)


def test_a_mesh_that_is_a_slope_stays_one_up_to_the_corners():
    slope = nodes(SIZE) @ np.array([[0.01, 0.0], [-0.02, 0.005]])
    assert spread(slope, SIZE) == pytest.approx(
        grid(SIZE) @ np.array([[0.01, 0.0], [-0.02, 0.005]]), abs=0.03
    )


def test_the_camera_is_read_where_the_tapes_pixel_was_displaced_to():
    mesh = np.zeros((*NODES, 2))
    mesh[..., 0] = 6.0
    double = np.diag([0.5, 0.5, 1.0])
    places = Placing(double, 0.0, mesh).places(SIZE, CAMERA)
    assert places[10, 20] == pytest.approx(2 * (grid(SIZE)[10, 20] + (6, 0)))
