"""The OpenAPI description and the server say the same: schemathesis tries every operation against it, bounded."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from distserver.intake.api.routes import OPERATIONS
from tests.support.api import Api


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    made = Api(tmp_path_factory.mktemp("schema"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def described(api: Api) -> dict[str, schemathesis.schemas.APIOperation]:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", api.app)
    found = [result.ok() for result in schema.get_all_operations()]
    return {operation.definition.raw["operationId"]: operation for operation in found}


CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.mark.parametrize("name", [operation.name for operation in OPERATIONS])
def test_answers_are_as_described(name: str, api: Api, described: dict[str, schemathesis.schemas.APIOperation]) -> None:
    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(case=described[name].as_strategy())
    def attempt(case: schemathesis.Case) -> None:
        answer = case.call(headers=api.headers())
        case.validate_response(answer, checks=CHECKS)

    attempt()


def test_the_description_is_whole(api: Api) -> None:
    described = json.loads(api.call("GET", "/api/v1/openapi.json", None).text)
    assert described["openapi"].startswith("3.1")
    found = {operation["operationId"] for path in described["paths"].values() for operation in path.values()}
    assert found == {operation.name for operation in OPERATIONS}
    submit = described["paths"]["/api/v1/jobs"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert submit == {"$ref": "#/components/schemas/SubmissionForm"}
    assert "document" in described["components"]["schemas"]["SubmissionForm"]["required"]
