"""Recipes as data: those that are shipped, one's own, and mistakes in the words that a person would use."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.core.problems import Problem
from appliance.enhance.recipe import SHIPPED, find_recipe, read_recipe, recipe_files

HEAD = 'title = "Mine"\nabout = "For a test."\n'


def stage(text: str) -> str:
    return f"{HEAD}[[stage]]\n{text}\n"


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("tape", ["restore"]),
        ("twin", ["restore", "camera"]),
        ("slow-motion", ["restore", "camera", "slower"]),
        ("sr4", ["net"]),
        ("deblur", ["net"]),
        ("denoise", ["net"]),
        ("compact", ["squeeze", "net"]),
    ],
)
def test_the_shipped_recipes_are_there(name: str, kinds: list[str]) -> None:
    recipe = find_recipe(name)
    assert [step.do for step in recipe.steps] == kinds
    assert recipe.about.endswith(".")
    assert len(recipe_files()) == 7


def test_they_travel_with_the_package() -> None:
    """As package data: below the package, with an ending that pyproject.toml names."""
    house = Path(__file__).parents[3]
    assert '"**/*.toml"' in (house / "pyproject.toml").read_text()
    assert SHIPPED.is_relative_to(house / "appliance")


def test_what_is_left_out_has_its_default() -> None:
    first, second = read_recipe(
        f'{stage("do = " + chr(34) + "restore" + chr(34))}[[stage]]\ndo = "camera"', "x"
    ).steps
    assert dict(first.options) == {"tier": "auto", "if_interlaced": False}
    assert dict(second.options) == {"strength": 1.0, "if_there": False}
    assert (first.number, second.number) == (1, 2)


@pytest.mark.parametrize(
    ("text", "cause", "remedy"),
    [
        ("title = ", "not valid TOML", "Correct that line"),
        (HEAD, "It has no stage", "[[stage]]"),
        ('about = "x"\n[[stage]]\ndo = "restore"', "It has no title", "title ="),
        (HEAD + 'stages = 1\n[[stage]]\ndo = "restore"', "no key 'stages'", "Did you mean 'stage'?"),
        (stage('do = "restor"'), "Stage 1 has no kind 'restor'", "Did you mean 'restore'?"),
        (stage('model = "sr4"'), "Stage 1 does not say what to do", "Use one of restore"),
        (
            stage('do = "net"\nmodell = "sr4"'),
            "Stage 1 (net) has no option 'modell'",
            "Did you mean 'model'?",
        ),
        (stage('do = "net"'), "Stage 1 (net) does not say its model", "model = "),
        (stage('do = "slower"\ntimes = 3'), "Stage 1 (slower) cannot have times = 3", "2 or 4"),
        (stage('do = "slower"\ntimes = true'), "cannot have times = True", "2 or 4"),
        (stage('do = "camera"\nstrength = 1.5'), "cannot have strength = 1.5", "a number from 0 to 1"),
        (stage('do = "camera"\nif_there = 1'), "cannot have if_there = 1", "true or false"),
        (stage('do = "net"\nmodel = 4'), "cannot have model = 4", "a name in quotes"),
        (HEAD + "stage = [1]", "It has no stage", "[[stage]]"),
        (HEAD + '[[stage]]\ndo = ["net"]', "Stage 1 has no kind", "Use one of"),
    ],
)
def test_a_mistake_is_named_with_its_stage_and_what_was_meant(text: str, cause: str, remedy: str) -> None:
    with pytest.raises(Problem) as caught:
        read_recipe(text, "mine")
    issue = caught.value.issue
    assert (issue.code, issue.title) == ("recipe-wrong", "The recipe 'mine' cannot run")
    assert cause in issue.cause
    assert remedy in issue.remedy


def test_ones_own_come_first_and_files_by_their_path(tmp_path: Path) -> None:
    (tmp_path / "tape.toml").write_text(stage('do = "net"\nmodel = "denoise"'))
    assert [step.do for step in find_recipe("tape", tmp_path).steps] == ["net"]
    assert [step.do for step in find_recipe(str(tmp_path / "tape.toml")).steps] == ["net"]
    assert [step.do for step in find_recipe("tape").steps] == ["restore"]
    assert len(recipe_files(tmp_path)) == 7


@pytest.mark.parametrize(
    ("word", "said"), [("denoize", "Did you mean 'denoise'?"), ("no/such.toml", "no file")]
)
def test_a_recipe_that_is_not_there(word: str, said: str) -> None:
    with pytest.raises(Problem) as caught:
        find_recipe(word)
    assert caught.value.issue.code == "recipe-unknown"
    assert said in caught.value.issue.cause + caught.value.issue.remedy


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Problem) as caught:
        find_recipe("x", tmp_path)
    assert caught.value.issue.code == "recipe-wrong"


def test_a_look_of_the_command_takes_the_place_of_the_recipes_own() -> None:
    stages = ('do = "restore"', 'do = "look"\nname = "tape"', 'do = "slower"\ntimes = 2')
    text = HEAD + "".join(f"[[stage]]\n{stage}\n" for stage in stages)
    recipe = read_recipe(text, "x").with_look("twin", 0.5)
    assert [step.do for step in recipe.steps] == ["restore", "look", "slower"]
    assert [step.number for step in recipe.steps] == [1, 2, 3]
    assert recipe.steps[1].look_place == 0.75
    assert find_recipe("twin").with_look("tape", 1.0).steps[2].look_place == 0.0
    with pytest.raises(Problem):
        recipe.with_look("film noir", 1.0)
