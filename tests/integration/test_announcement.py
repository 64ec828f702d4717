"""N1: groups' printers are announced on the network and found there, over real multicast on loopback."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from distserver.intake.ipp.announcement.announcer import Announcer
from distserver.intake.ipp.announcement.printer import Printer
from distserver.intake.ipp.announcement.reach import Reach
from distserver.intake.ipp.announcement.responder import Responder
from tests.support.announcing import (
    PACE,
    TYPES,
    announcing,
    browsing,
    make_printer,
    make_scope,
    new_name,
    uuid_of,
    wait_until,
)


async def test_a_printer_is_found_under_every_type_with_all_that_is_said_of_it() -> None:
    name = new_name()
    printer = make_printer(name, path="/ipp/print/%E5%96%B6", port=18632, tls_port=18633)
    async with browsing() as browser, announcing(printer) as announcer:
        await wait_until(lambda: browser.kinds(name) == set(TYPES))
        info = await browser.ask(name)
        assert (info.port, info.parsed_addresses()) == (18632, ["127.0.0.1"])
        assert (await browser.ask(name, "_ipps._tcp.local.")).port == 18633
        txt = info.decoded_properties
        assert (txt["rp"], txt["UUID"], txt["Fax"]) == ("ipp/print/営", str(printer.uuid), "T")
        assert announcer.names == {printer.uuid: name}


async def test_a_group_that_is_removed_is_withdrawn_at_once_and_the_others_stay() -> None:
    keep, end = make_printer(new_name("本社")), make_printer(new_name())
    async with browsing() as browser, announcing(keep, end) as announcer:
        await wait_until(lambda: browser.kinds(keep.name) == browser.kinds(end.name) == set(TYPES))
        announcer.follow([keep])
        await wait_until(lambda: not browser.kinds(end.name))
        assert browser.kinds(keep.name) == set(TYPES)
        assert announcer.names == {keep.uuid: keep.name}


async def test_all_are_withdrawn_at_the_end() -> None:
    printers = [make_printer(new_name()) for _ in range(3)]
    async with browsing() as browser:
        async with announcing(*printers):
            await wait_until(lambda: all(browser.kinds(one.name) == set(TYPES) for one in printers))
        await wait_until(lambda: not any(browser.kinds(one.name) for one in printers))


async def test_a_change_is_told_under_the_same_name() -> None:
    printer = make_printer(new_name())
    async with browsing() as browser, announcing(printer) as announcer:
        await wait_until(lambda: browser.kinds(printer.name) == set(TYPES))
        announcer.follow([replace(printer, note="second floor", fax_path=None)])
        await wait_until(lambda: "_fax-ipp._tcp.local." not in browser.kinds(printer.name))
        async with asyncio.timeout(60):
            while (txt := await browser.txt(printer.name))["note"] != "second floor":
                await asyncio.sleep(0.05)
        assert (txt["Fax"], "rfo" in txt) == ("F", False)
        assert browser.kinds(printer.name) == set(TYPES) - {"_fax-ipp._tcp.local."}


async def test_a_group_with_a_new_name_is_found_under_it() -> None:
    printer = make_printer(new_name())
    other = replace(printer, name=new_name("本社"))
    async with browsing() as browser, announcing(printer) as announcer:
        announcer.follow([other])
        await wait_until(lambda: browser.kinds(other.name) == set(TYPES))
        await wait_until(lambda: not browser.kinds(printer.name))


async def test_a_name_that_another_server_has_gets_digits_of_the_uuid_and_keeps_them(tmp_path: Path) -> None:
    name, memory = new_name(), tmp_path / "names.json"
    first, second = make_printer(name, port=1), make_printer(name, port=2, uuid=uuid_of("3fa9c2"))
    async with browsing() as browser:
        async with announcing(first) as one, announcing(second, memory=memory) as two:
            assert one.names == {first.uuid: name}
            assert two.names == {second.uuid: f"{name} (3FA9C2)"}
            await wait_until(lambda: browser.kinds(f"{name} (3FA9C2)") == set(TYPES))
            assert (await browser.ask(f"{name} (3FA9C2)")).port == 2
        async with announcing(second, memory=memory) as again:
            assert again.names == {second.uuid: f"{name} (3FA9C2)"}


@asynccontextmanager
async def _two_servers(*printers: Printer) -> AsyncIterator[list[Announcer]]:
    """A server for each, started in the same instant."""
    announcers = [
        Announcer(make_scope(server=f"test-{number}-{secrets.token_hex(4)}.local."), PACE)
        for number in range(len(printers))
    ]
    for announcer, printer in zip(announcers, printers, strict=True):
        announcer.follow([printer])
    await asyncio.gather(*(announcer.start() for announcer in announcers))
    try:
        yield announcers
    finally:
        for announcer in announcers:
            await announcer.stop()


async def test_two_servers_that_start_in_the_same_instant_end_with_two_names() -> None:
    name = new_name()
    printers = make_printer(name, uuid=uuid_of("aaaaaa")), make_printer(name, uuid=uuid_of("bbbbbb"))
    good = {name, f"{name} (BBBBBB)"}, {name, f"{name} (AAAAAA)"}
    async with browsing() as browser, _two_servers(*printers) as announcers:
        await wait_until(lambda: {text for one in announcers for text in one.names.values()} in good)
        await wait_until(lambda: all(browser.kinds(n) == set(TYPES) for one in announcers for n in one.names.values()))


async def test_of_two_that_did_not_hear_each_other_the_stronger_keeps_the_name() -> None:
    """As when two parts of a network are joined: the later host name keeps the name, the other yields."""
    name = new_name()
    weak, strong = make_printer(name, port=1, uuid=uuid_of("aaaaaa")), make_printer(name, port=2)
    names = [f"{name} (AAAAAA)", name]
    with patch.object(Responder, "find_taken", return_value=set()):
        async with browsing() as browser, _two_servers(weak, strong) as announcers:
            await wait_until(lambda: [list(one.names.values()) for one in announcers] == [[names[0]], [names[1]]])
            await wait_until(lambda: all(browser.kinds(one) == set(TYPES) for one in names))
            async with asyncio.timeout(60):
                while [(await browser.ask(one)).port for one in names] != [1, 2]:
                    await asyncio.sleep(0.05)


async def test_groups_of_one_name_on_one_server_are_told_apart() -> None:
    name = new_name()
    printers = [make_printer(name, uuid=uuid_of(digits)) for digits in ("aaaaaa", "bbbbbb")]
    async with announcing(*printers) as announcer:
        assert set(announcer.names.values()) == {name, f"{name} (BBBBBB)"}


async def test_many_groups_are_announced_and_a_look_at_the_same_list_costs_nothing() -> None:
    printers = [make_printer(new_name(f"営業所 第{number}課")) for number in range(60)]
    async with browsing() as browser, announcing(*printers) as announcer:
        await wait_until(lambda: all(browser.kinds(one.name) == set(TYPES) for one in printers))
        with patch.object(announcer, "_bring_in_line") as work:
            announcer.follow(list(printers))
            await asyncio.sleep(0.1)
        work.assert_not_called()


async def test_a_path_that_has_no_room_is_left_out_and_told(caplog: pytest.LogCaptureFixture) -> None:
    good, bad = make_printer(new_name()), make_printer(new_name(), path="/ipp/print/" + "x" * 250)
    announcer = Announcer(make_scope(), PACE)
    announcer.follow([bad, good])
    await announcer.start()
    await wait_until(lambda: set(announcer.names) == {good.uuid})
    announcer.follow([bad, good, make_printer(new_name())])
    await wait_until(lambda: len(announcer.names) == 2)
    await announcer.stop()
    assert [record.message for record in caplog.records].count("dnssd-left-out") == 1


async def test_where_multicast_is_not_possible_that_is_told_once_and_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    printer = make_printer(new_name())
    announcer = Announcer(make_scope(), PACE)
    announcer.follow([printer])
    with patch("zeroconf._core.create_sockets", side_effect=PermissionError("not permitted")):
        await announcer.start()
        await asyncio.sleep(0.8)
        assert announcer.names == {}
    await wait_until(lambda: bool(announcer.names))
    await announcer.stop()
    told = [record for record in caplog.records if record.message == "dnssd-unavailable"]
    assert len(told) == 1
    assert "the port of multicast DNS cannot be used: not permitted" in str(told[0].args)


async def test_a_network_that_swallows_multicast_is_told(caplog: pytest.LogCaptureFixture) -> None:
    announcer = Announcer(make_scope(), replace(PACE, echo=0.2))
    announcer.follow([make_printer(new_name())])
    with patch.object(Responder, "_send"):
        await announcer.start()
        await wait_until(lambda: "dnssd-unavailable" in [record.message for record in caplog.records])
    assert announcer.names == {}
    await announcer.stop()


async def test_an_address_that_this_machine_does_not_have_is_no_network(caplog: pytest.LogCaptureFixture) -> None:
    announcer = Announcer(make_scope(host="203.0.113.1"), PACE)
    announcer.follow([make_printer(new_name())])
    await announcer.start()
    await wait_until(lambda: "dnssd-unavailable" in [record.message for record in caplog.records])
    await announcer.stop()


async def test_a_system_that_does_not_tell_its_networks_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    announcer = Announcer(make_scope(), PACE)
    announcer.follow([make_printer(new_name())])
    with patch("distserver.intake.ipp.announcement.announcer.find_reach", side_effect=OSError("no netlink")):
        await announcer.start()
        await wait_until(lambda: "dnssd-unavailable" in [record.message for record in caplog.records])
    await wait_until(lambda: bool(announcer.names))
    await announcer.stop()


async def test_a_fault_of_our_own_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    printer = make_printer(new_name())
    announcer = Announcer(make_scope(), PACE)
    announcer.follow([printer])
    with patch("distserver.intake.ipp.announcement.announcer.make_records", side_effect=KeyError("odd")):
        await announcer.start()
        await wait_until(lambda: "dnssd-broke" in [record.message for record in caplog.records])
    await wait_until(lambda: bool(announcer.names))
    await announcer.stop()


async def test_it_may_be_stopped_before_it_has_begun_and_twice() -> None:
    announcer = Announcer(make_scope(), PACE)
    await announcer.stop()
    await announcer.start()
    await announcer.start()
    await announcer.stop()
    await announcer.stop()


async def test_a_machine_with_new_addresses_announces_again_under_the_same_names() -> None:
    printer = make_printer(new_name())
    async with browsing() as browser, announcing(printer) as announcer:
        await wait_until(lambda: browser.kinds(printer.name) == set(TYPES))
        with patch("distserver.intake.ipp.announcement.announcer.find_reach") as find:
            find.return_value = Reach(("127.0.0.1",), ("127.0.0.1", "127.0.0.9"))
            async with asyncio.timeout(60):
                while set((await browser.ask(printer.name)).parsed_addresses()) != {"127.0.0.1", "127.0.0.9"}:
                    await asyncio.sleep(0.2)
            await wait_until(lambda: announcer.names == {printer.uuid: printer.name})
        assert printer.name not in {name for _, name in browser.removed}


@pytest.mark.parametrize("steps", range(6))
async def test_it_ends_also_while_it_is_being_told_of_a_change(steps: int) -> None:
    async with announcing(make_printer(new_name())) as announcer:
        announcer.follow([make_printer(new_name())])
        for _ in range(steps):
            await asyncio.sleep(0)
        ended, _ = await asyncio.wait((asyncio.create_task(announcer.stop()),), timeout=20)
        assert ended
