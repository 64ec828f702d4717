"""Receipts leave as CSV and JSON (SPEC N6)."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

from distserver.model.states import DeliveryState, Evidence, JobState, Reason
from distserver.report.export import COLUMNS, receipts_csv, receipts_table
from tests.support.views import WAITING, make_job

DONE = replace(
    WAITING,
    state=DeliveryState.COMPLETED,
    evidence=Evidence.COMPLETED,
    reason=Reason.COMPLETED.value,
    pages=3,
    started=1_000_000.0,
    ended=1_000_060.0,
)


def test_csv_has_a_heading_and_a_line_for_each_destination() -> None:
    text = "".join(receipts_csv([DONE, replace(WAITING, number=2)]))
    rows = list(csv.DictReader(text.removeprefix("\ufeff").splitlines()))
    assert list(rows[0]) == list(COLUMNS)
    assert [row["destination"] for row in rows] == ["札幌支店", "札幌支店"]
    assert rows[0]["ended"] == "1970-01-12T13:47:40+00:00"
    assert rows[1]["words"] == "Waiting for its turn. It goes on by itself."


def test_csv_begins_with_the_mark_by_which_spreadsheets_know_utf8() -> None:
    assert next(receipts_csv([])).startswith("\ufeff")


def test_csv_text_is_never_a_formula() -> None:
    evil = replace(WAITING, name='=HYPERLINK("http://example.org")', message="@SUM(A1)")
    row = next(csv.DictReader("".join(receipts_csv([evil])).removeprefix("\ufeff").splitlines()))
    assert row["destination"].startswith("'=")
    assert row["message"].startswith("'@")


def test_json_holds_the_job_and_all_receipts() -> None:
    table = json.loads(json.dumps(receipts_table(make_job(JobState.COMPLETED), [DONE])))
    assert table["state"] == "completed"
    assert table["deliveries"][0]["groups"] == ["Sales"]
    assert table["deliveries"][0]["pages"] == 3
