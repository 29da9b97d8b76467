"""Whatever the OpenAPI document allows, and much that it forbids: no server error, and every answer as described."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation

from cloud.api.server import V1
from tests.unit.cloud.services import TOKEN, open_cloud
from tests.unit.cloud.test_api import api_of
from tests.unit.cloud.test_walls import DOORS, build
from tests.unit.cloud.workshop import MONDAY

EXAMPLES: Final = int(os.environ.get("FUZZ_EXAMPLES", "5"))
HEADERS: Final = {"Authorization": f"Bearer {TOKEN}"}
EXPECTED: Final = (
    schemathesis.checks.not_a_server_error,
    schemathesis.checks.status_code_conformance,
    schemathesis.checks.content_type_conformance,
    schemathesis.checks.response_schema_conformance,
)


# A file is sent as whatever bytes there are.
schemathesis.serializer.alias("application/zip", "application/octet-stream")
LABELS: Final = [f"{method} {V1}{path}" for method, path in DOORS]
"""As schemathesis calls operations; test_walls.py sees to it that none behind a door is missing."""


@pytest.fixture(scope="module")
def operations() -> Iterator[dict[str, APIOperation[Any, Any, Any, Any]]]:
    """By label, on an API with a fleet behind it. What one does, the next ones find."""
    plan = build(furnished=True)
    with TemporaryDirectory() as folder:
        shutil.copyfile(plan.file, Path(folder) / plan.file.name)
        with open_cloud(Path(folder)) as cloud:
            cloud.now = MONDAY
            schema = schemathesis.openapi.from_asgi(f"{V1}/openapi.json", api_of(cloud), headers=HEADERS)
            found = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
            yield {one.label: one for one in found}


@pytest.mark.parametrize("label", LABELS)
def test_any_request(label: str, operations: dict[str, APIOperation[Any, Any, Any, Any]]) -> None:
    ask(operations[label])


def test_any_request_where_there_is_no_door(operations: dict[str, APIOperation[Any, Any, Any, Any]]) -> None:
    others = operations.keys() - set(LABELS)
    assert others
    for label in sorted(others):
        ask(operations[label])


def ask(operation: APIOperation[Any, Any, Any, Any]) -> None:
    """With what it allows and, where it asks for anything, with what not."""
    asks = bool(operation.definition.raw.keys() & {"parameters", "requestBody"})
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE) if asks else (GenerationMode.POSITIVE,):

        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(case=operation.as_strategy(mode))
        def ask_it(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(headers=HEADERS, checks=list(EXPECTED))

        ask_it()
