"""The JSON that the command prints, by the types and schemas that describe it."""

from __future__ import annotations

import json
import types
import typing
from typing import TYPE_CHECKING, Any, Final, Literal, NotRequired, Union, get_args, get_origin

from docparts.markup import heading, plain, sections, table
from indicant.assess import records
from indicant.explain import next as next_
from indicant.explain import sums, whatif, why
from indicant.files import resources
from indicant.screen import records as screen

if TYPE_CHECKING:
    from collections.abc import Mapping


MODULES: Final = {
    "assessment": (records,),
    "screen": (screen,),
    "why": (why, sums),
    "whatif": (whatif,),
    "next": (next_,),
}


def classes(name: str) -> Mapping[str, type]:
    """Return the records that a verb prints by their names, outermost first."""
    found: dict[str, type] = {}
    for module in MODULES[name]:
        own = {
            key: one
            for key, one in vars(module).items()
            if typing.is_typeddict(one) and one.__module__ == module.__name__
        }
        found |= dict(reversed(own.items()))
    return found


def typed(name: str) -> str:
    """Return what a verb prints as JSON, by the types of its records."""
    return sections(_record(key, one) for key, one in classes(name).items())


def _record(name: str, cls: type) -> str:
    hints = typing.get_type_hints(cls, localns=vars(records) | vars(screen), include_extras=True)
    rows = [
        (f"`{key}`", _words(hint), "no" if get_origin(hint) is NotRequired else "yes")
        for key, hint in hints.items()
    ]
    doc = (cls.__doc__ or "").strip().splitlines()
    told = " ".join(line.strip() for line in doc)
    return sections(
        (
            heading(3, name, f"record-{name.lower()}"),
            told.replace("``", "`"),
            table(("key", "value", "always there"), rows),
        )
    )


def _words(hint: Any) -> str:
    """Return a type in words."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is NotRequired:
        return _words(arguments[0])
    if origin is Literal:
        return ", ".join(f"`{one}`" for one in arguments)
    if origin in (Union, types.UnionType):
        return " or ".join(map(_words, arguments))
    if origin is dict:
        return f"object of {_words(arguments[1])} by key"
    if origin is list:
        return f"array of {_words(arguments[0])}"
    if hint is type(None):
        return "null"
    if typing.is_typeddict(hint):
        return f"[{hint.__name__}](#record-{hint.__name__.lower()})"
    names = {str: "text", int: "number", bool: "true or false"}
    return names[hint]


def schema(name: str) -> str:
    """Return what a JSON schema of the shapes describes."""
    text = (resources.shapes() / f"{name}.schema.json").read_text(encoding="utf-8")
    defined = json.loads(text)["$defs"]
    return sections(_definition(name, key, one) for key, one in defined.items())


def _definition(name: str, key: str, one: Mapping[str, Any]) -> str:
    needed = one.get("required", ())
    rows = [
        (
            f"`{field}`",
            _kind(name, said),
            "yes" if field in needed else "no",
            plain(said.get("description", "")),
        )
        for field, said in one.get("properties", {}).items()
    ]
    return sections(
        (
            heading(3, key, f"{name}-{key.lower()}"),
            plain(one.get("description", "")),
            table(("key", "value", "always there", "what it says"), rows)
            if rows
            else f"*{_kind(name, one)}*",
        )
    )


def _kind(name: str, said: Mapping[str, Any]) -> str:
    if "$ref" in said:
        key = said["$ref"].rsplit("/", 1)[-1]
        return f"[{key}](#{name}-{key.lower()})"
    if "enum" in said:
        return ", ".join("null" if one is None else f"`{one}`" for one in said["enum"])
    for several in ("anyOf", "oneOf"):
        if several in said:
            return " or ".join(_kind(name, one) for one in said[several])
    kind = said.get("type", "anything")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array":
        return f"array of {_kind(name, said['items'])}"
    others = said.get("additionalProperties")
    if kind == "object" and isinstance(others, dict):
        return f"object with {_kind(name, others)} under each key"
    return str(kind)
