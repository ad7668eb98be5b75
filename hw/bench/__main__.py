"""``python -m hw.bench WHAT``: image, where, soak [MINUTES], security."""

from __future__ import annotations

import sys

from hw.bench.tools import why_not


def main() -> None:
    what = sys.argv[1] if len(sys.argv) > 1 else "image"
    reason = why_not()
    if what == "where":
        print(reason or "The virtual bench is not part of this: make vm-test runs it (twenty minutes).")
    elif reason:
        sys.exit(reason)
    elif what == "image":
        from hw.bench.product import product_layer

        print(f"bench: the images lie in {product_layer().idle.root.parent}")
    elif what == "soak":
        from hw.bench.soak import soak

        sys.exit(soak(float(sys.argv[2]) if len(sys.argv) > 2 else 10.0))
    elif what == "security":
        from hw.bench.soak import security

        print(security())
    else:
        sys.exit(__doc__)


main()
