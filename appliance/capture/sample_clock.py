"""When each sample of a sound card was taken, from time stamps that come late by a burst or more."""

from __future__ import annotations

from appliance.capture.rates import RateFit

LEAK = 500e-6  # no crystal is so slow; as fast may the line follow stamps that come later and later
LOST_S = 0.01  # stamps that stay behind by this mean that samples were lost on the way
PATIENCE_S = 0.2  # so long they have to stay behind: what was only held up comes after all
PLAIN_S = 0.5  # nobody doubts such a gap


class SampleClock:
    """Follows the least late of the stamps: a stamp may come late, but no sample before it was taken.

    Samples that the bus lost without a word show as stamps that stay late; the clock then jumps and counts a
    gap. ``rate`` is the true rate of the device.
    """

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self.rate = RateFit(rate_hz)
        self.gaps = 0
        self.lost_s = 0.0
        self._zero_s: float | None = None  # when sample 0 was taken
        self._seen_s: float | None = None
        self._ended_s: float | None = None  # where the sound stopped before a restart
        self._count = 0
        self._late_since_s: float | None = None
        self._least_late_s = 0.0

    def restart(self) -> None:
        """The device begins anew to count from 0."""
        if self._zero_s is not None:
            self._ended_s = self.time_of(self._count)
        self._zero_s = self._seen_s = self._late_since_s = None
        self.rate.new_lap()

    def see(self, count: int, stamp_s: float) -> None:
        """``count`` samples had come when the stamp was taken."""
        zero_s = stamp_s - count / self.rate_hz
        if self._zero_s is None or self._seen_s is None:
            self._begin(zero_s)
        else:
            self._zero_s = min(zero_s, self._zero_s + LEAK * max(0.0, stamp_s - self._seen_s))
            self._watch_for_loss(zero_s, stamp_s)
        self._count, self._seen_s = count, stamp_s
        self.rate.add(count, stamp_s)

    def _begin(self, zero_s: float) -> None:
        self._zero_s = zero_s
        if self._ended_s is not None:
            self.gaps += 1
            self.lost_s += max(0.0, zero_s - self._ended_s)

    def _watch_for_loss(self, zero_s: float, stamp_s: float) -> None:
        late_s = zero_s - (self._zero_s or 0.0)
        if late_s < LOST_S:
            self._late_since_s = None
            return
        if self._late_since_s is None:
            self._late_since_s, self._least_late_s = stamp_s, late_s
        self._least_late_s = min(self._least_late_s, late_s)
        if late_s > PLAIN_S:
            self._jump(late_s)
        elif stamp_s - self._late_since_s > PATIENCE_S:
            self._jump(self._least_late_s)

    def _jump(self, lost_s: float) -> None:
        self.gaps += 1
        self.lost_s += lost_s
        self._zero_s = (self._zero_s or 0.0) + lost_s
        self._late_since_s = None
        self.rate.new_lap()

    def time_of(self, sample: int) -> float:
        """When that sample, counted since the last start, was taken."""
        return (self._zero_s or 0.0) + sample / self.rate_hz
