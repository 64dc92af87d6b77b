"""OpenAPI 3.1, written from the operations and the models: it cannot say what the code does not."""

import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from flask import current_app
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from planner.faces.api.answers import Problem
from planner.faces.api.doors import JSON, Answer, Operation

PROBLEM_MEDIA = "application/problem+json"
REF = "#/components/schemas/{model}"

IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same request with the same key is answered once, and again the same",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}

TOLD_EVERYWHERE = {
    400: "The request is not valid: `errors` says where",
    429: "Too many requests; `Retry-After` says when to come again",
    500: "A defect of the planner",
    503: "Data is missing or the store is out of reach",
}


def describe_api(operations: Mapping[str, Operation]) -> dict[str, Any]:
    """Describe all operations of the present app."""
    schemas, names = _schemas(operations)
    paths: dict[str, Any] = {}
    for rule in current_app.url_map.iter_rules():
        operation = operations.get(rule.endpoint)
        if operation is None:
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            said = _operation(operation, rule.endpoint, sorted(rule.arguments), names)
            if method == "POST":
                said["parameters"].append({"$ref": "#/components/parameters/IdempotencyKey"})
            paths.setdefault(path, {})[method.lower()] = said
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Plugsure",
            "version": _version(),
            "description": "Electric trips whose every charging stop is one that the driver's own "
            "cards open, and whose every stop has a proven fallback.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": schemas,
            "parameters": {"IdempotencyKey": IDEMPOTENCY_KEY},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _version() -> str:
    try:
        return version("plugsure")
    except PackageNotFoundError:
        return "0"


Names = Mapping[tuple[Any, str], dict[str, Any]]


def _schemas(operations: Mapping[str, Operation]) -> tuple[dict[str, Any], Names]:
    """Return the schemas of all models, and for each model its reference."""
    wanted: dict[tuple[type[BaseModel], Any], None] = {(Problem, "serialization"): None}
    for operation in operations.values():
        if operation.body is not None:
            wanted[operation.body, "validation"] = None
        for answer in operation.answers.values():
            if answer.model is not None:
                wanted[answer.model, "serialization"] = None
    found, definitions = models_json_schema(list(wanted), ref_template=REF)
    return definitions.get("$defs", {}), {(kind, str(mode)): s for (kind, mode), s in found.items()}


def _operation(
    operation: Operation, endpoint: str, arguments: list[str], names: Names
) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": endpoint.replace(".", "_"),
        "summary": operation.summary,
        "tags": [operation.tag],
        "security": [{"key": []}] if operation.scope else [],
        "parameters": [_path_parameter(name) for name in arguments],
        "responses": _responses(operation, arguments, names),
    }
    if operation.scope:
        said["description"] = f"Needs a key with the scope `{operation.scope}`."
    if operation.query is not None:
        said["parameters"] += _query_parameters(operation.query)
    if operation.body is not None:
        schema = names[operation.body, "validation"]
        said["requestBody"] = {"required": True, "content": {JSON: {"schema": schema}}}
    elif operation.raw:
        content: dict[str, Any] = {media: {"schema": {}} for media in operation.raw}
        said["requestBody"] = {"required": True, "content": content}
    return said


def _path_parameter(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,100}$"},
    }


def _query_parameters(query: type[BaseModel]) -> list[dict[str, Any]]:
    schema = query.model_json_schema()
    needed = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in needed, "schema": said}
        for name, said in schema["properties"].items()
    ]


def _responses(operation: Operation, arguments: list[str], names: Names) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for status, answer in sorted(operation.answers.items()):
        said[str(status)] = {"description": answer.says, "content": _content(answer, names)}
    problems = dict(TOLD_EVERYWHERE)
    if operation.scope:
        problems[401] = "A key is needed, or is not known"
        problems[403] = f"The key lacks the scope `{operation.scope}`"
    if arguments:
        problems[404] = "There is nothing of that id"
    if operation.body is not None or operation.raw:
        problems[409] = "The Idempotency-Key was used for another request"
        problems[413] = "The body is too large"
        problems[415] = "The media type is not read here"
    schema = names[Problem, "serialization"]
    for status, text in problems.items():
        said.setdefault(
            str(status), {"description": text, "content": {PROBLEM_MEDIA: {"schema": schema}}}
        )
    return dict(sorted(said.items()))


def _content(answer: Answer, names: Names) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    if answer.model is not None:
        schema = names[answer.model, "serialization"]
    return {media: {"schema": schema if media.endswith("json") else {}} for media in answer.media}
