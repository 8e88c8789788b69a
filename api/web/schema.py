"""The schema of the API (OpenAPI 3.1): FastAPI's of what is asked, and what operations say that they answer."""

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import PydanticUserError, TypeAdapter

from workledger.api.web import problems
from workledger.api.web.documented import Answers, Both, Either, Shape, answers_of

Schema = dict[str, Any]

REF = "#/components/schemas/{model}"

ETAG: Schema = {"type": "string", "pattern": r'^"\d+-[0-9a-f]{16}"$'}

HEADERS: dict[str, Schema] = {
    "ETag": {"description": "the version, and a digest of the body", "required": True, "schema": ETAG},
    "X-Position": {
        "description": "how far the read tables had come, or where in the log the last event of the command is",
        "required": True,
        "schema": {"type": "string", "pattern": r"^\d+$"},
    },
    "Location": {"description": "where it is", "required": True, "schema": {"type": "string", "pattern": "^/"}},
    "Idempotent-Replayed": {
        "description": "the command is a repetition, and this the answer of the first time",
        "schema": {"type": "string", "const": "true"},
    },
    "Retry-After": {"description": "seconds", "schema": {"type": "string", "pattern": r"^\d+$"}},
    "Allow": {"description": "the methods there are", "schema": {"type": "string"}},
}

PROBLEM: Schema = {
    "description": "A problem (RFC 9457), with what the code's message names as further members.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "leads to what the code means"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "stable"},
        "errors": {
            "type": "array",
            "description": "what is wrong in the request, and where",
            "items": {
                "type": "object",
                "required": ["loc", "msg", "pointer"],
                "properties": {
                    "loc": {"type": "array", "items": {"type": ["string", "integer"]}},
                    "msg": {"type": "string"},
                    "pointer": {"type": "string", "format": "json-pointer-uri-fragment"},
                },
            },
        },
    },
}


def schema_of(app: FastAPI, asked: Schema) -> Schema:
    """The whole schema, given FastAPI's. Routes that say nothing keep what FastAPI says of them."""
    schema = copy.deepcopy(asked)
    shapes = Shapes()
    for operation in (one for path in schema["paths"].values() for one in path.values()):
        for parameter in operation.get("parameters", ()):
            parameter["schema"] = _without_null(parameter["schema"])
    for route in iter_route_contexts(app.routes):
        answers = answers_of(route.endpoint)
        for method in (route.methods or ()) if answers and isinstance(route.original_route, APIRoute) else ():
            operation = schema["paths"].get(route.path, {}).get(method.lower())
            if operation is not None and answers is not None:
                operation["responses"] = _responses(answers, shapes)
    components = schema.setdefault("components", {})
    components["schemas"] = shapes.resolve() | components.get("schemas", {}) | {"Problem": PROBLEM}
    components["headers"] = HEADERS
    components["responses"] = {f"Refused{status}": _refused(status, codes) for status, codes in _by_status().items()}
    return schema


class Shapes:
    """Shapes as schemas. Types become references at once; `resolve` then gives what they refer to."""

    def __init__(self) -> None:
        self._types: dict[str, tuple[Any, Schema]] = {}

    def schema(self, shape: Shape) -> Schema:
        if isinstance(shape, Both):
            return {"allOf": [self.schema(one) for one in shape.shapes if one != {}]}
        if isinstance(shape, Either):
            return {"anyOf": [self.schema(one) for one in shape.shapes]}
        if isinstance(shape, Mapping):
            members = {name: self.schema(one) for name, one in shape.items()}
            return {"type": "object", "required": list(members), "properties": members}
        if isinstance(shape, list):
            return {"type": "array", "items": self.schema(shape[0])}
        return self._types.setdefault(repr(shape), (shape, {}))[1]

    def resolve(self) -> dict[str, Schema]:
        """Fill in the schemas of all types that were asked for; the definitions that they share."""
        adapters = {name: adapter for name, (kind, _) in self._types.items() if (adapter := _adapter(kind))}
        inputs = [(name, "serialization", adapter) for name, adapter in adapters.items()]
        found, shared = TypeAdapter.json_schemas(inputs, ref_template=REF)  # type: ignore[arg-type]
        for (name, _), one in found.items():
            self._types[str(name)][1].update(one)
        definitions: dict[str, Schema] = shared.get("$defs", {})
        return definitions


def _without_null(schema: Schema) -> Schema:
    """The schema of a parameter, which is left out, but never null."""
    kinds = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    others = {name: value for name, value in schema.items() if name != "anyOf"}
    return {**kinds[0], **others} if len(kinds) == 1 else {**schema, "anyOf": kinds} if kinds else schema


def _adapter(kind: Any) -> TypeAdapter[Any] | None:
    """None for a type of an app's that pydantic cannot describe: then anything may come."""
    try:
        adapter = TypeAdapter(kind)
        adapter.json_schema(mode="serialization")
    except PydanticUserError:
        return None
    return adapter


def _responses(answers: Answers, shapes: Shapes) -> Schema:
    body = {answers.media: {"schema": {"type": "string"} if answers.body is None else shapes.schema(answers.body)}}
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in answers.headers}
    found: Schema = {
        str(status): {"description": "What was asked for.", "headers": headers, "content": body}
        for status in (answers.status, *answers.also)
    }
    if "ETag" in answers.headers and answers.status == 200:
        found["304"] = {"description": "It is what If-None-Match says.", "headers": headers}
    for status in answers.refused:
        codes = answers.codes.get(status)
        response = _refused(status, codes) if codes else {"$ref": f"#/components/responses/Refused{status}"}
        if str(status) in found:
            content = found[str(status)]["content"] | _refused(status, codes or _by_status()[status])["content"]
            response = {**found[str(status)], "content": content}
        found[str(status)] = response
    return found


def _refused(status: int, codes: Sequence[str]) -> Schema:
    narrowed = {"properties": {"status": {"const": status}, "code": {"enum": sorted(codes)}}}
    headers = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}} if status in problems.LATER else {}
    return {
        "description": f"Refused: {', '.join(sorted(codes))}.",
        "headers": headers,
        "content": {
            "application/problem+json": {"schema": {"allOf": [{"$ref": REF.format(model="Problem")}, narrowed]}}
        },
    }


def _by_status() -> dict[int, list[str]]:
    """The codes of all refusals that are known here, an app's own among them, by status."""
    found: dict[int, set[str]] = {}
    for kind in _answered(problems.refusals()):
        found.setdefault(kind.status, set()).add(kind.code)
    return {status: sorted(codes) for status, codes in found.items()}


def _answered(kinds: Iterable[type[Any]]) -> Iterable[type[Any]]:
    """Those that an answer can be; what is the command line's alone is none."""
    return (kind for kind in kinds if ".commandline." not in kind.__module__)
