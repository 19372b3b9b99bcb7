"""Describe records by JSON Schema, from the types that their makers are held to."""

from __future__ import annotations

import types
import typing
from typing import TYPE_CHECKING, Any, Literal, NotRequired, Union, get_args, get_origin

from indicant.assess import records
from indicant.explain import sums

if TYPE_CHECKING:
    from collections.abc import Iterable

_PLAIN = {str: "string", int: "integer", bool: "boolean", type(None): "null"}


def schemas_of(outermost: Iterable[type], ref: str) -> dict[str, Any]:
    """Return the schemas of records, and of all that they consist of, by their names.

    Args:
        outermost: the records, each a TypedDict.
        ref: how one is referred to, with ``{name}`` for its name.
    """
    found: dict[str, Any] = {}
    waiting = list(outermost)
    while waiting:
        one = waiting.pop()
        if one.__name__ not in found:
            found[one.__name__] = {}
            found[one.__name__] = _object(one, ref, waiting)
    return dict(sorted(found.items()))


def _object(cls: type, ref: str, waiting: list[type]) -> dict[str, Any]:
    known = {**vars(records), **vars(sums)}
    hints = typing.get_type_hints(cls, localns=known, include_extras=True)
    return {
        "type": "object",
        "description": " ".join((cls.__doc__ or "").split()).replace("``", "`"),
        "required": [name for name, hint in hints.items() if get_origin(hint) is not NotRequired],
        "properties": {name: _schema(hint, ref, waiting) for name, hint in hints.items()},
        "additionalProperties": False,
    }


def _schema(hint: Any, ref: str, waiting: list[type]) -> dict[str, Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is NotRequired:
        return _schema(arguments[0], ref, waiting)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (Union, types.UnionType):
        return {"anyOf": [_schema(one, ref, waiting) for one in arguments]}
    if origin is list:
        return {"type": "array", "items": _schema(arguments[0], ref, waiting)}
    if typing.is_typeddict(hint):
        waiting.append(hint)
        return {"$ref": ref.format(name=hint.__name__)}
    return {"type": _PLAIN[hint]}
