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
    return InvalidFields([_describe(one) for one in error.errors(include_url=False, include_context=False)])


def _describe(one: ErrorDetails) -> FieldError:
    field = ".".join(str(part) for part in one["loc"]) or "body"
    if one["type"] == "extra_forbidden":
        return FieldError(field=field, message="is not known here")
    if one["type"] == "missing":
        return FieldError(field=field, message="is missing")
    return FieldError(field=field, message=one["msg"][:1].lower() + one["msg"][1:])
