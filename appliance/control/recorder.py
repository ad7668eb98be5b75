"""The recorder: it owns the devices, the spool, the state and the panel, and wires them together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable

from appliance.capture.session import DeviceSession
from appliance.control import refusals
from appliance.control.button import Button
from appliance.control.cards import Cards
from appliance.control.endings import END_OF_TAPE, reason_to_end, writing_problems
from appliance.control.errands import Errands, attempt, going_on
from appliance.control.outbox import Outbox
from appliance.control.pace import TICK_S, Pace
from appliance.control.picture import PictureTroubles
from appliance.control.power import Power, switching_off
from appliance.control.rack import Rack
from appliance.control.refused import Refused
from appliance.control.server import Server
from appliance.control.simulated import Simulation, World
from appliance.control.spool import Recovered, Spool
from appliance.control.states import Event, next_state, standing
from appliance.control.status import Desk
from appliance.control.sticks import Sticks
from appliance.control.taking import Taking
from appliance.control.troubles import OF_LAST_TIME, Troubles
from appliance.control.work import Work
from appliance.core import wire
from appliance.core.clock import Clock
from appliance.core.config import Config
from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.core.snapshot import BoxState, Command, CommandName, Snapshot, StickStatus
from appliance.core.types import DeviceInfo, Issue, Role, Stage, Take
from appliance.deliver.drives import DriveWatcher
from appliance.devices.base import DeviceChange, DeviceWatcher

SEEK_S = 2.0  # between two looks for devices that nobody announced
OPENING_S = 5.0  # the longest that a press waits for a cable that was plugged in a moment ago
STUCK_S = 60.0  # a device or a command that holds the box up for longer is a case for the watchdog
log = logging.getLogger(__name__)


class Recorder:
    """Everything runs in one event loop; devices call in from their threads through ``_errands``.

    The lock is held by whoever changes devices or take; the tick, which page and watchdog live on, never
    waits for it.
    """

    def __init__(
        self,
        paths: Paths,
        config: Config,
        clock: Clock,
        watcher: DeviceWatcher,
        drives: DriveWatcher,
        simulation: Simulation | None = None,
        on_state: Callable[[BoxState], None] = lambda state: None,
        on_tick: Callable[[list[float]], None] = lambda heartbeats: None,
    ) -> None:
        self.state = BoxState.STARTING
        self._config, self._clock, self._watcher = config, clock, watcher
        self._on_state, self._on_tick = on_state, on_tick
        self._world = World(simulation)
        self._errands, self._troubles = Errands(), Troubles()
        self._spool = Spool(paths, config)
        self._sticks = Sticks(drives)
        self._cards = Cards(drives, self._spool)
        self.rack = Rack(watcher, config.capture, self._previewed, self._lost, lambda: self._server.watched)
        self._server = Server(paths.socket, self.command, self._job_report)
        self._desk = Desk(config, self._spool, self.rack, simulation is not None)
        self._button, self._refused = Button(), Refused()
        self._lock, self._stopping = asyncio.Lock(), asyncio.Event()
        self._taking: Taking | None = None
        self._picture = PictureTroubles(self._troubles, config.capture.on_signal_loss == "go on")
        self._power = Power(paths.power_off, self._troubles)
        self._outbox, self._work = Outbox(self._spool, self._world, self._troubles), Work(self._spool)
        self._interrupted_at_s = 0.0  # on the box's clock; what follows on time.monotonic
        self._seek_at_s, self._looked_s = float("inf"), time.monotonic()

    async def run(self) -> None:
        """Serve until ``stop``; a take that is open then is closed and kept."""
        self._errands.listen()
        await self._server.start()
        self._publish()
        standing = [self._errands.begin("getting ready", self._start())]
        standing += [self._errands.begin("watching the stick", self._watch_stick())]
        pace = Pace()
        try:
            while not self._stopping.is_set():
                self._tick()
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), pace.rest_s())
        finally:
            for task in standing:
                task.cancel()
            await self._close()

    def stop(self) -> None:
        """Safe from a signal handler of the loop."""
        self._stopping.set()

    async def _close(self) -> None:
        async with self._lock:
            with going_on("closing the take"):
                await self._finish("switched off")
        await self._errands.end()
        await asyncio.to_thread(self.rack.close)
        await self._server.stop()
        self._watcher.close()
        self._spool.close()

    async def _start(self) -> None:
        """Recover torn takes, prepare simulated hardware, look for devices; whatever of it fails is told."""
        recovered = await attempt(self._spool.recover, self._troubles.add) or Recovered()
        for issue in recovered.issues:
            self._troubles.add(issue)
        await attempt(
            lambda: self._world.prepare(self._desk.preparing, self._stopping.is_set), self._troubles.add
        )
        if recovered.open_take is not None:
            self._resume(recovered.open_take)
        else:
            self._apply(Event.STARTED)
        self._seek_at_s = 0.0
        self._watcher.subscribe(
            lambda change: self._errands.post("a change of devices", self._device_changed, change)
        )

    def _resume(self, take: Take) -> None:
        """The recorder died in mid-take, a moment ago: it goes on when the tape's device is there."""
        self._taking = Taking(take, self._spool.folder(take.id), self._clock)
        self._interrupted_at_s = self._clock.now_s()
        self._apply(Event.RESUMED)
        self._world.recording(True)

    def _previewed(self, role: Role, jpeg: bytes) -> None:
        self._errands.call(self._server.preview, role, jpeg)

    def _lost(self, role: Role, session: DeviceSession, problem: Problem) -> None:
        self._errands.post("the loss of a device", self._device_lost, role, session, problem)

    async def _device_lost(self, role: Role, session: DeviceSession, problem: Problem) -> None:
        """The session is named: another one may have taken its place by now."""
        async with self._lock:
            if self.rack.session(role) is session:
                await self._gone(role, problem)

    async def _device_changed(self, change: DeviceChange) -> None:
        if change.present:
            await self._plugged(change.info)
            return
        async with self._lock:
            used = self.rack.info(change.info.role)
            if used is not None and used.id == change.info.id:
                await self._gone(change.info.role)
            else:
                self._troubles.drop(self._refused.forget(change.info.id))

    async def _plugged(self, info: DeviceInfo) -> None:
        """Opened without the lock: one that hangs meanwhile keeps nobody from pressing the button."""
        try:
            used = await asyncio.to_thread(self.rack.plug, info)
        except Problem as problem:
            if self._refused.note(info.id, problem.issue.code):
                self._troubles.add(problem.issue)
            return
        async with self._lock:
            session = self.rack.session(info.role)
            if used and session is not None:
                self._use(info, session)

    def _use(self, info: DeviceInfo, session: DeviceSession) -> None:
        self._troubles.drop(f"{info.role.value}-lost", self._refused.forget(info.id))
        if self._taking is not None and not self._taking.running(info.role):
            self._taking.begin(info.role, session)
        if info.role is Role.TAPE:
            self._apply(Event.SOURCE_READY)

    async def _gone(self, role: Role, problem: Problem | None = None) -> None:
        info = self.rack.info(role)
        if info is None:
            return
        if self._taking is not None:
            with going_on("closing a segment"):
                await asyncio.to_thread(self._taking.end, role, False)
        await asyncio.to_thread(self.rack.remove, role)
        if self._taking is not None:  # told when nothing shows the device any longer
            self._troubles.add(refusals.lost_issue(role, info.name, problem))
        self._seek_at_s = time.monotonic() + SEEK_S
        if role is Role.TAPE:
            self._interrupted_at_s = self._clock.now_s()
            self._apply(Event.SOURCE_LOST)

    async def _seek(self) -> None:
        """A device may come back unannounced after an error, and a second one may wait for its turn."""
        if time.monotonic() < self._seek_at_s:
            return
        self._seek_at_s = time.monotonic() + SEEK_S
        await self._open_free(lambda info: not self.rack.opening(info.role) and self._refused.due(info.id))
        self._troubles.from_devices(self._watcher.issues())

    async def _open_free(self, wanted: Callable[[DeviceInfo], bool]) -> list[asyncio.Task[None]]:
        """Begins to open what is plugged in and could be used."""
        infos = await asyncio.to_thread(self._watcher.devices)
        free = [info for info in infos if self.rack.session(info.role) is None and wanted(info)]
        return [self._errands.begin("opening a device", self._plugged(info)) for info in free]

    async def _await_tape(self) -> None:
        """Who plugs the cable in and presses at once is not told that it is missing."""
        ready = self.state is not BoxState.STARTING
        if ready and (opening := await self._open_free(lambda info: info.role is Role.TAPE)):
            await asyncio.wait(opening, timeout=OPENING_S)

    async def command(self, command: Command) -> Issue | None:
        """Carry a command out; the issue says why not."""
        try:
            name = self._button.meaning(command.name, self.state)
            if name is CommandName.EJECT:
                await self._eject()  # may take long on a slow stick, and touches neither devices nor take
                return None
            if name is CommandName.IMPORT:  # nor does this
                await asyncio.to_thread(self._cards.ask_for, command.argument)
                self._server.jobs_changed()
                return None
            if name is CommandName.RECORD:
                await self._await_tape()
            async with self._lock:
                self._settle()
                await self._obey(name, command.argument)
                self._settle()
        except Problem as problem:
            log.warning("%s refused: %s", command.name.value, problem)
            return problem.issue
        except Exception as error:
            log.exception("%s failed; the box goes on", command.name.value)
            return refusals.command_failed(error)
        finally:
            self._publish()
        return None

    async def _obey(self, name: CommandName, argument: str) -> None:
        if name is CommandName.RECORD:
            self._record()
        elif name is CommandName.STOP:
            await self._finish("button")
        elif name is CommandName.POWER_OFF:
            await self._finish("switched off")
            self._apply(Event.SWITCH_OFF)
            self._errands.begin("switching off", self._power.off(self._eject))
        elif name is CommandName.DISMISS:
            self._troubles.dismiss(argument)
            self._apply(Event.ACKNOWLEDGED)
        elif name is CommandName.RETRY:
            self._spool.retry(argument)
            self._troubles.from_worker(())
            self._server.jobs_changed()
        elif name is CommandName.SIMULATE:
            await asyncio.to_thread(self._world.hand, argument)

    def _record(self) -> None:
        if self._taking is not None:
            return
        if self.state is BoxState.OFF:
            raise switching_off()
        if self.rack.session(Role.TAPE) is None:
            raise refusals.no_tape_device(self.state)
        self._spool.check_space(len(self.rack.sessions()))
        take = self._spool.new_take()
        taking = Taking(take, self._spool.folder(take.id), self._clock)
        for role, session in self.rack.sessions().items():
            taking.begin(role, session)
        self._taking = taking
        self._troubles.drop(*OF_LAST_TIME)
        self._apply(Event.RECORD)
        self._world.recording(True)

    async def _finish(self, ended_by: str) -> None:
        """Close the take and hand it to the worker."""
        taking = self._taking
        if taking is None:
            return
        self._world.recording(False)
        await asyncio.to_thread(taking.finish, ended_by, ended_by == END_OF_TAPE)
        self._taking = None
        self._picture.look(self.rack.tape_signal, recording=False)
        self._troubles.drop("tape-lost", "camera-lost")
        log.info("take %s ended by %s after %d frames", taking.take.id, ended_by, taking.tape_frames)
        if not taking.tape_frames:
            self._spool.discard(taking)
            self._troubles.add(refusals.nothing_recorded())
            self._apply(Event.NOTHING_RECORDED)
            return
        self._outbox.put(taking)
        self._hand_over()
        self._apply(Event.STOP)

    def _hand_over(self) -> None:
        if self._outbox.send():
            self._server.jobs_changed()

    async def _eject(self) -> None:
        job = self._work.job
        if job is not None and job.stage in (Stage.DELIVER, Stage.IMPORT) and not job.waiting_for:
            raise refusals.stick_busy(job.stage)
        await asyncio.to_thread(self._sticks.release)
        self._stick_seen(await asyncio.to_thread(self._sticks.look))
        self._apply(Event.EJECT)

    def _job_report(self, report: wire.JobReport) -> None:
        """The worker says how far it is; a report without progress means that it has nothing to do now."""
        self._troubles.from_worker(report.issues)
        if self._work.told(report.progress):
            self._sticks.refused()
        if report.progress is not None and not self._troubles.need_a_person():
            self._apply(Event.WORK_BEGUN)
        self._settle()

    def _tick(self) -> None:
        if not self._lock.locked():
            self._errands.begin("looking after the box", self._look_after())
        self._publish()
        if time.monotonic() - self._looked_s < STUCK_S:
            with going_on("telling the watchdog"):
                self._on_tick(self.rack.heartbeats())

    async def _look_after(self) -> None:
        async with self._lock:
            with going_on("looking after the take"):
                if self._taking is not None and (ended_by := self._reason_to_end()):
                    await self._finish(ended_by)
            self._picture.look(self.rack.tape_signal, self._taking is not None)
            if self._power.refused():
                self._apply(Event.STILL_ON)
            with going_on("looking for devices"):
                await self._seek()
            with going_on("handing takes over"):
                self._hand_over()
            self._settle()
        self._looked_s = time.monotonic()

    def _reason_to_end(self) -> str:
        """Why the take must end now, or nothing; what is wrong is told."""
        if self.state is BoxState.INTERRUPTED:
            away_s = self._clock.now_s() - self._interrupted_at_s
            return "device lost" if away_s > self._config.capture.resume_window_s else ""
        problems = writing_problems(self.rack, self._spool.nearly_full())
        for problem in problems.values():
            self._troubles.add(problem.issue)
        return reason_to_end(self.rack, problems)

    async def _watch_stick(self) -> None:
        """Apart from the tick: a bad stick may not answer for half a minute."""
        while True:
            with going_on("looking at the stick"):
                self._stick_seen(await asyncio.to_thread(self._sticks.look))
                await asyncio.to_thread(self._cards.look)
            await asyncio.sleep(TICK_S)

    def _stick_seen(self, now: StickStatus | None) -> None:
        """A stick that comes, or becomes fit, wakes the jobs that wait for one."""
        self._troubles.from_sticks(self._sticks.issues)
        if self._sticks.seen(now):
            self._apply(Event.STICK_PULLED)
        if self._work.job is None and self._sticks.worth_a_try() and self._spool.wake_waiting():
            self._troubles.from_worker(())
            self._server.jobs_changed()

    def _settle(self) -> None:
        """States that follow from how things stand, whatever happened before."""
        needed = self._troubles.need_a_person()
        if self._work.all_done() and not needed:
            self._apply(Event.WORK_DONE)
        stick, tape = self._sticks.status is not None, self.rack.session(Role.TAPE) is not None
        for state, event in standing(needed, stick, tape, self._work.job is not None):
            if state in (None, self.state):
                self._apply(event)

    def _apply(self, event: Event) -> None:
        before, self.state = self.state, next_state(self.state, event)
        if self.state is not before:
            log.info("%s -> %s: %s", before.value, self.state.value, event.value)
            with going_on("showing the state"):
                self._on_state(self.state)
            self._publish()

    def _publish(self) -> None:
        with going_on("telling how things stand"):
            self._server.publish(self.snapshot())

    def snapshot(self) -> Snapshot:
        issues = self._troubles.all()
        stick, card = self._sticks.status, self._cards.status
        return self._desk.snapshot(self.state, self._taking, self._work.job, stick, issues, card)
