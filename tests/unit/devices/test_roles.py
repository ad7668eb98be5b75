"""Who is who: by configuration, capability and what is known of models."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from appliance.core.config import DevicesConfig
from appliance.core.types import Role
from appliance.devices import videodev2 as v
from appliance.devices.found import Card, Facts, Found, Mode, Node, Plugged, UsbDevice
from appliance.devices.roles import Census, take_census
from appliance.devices.v4l2 import Input

ROOT = "/sys/devices/pci0000:00/usb1"
MODES = (Mode("MJPG", 720, 576, (Fraction(25),)),)
UVC = Facts("uvcvideo", "USB Video", MODES)
ANALOGUE = Facts("stk1160", "stk1160", (Mode("UYVY", 0, 0),), (Input(0, "Composite", True, v.STD_ALL, 0),))


def usb(port: str = "1-1", model: str = "046d:0825", **more: object) -> UsbDevice:
    path = "/".join([ROOT, *(f"1-{port[2:][: 2 * n + 1]}" for n in range(port.count(".") + 1))])
    given: dict[str, object] = {"maker": "Maker", "product": f"Model {model}", "bus": "usb1"}
    return UsbDevice(path, port, model, path.rpartition("/")[0], **(given | more))  # type: ignore[arg-type]


def node(number: int, device: UsbDevice | None, index: int = 0) -> Node:
    place = f"pci-usb-0:{device.port[2:]}" if device else f"platform-vivid.0 video{number}"
    return Node(f"/dev/video{number}", index, place, f"/sys/video{number}", device)


def census(
    facts: dict[Node, Facts | None],
    cards: tuple[Card, ...] = (),
    others: tuple[UsbDevice, ...] = (),
    **config: str,
) -> Census:
    every = tuple(dict.fromkeys(n.usb for n in facts if n.usb)) + others
    return take_census(Plugged(tuple(facts), cards, every), facts, DevicesConfig(**config))


def only(found: Census) -> Found:
    assert len(found.found) == 1
    return found.found[0]


def codes(found: Census) -> list[str]:
    return sorted(issue.code for issue in found.issues)


def test_a_driver_with_standards_is_the_tapes() -> None:
    one = only(census({node(0, usb(model="9999:9999")): ANALOGUE}))
    assert one.role is Role.TAPE
    assert "standards" in one.reason


def test_a_known_dongle_is_the_tapes_though_it_looks_like_a_camera() -> None:
    one = only(census({node(0, usb(model="534d:0021")): UVC}))
    assert (one.role, one.info.usb, one.info.port) == (Role.TAPE, "534d:0021", "1-1")
    assert one.quirk.sound == "ms210x"


def test_another_uvc_device_is_a_camera() -> None:
    one = only(census({node(0, usb()): UVC}))
    assert (one.role, one.info.name) == (Role.CAMERA, "Maker Model 046d:0825")


def test_a_camera_that_is_no_usb_device_is_not_guessed() -> None:
    """Such nodes are often the scalers and decoders of the board itself."""
    assert census({node(0, None): UVC}).found == ()
    assert only(census({node(0, None): UVC}, camera="/dev/video0")).role is Role.CAMERA


@pytest.mark.parametrize("wanted", ["1-2", "534d:0021", "534D:0021"])
def test_the_configuration_goes_before_all(wanted: str) -> None:
    dongle = node(0, usb("1-2", "534d:0021"))
    assert only(census({dongle: UVC}, camera=wanted)).role is Role.CAMERA


def test_the_second_node_of_a_device_is_left_alone() -> None:
    camera = usb()
    one = only(census({node(1, camera, 1): None, node(0, camera, 0): UVC, node(2, camera, 2): UVC}))
    assert one.node == "/dev/video0"


def test_two_equal_dongles_are_told_apart_by_port() -> None:
    found = census({node(n, usb(f"1-{n + 1}", "534d:0021", serial="20150130")): UVC for n in (1, 0)})
    assert [one.info.port for one in found.found] == ["1-1", "1-2"]
    assert len({one.info.id for one in found.found}) == 2
    assert codes(found) == ["device-second"]
    assert "(port 1-1), and not MacroSilicon MS210x dongle (port 1-2)" in found.issues[0].cause


def test_the_port_that_was_used_before_comes_first_but_is_not_required() -> None:
    nodes = {node(n, usb(f"1-{n + 1}", "534d:0021")): UVC for n in (0, 1)}
    plugged = Plugged(tuple(nodes))
    found = take_census(plugged, nodes, DevicesConfig(), lambda one: int(one.info.port == "1-2"))
    assert [one.info.port for one in found.found] == ["1-2", "1-1"]
    found = take_census(plugged, nodes, DevicesConfig(tape="1-1"), lambda one: int(one.info.port == "1-2"))
    assert [one.info.port for one in found.found] == ["1-1", "1-2"]


def test_an_id_is_that_of_port_and_model() -> None:
    one = only(census({node(0, usb("1-2", "534d:0021")): UVC})).info
    again = only(census({replace(node(4, usb("1-2", "534d:0021", number=9)), plugged=77): UVC})).info
    assert one == again


def test_sound_is_that_of_the_same_usb_device() -> None:
    dongle, camera = usb("1-1", "534d:0021"), usb("1-2")
    cards = (Card(0), Card(2, camera.path, camera.hub), Card(1, dongle.path, dongle.hub))
    found = census({node(0, dongle): UVC, node(2, camera): UVC}, cards)
    assert {one.role: one.card for one in found.found} == {Role.TAPE: 1, Role.CAMERA: 2}


def test_sound_beside_the_pictures_behind_the_dongles_own_hub() -> None:
    pictures, sound = usb("1-1.1", "05e1:0408"), usb("1-1.2", "0d8c:0001")
    cards = (Card(3, sound.path, sound.hub),)
    assert only(census({node(0, pictures): ANALOGUE}, cards)).card == 3


def test_sound_at_the_boxs_own_hub_belongs_to_nobody() -> None:
    """Two devices with pictures are behind the hub, or it is the root: nothing says whose sound it is."""
    headset = usb("1-1.3", "0d8c:0001")
    behind = {node(n, usb(f"1-1.{n + 1}", "534d:0021" if n else "046d:0825")): UVC for n in (0, 1)}
    assert [one.card for one in census(behind, (Card(3, headset.path, headset.hub),)).found] == [None, None]
    headset = usb("1-3", "0d8c:0001")
    assert only(census({node(0, usb()): UVC}, (Card(3, headset.path, headset.hub),))).card is None


def test_a_dongle_that_nobody_can_use_is_refused_politely() -> None:
    found = census({}, others=(usb(model="1c88:0007"),))
    assert codes(found) == ["device-refused"]
    assert "Somagic" in found.issues[0].title


def test_a_known_dongle_without_its_driver_is_told_with_the_modules_name() -> None:
    found = census({}, others=(usb(model="1b71:3002"), usb("1-2", "1234:5678")))
    assert codes(found) == ["driver-missing"]
    assert "usbtv" in found.issues[0].remedy


def test_a_device_without_a_usable_format_is_told() -> None:
    found = census({node(0, usb()): replace(UVC, modes=())})
    assert (found.found, codes(found)) == ((), ["device-unusable"])


def test_a_lone_pair_of_dongle_and_camera_needs_no_words() -> None:
    found = census({node(0, usb("1-1", "534d:0021")): UVC, node(2, usb("1-2")): UVC})
    assert [one.role for one in found.found] == [Role.TAPE, Role.CAMERA]
    assert found.issues == ()
