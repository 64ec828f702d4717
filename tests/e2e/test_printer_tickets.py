"""What a job asks for by IPP is what lies in the trays of the devices (N1, D4): each Job Template attribute that a
group's printer names as supported, end to end."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from distserver.intake.ipp.ticket import next_start
from distwire.ipp import Attribute, Group, Message, Operation, Status, attribute, collection
from distwire.ipp.enums import JobState
from distwire.ipp.values import boolean, date_time, enum, integer, keyword, mime_type, name, range_of
from tests.support.device import PrintedJob, RunningDevice, printed_jobs, start_device
from tests.support.documents import difference, draw_marks, make_jpeg, make_pdf, make_png, make_tiff
from tests.support.group_printers import House, run_house
from tests.support.ippwire import ask
from tests.support.pages import read_file
from tests.support.patience import wait_until
from tests.support.tones import make_tones, tones_of

pytestmark = pytest.mark.real

PROFILES = ("pdf", "urf")
TONES = (40, 80, 120, 160)
_A5 = (419.5, 595.3)
_ALIKE = 12


@dataclass
class Office:
    """A group with a device of each profile."""

    house: House
    devices: list[RunningDevice]
    folder: Path

    @property
    def printer(self) -> str:
        return self.house.printer("office")

    def print(self, document: Path | bytes, *job: Attribute, operation: Sequence[Attribute] = ()) -> list[PrintedJob]:
        """Print-Job with everything as asked; what lies in each tray then."""
        before = self.count()
        content = document if isinstance(document, bytes) else document.read_bytes()
        answer = ask(self.printer, Operation.PRINT_JOB, *operation, job=job, document=content)
        assert answer.code == Status.OK, answer
        return self.collect(answer, before)

    def print_parts(self, documents: Sequence[Path], *job: Attribute) -> list[PrintedJob]:
        """The same by Create-Job and Send-Document."""
        before = self.count()
        answer = ask(self.printer, Operation.CREATE_JOB, job=job)
        assert answer.code == Status.OK, answer
        for number, path in enumerate(documents, start=1):
            last = attribute("last-document", boolean(number == len(documents)))
            sent = ask(self.printer, Operation.SEND_DOCUMENT, of_job(answer), last, document=path.read_bytes())
            assert sent.code == Status.OK, sent
        return self.collect(answer, before)

    def count(self) -> list[int]:
        """How many jobs lie in each tray."""
        return [len(printed_jobs(device.tray)) for device in self.devices]

    def collect(self, answer: Message, before: list[int]) -> list[PrintedJob]:
        """What the job has laid into each tray since."""
        wait_until(lambda: (self.job(answer).integer("job-state") or 0) >= JobState.CANCELED)
        ended = self.job(answer)
        assert ended.integer("job-state") == JobState.COMPLETED, ended
        assert self.count() == [count + 1 for count in before]
        return [printed_jobs(device.tray)[-1] for device in self.devices]

    def job(self, answer: Message) -> Group:
        """The job as it is now."""
        return ask(self.printer, Operation.GET_JOB_ATTRIBUTES, of_job(answer)).job


def of_job(answer: Message) -> Attribute:
    number = answer.job.integer("job-id")
    assert number is not None, answer
    return attribute("job-id", integer(number))


def pages_of(job: PrintedJob) -> list[Image.Image]:
    return [Image.open(path).convert("RGB") for path in job.pages]


def tones(job: PrintedJob) -> list[int]:
    """The tone in the middle of each side."""
    return [tones_of(page, 1, 1)[0] for page in pages_of(job)]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    root = tmp_path_factory.mktemp("office")
    with contextlib.ExitStack() as stack:
        devices = [stack.enter_context(start_device(one, root / one, name=one)) for one in PROFILES]
        house = stack.enter_context(run_house(root / "home"))
        house.write_group("office", *(f"{device.uri}; branch {n}" for n, device in enumerate(devices)))
        made = Office(house, devices, root)
        wait_until(lambda: ask(made.printer, Operation.GET_PRINTER_ATTRIBUTES).code == Status.OK)
        made.print(make_pdf(root / "first.pdf"))  # from then on the devices have said what they can
        yield made


@pytest.fixture(scope="module")
def grey(office: Office) -> Path:
    return make_tones(office.folder / "grey.pdf", TONES)


def near(*wanted: int) -> object:
    return pytest.approx(list(wanted), abs=3)


def test_copies(office: Office, grey: Path) -> None:
    """The device makes them: its tray shows the first, and counts the sides of all."""
    for job in office.print(grey, attribute("copies", integer(2))):
        assert tones(job) == near(*TONES)
        assert (job.record["copies"], job.record["impressions"]) == (2, 2 * len(TONES))


def test_page_ranges_choose(office: Office, grey: Path) -> None:
    for job in office.print(grey, attribute("page-ranges", range_of(1, 1), range_of(3, 9))):
        assert tones(job) == near(40, 120, 160)


@pytest.mark.parametrize(
    ("handling", "wanted"),
    [
        (None, (80, 120, 210, 230)),
        ("separate-documents-collated-copies", (80, 120, 210, 230)),
        ("single-document-new-sheet", (80, 120)),
    ],
)
def test_ranges_of_several_documents_go_by_how_they_are_handled(
    office: Office, grey: Path, handling: str | None, wanted: tuple[int, ...]
) -> None:
    """RFC 8011 §5.2.4, §5.2.7."""
    second = make_tones(office.folder / "second.pdf", (190, 210, 230))
    job = [attribute("page-ranges", range_of(2, 3))]
    job += [attribute("multiple-document-handling", keyword(handling))] if handling else []
    for printed in office.print_parts([grey, second], *job):
        assert tones(printed) == near(*wanted)


@pytest.mark.parametrize("sides", ["one-sided", "two-sided-long-edge", "two-sided-short-edge"])
def test_sides(office: Office, grey: Path, sides: str) -> None:
    for job in office.print(grey, attribute("sides", keyword(sides))):
        assert tones(job) == near(*TONES)
        wanted = ["front"] * 4 if sides == "one-sided" else ["front", "back"] * 2
        assert (job.record["sides"], [page["side"] for page in job.record["page_files"]]) == (sides, wanted)


def test_number_up(office: Office, grey: Path) -> None:
    for job in office.print(grey, attribute("number-up", integer(2))):
        held = [page.transpose(Image.Transpose.ROTATE_270) for page in pages_of(job)]
        assert [tones_of(page, 2, 1) for page in held] == [near(40, 80), near(120, 160)]
    for job in office.print(grey, attribute("number-up", integer(4))):
        (page,) = pages_of(job)
        assert tones_of(page, 2, 2) == near(*TONES)


@pytest.mark.parametrize("by", ["media", "size", "everything"])
def test_media(office: Office, by: str) -> None:
    """By name, and by the members of media-col; what the printer itself says of a paper can be sent back."""
    a5 = "iso_a5_148x210mm"
    size = collection(attribute("x-dimension", integer(14800)), attribute("y-dimension", integer(21000)))
    described = ask(
        office.printer,
        Operation.GET_PRINTER_ATTRIBUTES,
        attribute("requested-attributes", keyword("media-col-database")),
    )
    column = next(
        one for one in described.printer.collections("media-col-database") if one.string("media-size-name") == a5
    )
    asked = {
        "media": attribute("media", keyword(a5)),
        "size": attribute("media-col", collection(attribute("media-size", size))),
        "everything": attribute("media-col", collection(*column)),
    }
    path = make_tones(office.folder / "a5.pdf", (90,), _A5)
    for job in office.print(path, asked[by]):
        assert [page["media"] for page in job.record["page_files"]] == [a5]
        assert tones(job) == near(90)


@pytest.mark.parametrize("mode", ["auto", "color", "monochrome"])
def test_print_color_mode(office: Office, mode: str) -> None:
    path = make_pdf(office.folder / "photo.pdf", kind="photo")
    for job in office.print(path, attribute("print-color-mode", keyword(mode))):
        (page,) = pages_of(job)
        red, green, blue = page.resize((60, 80)).split()
        colored = max(ImageStat.Stat(ImageChops.difference(red, other)).extrema[0][1] for other in (green, blue))
        assert (colored > 30) == (mode != "monochrome"), colored


@pytest.mark.parametrize(
    ("scaling", "edges"),
    [("none", (255, 255)), ("auto", (90, 255)), ("fit", (90, 90)), ("fill", (90, 90))],
)
def test_print_scaling(office: Office, scaling: str, edges: tuple[int, int]) -> None:
    """A page of A5 on A4: as it is, or as large as the paper. What goes out as it came and may be scaled, a device that
    offers it is asked to bring onto its paper."""
    path = make_tones(office.folder / "small.pdf", (90,), _A5)
    job = [attribute("print-scaling", keyword(scaling)), attribute("media", keyword("iso_a4_210x297mm"))]
    for printed, edge in zip(office.print(path, *job), edges, strict=True):
        (page,) = pages_of(printed)
        assert [tones_of(page, 9, 9)[at] for at in (0, 40)] == near(edge, 90)


@pytest.mark.parametrize(("value", "turn"), [(3, None), (4, 90), (5, 270), (6, 180)])
def test_orientation_requested(office: Office, value: int, turn: int | None) -> None:
    """A picture stands as asked."""
    path = office.folder / "marks.png"
    draw_marks((800, 1100)).save(path, dpi=(100, 100))
    for job in office.print(path, attribute("orientation-requested", enum(value))):
        (page,) = pages_of(job)
        upright = draw_marks((800, 1100)).convert("RGB")
        turned = upright if turn is None else upright.rotate(turn, expand=True)
        found = _place_on(page, turned)
        assert difference(found, page) < _ALIKE, difference(found, page)


def _place_on(page: Image.Image, picture: Image.Image) -> Image.Image:
    """The picture in the middle of white paper of that size, as large as it goes."""
    sheet = Image.new("RGB", page.size, "white")
    scale = min(1.0 * page.width / picture.width, page.height / picture.height)
    small = picture.resize((round(picture.width * scale), round(picture.height * scale)))
    sheet.paste(small, ((page.width - small.width) // 2, (page.height - small.height) // 2))
    return sheet


@pytest.mark.parametrize("compression", ["gzip", "deflate"])
def test_compression(office: Office, grey: Path, compression: str) -> None:
    wbits = {"gzip": 31, "deflate": 15}
    engine = zlib.compressobj(wbits=wbits[compression])
    content = engine.compress(grey.read_bytes()) + engine.flush()
    for job in office.print(content, operation=[attribute("compression", keyword(compression))]):
        assert tones(job) == near(*TONES)


@pytest.mark.parametrize(
    ("form", "said"),
    [("pdf", None), ("jpeg", "application/octet-stream"), ("png", "its own"), ("tiff", "application/octet-stream")],
)
def test_the_format_is_found_or_as_said(office: Office, form: str, said: str | None) -> None:
    makers = {"pdf": make_pdf, "jpeg": make_jpeg, "png": make_png, "tiff": make_tiff}
    path = makers[form](office.folder / f"sample.{form}")
    own = "application/pdf" if form == "pdf" else f"image/{form}"
    formats = [] if said is None else [attribute("document-format", mime_type(own if said == "its own" else said))]
    for job in office.print(path, operation=formats):
        assert len(job.pages) == len(read_file(path))


def test_a_job_held_until_a_time_waits_for_it(office: Office, grey: Path) -> None:
    """It is pending-held until then; released, it does not wait."""
    before = office.count()
    soon, late = datetime.now(UTC) + timedelta(seconds=4), datetime.now(UTC) + timedelta(days=2)
    held = attribute("job-hold-until-time", date_time(soon))
    answer = ask(office.printer, Operation.PRINT_JOB, job=[held], document=grey.read_bytes())
    _check_held(office, answer, soon)
    office.collect(answer, before)
    assert datetime.now(UTC) >= soon
    before = office.count()
    held = attribute("job-hold-until-time", date_time(late))
    answer = ask(office.printer, Operation.PRINT_JOB, job=[held], document=grey.read_bytes())
    _check_held(office, answer, late)
    assert ask(office.printer, Operation.RELEASE_JOB, of_job(answer)).code == Status.OK
    office.collect(answer, before)


def _check_held(office: Office, answer: Message, until: datetime) -> None:
    assert answer.code == Status.OK, answer
    job = office.job(answer)
    if datetime.now(UTC) < until:
        assert job.integer("job-state") == JobState.PENDING_HELD
        assert job.strings("job-state-reasons") == ("job-hold-until-specified",)


def test_a_job_held_until_a_time_of_day_is_held_unless_that_has_begun(office: Office, grey: Path) -> None:
    for word in ("day-time", "evening", "night", "weekend", "second-shift", "third-shift"):
        held = attribute("job-hold-until", keyword(word))
        waits = {next_start(word, datetime.now().astimezone()) is not None}
        answer = ask(office.printer, Operation.PRINT_JOB, job=[held], document=grey.read_bytes())
        assert answer.code == Status.OK
        is_held = office.job(answer).integer("job-state") == JobState.PENDING_HELD
        waits.add(next_start(word, datetime.now().astimezone()) is not None)  # it may have begun, or ended, just now
        assert is_held in waits, word
        ask(office.printer, Operation.CANCEL_JOB, of_job(answer))
        wait_until(lambda answer=answer: (office.job(answer).integer("job-state") or 0) >= JobState.CANCELED)  # type: ignore[misc]


def _holds_job(device: RunningDevice) -> bool:
    """A job has reached it: the job of the group prints as soon as any of the devices does."""
    return any(job["state"] not in ("completed", "canceled", "aborted") for job in device.status()["jobs"])


def test_an_urgent_job_overtakes(office: Office, grey: Path) -> None:
    """job-priority 100 before 1, of all that wait for a device that is busy."""
    slow = office.devices[0]
    slow.set_paper(filled=False)
    before = office.count()
    first = ask(office.printer, Operation.PRINT_JOB, document=grey.read_bytes())
    wait_until(lambda: _holds_job(slow))
    jobs = {}
    for priority in (1, 50, 100):
        job = [attribute("job-priority", integer(priority))]
        operation = attribute("job-name", name(f"priority {priority}"))
        jobs[priority] = ask(office.printer, Operation.PRINT_JOB, operation, job=job, document=grey.read_bytes())
        assert office.job(jobs[priority]).integer("job-priority") == priority
    slow.set_paper(filled=True)
    for answer in (first, *jobs.values()):
        wait_until(lambda answer=answer: (office.job(answer).integer("job-state") or 0) >= JobState.CANCELED)  # type: ignore[misc]
    printed = [job.name.split(" · ")[0] for job in printed_jobs(slow.tray)[before[0] + 1 :]]
    assert printed == ["priority 100", "priority 50", "priority 1"]
