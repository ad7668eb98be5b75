"""What the manifest and the cards say about the nets of whole pictures."""

from __future__ import annotations

from appliance.enhance.frames import channels
from appliance.enhance.pack import FOLD, RESIDUAL_CHANNELS
from models.train.plan import Plan

TASKS = {"denoise": "denoise", "deblur": "deblur", "sr4": "sr", "compact": "sr"}  # as of a foreign model
WHAT = {
    "denoise": "Takes noise out of whole pictures, sigma 10 and about it, from five of them. As large as ten "
    "times the speed of FFmpeg's nlmeans allows.",
    "deblur": "Sharpens pictures that a hand has shaken or a lens has not focused, up to about nine pixels.",
    "sr4": "Makes pictures four times as wide and high, out of small ones that are noisy and went through "
    "JPEG.",
    "compact": "Makes pictures twice as wide and high and takes out of them what x265 did to them at a "
    "quarter of the size.",
}
LEARNT = {
    "denoise": "Half of them had white noise of sigma 10, the others of 4 to 28, in light and colour.",
    "deblur": "They were blurred along lines of 1 to 9 pixels, softened by 0.3 to 1.6 pixels, and had noise "
    "of up to 1.5 levels.",
    "sr4": "They were softened by 0.6 to 2.2 pixels, shrunk to a quarter of both sides, given noise of up to "
    "5 levels, and six of ten went through JPEG of quality 55 to 95.",
    "compact": "They were shrunk to half of both sides and went through x265 at rate factors from 20 to 41.",
}
NOT_DONE = {
    "denoise": "grain that lies over several pixels, as that of a tape, was not in what it learnt from.",
    "deblur": "what moves on its own, and blur by depth: all of a picture was blurred alike.",
    "sr4": "what was not there it does not invent; it was trained on squared errors, not on looks.",
    "compact": "other encoders, and other sizes than half of both sides.",
}
CARD = """# {tier}

{what}

A plain stack of 3x3 convolutions where 4x4 pixels of its answer lie ({channels} channels, {blocks} residual
blocks, {weights:.2f} million weights, {gmacs:.1f} GMAC for each picture of 720x576 that it makes; it looks at
{window} pictures), 8-bit activations and 8-bit weights, trained as such.

**Data**: {about}.
{learnt} The split is by clip and by photo.

**Left out**: {not_done}

**Held-out pieces** of 128x128 pixels, mean over the pieces, decibels (luma / colour), spoilt as in the
training; `given` is what the net was asked to better, by bicubic interpolation where the net enlarges.
docs/bench.md has the figures of whole clips:

| |{names}
| --- |{rules}
{rows}

![loss]({tier}-loss.png)
"""


def picture_input(plan: Plan) -> str:
    light, colour = FOLD // plan.scale, FOLD // 2 // plan.scale
    parts = f"Y folded {light}x{light}" if light > 1 else "Y"
    parts += f", U and V folded {colour}x{colour}" if colour > 1 else ", U and V"
    parts += "" if colour else " enlarged to its size"
    return (
        f"fields: u8 (1, {channels(plan.scale, plan.window)}, rows/4, columns/4); {plan.window} pictures of "
        f"4:2:0 in temporal order, the nearest again beyond a cut, each {parts}"
    )


def picture_output(plan: Plan) -> str:
    base = "the middle picture" if plan.scale == 1 else f"the middle picture {plan.scale} times as large"
    base += f" and softened by {plan.soft_px:g} px" if plan.soft_px else ""
    return (
        f"residual: u8 (1, {RESIDUAL_CHANNELS}, rows/4, columns/4); what to add to {base}: Y folded 4x4, U "
        "and V folded 2x2, in levels around 128; rows and columns are those of the answer"
    )
