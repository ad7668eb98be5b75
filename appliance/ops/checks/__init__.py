"""One file per part of the box; a check looks, changes nothing that stays, and never raises."""
