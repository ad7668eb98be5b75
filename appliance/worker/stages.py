"""The later stages of a recipe, opened: nets with their runtimes, pictures between, a small film beside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.core.config import EnhanceConfig
from appliance.core.types import Colour, ModelInfo, Picture
from appliance.encode.squeeze import LEAST_PX, SqueezeSpec, squeezed
from appliance.enhance.course import Course, NetFacts, Shape
from appliance.enhance.foreign import opened, run_own
from appliance.enhance.frames import improve
from appliance.enhance.interpolate import between
from appliance.enhance.manifest import load_model
from appliance.enhance.own import needed_model
from appliance.enhance.recipe import Step
from appliance.enhance.runtime import Runtime, open_session
from appliance.worker.later import NOTHING_LATER, Later, LaterStage, Where, by_chunks
from appliance.worker.models import scale_of
from appliance.worker.outputs import ENCODER_THREADS, film_of

if TYPE_CHECKING:
    from appliance.worker.making import Making


BETWEEN_REACH = 1  # pictures on each side; what comes between two needs both


def open_later(making: Making) -> Later:
    """Raises Problem for a model that is damaged, or a provider that was insisted on and is not there."""
    course, enhance = making.course, making.config.enhance
    if course is None or not course.later:
        return NOTHING_LATER
    tape = making.pieces[0].tape
    scale = scale_of(enhance) if course.restores else 1
    small = SqueezeSpec(LEAST_PX, LEAST_PX, tape.rate, threads=ENCODER_THREADS)
    like = replace(small, sample_aspect=tape.sample_aspect, colour=tape.colour)
    most = max(shape.pixels for shape in course.shapes) * course.result.moments
    return Later(
        open_stages(course, enhance, like, making.cache),
        first=lambda view: film_of(view, scale),
        large=max(1.0, most / (tape.width * tape.height)),
    )


def open_stages(
    course: Course, enhance: EnhanceConfig, like: SqueezeSpec, cache: Path | None = None
) -> tuple[LaterStage, ...]:
    """``like`` has the colours, and the shape of the pixels, of what comes in."""
    made = zip(course.steps, course.shapes[1:], strict=True)
    return tuple(
        open_own(step, net, enhance, like.colour)
        if (net := course.nets.get(str(step.options.get("model")))) is not None and net.own is not None
        else open_stage(step, shape, enhance, like, cache)
        for step, shape in made
        if step in course.later
    )


def open_own(step: Step, net: NetFacts, enhance: EnhanceConfig, colour: Colour) -> LaterStage:
    """A model of the user's own, which has a way of its own to be asked."""
    folder = net.own
    assert folder is not None
    found = needed_model(net.name, folder)
    ready = opened(found, folder, enhance.provider, enhance.threads)
    times = int(step.options.get("times", 1))

    def work(pictures: Iterator[Picture], where: Where) -> Iterator[Picture]:
        return run_own(pictures, ready, colour, max(2, times))

    settings = " ".join(ready.identity)  # that change the film, beside the file itself
    return LaterStage(
        step.words,
        work,
        times,
        reach=BETWEEN_REACH if times > 1 else 0,
        model=ModelInfo(ready.words, str(folder / found.file), found.sha256, settings, 1),
        provider=ready.net.provider,
        provider_reason=ready.net.provider_reason,
    )


def open_stage(
    step: Step, shape: Shape, enhance: EnhanceConfig, like: SqueezeSpec, cache: Path | None
) -> LaterStage:
    if step.do == "squeeze":
        return squeezing(step, shape, like)
    runtime = open_session(load_model(str(step.options["model"])), enhance.provider, enhance.threads, cache)
    times = int(step.options.get("times", 1))
    return LaterStage(
        step.words,
        partial(by_net, times, runtime),
        times,
        reach=BETWEEN_REACH if times > 1 else runtime.model.window // 2,
        model=runtime.model,
        provider=runtime.provider,
        provider_reason=runtime.provider_reason,
    )


def by_net(times: int, runtime: Runtime, pictures: Iterator[Picture], where: Where) -> Iterator[Picture]:
    return between(pictures, times, runtime) if times > 1 else improve(pictures, runtime)


def squeezing(step: Step, shape: Shape, like: SqueezeSpec) -> LaterStage:
    """The small film's chunks lie beside the film's; ``keep_small_films`` joins them."""
    crf = int(step.options["crf"])
    spec = replace(like, width=shape.width, height=shape.height, rate=shape.rate, crf=crf)
    name = f"small-{step.number}"

    def work(pictures: Iterator[Picture], where: Where) -> Iterator[Picture]:
        return by_chunks(pictures, where, name, lambda some, path: squeezed(some, spec, path))

    return LaterStage(step.words, work, keeps=name, rate=shape.rate, stretch=shape.stretch)
