"""What kinds of device the bench can plug in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

PAL, NTSC = Fraction(25), Fraction(30000, 1001)
SOUND_HZ = 48000


@dataclass(frozen=True)
class Size:
    width: int
    height: int
    rate: Fraction

    @property
    def interval(self) -> int:
        """Of one frame, in 100 ns, as UVC counts."""
        return round(10_000_000 / self.rate)

    @property
    def raw_bytes(self) -> int:
        return self.width * self.height * 2


@dataclass(frozen=True)
class Model:
    """``mjpeg`` and ``yuyv`` list sizes; a device without ``sound`` has no audio function."""

    name: str
    vendor: int
    product: int
    maker: str
    title: str
    serial: str
    mjpeg: tuple[Size, ...]
    yuyv: tuple[Size, ...] = ()
    sound: bool = True
    release: int = 0x0121


DONGLE = Model(
    "dongle", 0x534D, 0x0021, "MACROSILICON", "AV TO USB2.0", "20150130",
    mjpeg=(Size(720, 576, PAL), Size(720, 480, NTSC)), yuyv=(Size(360, 288, PAL),),
)  # fmt: skip
CAMERA = Model(
    "camera", 0x046D, 0x0825, "", "UVC Camera (046d:0825)", "B8A3F210",
    mjpeg=(Size(640, 480, PAL),), yuyv=(Size(320, 240, PAL),), release=0x0012,
)  # fmt: skip
SMALL = (Size(360, 288, PAL),)  # what a machine without hardware help can record two of
TINY = (Size(176, 144, PAL),)  # and make a film of within a minute
MODELS = {
    model.name: model
    for model in (
        DONGLE,
        CAMERA,
        replace(DONGLE, name="dongle-small", mjpeg=SMALL, yuyv=()),
        replace(DONGLE, name="dongle-tiny", mjpeg=TINY, yuyv=()),
        replace(CAMERA, name="camera-small", mjpeg=SMALL, yuyv=()),
        replace(DONGLE, name="dongle-ntsc", mjpeg=(Size(720, 480, NTSC),), yuyv=()),
        replace(DONGLE, name="dongle-raw", mjpeg=(), yuyv=TINY),  # FFV1 of more is too much
    )
}
