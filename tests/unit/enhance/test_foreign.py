"""Models of the user's own as a stage: nothing is lost on the way, and tiles cannot be seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from appliance.core.problems import Problem
from appliance.core.types import Picture
from appliance.enhance.foreign import Opened, check_fits, opened, run_own
from appliance.enhance.foreign_add import Wish, add_model
from appliance.enhance.own import needed_model
from tests.unit.enhance import foreign_nets as nets

Ready = Callable[..., Opened]


@pytest.fixture
def ready(tmp_path: Path) -> Ready:
    """Adds the net and opens it from the list, as a film would."""

    def make(path: Path, task: str = "denoise", **more: object) -> Opened:
        added = add_model(Wish(path, task, licence="MIT", threads=1, **more), tmp_path / "own", frozenset())  # type: ignore[arg-type]
        return opened(needed_model(added.model.name, tmp_path / "own"), tmp_path / "own", "cpu", 1)

    return make


def in_tiles(whole: Opened, side: int) -> Opened:
    return replace(whole, tiling=replace(whole.tiling, most_px=side * side))


def planes(picture: Picture) -> tuple[np.ndarray, ...]:
    return picture.y, picture.u, picture.v


def difference(one: Picture, other: Picture) -> int:
    return max(int(np.abs(a.astype(int) - b).max()) for a, b in zip(planes(one), planes(other), strict=True))


@pytest.mark.parametrize("chroma", ["420", "422", "444"])
@pytest.mark.parametrize("size", [(64, 96), (37, 51)])
def test_a_net_that_changes_nothing_changes_no_byte(ready, make_tape, tmp_path, chroma, size) -> None:
    film = make_tape(2, *size, chroma)
    rng = np.random.default_rng(3)
    film = [
        replace(p, y=rng.integers(0, 256, p.y.shape).astype(np.uint8)) for p in film
    ]  # blacker than black, too
    same = ready(nets.same(tmp_path / "same.onnx"))
    for before, after in zip(film, run_own(film, in_tiles(same, 48)), strict=True):
        assert difference(before, after) == 0
        assert after.time_s == before.time_s


@pytest.mark.parametrize(
    ("task", "make"),
    [
        ("sr", lambda path: nets.chain(path, scale=2)),
        ("sr", lambda path: nets.chain(path, scale=3, layers=2)),
        ("sr", lambda path: nets.chain(path, scale=2, colours=1)),
        ("denoise", nets.of_eights),
        ("denoise", lambda path: nets.chain(path, half=True, layers=2)),
    ],
)
def test_tiled_is_as_untiled(ready, make_tape, tmp_path, task, make) -> None:
    whole = ready(make(tmp_path / "net.onnx"), task)
    film = make_tape(1, 101, 130, "420")
    once, often = (next(run_own(film, one)) for one in (whole, in_tiles(whole, 56)))
    scale = whole.model.scale
    assert once.y.shape == (101 * scale, 130 * scale)
    assert once.u.shape == (-(-101 * scale // 2), 65 * scale)
    assert difference(once, often) <= 1
    assert difference(once, replace(often, y=np.roll(often.y, 1, 1))) > 8  # there is something to see


def test_too_small_an_overlap_would_be_seen(ready, make_tape, tmp_path) -> None:
    whole = ready(nets.of_eights(tmp_path / "net.onnx"))
    torn = replace(whole, tiling=replace(whole.tiling, most_px=56 * 56, align=2, overlap=0))
    film = make_tape(1, 104, 136, "420")
    with pytest.raises(Exception):  # noqa: B017 - whatever onnxruntime says of the size
        next(run_own(film, torn))
    net = ready(nets.chain(tmp_path / "chain.onnx", layers=4, channels=16))
    torn = replace(net, tiling=replace(net.tiling, most_px=40 * 40, overlap=0))
    assert difference(next(run_own(film, net)), next(run_own(film, torn))) > 1


def test_a_net_of_one_size_sees_any_film(ready, make_tape, tmp_path) -> None:
    """Its tiles answer as the same net without a fixed size does in a whole."""
    fixed = ready(nets.chain(tmp_path / "fixed.onnx", 2, sides=(64, 64)), "sr")
    free = ready(nets.chain(tmp_path / "free.onnx", 2), "sr")
    assert (fixed.model.rows, fixed.model.columns) == (64, 64)
    for size in ((100, 150), (40, 150), (30, 30)):
        film = make_tape(1, *size, "420")
        inner = (
            slice(0, 2 * size[0] - 16),
            slice(0, 2 * size[1] - 16),
        )  # below it the one mirrors, the other ends
        one, other = (next(run_own(film, net)).y[inner].astype(int) for net in (fixed, free))
        assert np.abs(one - other).max() <= 1


def test_a_net_of_light_leaves_the_colours(ready, make_tape, tmp_path) -> None:
    film = make_tape(1, 40, 60, "420")
    net = ready(nets.chain(tmp_path / "light.onnx", colours=1))
    after = next(run_own(film, net))
    assert np.array_equal(after.u, film[0].u)
    assert not np.array_equal(after.y, film[0].y)


def test_a_net_that_looks_at_all_is_asked_in_a_whole_or_not_at_all(ready, make_tape, tmp_path) -> None:
    net = ready(nets.overall(tmp_path / "all.onnx"))
    assert not net.model.tileable
    film = make_tape(1, 60, 80, "420")
    after = next(run_own(film, net))
    spread = [float(picture.y.std()) for picture in (film[0], after)]
    assert spread[1] == pytest.approx(0.8 * spread[0], rel=0.05)
    small = replace(net.model, most_px=1000)
    with pytest.raises(Problem, match="whole picture at once"):
        check_fits(small, 80, 60)
    check_fits(net.model, 720, 576)


INTERPOLATORS = [
    pytest.param(nets.two, id="two"),
    pytest.param(nets.two_with_time, id="time"),
    pytest.param(lambda path: nets.two_with_time(path, ()), id="time-number"),
    pytest.param(lambda path: nets.two_with_time(path, (1, 1, "h", "w")), id="time-plane"),
    *(pytest.param(lambda path, n=n: nets.joined(path, n), id=f"joined{n}") for n in (6, 7, 8, 11)),
]


@pytest.mark.parametrize("make", INTERPOLATORS)
def test_pictures_between_pictures(ready, make_tape, tmp_path, make) -> None:
    net = ready(make(tmp_path / "between.onnx"), "interpolate")
    film = make_tape(2, 40, 64, "420")
    slow = list(run_own(film, net, times=4))
    assert [round(p.time_s - film[0].time_s, 3) for p in slow] == [0.01 * k for k in range(8)]
    for place, share in ((0, 0), (1, 0.25), (2, 0.5), (3, 0.75), (4, 1)):
        for plane, before, after in zip(*(planes(p) for p in (slow[place], *film)), strict=True):
            assert np.abs(plane - (before * (1 - share) + after * share)).max() <= 1.5
    assert all(difference(p, film[1]) == 0 for p in slow[4:])  # after the last one nothing is known


def test_nothing_is_mixed_across_a_cut(ready, make_tape, tmp_path) -> None:
    net = ready(nets.two(tmp_path / "two.onnx"), "interpolate")
    film = make_tape(2, 48, 64, "420")
    other = [replace(p, y=255 - p.y, time_s=p.time_s + 0.08) for p in film]
    made = list(run_own([*film, *other], net))
    assert len(made) == 8
    assert difference(made[3], film[1]) == 0  # stands still before the cut
    assert difference(made[4], other[0]) == 0
    assert difference(made[1], film[0]) > 0


def test_a_changed_file_is_not_opened(ready, tmp_path) -> None:
    net = ready(nets.same(tmp_path / "same.onnx"))
    path = tmp_path / "own" / net.model.file
    path.write_bytes(path.read_bytes() + b"?")
    with pytest.raises(Problem, match="changed"):
        opened(net.model, tmp_path / "own")


def test_the_words_name_model_licence_and_processor(ready, tmp_path) -> None:
    net = ready(nets.same(tmp_path / "same.onnx"))
    assert net.words.startswith("same (MIT; CPU: ")
    assert net.identity != replace(net, tiling=replace(net.tiling, overlap=99)).identity
