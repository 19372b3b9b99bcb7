"""Hold resources of FHIR to four validators, each of which misses what another sees.

``fhir.resources`` knows R4B and R5, and beside what it refuses itself its models say which codes
and which types of reference an element may have. The other three are of npm and know R4 alone:
``make validators`` installs them.
"""

from __future__ import annotations

import functools
import importlib
import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any, Final

import pytest

from places import ROOT, TESTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic import BaseModel

Resource = dict[str, Any]
INSTALLED: Final = ROOT / "build" / "validators"
SCRIPT: Final = TESTS / "exchange" / "validators" / "validate.cjs"
KNOWING_R4: Final = ("models", "medplum", "schema", "fhir")
KNOWING_R5: Final = ("models",)
_HARMLESS: Final = (
    'Invalid reference: got "urn:uuid:',
    "not found in value set",
    "dom-6",
    "information:",
    "info:",
)
"""What is told that is no fault: a reference within a bundle, and codes beyond an example."""


def missing() -> str:
    """Return why the validators of npm cannot run, or nothing."""
    if shutil.which("node") is None:
        return "node is missing"
    if not (INSTALLED / "node_modules" / "fhir").is_dir():
        return "the validators of npm are missing: make validators"
    return ""


NODE: Final = pytest.mark.skipif(bool(missing()), reason=missing() or "they are here")


def of_npm(resources: Sequence[Resource]) -> list[dict[str, list[str]]]:
    """Return what the validators of npm find in resources of R4, by validator."""
    lines = "".join(f"{json.dumps(one)}\n" for one in resources)
    done = subprocess.run(
        ["node", str(SCRIPT), str(INSTALLED)],
        input=lines,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len(resources)
    return [{name: faults(told) for name, told in one.items()} for one in found]


def faults(told: list[str]) -> list[str]:
    """Return what is told that is a fault."""
    return [one for one in told if not any(words in one for words in _HARMLESS)]


@functools.cache
def _model(kind: str, release: str) -> type[BaseModel]:
    package = "fhir.resources" if release == "R5" else "fhir.resources.R4B"
    found: type[BaseModel] = getattr(importlib.import_module(f"{package}.{kind.lower()}"), kind)
    return found


def of_models(resource: Resource, release: str) -> list[str]:
    """Return what ``fhir.resources`` finds, with what its models say and it does not look at."""
    try:
        made = _model(resource["resourceType"], release).model_validate(resource)
    except (AttributeError, ImportError, KeyError, ValueError) as error:
        return [f"{type(error).__name__}: {str(error)[:300]}"]
    return [*_beyond(made, resource["resourceType"]), *_groups(resource)]


def _beyond(made: Any, path: str) -> Iterator[str]:
    """Yield codes and references that the fields of a model do not list."""
    for name, field in type(made).model_fields.items():
        extra = field.json_schema_extra
        values = getattr(made, name, None)
        for value in values if isinstance(values, list) else [values]:
            if value is None:
                continue
            place = f"{path}.{field.alias or name}"
            if isinstance(extra, dict):
                codes, types = extra.get("enum_values"), extra.get("enum_reference_types")
                whole = isinstance(codes, list) and "+" not in codes  # which says "and more"
                if whole and isinstance(value, str) and value not in (codes or ()):
                    yield f"{place}: {value} is none of {codes}"
                kind = getattr(value, "type", None)
                written = getattr(value, "reference", None) or ""
                if kind is None and "/" in written:
                    kind = written.rsplit("/", 2)[-2]
                known = isinstance(types, list) and "Resource" not in types
                if known and kind is not None and kind not in (types or ()):
                    yield f"{place}: a reference to {kind} is none to {types}"
            if hasattr(type(value), "model_fields"):
                yield from _beyond(value, place)


def _groups(resource: Resource) -> Iterator[str]:
    """Yield what breaks rqg-1: an action of a group has either a resource or actions."""
    if resource["resourceType"] in {"RequestGroup", "RequestOrchestration"}:
        queue = list(resource.get("action", ()))
        while queue:
            one = queue.pop()
            if ("resource" in one) == ("action" in one):
                yield f"rqg-1: {one.get('title')}"
            queue += one.get("action", ())


def found_in(
    resources: Sequence[Resource], release: str, *, npm: bool
) -> list[dict[str, list[str]]]:
    """Return what the validators find in each resource, by validator."""
    of_node = of_npm(resources) if npm and release == "R4" else [{} for _ in resources]
    return [
        {"models": of_models(one, release), **others}
        for one, others in zip(resources, of_node, strict=True)
    ]
