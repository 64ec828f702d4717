"""Query, form and JSON body → the messages of `distwire.api`; what is wrong is told field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from distserver.errors import BadRequest
from distwire.api.problem import FieldError

M = TypeVar("M", bound=BaseModel)


class InvalidFields(BadRequest):
    """Fields of a request are wrong; `errors` says which and how."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{error.field}: {error.message}" for error in errors[:5]))
        self.errors = list(errors)


def read_fields(model: type[M], given: Mapping[str, Sequence[str]]) -> M:
    """A message from query or form fields, each with all its values. Raises `InvalidFields`."""
    values: dict[str, object] = {}
    for name, texts in given.items():
        info = model.model_fields.get(name)
        if info is not None and get_origin(info.annotation) is list:
            values[name] = list(texts)
        elif len(texts) > 1:
            raise InvalidFields([FieldError(field=name, message="may be given once only")])
        elif texts[0] != "" or info is None or info.is_required():
            values[name] = texts[0]
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise _mapped(error) from error


def read_json(model: type[M], data: bytes) -> M:
    """A message from a JSON body; an empty body is an empty object. Raises `InvalidFields`."""
    try:
        return model.model_validate_json(data or b"{}")
    except ValidationError as error:
        raise _mapped(error) from error


def _mapped(error: ValidationError) -> InvalidFields:
    return InvalidFields([_describe(one) for one in error.errors(include_url=False)])


def _describe(one: ErrorDetails) -> FieldError:
    field = ".".join(str(part) for part in one["loc"]) or "body"
    kind = one["type"]
    if kind == "string_too_short" and not one["input"]:
        return FieldError(field=field, message="is empty")
    found = _WORDS.get(kind) or next((words for start, words in _FAMILIES.items() if kind.startswith(start)), None)
    if found is None:
        return FieldError(field=field, message=one["msg"][:1].lower() + one["msg"][1:])
    return FieldError(field=field, message=found.format_map(one.get("ctx", {})))


_WORDS = {
    "extra_forbidden": "is not known here",
    "missing": "is missing",
    "greater_than_equal": "is less than {ge}",
    "less_than_equal": "is more than {le}",
    "string_too_short": "has fewer than {min_length} characters",
    "string_too_long": "has more than {max_length} characters",
    "too_long": "has more than {max_length} entries",
    "too_short": "has fewer than {min_length} entries",
    "literal_error": "is none of {expected}",
    "string_pattern_mismatch": "contains a character that does not belong there, or is not written as it should be",
    "timezone_aware": "lacks the offset from UTC: write it as 2026-04-01T09:00:00+09:00",
    "json_invalid": "is no JSON: {error}",
}
_FAMILIES = {
    "int_": "is no whole number",
    "bool_": "is neither true nor false",
    "string_": "is no text",
    "list_": "is no list",
    "model_": "is no JSON object",
    "datetime_": "is no time: write it as 2026-04-01T09:00:00+09:00",
}
"""What is wrong, by pydantic's type of the error or the beginning of that; `{…}` are what its context names."""
