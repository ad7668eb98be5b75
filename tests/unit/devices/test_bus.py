from __future__ import annotations

import pytest

from appliance.core.types import DeviceInfo, Role
from appliance.devices.bus import gives_pictures, narrow_issues, stream_bytes_s
from appliance.devices.found import Facts, Found, UsbDevice

FULL = 3 * 1024 * 8000  # bytes a second that the largest packets reserve


def interface(number: int, alternate: int, kind: int) -> bytes:
    return bytes([9, 4, number, alternate, 1, kind, 2, 0, 0])


def endpoint(attributes: int, packet: int, times: int = 1, interval: int = 1, address: int = 0x81) -> bytes:
    size = packet | (times - 1) << 11
    return bytes([7, 5, address, attributes]) + size.to_bytes(2, "little") + bytes([interval])


UVC = (
    bytes([18, 1]) + bytes(16) + bytes([9, 2]) + bytes(7)
    + interface(0, 0, 14) + endpoint(3, 16, address=0x82)
    + interface(1, 0, 14) + bytes([5, 0x24, 1, 2, 3])
    + interface(1, 1, 14) + endpoint(5, 512)
    + interface(1, 2, 14) + endpoint(5, 1024, 3)
    + interface(2, 1, 1) + endpoint(5, 1024, 3, address=0x83)
)  # fmt: skip


def test_the_largest_setting_of_the_pictures_counts() -> None:
    assert stream_bytes_s(UVC) == FULL
    assert gives_pictures(UVC)


def test_sound_and_bulk_reserve_nothing() -> None:
    assert stream_bytes_s(interface(0, 1, 1) + endpoint(5, 1024, 3)) == 0
    assert stream_bytes_s(interface(1, 0, 14) + endpoint(2, 512)) == 0
    assert not gives_pictures(interface(0, 0, 8) + endpoint(2, 512))


def test_a_longer_interval_reserves_less() -> None:
    assert stream_bytes_s(interface(1, 1, 14) + endpoint(5, 1024, interval=4)) == 1024 * 1000


def test_descriptors_that_are_cut_off_do_no_harm() -> None:
    for length in range(len(UVC)):
        assert stream_bytes_s(UVC[:length]) <= FULL


def found(port: str, bus: str = "usb1", speed_mbit: float = 480, bytes_s: int = FULL) -> Found:
    usb = UsbDevice(f"/sys/{bus}/{port}", port, "1:1", bus=bus, speed_mbit=speed_mbit, stream_bytes_s=bytes_s)
    return Found(DeviceInfo(port, f"device {port}", Role.TAPE), "/dev/video0", Facts("", ""), "", usb=usb)


@pytest.mark.parametrize(
    ("devices", "codes"),
    [
        ([found("1-1")], []),
        ([found("1-1"), found("1-2")], ["bus-narrow"]),
        ([found("1-1"), found("3-1", "usb3")], []),
        ([found("1-1"), found("1-2", bytes_s=0)], []),
        ([found("1-1"), found("1-2", bytes_s=FULL // 2)], []),
        ([found("2-1", speed_mbit=5000), found("2-2", speed_mbit=5000)], []),
        ([found("1-1", speed_mbit=12)], ["usb-slow"]),
    ],
)
def test_what_is_told_of_the_buses(devices: list[Found], codes: list[str]) -> None:
    assert [issue.code for issue in narrow_issues(devices)] == codes
