"""The icon as a status item on a real bus: it is registered, asked, clicked, and spoken to in the wrong way."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jeepney import DBusAddress, Endianness, HeaderFields, Message, MessageFlag, MessageType, new_method_call

from pc_client.receiver.tray import desktop_icon, status_item
from pc_client.receiver.tray.bus import NoBus
from pc_client.receiver.tray.desktop_icon import DesktopIcon
from pc_client.receiver.tray.look import Look, draw_icon
from pc_client.receiver.tray.menu import Entry
from pc_client.receiver.tray.status_item import StatusItem
from tests.support.patience import MOST_SECONDS
from tests.support.status_panel import ITEM, MENU, PATHS, PROPERTIES, StatusPanel
from tests.support.tray import run_bus

pytestmark = pytest.mark.real
PEER, INTROSPECTABLE = "org.freedesktop.DBus.Peer", "org.freedesktop.DBus.Introspectable"
ERROR = "org.freedesktop.DBus.Error."


class House:
    """An item that runs, and what it says: whether it is shown, and what was chosen."""

    def __init__(self) -> None:
        self.shown: queue.Queue[bool] = queue.Queue()
        self.chosen: queue.Queue[str] = queue.Queue()
        self.quiet = False
        look = Look(draw_icon(0), "Inbox of Front desk 受付")
        entries = [
            Entry("Open_it", lambda: self.chosen.put("open")),
            Entry("Quiet", self._toggle, lambda: self.quiet),
            Entry(),
            Entry("End", lambda: self.chosen.put("end")),
        ]
        self.item = StatusItem("distserver-pc", look, entries)
        self.thread = threading.Thread(target=self.item.run, args=(self.shown.put,), daemon=True)

    def is_shown(self) -> bool:
        return self.shown.get(timeout=MOST_SECONDS)

    def get_chosen(self) -> str:
        return self.chosen.get(timeout=MOST_SECONDS)

    def _toggle(self) -> None:
        self.quiet = not self.quiet
        self.chosen.put("toggle")


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    with run_bus(tmp_path / "bus") as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield address


@pytest.fixture
def house(bus: str) -> Iterator[House]:
    house = House()
    house.thread.start()
    yield house
    house.item.orders.end()
    house.thread.join(MOST_SECONDS)
    assert not house.thread.is_alive()


@contextmanager
def begin_panel(address: str) -> Iterator[StatusPanel]:
    with closing(StatusPanel(address)) as panel:
        panel.begin()
        yield panel


@pytest.fixture
def panel(bus: str, house: House) -> Iterator[StatusPanel]:
    """That shows the item."""
    with begin_panel(bus) as panel:
        panel.take_item()
        assert house.is_shown()
        yield panel


def test_each_panel_that_comes_is_told_of_the_item(bus: str, house: House) -> None:
    for _ in range(3):
        with begin_panel(bus) as panel:
            panel.take_item()
            assert house.is_shown()
        assert not house.is_shown()


def test_a_panel_that_was_there_first_is_told_of_the_item(bus: str) -> None:
    with begin_panel(bus) as panel:
        house = House()
        house.item.orders.show(Look(draw_icon(2), "Inbox: 2 new"))
        house.thread.start()
        panel.take_item()
        assert house.is_shown()
        assert panel.item.startswith("org.kde.StatusNotifierItem-")
        assert panel.get("Title") == ("s", "Inbox: 2 new")
        house.item.orders.end()
        house.thread.join(MOST_SECONDS)
    assert not house.thread.is_alive()


def test_a_watcher_without_a_panel_shows_nothing_until_one_comes(bus: str, house: House) -> None:
    with begin_panel(bus) as panel:
        panel.take_item(hosts=False)
        panel.signal("StatusNotifierHostRegistered")
        panel.say_hosts(hosts=True)
        assert house.is_shown()
        panel.signal("StatusNotifierHostUnregistered")
        panel.say_hosts(hosts=False)
        assert not house.is_shown()


def test_a_watcher_that_does_not_know_its_panels_is_trusted(bus: str, house: House) -> None:
    with begin_panel(bus) as panel:
        panel.answer(panel.take("RegisterStatusNotifierItem"))
        panel.refuse(panel.take("Get"))
        assert house.is_shown()


@pytest.mark.parametrize("nonsense", [None, ("s", "yes"), ("ai", [1])])
def test_a_watcher_that_answers_nonsense_shows_nothing(
    bus: str, house: House, nonsense: tuple[str, object] | None
) -> None:
    with begin_panel(bus) as panel:
        panel.answer(panel.take("RegisterStatusNotifierItem"))
        ask = panel.take("Get")
        panel.answer(ask, *(("v", (nonsense,)) if nonsense else ()))
        panel.signal("StatusNotifierHostRegistered")
        ask = panel.take("Get")
        assert house.shown.empty()
        panel.answer(ask, "v", (("b", True),))
        assert house.is_shown()


def test_a_watcher_that_is_still_beginning_is_asked_again(
    bus: str, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status_item, "_AGAIN_SECONDS", 0.05)
    with begin_panel(bus) as panel:
        panel.refuse(panel.take("RegisterStatusNotifierItem"))
        panel.refuse(panel.take("RegisterStatusNotifierItem"))
        panel.take_item()
        assert house.is_shown()


def test_a_panel_may_ask_before_it_answers(bus: str, house: House) -> None:
    with begin_panel(bus) as panel:
        call = panel.take("RegisterStatusNotifierItem")
        panel.item = call.body[0]
        assert panel.get("Id") == ("s", "distserver-pc")
        panel.answer(call)
        panel.say_hosts(hosts=True)
        assert house.is_shown()


def test_the_item_says_all_that_panels_ask_for(panel: StatusPanel) -> None:
    answer = panel.ask(PROPERTIES, "GetAll", "s", (ITEM,), PATHS[ITEM])
    said = answer.body[0]
    assert said["Category"] == ("s", "Communications")
    assert said["Status"] == ("s", "Active")
    assert said["Title"] == ("s", "Inbox of Front desk 受付")
    assert said["ToolTip"] == ("(sa(iiay)ss)", ("", [], "Inbox of Front desk 受付", ""))
    assert said["IconAccessibleDesc"] == said["Title"]
    assert said["ItemIsMenu"] == ("b", False)
    assert said["Menu"] == ("o", "/MenuBar")
    assert said["WindowId"] == ("i", 0)
    for name, value in said.items():
        assert panel.get(name) == value


def test_the_picture_is_argb_in_network_order(panel: StatusPanel) -> None:
    kind, pixmaps = panel.get("IconPixmap")
    assert kind == "a(iiay)"
    for width, height, pixels in pixmaps:
        assert len(pixels) == width * height * 4
        assert pixels[0] < 16, "the corner is round"
    middle = pixels[(2 * width + width // 2) * 4 :][:4]
    assert (width, middle) == (64, bytes((255, 11, 90, 111)))


def test_a_new_look_is_told(house: House, panel: StatusPanel) -> None:
    before = panel.get("IconPixmap")
    house.item.orders.show(Look(draw_icon(3), "Inbox: 3\0 new \udc80"))
    for signal in ("NewTitle", "NewIcon", "NewToolTip"):
        panel.take(signal)
    assert panel.get("Title") == ("s", "Inbox: 3 new ?")
    assert panel.get("IconPixmap") != before


def test_a_click_does_what_the_first_entry_does(house: House, panel: StatusPanel) -> None:
    assert panel.ask(ITEM, "Activate", "ii", (5, 5)).body == ()
    assert house.get_chosen() == "open"
    for method, signature, values in (
        ("SecondaryActivate", "ii", (5, 5)),
        ("ContextMenu", "ii", (5, 5)),
        ("Scroll", "is", (1, "vertical")),
    ):
        assert panel.ask(ITEM, method, signature, values).body == ()
    assert house.chosen.empty()


def test_the_menu_is_laid_out(panel: StatusPanel) -> None:
    _, (root, about, children) = panel.ask(MENU, "GetLayout", "iias", (0, -1, [])).body
    assert (root, about) == (0, {"children-display": ("s", "submenu")})
    assert [(kind, node[0], node[1]) for kind, node in children] == [
        ("(ia{sv}av)", 1, {"label": ("s", "Open__it")}),
        ("(ia{sv}av)", 2, {"label": ("s", "Quiet"), "toggle-type": ("s", "checkmark"), "toggle-state": ("i", 0)}),
        ("(ia{sv}av)", 3, {"type": ("s", "separator")}),
        ("(ia{sv}av)", 4, {"label": ("s", "End")}),
    ]
    assert panel.ask(MENU, "GetLayout", "iias", (0, 0, [])).body[1][2] == []
    assert panel.ask(MENU, "GetLayout", "iias", (2, -1, ["label"])).body[1] == (2, {"label": ("s", "Quiet")}, [])
    few = panel.ask(MENU, "GetGroupProperties", "aias", ([1, 99, 4], ["label"])).body[0]
    assert few == [(1, {"label": ("s", "Open__it")}), (4, {"label": ("s", "End")})]
    assert len(panel.ask(MENU, "GetGroupProperties", "aias", ([], [])).body[0]) == 5
    assert panel.ask(MENU, "GetProperty", "is", (4, "label")).body == (("s", "End"),)
    assert panel.get("Version", MENU) == ("u", 3)


def test_what_is_chosen_is_done_in_order_and_the_checkmark_told(house: House, panel: StatusPanel) -> None:
    panel.ask(MENU, "Event", "isvu", (2, "clicked", ("i", 0), 0))
    panel.ask(MENU, "EventGroup", "a(isvu)", ([(one, "clicked", ("i", 0), 0) for one in (2, 1, 2, 4)],))
    assert [house.get_chosen() for _ in range(5)] == ["toggle", "toggle", "open", "toggle", "end"]
    assert panel.take("ItemsPropertiesUpdated").body == ([(2, {"toggle-state": ("i", 1)})], [])
    assert panel.ask(MENU, "GetProperty", "is", (2, "toggle-state")).body == (("i", 1),)


def test_a_menu_that_is_to_open_is_up_to_date(house: House, panel: StatusPanel) -> None:
    assert panel.ask(MENU, "AboutToShow", "i", (0,)).body == (False,)
    house.quiet = True
    assert panel.ask(MENU, "AboutToShow", "i", (0,)).body == (True,)
    assert panel.take("ItemsPropertiesUpdated").body[0][0][0] == 2
    house.quiet = False
    assert panel.ask(MENU, "AboutToShowGroup", "ai", ([0, 77],)).body == ([0], [77])


def test_events_that_choose_nothing_do_nothing(house: House, panel: StatusPanel) -> None:
    for number, event in ((0, "opened"), (0, "clicked"), (1, "hovered"), (3, "clicked"), (0, "closed")):
        assert panel.ask(MENU, "Event", "isvu", (number, event, ("s", ""), 0)).body == ()
    events = [(1, "hovered", ("i", 0), 0), (9, "clicked", ("i", 0), 0)]
    assert panel.ask(MENU, "EventGroup", "a(isvu)", (events,)).body == ([9],)
    assert house.chosen.empty()


def test_the_objects_describe_themselves(panel: StatusPanel) -> None:
    (text,) = panel.ask(INTROSPECTABLE, "Introspect", path="/").body
    assert [node.get("name") for node in ElementTree.fromstring(text).findall("node")] == [
        "StatusNotifierItem",
        "MenuBar",
    ]
    for interface, path in PATHS.items():
        (text,) = panel.ask(INTROSPECTABLE, "Introspect", path=path).body
        described = {one.get("name"): one for one in ElementTree.fromstring(text)}
        assert {interface, PROPERTIES, PEER, INTROSPECTABLE} == set(described)
        said = panel.ask(PROPERTIES, "GetAll", "s", (interface,), path).body[0]
        properties = {one.get("name"): one.get("type") for one in described[interface].findall("property")}
        assert properties == {name: kind for name, (kind, _) in said.items()}
    (activate,) = [one for one in ElementTree.fromstring(text).iter("method") if one.get("name") == "GetLayout"]
    assert [(one.get("direction"), one.get("type")) for one in activate] == [
        ("in", "i"),
        ("in", "i"),
        ("in", "as"),
        ("out", "u"),
        ("out", "(ia{sv}av)"),
    ]


def test_the_program_is_a_peer(panel: StatusPanel) -> None:
    assert panel.ask(PEER, "Ping", path="/").body == ()
    assert panel.ask("", "Ping", path=PATHS[ITEM]).body == ()


WRONG = [
    ("/StatusNotifierItem", ITEM, "Activate", "is", (1, "x"), "InvalidArgs"),
    ("/StatusNotifierItem", ITEM, "Activate", None, (), "InvalidArgs"),
    ("/StatusNotifierItem", ITEM, "Dance", None, (), "UnknownMethod"),
    ("/StatusNotifierItem", "", "Dance", None, (), "UnknownMethod"),
    ("/StatusNotifierItem", "org.example.None", "Activate", "ii", (1, 2), "UnknownInterface"),
    ("/Nowhere", ITEM, "Activate", "ii", (1, 2), "UnknownObject"),
    ("/StatusNotifierItem", PROPERTIES, "Get", "ss", (ITEM, "Colour"), "UnknownProperty"),
    ("/StatusNotifierItem", PROPERTIES, "Get", "ss", ("org.example.None", "Id"), "UnknownInterface"),
    ("/StatusNotifierItem", PROPERTIES, "GetAll", "s", ("org.example.None",), "UnknownInterface"),
    ("/StatusNotifierItem", PROPERTIES, "Set", "ssv", (ITEM, "Title", ("s", "mine")), "PropertyReadOnly"),
    ("/MenuBar", MENU, "GetLayout", "iias", (7, -1, []), "InvalidArgs"),
    ("/MenuBar", MENU, "GetProperty", "is", (7, "label"), "InvalidArgs"),
    ("/MenuBar", MENU, "GetProperty", "is", (3, "label"), "InvalidArgs"),
    ("/MenuBar", MENU, "Event", "isvu", (-1, "clicked", ("i", 0), 0), "InvalidArgs"),
    ("/MenuBar", MENU, "EventGroup", "a(isvu)", ([(8, "clicked", ("i", 0), 0)],), "InvalidArgs"),
    ("/MenuBar", MENU, "AboutToShow", "i", (8,), "InvalidArgs"),
    ("/MenuBar", MENU, "AboutToShowGroup", "ai", ([8],), "InvalidArgs"),
]


@pytest.mark.parametrize(("path", "interface", "member", "signature", "values", "error"), WRONG)
def test_a_wrong_call_gets_an_error_of_the_bus(
    house: House,
    panel: StatusPanel,
    path: str,
    interface: str,
    member: str,
    signature: str | None,
    values: tuple[object, ...],
    error: str,
) -> None:
    answer = panel.ask(interface, member, signature, values, path)
    assert answer.header.message_type is MessageType.error
    assert answer.header.fields[HeaderFields.error_name] == ERROR + error
    assert answer.body[0]
    assert panel.get("Id") == ("s", "distserver-pc")
    assert house.chosen.empty()


def make_call(panel: StatusPanel, signature: str, values: tuple[object, ...]) -> Message:
    return new_method_call(DBusAddress(PATHS[ITEM], panel.item, ITEM), "Activate", signature, values)


def test_a_call_with_a_file_that_is_not_there_gets_an_error(panel: StatusPanel) -> None:
    call = make_call(panel, "u", (0,))
    raw = bytearray(call.serialise(77))
    at = raw.index(b"\x08\x01g\0\x01u\0") + 5
    raw[at : at + 1] = b"h"
    panel.send_raw(bytes(raw))
    answer = panel.take_answer(77)
    assert answer.header.fields[HeaderFields.error_name] == ERROR + "InvalidArgs"
    assert panel.get("Id") == ("s", "distserver-pc")


def test_a_call_that_is_too_long_gets_an_error(panel: StatusPanel) -> None:
    answer = panel.ask_message(make_call(panel, "ay", (bytes(3 << 20),)))
    assert answer.header.fields[HeaderFields.error_name] == ERROR + "InvalidArgs"
    assert "more than" in answer.body[0]
    assert panel.get("Id") == ("s", "distserver-pc")


def test_a_call_in_the_other_order_of_bytes_is_taken(house: House, panel: StatusPanel) -> None:
    call = make_call(panel, "ii", (1, 2))
    call.header.endianness = Endianness.big
    assert panel.ask_message(call).header.message_type is MessageType.method_return
    assert house.get_chosen() == "open"


def test_a_message_of_a_kind_that_nobody_knows_is_ignored(panel: StatusPanel) -> None:
    raw = bytearray(make_call(panel, "ii", (1, 2)).serialise(79))
    raw[1] = 9
    panel.send_raw(bytes(raw))
    assert panel.get("Id") == ("s", "distserver-pc")


def test_answers_of_others_than_who_was_asked_are_ignored(bus: str, house: House) -> None:
    with begin_panel(bus) as panel, closing(StatusPanel(bus)) as other:
        call = panel.take("RegisterStatusNotifierItem")
        other.answer(call)
        other.item = panel.item = call.body[0]
        other.ask(PEER, "Ping", path="/")
        panel.ask(PEER, "Ping", path="/")
        assert not [one for one in panel._kept if one.header.message_type is MessageType.method_call]
        panel.answer(call)
        panel.say_hosts(hosts=True)
        assert house.is_shown()


def test_a_caller_that_wants_no_answer_gets_none(house: House, panel: StatusPanel) -> None:
    call = make_call(panel, "ii", (1, 2))
    call.header.flags = MessageFlag.no_reply_expected
    panel.connection.send(call, serial=80)
    assert house.get_chosen() == "open"
    assert panel.get("Id") == ("s", "distserver-pc")
    assert not [one for one in panel._kept if one.header.fields.get(HeaderFields.reply_serial) == 80]


def test_an_item_ends_when_told_and_its_name_is_free(bus: str, house: House, panel: StatusPanel) -> None:
    house.item.orders.end()
    house.thread.join(MOST_SECONDS)
    assert not house.thread.is_alive()
    answer = panel.ask(PEER, "Ping", path="/")
    assert answer.header.message_type is MessageType.error


def test_an_item_whose_bus_goes_ends_by_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with ExitStack() as stack:
        address = stack.enter_context(run_bus(tmp_path))
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        house = House()
        house.thread.start()
        with begin_panel(address) as panel:
            panel.take_item()
            assert house.is_shown()
            stack.close()
    house.thread.join(MOST_SECONDS)
    assert not house.thread.is_alive()
    house.item.orders.show(Look(draw_icon(1), "too late"))


def test_an_icon_comes_back_with_the_bus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(desktop_icon, "_AGAIN_SECONDS", 0.05)
    monkeypatch.setattr(desktop_icon, "_LONGEST_SECONDS", 0.2)
    monkeypatch.delenv("DISPLAY", raising=False)
    icon = DesktopIcon("distserver-pc", Look(draw_icon(0), "Inbox"), [Entry("Open", lambda: None)])
    thread = threading.Thread(target=icon.run, daemon=True)
    for name in ("first", "second", "third"):
        with run_bus(tmp_path / name) as address:
            monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
            with begin_panel(address) as panel:
                if not thread.ident:
                    thread.start()
                panel.take_item()
                icon.show(Look(draw_icon(1), name))
                panel.take("NewTitle")
                assert panel.get("Title") == ("s", name)
    icon.end()
    thread.join(MOST_SECONDS)
    assert not thread.is_alive()


def test_an_item_that_the_bus_does_not_want_ends_by_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As dbus-daemon does to other accounts: it takes their name, and closes."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "bus"))
        server.listen()
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path / 'bus'}")

        def refuse() -> None:
            client, _ = server.accept()
            with client, client.makefile("rb") as said:
                assert b"AUTH EXTERNAL" in said.readline()
                client.sendall(b"OK 0123456789abcdef0123456789abcdef\r\n")
                while said.readline() != b"BEGIN\r\n":
                    client.sendall(b"ERROR\r\n")

        doorman = threading.Thread(target=refuse)
        doorman.start()
        house = House()
        doorman.join()
        house.item.run(house.shown.put)
    assert house.shown.empty()


@pytest.mark.parametrize("address", [None, "", "tcp:host=127.0.0.1,port=1", "nonsense", "unix:path=/dev/null", "unix:"])
def test_without_a_bus_there_is_no_item(monkeypatch: pytest.MonkeyPatch, address: str | None) -> None:
    if address is None:
        monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    else:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    with pytest.raises(NoBus):
        House()
