"""Group files are read and written without loss, line by line (SPEC D1, D2)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.groups.encoding import NotExpressible, TextEncoding, detect_encoding
from distserver.groups.lines import MAX_BYTES
from distserver.groups.options import OPTIONS, parse_options
from distserver.groups.problems import LineError, Severity
from distserver.groups.recfile import LineKind, find_name_fault, format_member, parse_recfile
from distserver.model.address import Destination, parse_address

TEXT = "# 営業関係全部\n# eigyou_all.rec\n\nsale1.hqs.mei.co.jp; 本社 営業一課\n# 覚え書き\n192.0.2.7; 名古屋営業所\n"
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with BOM",
    "cp932": "Shift_JIS",
    "euc_jp": "EUC-JP",
}
NEW = Destination(parse_address("devl1.osk.mei.co.jp"), "大阪支社 開発部")


@pytest.mark.parametrize("codec", ENCODINGS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_encoding_and_line_end_comes_back(codec: str, end: str) -> None:
    data = TEXT.replace("\n", end).encode(codec)
    rec = parse_recfile(data, "eigyou_all.rec")
    assert rec.to_bytes() == data
    assert rec.encoding.label == ENCODINGS[codec]
    assert rec.name == "営業関係全部"
    assert [member.name for member in rec.members] == ["本社 営業一課", "名古屋営業所"]
    assert rec.problems == ()


@pytest.mark.parametrize("codec", ENCODINGS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("closed", [True, False])
def test_append_and_remove_touch_no_other_byte(codec: str, end: str, closed: bool) -> None:
    """D9, D10: the new line comes in the file's own encoding and line ends."""
    data = (TEXT if closed else TEXT.rstrip("\n")).replace("\n", end).encode(codec)
    more = parse_recfile(data, "eigyou_all.rec").with_member(NEW)
    line = (format_member(NEW) + end).encode(codec.removesuffix("-sig"))
    assert more.to_bytes() == (data if closed else data + end.encode()) + line
    less = more.without_members({NEW.address.uri})
    assert less.to_bytes() == (data if closed else data + end.encode())
    first = parse_recfile(data, "eigyou_all.rec").members[0]
    assert parse_recfile(data, "x.rec").without_members({first.address.uri}).to_bytes() == data.replace(
        f"sale1.hqs.mei.co.jp; 本社 営業一課{end}".encode(codec.removesuffix("-sig")), b""
    )


PIECES = st.one_of(
    st.binary(max_size=30),
    st.sampled_from(
        ["\n", "\r\n", "\r", "# 名前", "a.example; 名", ";", "\ufeff", "\x00", "；", "a.example; b; k=v"]
    ).map(str.encode),
    st.text(max_size=10).map(lambda text: text.encode("cp932", "ignore")),
    st.text(max_size=10).map(lambda text: text.encode("euc_jp", "ignore")),
)
DATA = st.lists(PIECES, max_size=12).map(b"".join)


@given(DATA)
def test_any_bytes_come_back_unchanged(data: bytes) -> None:
    rec = parse_recfile(data, "x.rec")
    assert rec.to_bytes() == data
    assert len({member.address.uri for member in rec.members}) == len(rec.members)
    assert all(0 <= problem.line <= len(rec.lines) for problem in rec.problems)
    assert rec.without_members(()).to_bytes() == data


@given(DATA)
def test_append_to_any_bytes_keeps_them(data: bytes) -> None:
    """Either the line is refused, or it is there and everything before it as well."""
    rec = parse_recfile(data, "x.rec")
    if rec.has(NEW.address.uri):
        return
    try:
        more = rec.with_member(NEW)
    except ValueError:
        return
    assert more.to_bytes().startswith(data)
    assert parse_recfile(more.to_bytes(), "x.rec").has(NEW.address.uri)
    assert {m.address.uri for m in rec.members} < {m.address.uri for m in more.members}


@given(st.text(min_size=1, max_size=40))
def test_a_name_is_refused_or_reads_back(name: str) -> None:
    """Names with `;` or line ends never get into a file."""
    destination = replace(NEW, name=name)
    try:
        line = format_member(destination)
    except ValueError:
        assert find_name_fault(name.strip())
        return
    rec = parse_recfile(b"# x\n# x.rec\n" + line.encode() + b"\n", "x.rec")
    assert len(rec.members) == 1
    assert rec.errors == ()
    assert rec.members[0].name == __import__("unicodedata").normalize("NFC", name.strip())


@pytest.mark.parametrize("name", ["a;b", "a\nb", "a\rb", "a\u2028b", "", "a\x00b", "x" * 256])
def test_names_that_break_a_line_are_refused(name: str) -> None:
    with pytest.raises(ValueError):
        format_member(replace(NEW, name=name))


def test_a_name_the_encoding_lacks_is_refused_with_the_character() -> None:
    rec = parse_recfile(TEXT.encode("cp932"), "x.rec")
    with pytest.raises(NotExpressible, match="'😀' cannot be written in Shift_JIS"):
        rec.with_member(replace(NEW, name="大阪😀"))


def test_characters_with_two_code_points_go_into_either_encoding() -> None:
    """The wave dash of Windows is not that of EUC-JP; a name with one goes into both."""
    for codec in ("cp932", "euc_jp"):
        rec = parse_recfile(TEXT.encode(codec), "x.rec").with_member(replace(NEW, name="１〜３階"))
        assert rec.with_member(Destination(parse_address("b.example"), "１～３階")).to_bytes()


@pytest.mark.parametrize("codec", ["cp932", "euc_jis_2004"])
def test_characters_of_the_makers_are_read_and_written(codec: str) -> None:
    """㈱ and ① are in both families of encodings, in rows that the bare standards lack."""
    rec = parse_recfile(TEXT.encode(codec), "eigyou_all.rec").with_member(replace(NEW, name="㈱大阪①"))
    assert parse_recfile(rec.to_bytes(), "x.rec").members[-1].name == "㈱大阪①"


def problems_of(data: bytes, file: str = "x.rec") -> list[LineError]:
    return list(parse_recfile(data, file).problems)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("sale1.example", "no ';'"),
        ("sale1.example； 営業", "wide"),
        ("sale1.example;", "name is missing"),
        ("; nobody", "address is missing"),
        ("a b; name", "domain name"),
        ("a.example; b\x07c", "control character"),
        ("ok.example; again", "line 3 already"),
        ("a.example; b; tls=yes", "tls=pin"),
        ("a.example; b; secret=", "'secret' has a wrong value"),
        ("a.example; " + "x" * 300, "longer than 255"),
        ("a.example; " + "x" * 9000, "longer than 8192"),
        ("a.example; a\0b", "NUL"),
    ],
)
def test_a_bad_line_is_told_and_harms_no_other(line: str, says: str) -> None:
    """D2: file, line, reason."""
    data = f"# 名\n# x.rec\nok.example; ok\n{line}\nlast.example; last\n".encode()
    rec = parse_recfile(data, "x.rec")
    [problem] = rec.problems
    assert (problem.file, problem.line, problem.severity) == ("x.rec", 4, Severity.ERROR)
    assert says in problem.reason
    assert {"ok", "last"} <= {member.name for member in rec.members}
    assert str(problem).startswith("x.rec:4: error: ")


def test_one_line_in_another_encoding_harms_no_other() -> None:
    data = TEXT.encode() + "b.example; 京都\n".encode("cp932") + "c.example; 奈良\n".encode()
    rec = parse_recfile(data, "eigyou_all.rec")
    assert rec.to_bytes() == data
    assert [problem.line for problem in rec.problems] == [7]
    assert "cannot be read as UTF-8" in rec.problems[0].reason
    assert rec.members[-1].name == "奈良"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "names no group"),
        (b"a.example; a\n", "names no group"),
        ("# 名\na.example; a\n".encode("utf-16"), "UTF-16"),
        (b"x" * (MAX_BYTES + 1), "larger than"),
    ],
)
def test_problems_of_the_file_as_a_whole(data: bytes, says: str) -> None:
    [problem] = problems_of(data)
    assert (problem.line, problem.is_error) == (0, True)
    assert says in problem.reason


def test_second_comment_of_another_file_is_a_warning() -> None:
    [problem] = problems_of(b"# name\n# old.rec\na.example; a\n", "new.rec")
    assert (problem.line, problem.severity) == (2, Severity.WARNING)


def test_empty_name_comment_falls_back_to_the_file() -> None:
    rec = parse_recfile(b"#\n# x.rec\na.example; a\n", "x.rec")
    assert rec.name == "x"
    assert [problem.line for problem in rec.errors] == [1]


def test_a_declared_encoding_decides_and_is_no_name() -> None:
    """Half-width kana alone cannot be told from EUC-JP; whoever declares it is believed."""
    data = "# -*- coding: shift_jis -*-\n# ｱｲｳｴ\n# x.rec\na.example; ｶﾅ\n".encode("cp932")
    rec = parse_recfile(data, "x.rec")
    assert (rec.name, rec.members[0].name, rec.problems) == ("ｱｲｳｴ", "ｶﾅ", ())


def test_ascii_is_utf8_and_takes_any_name() -> None:
    rec = parse_recfile(b"# n\n# x.rec\n", "x.rec").with_member(replace(NEW, name="😀"))
    assert rec.encoding == TextEncoding("utf-8")
    assert detect_encoding(b"# coding: nonsense\n") == TextEncoding("utf-8")


def test_names_are_compared_in_one_unicode_form() -> None:
    rec = parse_recfile(
        "# ガ\n# x.rec\na.example; パ\n".replace("ガ", "カ\u3099").replace("パ", "ハ\u309a").encode(), "x.rec"
    )
    assert (rec.name, rec.members[0].name) == ("ガ", "パ")


def test_kinds_of_lines() -> None:
    rec = parse_recfile(b"# n\n\nbad\na.example; a\n", "x.rec")
    assert [line.kind for line in rec.lines] == [LineKind.COMMENT, LineKind.BLANK, LineKind.BAD, LineKind.MEMBER]


def test_options_are_read_quoted_or_not() -> None:
    options, remarks = parse_options(' user=a secret="b; c" ; copies=2;format=application/pdf')
    assert options == (("user", "a"), ("secret", "b; c"), ("copies", "2"), ("format", "application/pdf"))
    assert remarks == ()


def test_unknown_options_are_kept_with_a_warning_and_wrong_ones_left_out() -> None:
    options, remarks = parse_options("tray=2 stray sides=both")
    assert options == (("tray", "2"),)
    assert [severity for _, severity in remarks] == [Severity.WARNING, Severity.WARNING, Severity.ERROR]


@pytest.mark.parametrize("key", OPTIONS)
def test_each_example_is_right(key: str) -> None:
    assert OPTIONS[key].accepts(OPTIONS[key].example)
    assert OPTIONS[key].meaning


def test_options_written_read_back() -> None:
    destination = replace(NEW, options=(("secret", "a b;c"), ("user", "x")))
    rec = parse_recfile(b"# n\n# x.rec\n", "x.rec").with_member(destination)
    assert rec.members == (destination,)
    with pytest.raises(ValueError):
        format_member(replace(NEW, options=(("secret", 'a"b'),)))
