"""The library itself, on a card that is a file: what the kernel does with real cards the bench shows."""

from __future__ import annotations

import ctypes.util
import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from appliance.capture import alsa
from appliance.capture.alsa import AlsaSound, problem_of
from appliance.capture.sound_repairs import SoundQuirks
from appliance.core.problems import DeviceLost, Problem
from appliance.devices import alsa_lib
from appliance.devices.alsa_mixer import open_lines

HERE = ctypes.util.find_library("asound") is not None
needs_library = pytest.mark.skipif(not HERE, reason="this machine has no libasound")
CARD = """
pcm.hw {{
    @args [ CARD DEV SUBDEV ]
    @args.CARD {{ type string default 0 }}
    @args.DEV {{ type integer default 0 }}
    @args.SUBDEV {{ type integer default -1 }}
    type file
    slave.pcm {{ type null }}
    file /dev/null
    infile "{path}"
    format raw
}}
"""


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[np.ndarray], None]:
    def holds(samples: np.ndarray) -> None:
        (tmp_path / "sound.raw").write_bytes(samples.astype("<i2").tobytes())
        (tmp_path / "asound.conf").write_text(CARD.format(path=tmp_path / "sound.raw"))
        monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "asound.conf"))
        monkeypatch.setattr(alsa, "SYSTEM", tmp_path)

    return holds


def heard(sound: AlsaSound, samples: int) -> np.ndarray:
    blocks: list[np.ndarray] = []
    while sum(map(len, blocks)) < samples:
        block = sound.read(5)
        assert block is not None
        blocks.append(block.samples)
    return np.concatenate(blocks)[:samples]


@needs_library
def test_what_the_card_has_is_heard_sample_by_sample(card: Callable[[np.ndarray], None]) -> None:
    numbers = np.arange(40000).reshape(-1, 2).astype(np.int16)
    card(numbers)
    sound = AlsaSound(0, "File card")
    assert (sound.rate_hz, sound.channels) == (48000, 2)
    sound.start()
    assert (heard(sound, 20000) == numbers).all()
    told = sound.report()
    assert told["sound card"] == "File card, hw:0,0"
    assert told["sound true rate"].startswith("not known yet")
    sound.stop()
    assert sound.read(5) is None


@needs_library
def test_the_quirks_of_a_dongle_are_put_right_and_told(card: Callable[[np.ndarray], None]) -> None:
    card(np.full((24000, 2), 0x4000 + 80))
    sound = AlsaSound(0, "File card", SoundQuirks(unsigned_15bit=True))
    sound.start()
    assert (heard(sound, 12000) == 160).all()
    sound.stop()


@needs_library
def test_it_starts_again_after_a_stop(card: Callable[[np.ndarray], None]) -> None:
    card(np.full((24000, 2), 7))
    sound = AlsaSound(0, "File card")
    sound.start()
    assert heard(sound, 100).any()
    sound.stop()
    sound.stop()
    sound.start()
    assert heard(sound, 100).any()
    assert sound.report()["sound gaps"].startswith("1,")
    sound.stop()


@needs_library
def test_another_card_in_its_place_is_not_taken_for_it(
    card: Callable[[np.ndarray], None], tmp_path: Path
) -> None:
    card(np.zeros((24000, 2)))
    sound = AlsaSound(3, "File card")
    sound.stop()
    (tmp_path / "1-4:1.0").mkdir()
    (tmp_path / "card3").mkdir()
    (tmp_path / "card3" / "device").symlink_to(tmp_path / "1-4:1.0")
    with pytest.raises(DeviceLost):
        sound.start()


@needs_library
def test_stopping_ends_a_wait_at_once() -> None:
    wake = os.eventfd(0)
    pcm = alsa_lib.Pcm("null")
    pcm.configure(48000, 2, 0.02, 2.0)
    threading.Timer(0.01, os.eventfd_write, (wake, 1)).start()
    while pcm.wait(10, wake):
        pass  # the null card always has something; only the wake ends this
    pcm.close()
    os.close(wake)


@needs_library
def test_a_card_that_is_not_there_is_lost_and_one_without_a_mixer_is_no_trouble() -> None:
    with pytest.raises(DeviceLost):
        AlsaSound(31, "No card")
    assert open_lines(31)[0].startswith("the mixer was left alone")


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENODEV, "device-lost"), (errno.EBUSY, "sound-busy"), (errno.EIO, "sound-refused")],
)
def test_the_kernels_numbers_have_names(number: int, code: str) -> None:
    assert problem_of(OSError(number, "?"), "Dongle").issue.code == code


def test_without_the_library_the_box_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alsa_lib, "LIBRARY", "libasound.so.none")
    alsa_lib.library.cache_clear()
    try:
        with pytest.raises(Problem) as caught:
            AlsaSound(0, "Dongle")
    finally:
        alsa_lib.library.cache_clear()
    assert caught.value.issue.code == "sound-library-missing"
    assert "apt install" in caught.value.issue.remedy
