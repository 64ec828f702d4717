"""Objects of ours on a message bus: what others may call, ask and see there (D-Bus Specification).

An object has interfaces of its own; those that every object has (Introspectable, Properties, Peer) are answered here.
A wrong call is answered with one of the bus's own errors, and has no other effect.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from jeepney import HeaderFields, Message, new_error, new_method_return

from pc_client.receiver.tray.bus import INVALID_ARGS

Values = tuple[object, ...]
_ERROR = "org.freedesktop.DBus.Error."
_MACHINE = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))


@dataclass(frozen=True, slots=True)
class Method:
    """`takes` and `gives` have one complete type for each value."""

    call: Callable[..., Values]
    takes: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Property:
    """That can be read, and not be written."""

    type: str
    read: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Interface:
    """`signals` says what each carries."""

    name: str
    methods: Mapping[str, Method] = field(default_factory=dict)
    properties: Mapping[str, Property] = field(default_factory=dict)
    signals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class CallError(Exception):
    """The caller gets the error `name`, with these words."""

    def __init__(self, words: str, name: str = INVALID_ARGS) -> None:
        super().__init__(words)
        self.name = name


class Exported:
    """The objects of one connection, by their paths."""

    def __init__(self, objects: Mapping[str, Sequence[Interface]]) -> None:
        root = {"/": _Object((), children=[path.strip("/") for path in objects])}
        self._objects = root | {path: _Object(interfaces) for path, interfaces in objects.items()}

    def answer(self, call: Message) -> Message:
        """What a method call gives: values or an error."""
        try:
            method = self._find_method(call)
            values = method.call(*call.body)
        except CallError as error:
            return new_error(call, error.name, "s", (str(error),))
        return new_method_return(call, "".join(method.gives) or None, values)

    def _find_method(self, call: Message) -> Method:
        fields = call.header.fields
        path, member = fields.get(HeaderFields.path), fields.get(HeaderFields.member)
        if path not in self._objects:
            raise CallError(f"no object {path}", _ERROR + "UnknownObject")
        method = self._objects[path].find_method(fields.get(HeaderFields.interface, ""), member)
        takes, given = "".join(method.takes), fields.get(HeaderFields.signature, "")
        if given != takes:
            raise CallError(f"{member} takes ({takes}), not ({given})")
        return method


class _Object:
    def __init__(self, own: Sequence[Interface], children: Sequence[str] = ()) -> None:
        self._interfaces = {one.name: one for one in (*self._make_standard(), *own)}
        self._description = _describe(self._interfaces.values(), children)

    def find_method(self, interface: str, member: str) -> Method:
        """A call may leave out the interface."""
        found = [one.methods[member] for one in self._find(interface) if member in one.methods]
        if not found:
            raise CallError(f"no method {member}", _ERROR + "UnknownMethod")
        return found[0]

    def _find(self, interface: str) -> list[Interface]:
        if interface and interface not in self._interfaces:
            raise CallError(f"no interface {interface}", _ERROR + "UnknownInterface")
        return [self._interfaces[interface]] if interface else list(self._interfaces.values())

    def _find_property(self, interface: str, name: str) -> Property:
        found = [one.properties[name] for one in self._find(interface) if name in one.properties]
        if not found:
            raise CallError(f"no property {name}", _ERROR + "UnknownProperty")
        return found[0]

    def _get(self, interface: str, name: str) -> Values:
        return (_vary(self._find_property(interface, name)),)

    def _get_all(self, interface: str) -> Values:
        return ({name: _vary(one) for each in self._find(interface) for name, one in each.properties.items()},)

    def _set(self, interface: str, name: str, _value: object) -> Values:
        self._find_property(interface, name)
        raise CallError(f"{name} cannot be written", _ERROR + "PropertyReadOnly")

    def _make_standard(self) -> tuple[Interface, ...]:
        peer = {"Ping": Method(lambda: ()), "GetMachineId": Method(_read_machine, gives=("s",))}
        described = {"Introspect": Method(lambda: (self._description,), gives=("s",))}
        properties = {
            "Get": Method(self._get, ("s", "s"), ("v",)),
            "GetAll": Method(self._get_all, ("s",), ("a{sv}",)),
            "Set": Method(self._set, ("s", "s", "v")),
        }
        return (
            Interface("org.freedesktop.DBus.Peer", peer),
            Interface("org.freedesktop.DBus.Introspectable", described),
            Interface("org.freedesktop.DBus.Properties", properties),
        )


def _vary(one: Property) -> tuple[str, object]:
    """A variant, as jeepney has them."""
    return one.type, one.read()


def _read_machine() -> Values:
    for path in _MACHINE:
        with contextlib.suppress(OSError):
            return (path.read_text(encoding="ascii").strip(),)
    raise CallError("this machine has no ID", _ERROR + "Failed")


def _describe(interfaces: Iterable[Interface], children: Iterable[str]) -> str:
    """ "Introspection Data Format"."""
    node = ElementTree.Element("node")
    for one in interfaces:
        about = ElementTree.SubElement(node, "interface", name=one.name)
        for name, method in one.methods.items():
            call = ElementTree.SubElement(about, "method", name=name)
            for direction, types in (("in", method.takes), ("out", method.gives)):
                for each in types:
                    ElementTree.SubElement(call, "arg", type=each, direction=direction)
        for name, types in one.signals.items():
            signal = ElementTree.SubElement(about, "signal", name=name)
            for each in types:
                ElementTree.SubElement(signal, "arg", type=each)
        for name, prop in one.properties.items():
            ElementTree.SubElement(about, "property", name=name, type=prop.type, access="read")
    for child in children:
        ElementTree.SubElement(node, "node", name=child)
    return ElementTree.tostring(node, encoding="unicode")
