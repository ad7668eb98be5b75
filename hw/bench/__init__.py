"""The virtual bench: a machine in QEMU with the product installed, and hands that plug, press and pull."""
