"""Describe the routes of a service by OpenAPI, the answers by the types of the records."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from indicant import __version__
from indicant.assess.records import CaseRecord
from indicant.explain.next import NextRecord
from indicant.explain.whatif import WhatIfRecord
from indicant.explain.why import WhyRecord
from indicant.serve.asking import FACTS, FORMS, JSON, STATUSES
from indicant.serve.hookrequest import HookRequest
from indicant.serve.protocol import DESCRIPTIONS, FORM, QUERY, RESULTS
from indicant.serve.schemas import schemas_of

_REF: Final = "#/components/schemas/{name}"
_RECORDS: Final = {
    "assess": CaseRecord,
    "why": WhyRecord,
    "next": NextRecord,
    "whatif": WhatIfRecord,
}
_SAID: Final = {
    "assess": "What a guideline says about each case that is sent, as indicant assess prints it.",
    "why": "Why an intervention has its status, and what would change it, as indicant why does.",
    "next": "What to find out next, as indicant next prints it.",
    "whatif": "What would change if a case were otherwise, as indicant whatif prints it.",
}
_REFUSALS: Final = {
    "400": "The request is malformed.",
    "401": "A token is needed, and none that holds was sent.",
    "404": "There is no such route, service, guideline or intervention.",
    "405": "The method is not taken here.",
    "406": "No form of the answer is one that is asked for.",
    "408": "The body did not come in time.",
    "412": "Nothing can be answered without records that were not prefetched.",
    "413": "More was sent than is taken.",
    "415": "The media type is not taken.",
    "422": "The document cannot be read, or breaks a shape.",
    "429": "Too many requests came from one address.",
    "500": "The service is at fault; nothing of the request is told.",
    "503": "Too much is asked at once, or no answer came in time.",
}
_TEXT: Final = {"type": "string"}


def document(base_url: str) -> dict[str, Any]:
    """Return the document of OpenAPI 3.1 for a service."""
    _, hooks = msgspec.json.schema_components([HookRequest], ref_template=_REF)
    schemas = hooks | schemas_of(_RECORDS.values(), _REF)
    schemas |= {"Refusal": _REFUSAL, "OperationOutcome": _OUTCOME, "Cards": _CARDS}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Indicant",
            "version": __version__,
            "description": "Decision support for professionals who review every reason; not a "
            "medical device.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base_url}],
        "paths": {
            "/": {"get": _front()},
            "/cds-services": {
                "get": _operation(
                    "discover",
                    "The services of CDS Hooks.",
                    JSON,
                    {"type": "object", "required": ["services"]},
                )
            },
            "/cds-services/{id}": {"post": _hook()},
            "/cds-services/{id}/feedback": {"post": _feedback()},
            **{f"/{name}": {"post": _question(name)} for name in _RECORDS},
            "/questionnaire": {"get": _form("")},
            "/questionnaire/{guideline}": {"get": _form("of")},
            "/sparql": {"get": _sparql("get", ""), "post": _sparql("post", "")},
            "/sparql/{guideline}": {
                "get": _sparql("get", "guideline"),
                "post": _sparql("post", "guideline"),
            },
            **_pages(),
            "/openapi.json": {
                "get": _operation("describe", "This document.", JSON, {"type": "object"})
            },
            "/healthz": {
                "get": _operation("live", "Whether the service runs.", "text/plain", _TEXT)
            },
            "/readyz": {
                "get": _operation(
                    "ready", "Whether it is ready to answer.", "text/plain", _TEXT, "503"
                )
            },
            "/metrics": {
                "get": _operation(
                    "metrics", "Counts in the format of Prometheus.", "text/plain", _TEXT
                )
            },
        },
        "components": {"schemas": schemas},
    }


_REFUSAL: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["status", "message"],
            "properties": {
                "status": {"type": "integer"},
                "message": _TEXT,
                "help": _TEXT,
                "line": {"type": "integer"},
                "column": {"type": "integer"},
                "findings": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["shape", "severity", "line"],
                        "properties": {
                            "shape": _TEXT,
                            "severity": _TEXT,
                            "line": {"type": ["integer", "null"]},
                        },
                        "additionalProperties": False,
                    },
                },
            },
            "additionalProperties": False,
        }
    },
    "additionalProperties": False,
}
_OUTCOME: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["resourceType", "issue"],
    "properties": {"resourceType": {"const": "OperationOutcome"}, "issue": {"type": "array"}},
}
_CARD: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["uuid", "summary", "indicator", "source", "detail"],
    "properties": {
        "uuid": {"type": "string", "format": "uuid"},
        "summary": {"type": "string", "minLength": 1, "maxLength": 139},
        "detail": _TEXT,
        "indicator": {"enum": ["info", "warning", "critical"]},
        "source": {"type": "object", "required": ["label"]},
        "suggestions": {"type": "array", "minItems": 1},
        "selectionBehavior": {"enum": ["at-most-one", "any"]},
        "overrideReasons": {"type": "array", "minItems": 1},
    },
    "dependentRequired": {"suggestions": ["selectionBehavior"]},
    "additionalProperties": False,
}
_CARDS: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["cards", "extension"],
    "properties": {"cards": {"type": "array", "items": _CARD}, "extension": {"type": "object"}},
    "additionalProperties": False,
}


def _content(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {media_type: {"schema": schema}}


def _refusals(*codes: str, form: str = "Refusal") -> dict[str, Any]:
    content = _content(JSON, {"$ref": _REF.format(name=form)})
    every = sorted({*codes, "429", "500", "503"})
    return {code: {"description": _REFUSALS[code], "content": content} for code in every}


def _operation(
    name: str, said: str, media_type: str, schema: dict[str, Any], *codes: str
) -> dict[str, Any]:
    found = {"description": said, "content": _content(media_type, schema)}
    return {
        "operationId": name,
        "summary": said,
        "responses": {"200": found, **_refusals(*codes)},
    }


def _parameter(
    name: str, said: str, schema: dict[str, Any], place: str = "query"
) -> dict[str, Any]:
    return {
        "name": name,
        "in": place,
        "required": place == "path",
        "description": said,
        "schema": schema,
    }


def _hook() -> dict[str, Any]:
    made = _operation(
        "hook",
        "What is advised for the patient of a hook, as cards.",
        JSON,
        {"$ref": _REF.format(name="Cards")},
    )
    codes = ("400", "401", "404", "408", "412", "413", "415", "422")
    made["responses"] |= _refusals(*codes, form="OperationOutcome")
    made["parameters"] = [_parameter("id", "The id of a service.", _TEXT, "path")]
    body = {"$ref": _REF.format(name="HookRequest")}
    made["requestBody"] = {"required": True, "content": _content(JSON, body)}
    return made


def _feedback() -> dict[str, Any]:
    made = _operation("feedback", "What was done with cards.", JSON, {"type": "object"})
    codes = ("400", "401", "404", "408", "413", "415")
    made["responses"] |= _refusals(*codes, form="OperationOutcome")
    made["parameters"] = [_parameter("id", "The id of a service.", _TEXT, "path")]
    body = {"type": "object", "required": ["feedback"]}
    made["requestBody"] = {"required": True, "content": _content(JSON, body)}
    return made


def _question(name: str) -> dict[str, Any]:
    record = _RECORDS[name].__name__
    rows = {"type": "array", "items": {"$ref": _REF.format(name=record)}}
    made = _operation(
        name, _SAID[name], JSON, rows, "400", "401", "404", "408", "413", "415", "422"
    )
    fields: dict[str, tuple[str, dict[str, Any]]] = {
        "guideline": ("The name of a guideline; without, the first.", _TEXT),
        "asOf": ("The day to assess for.", {"type": "string", "format": "date"}),
    }
    if name == "assess":
        fields["all"] = ("Whether what does not apply is listed.", {"type": "boolean"})
    if name == "why":
        fields["action"] = ("The intervention: an IRI, a name or a label.", _TEXT)
        fields["to"] = ("The status that sets of facts lead to.", {"enum": list(STATUSES)})
        fields["facts"] = (
            "The largest size of a set; which was reached, the answer tells.",
            {"type": "integer", "minimum": 1, "maximum": 8, "default": FACTS},
        )
    made["parameters"] = [_parameter(key, said, schema) for key, (said, schema) in fields.items()]
    properties: dict[str, Any] = {key: schema for key, (_, schema) in fields.items()}
    properties["case"] = {
        "type": ["object", "string"],
        "description": "FHIR or JSON-LD, or Turtle as a text.",
    }
    required = ["case"]
    if name == "whatif":
        properties["edits"] = {"type": "array", "items": _TEXT, "minItems": 1}
        required.append("edits")
    envelope = {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }
    content = _content(JSON, envelope)
    if name != "whatif":
        for form in FORMS:
            content[form] = {"schema": {}}
    made["requestBody"] = {"required": True, "content": content}
    return made


def _form(of: str) -> dict[str, Any]:
    made = _operation(
        f"questionnaire{of and '-' + of}",
        "What a guideline looks at, as a Questionnaire of FHIR R4; its answers are a case.",
        "application/fhir+json",
        {"type": "object", "required": ["resourceType", "url", "item"]},
        "401",
        "404",
    )
    if of:
        made["parameters"] = [_parameter("guideline", "The name of a guideline.", _TEXT, "path")]
    return made


def _front() -> dict[str, Any]:
    made = _operation("front", "What there is.", JSON, {"type": "object"}, "406")
    page = {"type": "string", "contentMediaType": "text/html"}
    made["responses"]["200"]["content"] |= _content("text/html", page)
    return made


def _pages() -> dict[str, Any]:
    page = {"type": "string", "contentMediaType": "text/html"}
    named = _parameter("guideline", "The name of a guideline.", _TEXT, "path")
    begun = _operation("patient", "The page for one patient, where one begins.", "text/html", page)
    begun["responses"] |= _refusals("401", "404")
    told = _operation("patient-told", "What it shows after an answer.", "text/html", page)
    told["responses"] |= _refusals("400", "401", "404", "408", "413", "415")
    told["responses"]["200"]["content"]["text/turtle"] = {"schema": _TEXT}
    told["responses"]["422"] = {
        "description": "The page, which tells what cannot be recorded; a case that no page sends.",
        "content": _content("text/html", page)
        | _content(JSON, {"$ref": _REF.format(name="Refusal")}),
    }
    fields = {"type": "object", "additionalProperties": _TEXT}
    told["requestBody"] = {"required": True, "content": _content(FORM, fields)}
    begun["parameters"] = told["parameters"] = [named]
    made = {
        "/patient": {
            "get": _operation("patients", "By which guideline to ask.", "text/html", page, "401")
        },
        "/patient/{guideline}": {"get": begun, "post": told},
        "/workbench": {"get": _bench("get", ""), "post": _bench("post", "")},
        "/workbench/{guideline}": {"get": _bench("get", "of"), "post": _bench("post", "of")},
        "/workbench.css": {
            "get": _operation("bench-style", "The style of the page.", "text/css", _TEXT)
        },
        "/patient.css": {
            "get": _operation("patient-style", "The style of the page.", "text/css", _TEXT)
        },
        "/patient.js": {
            "get": _operation("patient-script", "The script of the page.", "text/javascript", _TEXT)
        },
    }
    for one in (one for path, of in made.items() if "." not in path for one in of.values()):
        for status, told in one["responses"].items():
            if status != "200":  # A browser gets a page.
                told["content"] |= _content("text/html", page)
    return made


def _bench(method: str, of: str) -> dict[str, Any]:
    page = {"type": "string", "contentMediaType": "text/html"}
    told = "The page on which the published graph is queried, with what a query answers."
    refused = ("400", "401", "404", "406", "408", "413")
    made = _operation(f"bench-{method}{of and '-' + of}", told, "text/html", page, *refused)
    content = made["responses"]["200"]["content"]
    content |= {one: {"schema": {}} for one in (*RESULTS, *DESCRIPTIONS)}
    for status in ("400", "408", "413"):
        made["responses"][status]["content"] |= _content("text/html", page)
    made["responses"]["422"] = {
        "description": "The page, which tells what a question lacks.",
        "content": _content("text/html", page),
    }
    made["parameters"] = []
    if of:
        made["parameters"].append(
            _parameter("guideline", "The name of a guideline.", _TEXT, "path")
        )
    names = {
        "query": "A query of SPARQL 1.1.",
        "question": "The name of a question that ships; its parameters stand behind p-.",
        "about": "An IRI: all statements with it.",
        "do": "Save the answer, as csv or json.",
    }
    if method == "get":
        made["parameters"] += [_parameter(one, text, _TEXT) for one, text in names.items()]
    else:
        fields = {"type": "object", "additionalProperties": _TEXT}
        made["requestBody"] = {"required": True, "content": _content(FORM, fields)}
        made["responses"] |= _refusals("415")
    return made


def _sparql(method: str, of: str) -> dict[str, Any]:
    made = _operation(
        f"sparql-{method}{'-of' if of else ''}",
        "The answer to a query of the published graph; without a query, what can be asked.",
        next(iter(RESULTS)),
        {},
        "400",
        "401",
        "404",
        "406",
        "408",
        "413",
        "415",
    )
    forms = [*RESULTS, *DESCRIPTIONS]
    made["responses"]["200"]["content"] = {one: {"schema": {}} for one in forms}
    made["parameters"] = [_parameter("query", "A query of SPARQL 1.1.", _TEXT)]
    if of:
        made["parameters"].append(_parameter(of, "The name of a guideline.", _TEXT, "path"))
    if method == "post":
        content = {one: {"schema": _TEXT} for one in (QUERY, FORM)}
        made["requestBody"] = {"required": True, "content": content}
    return made
