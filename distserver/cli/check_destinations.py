"""The check of the registry of destinations and of the file of secrets."""

from __future__ import annotations

from collections.abc import Iterator

from distserver.cli.finding import Finding, Verdict
from distserver.cli.output import count
from distserver.errors import SetupError
from distserver.groups.destinations import BY_NAME, DestinationRules
from distserver.groups.destinations_file import DestinationsFile
from distserver.groups.index import GroupIndex
from distserver.groups.secrets import Secrets
from distserver.settings import Settings

_SUBJECT, _SECRETS = "destinations", "secrets"


def check_registry(settings: Settings) -> Iterator[Finding]:
    """Its lines are understood; each secret that it or a group file names is in the file of secrets."""
    path = settings.destinations_path
    rules = DestinationsFile(path).catch_up()
    if settings.documents_url:
        yield Finding(_SUBJECT, Verdict.OK, f"are read by the web server at {settings.documents_url}")
    elif rules.problems:
        errors = sum(problem.is_error for problem in rules.problems)
        first = next((problem for problem in rules.problems if problem.is_error), rules.problems[0])
        warnings = count(len(rules.problems) - errors, "warning")
        message = f"{count(errors, 'error')} and {warnings}, the first: {first}"
        yield Finding(_SUBJECT, Verdict.WRONG if errors else Verdict.NOTE, message, f"mend the line in {path}")
    else:
        yield Finding(
            _SUBJECT,
            Verdict.OK,
            f"{count(len(rules.rules), 'line')} in {path}" if path.exists() else f"there is no registry ({path})",
        )
    yield from _check_secrets(settings, _list_named(settings, rules))


def _list_named(settings: Settings, rules: DestinationRules) -> list[str]:
    """Names of secrets, each once, in the order in which they stand."""
    options = [option for rule in rules.rules for option in rule.options]
    if settings.groups_dir.is_dir():
        groups = GroupIndex(settings.groups_dir).snapshot().groups
        options += [option for group in groups for member in group.members for option in member.options]
    named = (value[1:] for key, value in options if key == "secret" and value.startswith(BY_NAME))
    return list(dict.fromkeys(named))


def _check_secrets(settings: Settings, named: list[str]) -> Iterator[Finding]:
    secrets = Secrets(settings.secrets_path)
    if not named and not settings.secrets_path.exists():
        return
    try:
        for name in named:
            secrets.find(name)
        known = secrets.list()
    except SetupError as error:
        yield Finding(_SECRETS, Verdict.WRONG, str(error), "what needs it waits until that is done")
    else:
        yield Finding(_SECRETS, Verdict.OK, f"{len(known)} in {settings.secrets_path}, for its owner only")
