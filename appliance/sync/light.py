"""How the clocks of two recordings of the same event lie on each other, found by what their pictures show."""
