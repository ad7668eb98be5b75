"""What is trained, for how long, and how large it is."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.enhance.guided import GUIDE_CHANNELS
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

    @property
    def weights(self) -> int:
        """Without the biases."""
        return 9 * self.channels * (self.inputs + RESIDUAL_CHANNELS + 2 * self.blocks * self.channels)

    @property
    def macs(self) -> int:
        """Multiplications for one field of 720x576; all convolutions run on a quarter of both sides."""
        return self.weights * (720 // 4) * (576 // 4)


LIVE = Plan("live", blocks=2, channels=48, steps=17000)
STANDARD = Plan("standard", blocks=8, steps=15400, quantised_steps=800, grown_from="live")
GUIDE = Plan("guide", blocks=2, channels=48, steps=9500, inputs=GUIDE_CHANNELS)
TAPE_PLANS = {plan.tier: plan for plan in (LIVE, STANDARD)}
