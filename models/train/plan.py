"""What is trained, for how long, and how large it is."""

from __future__ import annotations

from dataclasses import dataclass, replace

from appliance.enhance.frames import channels as picture_channels
from appliance.enhance.guided import GUIDE_CHANNELS
from appliance.enhance.motion import FLOW_CHANNELS
from appliance.enhance.pack import INPUT_CHANNELS, RESIDUAL_CHANNELS


@dataclass(frozen=True)
class Plan:
    """One net of the house; ``steps`` includes the ``quantised_steps`` at their end."""

    tier: str
    blocks: int
    steps: int
    quantised_steps: int = 1500
    inputs: int = INPUT_CHANNELS
    channels: int = 64
    batch: int = 8
    rate: float = 1e-3
    quantised_rate: float = 5e-5  # more spoils what the floats have learnt
    warm_up: int = 200
    seed: int = 1
    save_every: int = 250
    grown_from: str = ""  # the tier that it begins as
    alike: float = 25.0  # weight of the likeness of structure
    window: int = 0  # pictures, of a net of whole pictures
    scale: int = 1  # of its answer
    soft_px: float = 0.0  # how far the picture is softened that its answer is added to
    fold: int = 4  # pixels, each way, to one place of the net

    @property
    def weights(self) -> int:
        """Without the biases."""
        return 9 * self.channels * (self.inputs + RESIDUAL_CHANNELS + 2 * self.blocks * self.channels)

    @property
    def macs(self) -> int:
        """Multiplications for one field of 720x576; all convolutions run on folded pictures."""
        return self.weights * (720 // self.fold) * (576 // self.fold)


def picture_plan(tier: str, blocks: int, window: int, scale: int, steps: int, channels: int = 48) -> Plan:
    """Of a net for recipes: it is measured by its squared error, so that is what it learns."""
    inputs = picture_channels(scale, window)
    shape = Plan(tier, blocks, steps, 400, inputs, channels, alike=0.0, window=window, scale=scale)
    return replace(shape, quantised_rate=1e-4, warm_up=100)


LIVE = Plan("live", blocks=2, channels=48, steps=17000)
STANDARD = Plan("standard", blocks=8, steps=15400, quantised_steps=800, grown_from="live")
GUIDE = Plan("guide", blocks=2, channels=48, steps=9500, inputs=GUIDE_CHANNELS)
INTERPOLATE = Plan(
    "interpolate",
    blocks=2,
    channels=32,
    steps=6000,
    quantised_steps=800,
    inputs=FLOW_CHANNELS,
    quantised_rate=1e-4,
    alike=0.0,
    window=2,
    fold=8,
)
TAPE_PLANS = {plan.tier: plan for plan in (LIVE, STANDARD)}

PICTURE_PLANS = (
    # As large as its speed allows.
    replace(picture_plan("denoise", blocks=2, window=5, scale=1, steps=2600), soft_px=1.0),
    picture_plan("deblur", blocks=4, window=3, scale=1, steps=2500),
    picture_plan("sr4", blocks=4, window=3, scale=4, steps=2000),
    picture_plan("compact", blocks=4, window=3, scale=2, steps=1600),
)
