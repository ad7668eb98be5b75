"""The box's face: three lights, one button, and how they look in the demo's terminal."""
