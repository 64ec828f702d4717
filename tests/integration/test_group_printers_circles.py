"""A group whose member is a printer of this server: its own, or one that leads back to it (N1)."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from distwire.ipp import Group, GroupTag, Operation, Status, attribute
from distwire.ipp.enums import JobState
from distwire.ipp.values import keyword, keywords, name
from tests.support.documents import make_pdf
from tests.support.group_printers import House, run_house
from tests.support.ippwire import ask

_PATIENCE = 90.0
_PASSWORD = "long enough for ops"


def _wait(true: Callable[[], bool], told: Callable[[], object]) -> None:
    until = time.monotonic() + _PATIENCE
    while not true():
        assert time.monotonic() < until, told()
        time.sleep(0.2)


def _jobs(house: House) -> list[Group]:
    wanted = attribute("requested-attributes", *keywords(("job-state", "job-printer-uri", "job-state-message")))
    which = attribute("which-jobs", keyword("all"))
    answer = ask(house.printer("everyone"), Operation.GET_JOBS, which, wanted, login=("ops", _PASSWORD))
    return list(answer.groups_of(GroupTag.JOB))


def _print(house: House, group: str, title: str, folder: Path) -> None:
    document = make_pdf(folder / "notice.pdf", pages=1).read_bytes()
    answer = ask(house.printer(group), Operation.PRINT_JOB, attribute("job-name", name(title)), document=document)
    assert answer.code == Status.OK


def test_what_comes_back_to_its_group_is_refused_and_the_others_have_one_copy(tmp_path: Path) -> None:
    """Directly, over another group, and with a title that leaves no room for the names of more than one delivery."""
    with run_house(tmp_path / "home") as house:
        house.write_group("own", f"{house.printer('own')}; itself", "discard:one; One")
        house.write_group("there", f"{house.printer('back')}; the other", "discard:two; Two")
        house.write_group("back", f"{house.printer('there')}; the other", "discard:three; Three")
        house.add_user("ops", "operator", _PASSWORD)
        house.wait_for_groups("own", "there", "back")
        _print(house, "own", "Notice", tmp_path)
        _print(house, "there", "N" * 255, tmp_path)
        ended = (JobState.COMPLETED, JobState.ABORTED)
        _wait(lambda: all(one.integer("job-state") in ended for one in _jobs(house)), lambda: _jobs(house))
        found = [str(one.string("job-printer-uri")).rpartition("/")[2] for one in _jobs(house)]
        assert sorted(found) == ["back", "own", "there"]
        assert {one.integer("job-state") for one in _jobs(house)} == {JobState.COMPLETED}


def test_a_group_may_have_another_one_as_its_member(tmp_path: Path) -> None:
    with run_house(tmp_path / "home") as house:
        house.write_group("inner", "discard:one; One")
        house.write_group("outer", f"{house.printer('inner')}; inner", "discard:two; Two")
        house.add_user("ops", "operator", _PASSWORD)
        house.wait_for_groups("inner", "outer")
        _print(house, "outer", "Notice", tmp_path)
        _wait(lambda: len(_jobs(house)) == 2, lambda: _jobs(house))
        _wait(lambda: {one.integer("job-state") for one in _jobs(house)} == {JobState.COMPLETED}, lambda: _jobs(house))
