"""Take properties as people state them, in Turtle, and write a block of them and of a template."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from indicant import terms
from indicant.errors import IndicantError
from indicant.files.rdf import text_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from indicant.author.blocks import Given

KNOWN: Final = {**terms.PREFIXES, "oa": "http://www.w3.org/ns/oa#"}
_PREFIXED: Final = re.compile(r"(?<![\w:<])([A-Za-z][\w.-]*)?:(?=[\w%\\]|[\s;,.\])]|\Z)")


def given_in(properties: Sequence[str], known: Mapping[str, str]) -> Given:
    """Return what properties say: predicates with the IRI of each object, or nothing for it.

    Raises:
        IndicantError: one of them is not Turtle, or more than a property.
    """
    import pyoxigraph as ox

    node = "https://indicant.invalid/new"
    found: Given = {}
    for text in properties:
        header = " ".join(f"@prefix {name}: <{namespace}> ." for name, namespace in known.items())
        whole = f"{header} <{node}> {text} ; <{node}> {len(properties)} ."
        try:
            quads = list(ox.parse(whole, format=ox.RdfFormat.TURTLE))
        except (SyntaxError, ValueError) as error:
            reason = re.sub(r"^Parser error at [^:]*: ", "", str(error).split(" (")[0])
            raise IndicantError(
                f"'{text}' is no property in Turtle: {reason}",
                help="""write it as in  'skos:definition "what it means"@en'""",
            ) from error
        if text_of(quads[-1].subject) != node:
            raise IndicantError(f"'{text}' is more than a property", help="leave out the full stop")
        for quad in quads[:-1]:
            if text_of(quad.subject) == node:
                value = quad.object.value if isinstance(quad.object, ox.NamedNode) else ""
                found.setdefault(quad.predicate.value, []).append(value)
    return found


def written(
    node: str,
    template: Iterable[tuple[str, str]],
    properties: Sequence[str],
    known: Mapping[str, str],
    given: Collection[str],
) -> str:
    """Return the block of a node: what the template says, unless it was stated otherwise."""
    lines = [
        f"{predicate} {value} ;"
        for predicate, value in template
        if _expanded(predicate, known) not in given
    ]
    return "\n".join([f"<{node}>", *lines, " ;\n".join(properties), "."])


def prefixes_for(block: str, known: Mapping[str, str], declared: Collection[str] = ()) -> str:
    """Return the prefixes that a block uses and that are not declared yet, in Turtle."""
    used = {match[1] or "" for match in _PREFIXED.finditer(block)} - set(declared)
    return "".join(f"@prefix {name}: <{known[name]}> .\n" for name in sorted(used) if name in known)


def _expanded(name: str, known: Mapping[str, str]) -> str:
    if name == "a":
        return terms.TYPE
    prefix, _, local = name.partition(":")
    return known[prefix] + local
