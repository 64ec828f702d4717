"""`mfp-client memory …`, as people and programs call it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mfp_client.cli import cli
from tests.support.memory_pages import draw_page


class Shell:
    """Calls commands on one home."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def run(self, *words: str, user: str = "anna") -> Result:
        return CliRunner().invoke(cli, ["memory", *words, "--home", str(self._home), "--user", user])

    def ask(self, *words: str, user: str = "anna", code: int = 0) -> Any:
        result = self.run(*words, "--json", user=user)
        assert result.exit_code == code, result.output
        return json.loads(result.output)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "home")


@pytest.fixture
def page(tmp_path: Path) -> str:
    draw_page().save(tmp_path / "価格表.png", dpi=(200, 200))
    return str(tmp_path / "価格表.png")


def test_a_document_from_its_file_to_its_end(shell: Shell, page: str, tmp_path: Path) -> None:
    stored = shell.ask("add", page, page)
    image_id = stored["id"]
    assert (stored["title"], stored["owner"], stored["pages"], stored["private"]) == ("価格表", "anna", 2, False)
    assert (stored["width"], stored["height"], stored["dpi"], stored["tone"]) == (432, 600, [200, 200], "bilevel")
    assert shell.ask("list") == {
        "documents": [stored],
        "usage": {"octets": stored["octets"], "limit": 4 * 10**9, "documents": 1},
    }
    assert shell.ask("list", "--search", "価格")["documents"] == [stored]
    assert shell.ask("show", image_id, "--thumbnail", str(tmp_path / "small.jpg")) == stored
    assert (tmp_path / "small.jpg").read_bytes().startswith(b"\xff\xd8")
    (tmp_path / "stick").mkdir()
    copied = shell.ask("copy", image_id, "--to", str(tmp_path / "stick"), "--same-disk", "--format", "pdf")
    assert Path(copied["file"]).read_bytes().startswith(b"%PDF")
    moved = shell.ask("move", image_id, "--to", str(tmp_path / "stick"), "--same-disk")
    assert Path(moved["file"]).stat().st_size == stored["octets"]
    assert shell.ask("erase", image_id, code=1)["error"] == "image-moved"


def test_people_are_told_in_lines(shell: Shell, page: str) -> None:
    said = shell.run("add", page, "--title", "Notice", "--private", "--keep-days", "2").output
    image_id = " ".join(said.split()[2:4])
    assert said.startswith(f"stored as {image_id} (1 page, ")
    assert len(image_id) == 9
    assert f"{image_id}  " in shell.run("list").output
    assert "private" in shell.run("show", image_id).output
    assert "private" in shell.run("show", *image_id.split()).output  # as a shell splits what was copied from a line
    assert shell.run("list", "--unclosed").output.startswith("no document has broken off\n1 document in ")
    assert shell.run("list", "--search", "contract").output.startswith("no document has these parts\n")
    assert shell.run("list", user="bob").output.startswith("no document is stored\n")
    assert "0 documents" not in shell.run("list", user="bob").output
    assert image_id not in shell.run("list", user="bob").output
    refused = shell.run("erase", image_id, user="bob")
    assert (refused.exit_code, refused.output) == (
        1,
        f"Error: document {image_id} is private: only its owner may use it\n",
    )
    assert shell.run("erase", image_id).output == f"erased {image_id}\n"


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("show", "12345678"), "image-not-found"),
        (("show", "1234"), "wrong-request"),
        (("copy", "12345678", "--to", "/nowhere"), "image-not-found"),
        (("take-out", "12345678", "--printer", "lpt1"), "not-printed"),
        (("take-out", "12345678", "--printer", "cups:a", "--copies", "0"), "not-printed"),
        (("add", "/nowhere.tif"), "document-format-error"),
        (("add", __file__), "document-format-error"),
        (("add", __file__, "--private", "--user", ""), "wrong-request"),
    ],
)
def test_faults_are_told_to_programs_by_their_kind(tmp_path: Path, words: tuple[str, ...], kind: str) -> None:
    result = CliRunner().invoke(cli, ["memory", *words, "--json", "--home", str(tmp_path)])
    assert result.exit_code == 1
    said = json.loads(result.output)
    assert said["error"] == kind
    assert said["message"]


def test_media_are_listed() -> None:
    assert "media" in json.loads(CliRunner().invoke(cli, ["memory", "media", "--json"]).output)
    assert CliRunner().invoke(cli, ["memory", "media"]).output


def test_a_home_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    said = Shell(tmp_path / "home").ask("list", code=1)
    assert said["error"] == "image-memory-unusable"
