"""The mixer of a sound card: its recording switches are put on, as far as it has any."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import byref, c_int, c_long, c_void_p

from appliance.devices.alsa_lib import call, library

LINES = ("line", "line in", "video")  # the inputs by which a tape's sound comes; an AC97 chip has more
ALWAYS = ("capture", "master capture", "digital")
ENOUGH = 0.75  # of the range, where the card knows no decibels


def open_lines(card: int) -> tuple[str, ...]:
    """Unmute what a tape's sound comes through; a volume is touched only where it stands at nothing.

    Says what was done, for the log. Never raises OSError: many dongles have no mixer at all.
    """
    try:
        with mixer(card) as handle:
            return tuple(note for element, name in inputs(handle) for note in opened(element, name))
    except OSError as error:
        return (f"the mixer was left alone: {error.strerror}",)


def inputs(handle: c_void_p) -> list[tuple[c_void_p, str]]:
    """The line inputs, or, on a card that has no such, all that it can record from."""
    named = [(element, name_of(element)) for element in elements(handle)]
    if any(name.lower() in LINES for _, name in named):
        return [(element, name) for element, name in named if name.lower() in (*LINES, *ALWAYS)]
    return [(e, name) for e, name in named if has(e, "capture_switch") or has(e, "capture_volume")]


@contextmanager
def mixer(card: int) -> Iterator[c_void_p]:
    handle = c_void_p()
    call("snd_mixer_open", byref(handle), 0)
    try:
        call("snd_mixer_attach", handle, f"hw:{card}".encode())
        call("snd_mixer_selem_register", handle, None, None)
        call("snd_mixer_load", handle)
        yield handle
    finally:
        library().snd_mixer_close(handle)


def elements(handle: c_void_p) -> Iterator[c_void_p]:
    found = library().snd_mixer_first_elem(handle)
    while found:
        yield c_void_p(found)
        found = library().snd_mixer_elem_next(c_void_p(found))


def opened(element: c_void_p, name: str) -> Iterator[str]:
    """An input has a switch for recording; AC97's are muted by the one for listening as well."""
    for way in ("capture", "playback"):
        if has(element, f"{way}_switch") and switched(element, way):
            yield f"{name} is recorded" if way == "capture" else f"{name} is not muted any more"
        if has(element, f"{way}_volume") and raised(element, way):
            yield f"{name} was turned up"


def name_of(element: c_void_p) -> str:
    return str(library().snd_mixer_selem_get_name(element).decode(errors="replace"))


def has(element: c_void_p, what: str) -> bool:
    return bool(getattr(library(), f"snd_mixer_selem_has_{what}")(element))


def switched(element: c_void_p, way: str) -> bool:
    """Put on; whether that changed anything."""
    before = c_int(0)
    call(f"snd_mixer_selem_get_{way}_switch", element, 0, byref(before))
    call(f"snd_mixer_selem_set_{way}_switch_all", element, 1)
    return not before.value


def raised(element: c_void_p, way: str) -> bool:
    least, most, now = c_long(), c_long(), c_long()
    call(f"snd_mixer_selem_get_{way}_volume_range", element, byref(least), byref(most))
    call(f"snd_mixer_selem_get_{way}_volume", element, 0, byref(now))
    if now.value > least.value or most.value <= least.value:
        return False
    try:
        call(f"snd_mixer_selem_set_{way}_dB_all", element, c_long(0), 0)
    except OSError:
        enough = least.value + round(ENOUGH * (most.value - least.value))
        call(f"snd_mixer_selem_set_{way}_volume_all", element, c_long(enough))
    return True
