"""What capture needs of linux/videodev2.h: structures, ioctl numbers, flags. Sizes are those of 64 bit."""

from __future__ import annotations

import ctypes
from ctypes import c_int32, c_int64, c_uint8, c_uint32, c_uint64
from typing import Any

CAPTURE = 1  # V4L2_BUF_TYPE_VIDEO_CAPTURE
MMAP = 1  # V4L2_MEMORY_MMAP

CAP_VIDEO_CAPTURE = 0x00000001
CAP_STREAMING = 0x04000000
CAP_TOUCH = 0x10000000
CAP_DEVICE_CAPS = 0x80000000

IN_TYPE_CAMERA = 2
IN_NO_POWER, IN_NO_SIGNAL = 0x1, 0x2
IN_NO_H_LOCK, IN_NO_SYNC = 0x100, 0x10000
IN_CAP_STD = 0x4

FIELD_ANY, FIELD_NONE, FIELD_INTERLACED = 0, 1, 4
FIELD_INTERLACED_TB, FIELD_INTERLACED_BT = 8, 9

STD_PAL_BGHIDK = 0x0000FF
STD_PAL_M, STD_PAL_60 = 0x000100, 0x000800
STD_NTSC = 0x00B000
STD_SECAM = 0xFF0000
STD_525_60 = 0x00F900
STD_625_50 = 0xFF06FF
STD_ALL = STD_525_60 | STD_625_50

BUF_ERROR = 0x40
BUF_STAMP_MASK, BUF_STAMP_MONOTONIC = 0xE000, 0x2000
BUF_SOURCE_MASK, BUF_SOURCE_START = 0x70000, 0x10000

QUANTISATION_FULL = 1
DISCRETE = 1  # of the kinds of sizes and intervals; others are ranges
CID_EXPOSURE_AUTO_PRIORITY = 0x9A0903


class Fraction32(ctypes.Structure):
    _fields_ = [("numerator", c_uint32), ("denominator", c_uint32)]


class Capability(ctypes.Structure):
    _fields_ = [
        ("driver", c_uint8 * 16),
        ("card", c_uint8 * 32),
        ("bus_info", c_uint8 * 32),
        ("version", c_uint32),
        ("capabilities", c_uint32),
        ("device_caps", c_uint32),
        ("reserved", c_uint32 * 3),
    ]


class FormatDescription(ctypes.Structure):
    _fields_ = [
        ("index", c_uint32),
        ("type", c_uint32),
        ("flags", c_uint32),
        ("description", c_uint8 * 32),
        ("pixelformat", c_uint32),
        ("mbus_code", c_uint32),
        ("reserved", c_uint32 * 3),
    ]


class SizeRange(ctypes.Structure):
    """Of a discrete size only the first two count, and they are its width and height."""

    _fields_ = [
        (f"{edge}_{side}", c_uint32) for side in ("width", "height") for edge in ("min", "max", "step")
    ]


class FrameSize(ctypes.Structure):
    _fields_ = [
        ("index", c_uint32),
        ("pixel_format", c_uint32),
        ("type", c_uint32),
        ("size", SizeRange),
        ("reserved", c_uint32 * 2),
    ]


class FrameInterval(ctypes.Structure):
    """``shortest`` is the interval itself where it is discrete."""

    _fields_ = [
        ("index", c_uint32),
        ("pixel_format", c_uint32),
        ("width", c_uint32),
        ("height", c_uint32),
        ("type", c_uint32),
        ("shortest", Fraction32),
        ("longest", Fraction32),
        ("step", Fraction32),
        ("reserved", c_uint32 * 2),
    ]


class PixFormat(ctypes.Structure):
    _fields_ = [
        (name, c_uint32)
        for name in (
            "width",
            "height",
            "pixelformat",
            "field",
            "bytesperline",
            "sizeimage",
            "colorspace",
            "priv",
            "flags",
            "ycbcr_enc",
            "quantization",
            "xfer_func",
        )
    ]


class _FormatUnion(ctypes.Union):
    _fields_ = [("pix", PixFormat), ("raw", c_uint8 * 200), ("pointers", c_uint64 * 25)]


class Format(ctypes.Structure):
    _fields_ = [("type", c_uint32), ("fmt", _FormatUnion)]


class StreamParameters(ctypes.Structure):
    _fields_ = [
        ("type", c_uint32),
        ("capability", c_uint32),
        ("capturemode", c_uint32),
        ("timeperframe", Fraction32),
        ("rest", c_uint8 * 184),
    ]


class Input(ctypes.Structure):
    _fields_ = [
        ("index", c_uint32),
        ("name", c_uint8 * 32),
        ("type", c_uint32),
        ("audioset", c_uint32),
        ("tuner", c_uint32),
        ("std", c_uint64),
        ("status", c_uint32),
        ("capabilities", c_uint32),
        ("reserved", c_uint32 * 3),
    ]


class RequestBuffers(ctypes.Structure):
    _fields_ = [
        ("count", c_uint32),
        ("type", c_uint32),
        ("memory", c_uint32),
        ("capabilities", c_uint32),
        ("flags", c_uint8),
        ("reserved", c_uint8 * 3),
    ]


class TimeValue(ctypes.Structure):
    _fields_ = [("seconds", c_int64), ("microseconds", c_int64)]


class _Memory(ctypes.Union):
    _fields_ = [("offset", c_uint32), ("userptr", c_uint64)]


class Buffer(ctypes.Structure):
    _fields_ = [
        ("index", c_uint32),
        ("type", c_uint32),
        ("bytesused", c_uint32),
        ("flags", c_uint32),
        ("field", c_uint32),
        ("timestamp", TimeValue),
        ("timecode", c_uint32 * 4),
        ("sequence", c_uint32),
        ("memory", c_uint32),
        ("m", _Memory),
        ("length", c_uint32),
        ("reserved2", c_uint32),
        ("request_fd", c_int32),
    ]


class Control(ctypes.Structure):
    _fields_ = [("id", c_uint32), ("value", c_int32)]


READ, WRITE = 2, 1


def request(direction: int, number: int, argument: type[Any]) -> int:
    """As the macros _IOR, _IOW and _IOWR make it, for the letter V."""
    return direction << 30 | ctypes.sizeof(argument) << 16 | ord("V") << 8 | number


QUERYCAP = request(READ, 0, Capability)
ENUM_FMT = request(READ | WRITE, 2, FormatDescription)
G_FMT = request(READ | WRITE, 4, Format)
S_FMT = request(READ | WRITE, 5, Format)
REQBUFS = request(READ | WRITE, 8, RequestBuffers)
QUERYBUF = request(READ | WRITE, 9, Buffer)
QBUF = request(READ | WRITE, 15, Buffer)
DQBUF = request(READ | WRITE, 17, Buffer)
STREAMON = request(WRITE, 18, c_int32)
STREAMOFF = request(WRITE, 19, c_int32)
G_PARM = request(READ | WRITE, 21, StreamParameters)
S_PARM = request(READ | WRITE, 22, StreamParameters)
G_STD = request(READ, 23, c_uint64)
S_STD = request(WRITE, 24, c_uint64)
ENUMINPUT = request(READ | WRITE, 26, Input)
S_CTRL = request(READ | WRITE, 28, Control)
G_INPUT = request(READ, 38, c_int32)
S_INPUT = request(READ | WRITE, 39, c_int32)
QUERYSTD = request(READ, 63, c_uint64)
ENUM_FRAMESIZES = request(READ | WRITE, 74, FrameSize)
ENUM_FRAMEINTERVALS = request(READ | WRITE, 75, FrameInterval)


def fourcc(code: str) -> int:
    return int.from_bytes(code.encode("ascii"), "little")


def fourcc_text(value: int) -> str:
    return (value & 0x7FFFFFFF).to_bytes(4, "little").decode("latin-1")


def text(field: Any) -> str:
    return bytes(field).partition(b"\0")[0].decode("utf-8", "replace")
