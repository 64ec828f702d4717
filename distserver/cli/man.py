"""`distserver man`: the manual page, made of the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator

import click

import distserver
from distserver.cli.exits import MEANINGS


@click.command("man")
@click.pass_context
def command(context: click.Context) -> None:
    """Print the manual page: distserver man | man -l -"""
    root = context.find_root().command
    if isinstance(root, click.Group):
        click.echo(make_page(root), nl=False)


def make_page(root: click.Group) -> str:
    """The manual page as roff (man(7))."""
    return "\n".join(_lines(root)) + "\n"


def walk_commands(root: click.Group) -> Iterator[tuple[str, click.Command, click.Context]]:
    """Every command that does something, with its words after `distserver` and its context."""
    yield from _walk(click.Context(root, info_name="distserver"), "")


def _walk(context: click.Context, words: str) -> Iterator[tuple[str, click.Command, click.Context]]:
    group = context.command
    if not isinstance(group, click.Group):
        yield words, group, context
        return
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if found is not None and not found.hidden:
            yield from _walk(click.Context(found, info_name=name, parent=context), f"{words} {name}".strip())


def _lines(root: click.Group) -> Iterator[str]:
    yield f'.TH DISTSERVER 1 "{distserver.DATE}" "Distserver {distserver.__version__}" "User Commands"'
    yield ".SH NAME"
    yield r"distserver \- broadcast a document to a group of printers, copiers, fax machines and PCs"
    yield ".SH SYNOPSIS"
    yield r".B distserver"
    yield r"[\fB\-\-home\fR \fIDIR\fR] \fICOMMAND\fR [\fIARGUMENTS\fR]"
    yield ".SH OPTIONS"
    yield from _options(click.Context(root, info_name="distserver"))
    yield ".SH COMMANDS"
    for words, command, context in walk_commands(root):
        usage = " ".join(piece for piece in command.collect_usage_pieces(context) if piece != "[OPTIONS]")
        yield ".SS " + _escape(f"{words} {usage}".strip())
        yield _escape(" ".join(_help_of(command).split()))
        yield from _options(context)
    yield ".SH EXIT STATUS"
    for code, meaning in MEANINGS.items():
        yield ".TP"
        yield rf"\fB{int(code)}\fR"
        yield _escape(meaning)
    yield ".SH FILES"
    yield ".TP"
    yield r"\fIHOME\fR/distserver.toml"
    yield "The settings; see distserver config."
    yield ".TP"
    yield r"\fIHOME\fR/groups/*.rec"
    yield "The groups."
    yield ".TP"
    yield r"\fIHOME\fR/tokens/local.json"
    yield "Where the server is and the token by which commands on its machine speak to it."


def _options(context: click.Context) -> Iterator[str]:
    for parameter in context.command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and "--help" not in parameter.opts:
            yield ".TP"
            yield rf"\fB{_escape(record[0])}\fR"
            yield _escape(record[1] or "What to send.")


def _help_of(command: click.Command) -> str:
    return (command.help or "").partition("\f")[0]


def _escape(text: str) -> str:
    escaped = text.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{escaped}" if escaped.startswith((".", "'")) else escaped
