"""Whatever is asked, the API answers as its description says, and never by a defect."""

from collections import Counter
from typing import Any

import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.faces.small_world import NOW, trip

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
LEFT_OUT = r"/(events|metrics|openapi\.json|docs)$"
"""Streams do not end by themselves soon; the others take nothing."""


def test_generated_requests_are_answered_as_described(app: Flask) -> None:
    statuses: Counter[int] = Counter()
    app.after_request(lambda answer: statuses.update([answer.status_code]) or answer)
    _, secret = app.extensions["plugsure"].office.store.keys.create("fuzz", ("admin",), now=NOW)
    headers = {"Authorization": f"Bearer {secret}"}
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app)
    for found in schema.exclude(path_regex=LEFT_OUT).get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy())
        @settings(
            max_examples=8,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        def one(case: Any) -> None:
            case.call_and_validate(checks=CHECKS, headers=headers)

        one()
    assert not statuses[401], "the key was not sent"
    assert statuses[200]
    assert statuses[400]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(field=st.sampled_from(sorted(trip())), value=JSON)
def test_any_value_in_any_field_is_a_plan_or_a_fault(
    client: FlaskClient, field: str, value: Any
) -> None:
    answer = client.post("/v1/plans", json=trip(**{field: value}))
    assert answer.status_code in (200, 400, 422), answer.text
    if answer.status_code == 400:
        assert answer.json["errors"]
