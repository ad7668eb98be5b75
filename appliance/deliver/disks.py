"""What udisks2 knows of the disks, and what it can be asked to do."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol

from jeepney import DBusAddress, MatchRule, MessageType, message_bus, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection

Objects = Mapping[str, Mapping[str, Mapping[str, Any]]]  # by path, interface and property

SERVICE = "org.freedesktop.UDisks2"
ROOT = "/org/freedesktop/UDisks2"
MANAGER = "org.freedesktop.DBus.ObjectManager"
BLOCK, FILE_SYSTEM, DRIVE = (f"{SERVICE}.{kind}" for kind in ("Block", "Filesystem", "Drive"))
ASK_TIMEOUT_S = 10.0


class DisksError(Exception):
    """``name`` is the last part of udisks2's error name, such as "DeviceBusy"; "" where nobody answers."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


class Disks(Protocol):
    """Raises DisksError. May be called from any thread, by one at a time."""

    def objects(self) -> Objects:
        """All that udisks2 knows; cheap when nothing has changed since the last call."""

    def call(
        self, path: str, interface: str, method: str, options: Mapping[str, Any], timeout_s: float
    ) -> Any:
        """Call a method whose only argument is a table of options; the answer, or None."""


class Udisks:
    """udisks2 on the system bus. Connects when it is needed, and again after the bus or udisks2 went away."""

    def __init__(self) -> None:
        self._bus: DBusConnection | None = None
        self._news: deque[Any] = deque(maxlen=1)
        self._objects: Objects | None = None

    def objects(self) -> Objects:
        bus = self._connected()
        try:
            with suppress(TimeoutError):
                while True:
                    bus.recv_messages(timeout=0)
        except OSError as error:
            raise self._lost(error) from error
        if self._news or self._objects is None:
            self._news.clear()
            self._objects = plain(self._ask(ROOT, MANAGER, "GetManagedObjects", "", (), ASK_TIMEOUT_S))
        return self._objects

    def call(
        self, path: str, interface: str, method: str, options: Mapping[str, Any], timeout_s: float
    ) -> Any:
        self._connected()
        self._objects = None
        return plain(self._ask(path, interface, method, "a{sv}", (typed(options),), timeout_s))

    def close(self) -> None:
        bus, self._bus, self._objects = self._bus, None, None
        if bus is not None:
            bus.close()

    def _connected(self) -> DBusConnection:
        if self._bus is None:
            try:
                self._bus = open_dbus_connection("SYSTEM")
                self._listen(self._bus)
            except (OSError, KeyError, RuntimeError) as error:
                raise self._lost(error) from error
        return self._bus

    def _listen(self, bus: DBusConnection) -> None:
        """Every signal of udisks2, and its start or end, means that what we know is old."""
        changes = MatchRule(type="signal", sender=SERVICE)
        owner = MatchRule(type="signal", sender="org.freedesktop.DBus", member="NameOwnerChanged")
        owner.add_arg_condition(0, SERVICE)
        for rule in (changes, owner):
            bus.send_and_get_reply(message_bus.AddMatch(rule), timeout=ASK_TIMEOUT_S)
        bus.filter(MatchRule(type="signal"), queue=self._news)

    def _ask(
        self, path: str, interface: str, method: str, signature: str, body: tuple[Any, ...], timeout_s: float
    ) -> Any:
        bus = self._connected()
        message = new_method_call(DBusAddress(path, SERVICE, interface), method, signature or None, body)
        try:
            answer = bus.send_and_get_reply(message, timeout=timeout_s)
        except OSError as error:  # and with it TimeoutError
            raise self._lost(error) from error
        if answer.header.message_type is MessageType.error:
            raise named(answer)
        return answer.body[0] if answer.body else None

    def _lost(self, error: Exception) -> DisksError:
        self.close()
        return DisksError("Timedout" if isinstance(error, TimeoutError) else "", str(error) or "no answer")


def named(answer: Any) -> DisksError:
    name = str(next((v for k, v in answer.header.fields.items() if k.name == "error_name"), ""))
    text = str(answer.body[0]) if answer.body else name
    return DisksError("" if "freedesktop.DBus.Error" in name else name.rpartition(".")[2], text)


def typed(options: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    """With the type of each value, as a D-Bus variant wants it: text or yes and no."""
    return {key: ("b" if isinstance(value, bool) else "s", value) for key, value in options.items()}


def plain(value: Any) -> Any:
    """Variants without their types; byte strings, which udisks2 uses for paths, as text."""
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
        return plain(value[1])
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, bytes):
        return value.rstrip(b"\0").decode("utf-8", "surrogateescape")
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value
