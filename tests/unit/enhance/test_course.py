"""What a recipe would make, worked out before it begins; and every way in which it cannot."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from appliance.core.problems import Problem
from appliance.enhance.course import Course, NetFacts, Shape, course_of
from appliance.enhance.recipe import find_recipe, read_recipe

TAPE = Shape(720, 576, Fraction(25), 100, interlaced=True)
CLIP = Shape(640, 360, Fraction(24000, 1001), 100)
TWIN = replace(TAPE, has_camera=True)
NETS = {
    name: NetFacts(name, scale, task)
    for name, scale, task in [
        ("denoise", 1, "pictures"),
        ("sr4", 4, "pictures"),
        ("compact", 2, "pictures"),
        ("interpolate", 1, "between"),
    ]
}


def course(stages: str, film: Shape) -> Course:
    """``stages``: such as "restore, net model=sr4, slower times=2"."""
    text = 'title = "T"\nabout = "A."\n'
    for one in stages.split(", "):
        kind, *options = one.split()
        text += f'[[stage]]\ndo = "{kind}"\n' + "".join(
            f"{line.replace('=', ' = ', 1)}\n" for line in options
        )
    return course_of(read_recipe(text, "mine"), film, NETS)


def net(name: str) -> str:
    return f'net model="{name}"'


@pytest.mark.parametrize(
    ("stages", "film", "size", "rate", "frames", "stretch", "moments"),
    [
        ("restore", TAPE, (720, 576), Fraction(50), 200, 1, 1),
        ("restore, camera", TWIN, (720, 576), Fraction(50), 200, 1, 1),
        ("restore, slower times=4", TAPE, (720, 576), Fraction(50), 800, 4, 4),
        ("smoother times=2", CLIP, (640, 360), Fraction(48000, 1001), 200, 1, 2),
        (f"smoother times=2, slower times=2, {net('denoise')}", CLIP, (640, 360), 2 * CLIP.rate, 400, 2, 4),
        (net("sr4"), CLIP, (2560, 1440), CLIP.rate, 100, 1, 1),
        (f"squeeze, {net('compact')}", CLIP, (640, 360), CLIP.rate, 100, 1, 1),
        ("squeeze", replace(CLIP, width=322, height=182), (160, 90), CLIP.rate, 100, 1, 1),
    ],
)
def test_shapes_rates_and_lengths(
    stages: str,
    film: Shape,
    size: tuple[int, int],
    rate: Fraction,
    frames: int,
    stretch: int,
    moments: int,
) -> None:
    result = course(stages, film).result
    assert (result.width, result.height, result.rate, result.frames) == (*size, rate, frames)
    assert (result.stretch, result.moments) == (stretch, moments)


def test_the_tier_that_enlarges_is_counted() -> None:
    result = course_of(find_recipe("tape"), TAPE, NETS, restored_scale=2).result
    assert (result.width, result.height) == (1440, 1152)


@pytest.mark.parametrize(
    ("film", "kinds"),
    [(TWIN, ["restore", "camera", "slower"]), (TAPE, ["restore", "slower"]), (CLIP, ["slower"])],
)
def test_slow_motion_leaves_out_what_does_not_concern_the_film(film: Shape, kinds: list[str]) -> None:
    found = course_of(find_recipe("slow-motion"), film, NETS)
    assert [step.do for step in found.steps] == kinds
    assert found.restores == ("restore" in kinds)
    assert [step.do for step in found.later] == ["slower"]


@pytest.mark.parametrize(
    ("stages", "film", "code", "cause", "remedy"),
    [
        ("restore, camera", TAPE, "recipe-unfit", "Stage 2 (camera) has no camera", "--camera"),
        ("camera, restore", TWIN, "recipe-unfit", "Stage 1 (camera) guides what was restored", "right after"),
        (f"{net('denoise')}, restore", CLIP, "recipe-unfit", "Stage 2 (restore) comes too late", "first"),
        (
            net("denoise"),
            TAPE,
            "recipe-unfit",
            "Stage 1 (net) works on whole pictures",
            'do = "restore" before it',
        ),
        ("slower times=2", TAPE, "recipe-unfit", "Stage 1 (slower) works on whole pictures", "before it"),
        ("squeeze", TAPE, "recipe-unfit", "Stage 1 (squeeze) works on whole pictures", "before it"),
        ("restore, slower times=2", CLIP, "recipe-unfit", "every picture twice", "if_interlaced"),
        (
            'look name="tape"',
            TAPE,
            "recipe-unfit",
            "Stage 1 (look) needs the restored tape",
            "right after restore",
        ),
        (
            net("denoize"),
            CLIP,
            "recipe-model",
            "model 'denoize', which is not there",
            "Did you mean 'denoise'?",
        ),
        (net("interpolate"), CLIP, "recipe-model", "made for something else", "Use one of denoise"),
        (
            f"{net('sr4')}, {net('sr4')}",
            CLIP,
            "recipe-unfit",
            "Stage 2 (net) would make pictures of",
            "smaller",
        ),
        (
            "smoother times=4",
            replace(CLIP, rate=Fraction(120)),
            "recipe-unfit",
            "Stage 1 (smoother) would make 480 pictures/s",
            "times = 2",
        ),
        (
            "slower times=4, slower times=4, slower times=2",
            CLIP,
            "recipe-unfit",
            "Stage 3 (slower) would make 32",
            "Leave one",
        ),
        (net("denoise"), replace(CLIP, width=20), "recipe-unfit", "32 × 32 or more", "larger"),
        (
            "slower times=2",
            replace(CLIP, stills=True),
            "recipe-unfit",
            "stills have no time",
            "Leave the stage out",
        ),
        ("restore", replace(CLIP, stills=True), "recipe-unfit", "folder of stills", "Leave the stage out"),
        ("squeeze", replace(CLIP, width=120), "recipe-unfit", "60 × 180, and x265 takes", "larger"),
        ("restore if_interlaced=true", CLIP, "recipe-unfit", "None of its stages", "another one"),
    ],
)
def test_what_cannot_run_is_refused_with_what_to_change(
    stages: str, film: Shape, code: str, cause: str, remedy: str
) -> None:
    with pytest.raises(Problem) as caught:
        course(stages, film)
    issue = caught.value.issue
    assert (issue.code, issue.title) == (code, "The recipe 'mine' cannot run")
    assert cause in issue.cause
    assert remedy in issue.remedy


def test_a_model_that_is_not_there_stops_slow_motion() -> None:
    with pytest.raises(Problem) as caught:
        course_of(find_recipe("slow-motion"), CLIP, {})
    assert caught.value.issue.code == "recipe-model"
    assert "Stage 3 (slower) needs the model 'interpolate'" in caught.value.issue.cause
