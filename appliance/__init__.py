"""Twinreel: the firmware service of a box that records a tape and a camera and makes one film of both."""

__version__ = "0.1.0"
