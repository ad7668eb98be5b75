from __future__ import annotations

import pytest

from appliance.devices.quirks import all_quirks, parse, quirk_for


@pytest.mark.parametrize(
    ("usb", "role", "driver"),
    [
        ("534d:0021", "tape", "uvcvideo"),
        ("534D:2109", "tape", "uvcvideo"),
        ("345f:2131", "tape", "uvcvideo"),
        ("1b71:3002", "tape", "usbtv"),
        ("05e1:0408", "tape", "stk1160"),
        ("0fd9:0033", "tape", "em28xx"),
        ("0fd9:0037", "refused", ""),
        ("2040:c200", "tape", "cx231xx"),
        ("04bb:0532", "tape", "gvusb2"),
        ("1c88:0007", "refused", ""),
        ("eb1a:2860", "tape", "em28xx"),
        ("eb1a:2761", "", ""),  # of the same maker, and may be a camera
        ("046d:0825", "", ""),
    ],
)
def test_known_models(usb: str, role: str, driver: str) -> None:
    quirk = quirk_for(usb)
    assert (quirk.role, quirk.driver) == (role, driver)


def test_an_exact_entry_goes_before_a_makers() -> None:
    quirks = parse(
        '[[device]]\nusb = ["eb1a:*"]\nname = "any"\nsource = "x"\n'
        '[[device]]\nusb = ["eb1a:2860"]\nname = "one"\nsource = "x"\n'
    )
    assert [quirk_for(usb, quirks).name for usb in ("eb1a:2860", "eb1a:0001", "1111:2222")] == [
        "one",
        "any",
        "",
    ]


def test_no_model_is_described_twice() -> None:
    described = [usb for quirk in all_quirks() for usb in quirk.usb]
    assert len(described) == len(set(described))
    assert all(usb == usb.lower() for usb in described)


@pytest.mark.parametrize(
    "entry",
    [
        'usb = ["1:2"]\nname = "x"',  # no source
        'usb = ["1:2"]\nname = "x"\nsource = "y"\nrole = "vcr"',
        'usb = ["1:2"]\nname = "x"\nsource = "y"\ncolour = "red"',
    ],
)
def test_a_wrong_entry_is_found(entry: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        parse(f"[[device]]\n{entry}\n")
