"""``python -m appliance`` is the command ``twinreel``."""

from appliance.cli import main

main()
