"""``python -m hw.bench WHAT``: image makes the guest's image now."""

from __future__ import annotations

import sys

from hw.bench.product import product_layer
from hw.bench.tools import why_not


def main() -> None:
    reason = why_not()
    if reason:
        sys.exit(reason)
    print(product_layer())


main()
