"""From the configuration to a panel."""

from __future__ import annotations

from appliance.core.config import PanelConfig
from appliance.panel.gpiochip import PretendedChip, open_chip
from appliance.panel.panel import Panel


def make_panel(config: PanelConfig) -> Panel | None:
    """None where the box has no lights; raises Problem when the configured ones cannot be used."""
    if config.backend == "none":
        return None
    lines = (*config.light_lines, config.button_line)
    if config.backend == "gpio":
        factory = open_chip(config.chip, lines)
    else:
        factory = PretendedChip(lines)
        factory.pin(config.button_line).drive_high()  # nobody presses
    return Panel(factory, config.light_lines, config.button_line, config.hold_s)
