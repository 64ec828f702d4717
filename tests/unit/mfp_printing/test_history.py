"""What the device remembers over a restart."""

from __future__ import annotations

from pathlib import Path

from distwire.ipp.enums import JobState
from mfp_client.printing.history import History, Identity
from mfp_client.printing.job import Job, Received, Ticket
from mfp_client.printing.output import make_slug


def test_jobs_come_back_as_they_were(tmp_path: Path) -> None:
    job = Job(
        id=12,
        uuid="0b7c",
        name="週報 №3",
        user="田中",
        ticket=Ticket(copies=2, page_ranges=((1, 2), (4, 4))),
        created=1.5,
        state=JobState.PROCESSING_STOPPED,
        reasons=("printer-stopped",),
        document=Received("application/pdf", "ab" * 32, 77, "週報.pdf"),
        supplied={"compression": "gzip"},
    )
    History(tmp_path).save_job(job)
    assert History(tmp_path).load_jobs() == [job]


def test_the_device_stays_the_same_one(tmp_path: Path) -> None:
    first = History(tmp_path).load_identity()
    first.next_job = 8
    first.paper = False
    History(tmp_path).save_identity(first)
    again = History(tmp_path).load_identity()
    assert isinstance(again, Identity)
    assert again == first


def test_an_ended_job_lets_its_document_go(tmp_path: Path) -> None:
    history = History(tmp_path)
    job = Job(id=1, uuid="u", name="n", user="u", ticket=Ticket(), created=0.0)
    history.document_path(job).write_bytes(b"document")
    history.save_job(job)
    assert history.document_path(job).exists()
    job.move(JobState.CANCELED, ("job-canceled-by-user",), 1.0)
    history.save_job(job)
    assert not list(history.spool.iterdir())


def test_a_damaged_file_harms_no_other_job(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.save_job(Job(id=1, uuid="u", name="n", user="u", ticket=Ticket(), created=0.0))
    (tmp_path / "jobs" / "000002.json").write_text("{half a")
    assert [job.id for job in History(tmp_path).load_jobs()] == [1]


def test_names_of_folders_keep_their_script_and_leave_the_tray_alone() -> None:
    assert make_slug("週報 2024/05") == "週報-2024-05"
    assert make_slug("../../etc/passwd") == "etc-passwd"
    assert make_slug(" \n ") == "job"
    assert len(make_slug("あ" * 200).encode()) <= 80


def test_what_a_crash_left_half_written_goes_at_the_next_start(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.load_identity()
    for half in (tmp_path / ".device.json.0123456789abcdef", tmp_path / "jobs" / ".000001.json.0123456789abcdef"):
        half.write_bytes(b"{")
    assert History(tmp_path).load_jobs() == []
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["device.json"]
    assert not list((tmp_path / "jobs").iterdir())
