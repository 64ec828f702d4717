"""The OpenAPI 3.1 description, made of the operations and the messages' own JSON schemas."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

import distserver
from distserver.intake.api.operations import JSON, MULTIPART, Operation
from distwire.api.problem import MEDIA_TYPE, Problem

_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
_REF = "#/components/schemas/{model}"
_TAG = "The entity tag of an answer before: it is sent again only where it has changed."
_RANGE = "Which bytes alone: `bytes=N-`, N counted from 0."
_Mode = Literal["validation", "serialization"]
_Schemas = dict[Any, dict[str, Any]]  # by (message, mode)


def describe(operations: Sequence[Operation]) -> str:
    """The description as JSON text."""
    schemas, definitions = _collect_schemas(operations)
    definitions["SubmissionForm"] = _with_files(definitions["SubmissionForm"])
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        path = _PARAMETER.sub(r"{\2}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _describe_operation(operation, schemas)
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Distserver",
            "version": distserver.__version__,
            "description": "Broadcast a document to a group of printers, copiers, fax machines and PCs.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "A token: `ds_…`."}},
        },
        "security": [{"token": []}],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _collect_schemas(operations: Iterable[Operation]) -> tuple[_Schemas, dict[str, Any]]:
    wanted: list[tuple[type[BaseModel], _Mode]] = [(Problem, "serialization")]
    for operation in operations:
        messages = operation.messages
        wanted += [(model, "validation") for model in (messages.query, messages.body) if model]
        wanted += [(messages.answer, "serialization")] if messages.answer else []
    schemas, whole = models_json_schema(list(dict.fromkeys(wanted)), ref_template=_REF)
    return dict(schemas), dict(whole["$defs"])


def _with_files(schema: dict[str, Any]) -> dict[str, Any]:
    files = {
        "type": "array",
        "minItems": 1,
        "items": {"type": "string", "contentMediaType": "application/octet-stream"},
    }
    described = {**files, "description": "PDF, TIFF, JPEG, PNG, PWG raster or URF; several are printed in their order."}
    required = [*schema.get("required", []), "document"]
    return {**schema, "properties": {**schema["properties"], "document": described}, "required": required}


def _describe_operation(operation: Operation, schemas: _Schemas) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": f"{operation.description} For: {operation.rule}.",
        "tags": [operation.handler.__module__.rpartition(".")[2]],
        "responses": _describe_responses(operation, schemas),
    }
    parameters = [*_describe_path(operation), *_describe_query(operation), *_describe_headers(operation)]
    if parameters:
        described["parameters"] = parameters
    if operation.messages.body is not None:
        content = {operation.messages.body_type: {"schema": schemas[operation.messages.body, "validation"]}}
        described["requestBody"] = {"required": operation.messages.body_type == MULTIPART, "content": content}
    if operation.rule.public:
        described["security"] = []
    return described


def _describe_path(operation: Operation) -> list[dict[str, Any]]:
    kinds = {"int": {"type": "integer", "minimum": 0}}
    return [
        {"name": name, "in": "path", "required": True, "schema": kinds.get(kind, {"type": "string", "minLength": 1})}
        for kind, name in _PARAMETER.findall(operation.path)
    ]


def _describe_query(operation: Operation) -> list[dict[str, Any]]:
    if operation.messages.query is None:
        return []
    schema = operation.messages.query.model_json_schema(ref_template=_REF)
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _without_null(described)}
        for name, described in schema["properties"].items()
    ]


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """In a query there is no null: the parameter is left out."""
    kept = [choice for choice in schema.get("anyOf", []) if choice.get("type") != "null"]
    if len(kept) != 1:
        return schema
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    return {**rest, **kept[0]}


def _describe_headers(operation: Operation) -> list[dict[str, Any]]:
    text = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"}
    described = [
        {"name": name, "in": "header", "required": False, "schema": text, "description": meaning}
        for name, meaning in operation.messages.headers
    ]
    if operation.messages.tag is not None:
        described.append(
            {"name": "If-None-Match", "in": "header", "required": False, "schema": text, "description": _TAG}
        )
    if operation.messages.ranges:
        schema = {"type": "string", "pattern": "^bytes=[0-9]+-[0-9]*$"}
        described.append({"name": "Range", "in": "header", "required": False, "schema": schema, "description": _RANGE})
    return described


def _describe_responses(operation: Operation, schemas: _Schemas) -> dict[str, Any]:
    messages = operation.messages
    done: dict[str, Any] = {"description": HTTPStatus(messages.status).phrase}
    if messages.answer is not None:
        done["content"] = {JSON: {"schema": schemas[messages.answer, "serialization"]}}
    elif messages.status != 204:
        done["content"] = {messages.media: {}}
    responses = {str(messages.status): done}
    if messages.tag is not None:
        responses["304"] = {"description": HTTPStatus.NOT_MODIFIED.phrase}
    if messages.ranges:
        responses["206"] = {**done, "description": HTTPStatus.PARTIAL_CONTENT.phrase}
    for status in sorted({*operation.errors, *_common_errors(operation)}):
        media = JSON if messages.fails_alike else MEDIA_TYPE
        schema = schemas[messages.answer, "serialization"] if messages.fails_alike and messages.answer else None
        content = {media: {"schema": schema or schemas[Problem, "serialization"]}}
        responses[str(status)] = {"description": HTTPStatus(status).phrase, "content": content}
    return responses


def _common_errors(operation: Operation) -> Iterable[int]:
    if not operation.rule.public:
        yield from (401, 403, 429, 503, 507)
    if operation.messages.ranges:
        yield HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE.value
    if operation.messages.body is not None:
        yield from (413, 415)
    yield 422
