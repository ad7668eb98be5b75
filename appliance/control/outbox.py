"""Takes that have ended, on their way from the recorder to the worker."""

from __future__ import annotations

import logging
import time

from appliance.control.refusals import take_unlisted
from appliance.control.simulated import World
from appliance.control.spool import FAILURES, Spool
from appliance.control.taking import Taking
from appliance.control.troubles import Troubles

AGAIN_S = 2.0
log = logging.getLogger(__name__)


class Outbox:
    """What the disk refuses now is tried again until it takes it; a new start would find it as well."""

    def __init__(self, spool: Spool, world: World, troubles: Troubles) -> None:
        self._spool, self._world, self._troubles = spool, world, troubles
        self._takes: list[Taking] = []
        self._again_s = 0.0

    def put(self, taking: Taking) -> None:
        self._takes.append(taking)
        self._again_s = 0.0

    def send(self) -> bool:
        """True when something went to the worker."""
        if not self._takes or time.monotonic() < self._again_s:
            return False
        try:
            while self._takes:
                self._spool.hand_over(self._takes[0], self._world.simulation)
                self._takes.pop(0)
        except FAILURES as error:
            log.error("take %s could not be handed over: %s", self._takes[0].take.id, error)
            self._troubles.add(take_unlisted(error))
            self._again_s = time.monotonic() + AGAIN_S
            return False
        self._troubles.drop("take-unlisted")
        return True
