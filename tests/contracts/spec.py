"""Hold what was asked and answered to what a provider publishes of its API.

In: an OpenAPI document (3.0 or 3.1), exchanges of a twin. Out: every way in which they do
not fit. Never: a field that the provider does not know passed over in a request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from servers._api_twin import Asked, Exchange

SPECS = Path(__file__).parents[2].parent / "shared" / "provider-specs"


@cache
def load_spec(name: str) -> Spec:
    """Give a provider's document; skips the test where the documents are not at hand."""
    file = SPECS / name
    if not file.is_file():
        pytest.skip(f"the providers' own documents are not here ({name})")
    return Spec(json.loads(file.read_text(encoding="utf-8")))


class Spec:
    """One provider's document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._components = _with_null(document.get("components", {}))
        self._validators: dict[int, Draft202012Validator] = {}
        self._paths = [
            (re.compile(re.sub(r"\\\{[^/]+?\\\}", "[^/]+", re.escape(path))), operations)
            for path, operations in document["paths"].items()
        ]

    def faults(self, exchanges: Sequence[Exchange], beyond: Sequence[str] = ()) -> list[str]:
        """Give one line for each misfit; `beyond` are patterns of what the document leaves out.

        A pattern fits "GET /lists/1", or a line: "POST /lists: no field colour".
        """
        found = []
        for exchange in exchanges:
            call = f"{exchange.asked.method} {exchange.asked.path}"
            if not any(re.fullmatch(pattern, call) for pattern in beyond):
                found += [f"{call}: {fault}" for fault in self._faults_of(exchange)]
        return [line for line in found if not any(re.fullmatch(p, line) for p in beyond)]

    def _faults_of(self, exchange: Exchange) -> Iterator[str]:
        asked, reply = exchange.asked, exchange.reply
        operation = self._operation(asked)
        if operation is None:
            yield "is no operation of this API"
            return
        yield from self._query_faults(operation, asked)
        yield from self._body_faults(operation, asked)
        if reply is not None and not exchange.faulty:
            answers = operation["responses"]
            answer = answers.get(str(reply.status)) or answers.get("default")
            if answer is None:
                # Refusals are rarely written down in full; what is done always is.
                if reply.status < 400:
                    yield f"is never answered with {reply.status}"
                return
            answer = self._at(answer)
            content = answer.get("content", {})
            schema = content.get("application/json", {}).get("schema")
            if schema and reply.body is not None:
                yield from (f"answer: {fault}" for fault in self._misfits(schema, reply.body))

    def _operation(self, asked: Asked) -> dict[str, Any] | None:
        fitting = [ops for pattern, ops in self._paths if pattern.fullmatch(asked.path)]
        with_method = [ops for ops in fitting if asked.method.lower() in ops]
        if not with_method:
            return None
        operations = with_method[0]
        shared = operations.get("parameters", [])
        operation: dict[str, Any] = operations[asked.method.lower()]
        return operation | {"parameters": [*shared, *operation.get("parameters", [])]}

    def _query_faults(self, operation: dict[str, Any], asked: Asked) -> Iterator[str]:
        known = {p["name"]: p for p in map(self._at, operation["parameters"]) if p["in"] == "query"}
        for name, values in asked.query.items():
            if name not in known:
                yield f"no parameter {name}"
                continue
            schema = self._at(known[name].get("schema", {}))
            if schema.get("type") == "array":
                values = [v for one in values for v in one.split(",")]
                yield from self._misfits(
                    schema, [_typed(v, schema.get("items", {})) for v in values]
                )
            else:
                for value in values:
                    yield from self._misfits(schema, _typed(value, schema))
        for name, parameter in known.items():
            if parameter.get("required") and name not in asked.query:
                yield f"lacks the parameter {name}"

    def _body_faults(self, operation: dict[str, Any], asked: Asked) -> Iterator[str]:
        wanted = self._at(operation.get("requestBody", {}))
        if not wanted:
            if asked.body is not None:
                yield "takes no body"
            return
        kind = asked.headers.get("content-type", "").partition(";")[0]
        if asked.body is None:
            if wanted.get("required"):
                yield "lacks its body"
            return
        if kind not in wanted["content"]:
            yield f"takes no {kind}"
            return
        schema = wanted["content"][kind]["schema"]
        body = (
            self._form(schema, asked.body)
            if isinstance(asked.body, list) and kind.endswith("urlencoded")
            else asked.body
        )
        yield from self._misfits(schema, body)
        yield from self._strangers(schema, body, "")

    def _form(self, schema: Any, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """Read a form as its schema types it; a name that is an array may come many times."""
        properties = self._at(schema).get("properties", {})
        body: dict[str, Any] = {}
        for name, value in pairs:
            wanted = self._at(properties.get(name, {}))
            if wanted.get("type") == "array":
                body.setdefault(name, []).append(_typed(value, wanted.get("items", {})))
            else:
                body[name] = _typed(value, wanted)
        return body

    def _misfits(self, schema: Any, value: Any) -> Iterator[str]:
        validator = self._validators.get(id(schema))
        if validator is None:
            rooted = {**_with_null(schema), "components": self._components}
            validator = self._validators[id(schema)] = Draft202012Validator(rooted)
        for error in validator.iter_errors(value):
            yield f"{error.json_path}: {error.message[:200]}"

    def _strangers(self, schema: Any, value: Any, where: str) -> Iterator[str]:
        """Fields of a request that the document does not name."""
        known = self._properties(schema)
        if not (known and isinstance(value, dict)):
            return
        for name, inner in value.items():
            if name not in known:
                yield f"no field {where}{name}"
            elif isinstance(inner, dict):
                yield from self._strangers(known[name], inner, f"{where}{name}.")
            elif isinstance(inner, list):
                items = self._at(known[name]).get("items", {})
                for one in inner:
                    yield from self._strangers(items, one, f"{where}{name}[].")

    def _properties(self, schema: Any) -> dict[str, Any]:
        schema = self._at(schema)
        found = dict(schema.get("properties", {}))
        for part in (*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
            found |= self._properties(part)
        return found

    def _at(self, node: Any) -> Any:
        while "$ref" in node:
            target: Any = self._document
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step.replace("~1", "/").replace("~0", "~")]
            node = target
        return node


def _typed(value: str, schema: Any) -> Any:
    """Read a value of a query or a form as its schema types it."""
    kind = schema.get("type")
    if kind == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    return value


def _with_null(node: Any) -> Any:
    """Write OpenAPI 3.0's `nullable` and `exclusiveMinimum: true` as JSON Schema has them."""
    if isinstance(node, list):
        return [_with_null(one) for one in node]
    if not isinstance(node, dict):
        return node
    made = {name: _with_null(value) for name, value in node.items() if name != "nullable"}
    if node.get("nullable") is True and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
        if isinstance(made.get("enum"), list):
            made["enum"] = [*made["enum"], None]
    for limit, name in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(made.get(name), bool) and made.pop(name):
            made[name] = made.pop(limit)
    return made
