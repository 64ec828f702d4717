"""Japanese names survive every door: file, API, command line, board, IPP, receipt (D1, D4, D7)."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.device import start_device, wait_for_jobs
from tests.support.documents import make_pdf
from tests.support.server import run_server

GROUP = "営業所〜①・髙橋 ｶﾅ"
PLACE = "札幌支店（受付）"
TITLE = "「緊急」価格改定のお知らせ 第２版 𠮷野家"
FILE = "価格表 第２版.pdf"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "cp932", "euc_jisx0213"])
def test_names_come_out_as_they_went_in(tmp_path: Path, codec: str) -> None:
    """D1: in each encoding of group files; D4: on the receipt; D11: at the device."""
    with start_device("pdf", tmp_path / "tray", name="札幌") as device, run_server(tmp_path / "home") as server:
        folder = server.home / "groups"
        folder.mkdir(exist_ok=True)
        group = GROUP if codec.startswith("utf") else "営業所・高橋 支店"
        lines = f"# {group}\r\n# all.rec\r\n{device.uri}; {PLACE}\r\n"
        (folder / "all.rec").write_bytes(lines.encode(codec))
        path = make_pdf(tmp_path / FILE)
        answer = server.send(str(path), "--to", group, "--title", TITLE)
        assert (answer["state"], answer["title"]) == ("completed", TITLE)
        (row,) = answer["deliveries"]
        assert (row["destination"], row["groups"]) == (PLACE, [group])
        (job,) = wait_for_jobs(device.tray, 1)
        assert job.name == f"{TITLE} · {answer['job']}-1"
        shown = server.job(answer["job"])
        assert (shown["title"], shown["documents"][0]["name"]) == (TITLE, FILE)
        listed = json.loads(server.command("group", "list", "--json").stdout)
        assert [(g["name"], g["members"], g["errors"]) for g in listed] == [(group, 1, 0)]
        by_name = json.loads(server.get(f"/api/v1/groups/{quote(group)}"))
        assert PLACE in json.dumps(by_name, ensure_ascii=False)
        assert server.command("job", "export", answer["job"], "--format", "csv").stdout.count(PLACE) == 1
        single = server.send(str(path), "--to-destination", PLACE)
        assert (single["state"], single["title"]) == ("completed", FILE)
