"""The box's own takes by a recipe: one that cannot run, fails or kills the worker never costs the film."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from appliance.core.journal import ATTEMPTS_LIMIT
from appliance.core.media import probe
from appliance.core.snapshot import JobProgress
from appliance.core.types import Issue, Severity, TakeState
from appliance.encode.digest import sha256_file
from appliance.worker.job import make_films
from appliance.worker.making import film_pair
from tests.unit.worker.nets import add_nets


@pytest.fixture(scope="module")
def nets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return add_nets(tmp_path_factory.mktemp("models"))


@pytest.fixture(autouse=True)
def _models(nets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINREEL_MODELS", str(nets))


CALM = """
title = "Calm tape"
about = "A tape, restored and calmed."
[[stage]]
do = "restore"
[[stage]]
do = "net"
model = "denoise"
"""


def run(
    box: Any, recipe: str = "auto", text: str = "", told: list[JobProgress] | None = None
) -> tuple[Issue, ...]:
    if text:
        box.paths.recipes.mkdir(parents=True, exist_ok=True)
        (box.paths.recipes / f"{recipe}.toml").write_text(text)
    enhance = box.config.enhance.model_copy(update={"recipe": recipe})
    config = box.config.model_copy(update={"enhance": enhance})
    progress = box.progress(told.append if told is not None else lambda step: None)
    return make_films(box.folder.name, box.paths, config, box.journal, progress, box.sticks)


def left(issues: tuple[Issue, ...]) -> list[Issue]:
    return [issue for issue in issues if issue.code == "recipe-left"]


def test_a_take_follows_the_recipe_and_page_and_report_say_so(box: Any) -> None:
    told: list[JobProgress] = []
    issues = run(box, "calm", CALM, told)
    assert left(issues) == []
    assert told[-1].recipe == "Calm tape"
    assert told[-1].steps == ("restore the tape", "denoise")
    page = (box.folder / "report.html").read_text()
    assert "Calm tape" in page
    assert "test-denoise" in page
    assert probe(box.folder / "film.mp4").rate == 50


def test_auto_is_named_as_what_it_amounts_to(box: Any) -> None:
    told: list[JobProgress] = []
    assert left(run(box, told=told)) == []
    assert (told[-1].recipe, told[-1].steps) == ("Twin", ("restore the tape", "add the camera's detail"))


@pytest.mark.parametrize(
    ("recipe", "text", "cause"),
    [
        ("gone", "", "no recipe 'gone'"),
        ("denoise", "", "works on whole pictures"),
        ("mine", CALM.replace("denoise", "denoize"), "Did you mean 'denoise'?"),
        ("mine", "title = ", "not valid TOML"),
    ],
)
def test_one_that_cannot_run_leaves_the_film_as_auto_makes_it(
    recipe: str, text: str, cause: str, box: Any
) -> None:
    (notice,) = left(run(box, recipe, text))
    assert notice.severity is Severity.NOTICE
    assert cause in notice.cause
    assert box.state() is TakeState.FINISHED
    assert "recipe-left" not in (box.folder / "report.html").read_text()
    assert notice.title in (box.folder / "report.html").read_text().replace("&#39;", "'")


def test_one_that_fails_on_the_way_costs_no_film(box: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: Any) -> Any:
        raise RuntimeError("the net fell over")

    monkeypatch.setattr("appliance.worker.stages.improve", broken)
    (notice,) = left(run(box, "calm", CALM))
    assert "the net fell over" in notice.cause
    assert probe(box.folder / "film.mp4").frames == 24


def test_the_film_without_the_recipe_is_the_same_as_without_any(
    box: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(box)
    usual = sha256_file(box.folder / "film.mp4")
    box.journal.put_artifacts(box.folder.name, ())
    run(box, "gone")
    assert sha256_file(box.folder / "film.mp4") == usual


def test_a_worker_that_dies_of_it_leaves_it_before_it_gives_up(box: Any) -> None:
    for _ in range(ATTEMPTS_LIMIT):
        box.journal.claim_job()
        box.journal.requeue_broken()
    box.journal.claim_job()
    (notice,) = left(run(box, "calm", CALM))
    assert "died again and again" in notice.cause


def test_a_stick_that_is_too_small_for_it_is_told(box: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.worker.room.film_bytes", lambda shape, suffix: 10**9)
    monkeypatch.setattr("appliance.worker.box_recipe.check_disk", lambda *given: None)
    (notice,) = left(run(box, "calm", CALM))
    assert "the stick has" in notice.cause


def test_the_small_film_of_a_recipe_goes_with_the_take(box: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def with_small(making: Any, folder: Path, progress: Any) -> Any:
        (folder / "film.small.mp4").write_bytes(b"small")
        return film_pair(making, folder, progress)

    with monkeypatch.context() as patched:
        patched.setattr("appliance.worker.job.film_pair", with_small)
        run(box)
    paths = {artifact.path for artifact in box.journal.artifacts(box.folder.name)}
    assert "film.small.mp4" in paths
    box.journal.put_artifacts(box.folder.name, ())
    run(box)
    assert not (box.folder / "film.small.mp4").exists()
