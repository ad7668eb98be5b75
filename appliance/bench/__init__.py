"""Measurements behind what the project claims. Not tests: they print figures, they assert nothing."""
