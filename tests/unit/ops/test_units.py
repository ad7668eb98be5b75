"""The units say what the design says, and systemd understands them."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from appliance.core.paths import Paths
from appliance.core.realtime import READER_PRIORITY

FOLDER = Path(__file__).parents[3] / "systemd"
SERVICES = ("recorder", "worker", "web")
COMMANDS = {"recorder": "record", "worker": "worker", "web": "web"}
RULE = re.compile(r'([A-Z]+(\{[\w/]+\})?(==|!=|\+=|=)"[^"]*"(, |$))+')


def settings(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (FOLDER / f"twinreel-{name}.service").read_text().splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


@pytest.mark.parametrize("name", SERVICES)
def test_each_process_is_watched_and_restarted_for_ever(name: str) -> None:
    unit = settings(name)
    assert unit["ExecStart"] == [f"/opt/twinreel/bin/twinreel {COMMANDS[name]}"]
    assert unit["Type"] == ["notify"]
    assert unit["Restart"] == ["always"]
    assert unit["StartLimitIntervalSec"] == ["0"]
    assert int(unit["WatchdogSec"][0]) > 0
    assert unit["ProtectSystem"] == ["strict"]


def test_the_recorder_opens_no_port_and_comes_first() -> None:
    unit = settings("recorder")
    assert unit["RestrictAddressFamilies"] == ["AF_UNIX AF_NETLINK"]
    assert int(unit["Nice"][0]) < 0
    assert {"char-video4linux rw", "char-alsa rw", "char-gpiochip rw"} <= set(unit["DeviceAllow"])


def test_only_the_recorders_readers_may_have_real_time() -> None:
    """The policy of a unit would hold for the threads that compress as well."""
    unit = settings("recorder")
    assert "CPUSchedulingPolicy" not in unit
    assert int(unit["LimitRTPRIO"][0]) >= READER_PRIORITY
    assert unit["LimitMEMLOCK"] == ["infinity"]
    assert "RestrictRealtime" not in unit


def test_the_worker_cannot_touch_a_capture_device_and_waits_its_turn() -> None:
    unit = settings("worker")
    assert unit["DevicePolicy"] == ["closed"]
    assert not [allowed for allowed in unit["DeviceAllow"] if "video4linux" in allowed or "alsa" in allowed]
    assert unit["PrivateNetwork"] == ["yes"]
    assert int(unit["Nice"][0]) > 0
    assert "MemoryMax" in unit


def test_the_page_sees_no_device_and_cannot_write_a_take() -> None:
    unit = settings("web")
    assert unit["PrivateDevices"] == ["yes"]
    assert unit["ReadOnlyPaths"] == ["/var/lib/twinreel"]
    assert unit["ReadWritePaths"] == ["/run/twinreel"]
    assert unit["User"] != settings("recorder")["User"]


def test_the_target_wants_all_three_and_the_long_press() -> None:
    lines = (FOLDER / "twinreel.target").read_text().splitlines()
    wants = [unit for x in lines if x.startswith("Wants=") for unit in x.removeprefix("Wants=").split()]
    services = [f"twinreel-{name}.service" for name in SERVICES]
    assert wants == [*services, "twinreel-folder.path", "twinreel-poweroff.path"]


def test_recorder_and_worker_can_write_where_sticks_are_mounted() -> None:
    made = [
        line.split()[1] for line in (FOLDER / "twinreel.tmpfiles").read_text().splitlines() if line[:1] == "d"
    ]
    for name in ("recorder", "worker"):
        assert "-/media/twinreel -/run/media/twinreel" in settings(name)["ReadWritePaths"]
    assert {"/media/twinreel", "/run/media/twinreel"} <= set(made)


def test_both_kinds_of_polkit_allow_the_same() -> None:
    rules = (FOLDER / "50-twinreel-polkit.rules").read_text()
    names = json.loads(re.search(r"allowed = (\[.*\])", rules)[1])  # type: ignore[index]
    old = configparser.ConfigParser()
    old.read(FOLDER / "twinreel.pkla")
    listed = {
        a.rpartition(".")[2].removesuffix("-other-seat") for a in old["Twinreel: sticks"]["Action"].split(";")
    }
    assert listed == set(names)
    assert not any(name.endswith("-system") for name in listed)


def test_lights_go_dark_however_the_recorder_ends() -> None:
    assert settings("recorder")["ExecStopPost"] == ["-/opt/twinreel/bin/python -m appliance.panel.lights_off"]


def test_the_file_that_the_recorder_makes_is_the_one_that_switches_off() -> None:
    asked = str(Paths().power_off)
    assert f"PathExists={asked}" in (FOLDER / "twinreel-poweroff.path").read_text().splitlines()
    assert settings("poweroff")["ExecStart"] == [f"/bin/rm -f {asked}", "/bin/systemctl --no-block poweroff"]


def test_the_udev_rules_are_well_formed_and_their_labels_exist() -> None:
    text = (FOLDER / "60-twinreel.rules").read_text()
    rules = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert [rule for rule in rules if not RULE.fullmatch(rule)] == []
    assert set(re.findall(r'GOTO="(\w+)"', text)) <= set(re.findall(r'LABEL="(\w+)"', text))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    for source in (*FOLDER.glob("*.service"), *FOLDER.glob("*.target"), *FOLDER.glob("*.path")):
        (tmp_path / source.name).write_text(re.sub(r"/opt/twinreel/bin/\w+", "/bin/true", source.read_text()))
    units = sorted(tmp_path.iterdir())
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
