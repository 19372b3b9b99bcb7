"""Compose what a guideline is made of, in the file where its like stands."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from indicant.author import beginnings, homes
from indicant.author.added import Added, put
from indicant.author.blocks import CAMEL, Wanted, block
from indicant.author.courses import unrelated
from indicant.author.stated import KNOWN, given_in, prefixes_for, written
from indicant.errors import IndicantError
from indicant.files.lines import locate
from indicant.files.rdf import TURTLE, Document, parse, text_of
from indicant.files.sources import guideline_file, resolve
from indicant.files.turtle import tidy
from indicant.guideline.names import prefixes_in
from indicant.terms import local_name

if TYPE_CHECKING:
    import datetime
    from collections.abc import Sequence

    from indicant.files.fence import Fence

__all__ = ["KINDS", "Added", "compose", "place_of", "put"]

KINDS: Final = (
    "recommendation",
    "criterion",
    "finding",
    "intervention",
    "course",
    "property",
    "values",
    "passage",
    "document",
    "case",
    "guideline",
)
_LOWER_CAMEL: Final = re.compile(r"[a-z][A-Za-z0-9]*")
_KEBAB: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_FORMS: Final = {
    **dict.fromkeys(("criterion", "finding", "intervention", "course", "values"), CAMEL),
    "property": _LOWER_CAMEL,
}
_EXAMPLES: Final = {CAMEL: "TwoWords", _LOWER_CAMEL: "twoWords", _KEBAB: "two-words"}


def place_of(kind: str, given: str | None) -> Path:
    """Return where something new goes: a guideline, or of one, the folder around its own.

    Without a name it is the guideline in the folder that one is in, else the one that ships.

    Raises:
        IndicantError: there is no guideline of that name.
    """
    if kind == "guideline":
        return Path(given or ".")
    if given is None and guideline_file(Path()) is not None:
        return Path()
    return resolve(given)


def compose(
    kind: str,
    name: str,
    properties: Sequence[str] = (),
    *,
    place: Path,
    iri: str | None = None,
    source: str | None = None,
    quote: str | None = None,
    nth: int | None = None,
    tests: Path | None = None,
    as_of: datetime.date | None = None,
    fence: Fence | None = None,
) -> Added:
    """Compose something new, one of ``KINDS``.

    Args:
        kind: what it is.
        name: what to call it, at the end of its IRI.
        properties: what else is said of it, in Turtle, each a predicate with its objects: it
            replaces what the template says with the same predicate. Of a set of values, their names
            stand among them.
        place: the folder of a guideline or a file of it; for a guideline, the folder in which its
            own is to be.
        iri: the namespace of a guideline.
        source: the file with the document that a document or a passage is of.
        quote: the words of a passage, of which only the position and the digest are kept.
        nth: which of several places with these words a passage is, counted from one.
        tests: the folder of cases with what is expected of them in which a case is to be one; by
            default it is a file in the folder that one is in.
        as_of: the date of a case; by default today.
        fence: where files of the guideline lie; without, in its own repository.

    Returns:
        What ``put`` writes. Nothing is written yet.

    Raises:
        IndicantError: the name has not the form of its kind or is taken, there is no file or more
            than one for it, the words are not there or not once, or a property is not Turtle.
    """
    form = _FORMS.get(kind, _KEBAB)
    if not form.fullmatch(name):
        what = "set of values" if kind == "values" else kind
        raise IndicantError(
            f"'{name}' is no name for a {what}", help=f"write it as in  {_EXAMPLES[form]}"
        )
    if kind == "guideline":
        return beginnings.guideline(name, properties, place, iri)
    documents = homes.documents_around(place, fence)
    if kind == "case":
        return beginnings.case(name, properties, documents, tests, as_of)
    values = [one for one in properties if kind == "values" and CAMEL.fullmatch(one)]
    wanted = Wanted(kind, name, "", "", {}, values, source, quote, nth)
    return _composed(wanted, [one for one in properties if one not in values], documents, place)


def _composed(
    wanted: Wanted, properties: list[str], documents: Sequence[Document], place: Path
) -> Added:
    """Compose what is a block in a file that there is."""
    kind = wanted.kind
    own = [document for document in documents if not homes.is_shipped(document)]
    if not own:
        raise IndicantError(
            "came with the package and is not changed there",
            file=str(place),
            help="name a folder of your own with --in, or make one:  indicant new guideline NAME",
        )
    known = {**KNOWN, **prefixes_in(one.text for one in documents)}
    given = given_in(properties, known)
    guideline = homes.guideline_of(own)
    target = homes.target(kind, own, documents, given, place) if place.is_dir() else own[0]
    if target.format != TURTLE:
        raise IndicantError(
            f"is {target.format}, and what is new is written in Turtle",
            file=target.path,
            help="name a file in Turtle with --in, or save this one as Turtle",
        )
    node = homes.namespace(kind, target, own, documents, guideline) + wanted.name
    wanted = replace(wanted, node=node, guideline=guideline, given=given)
    made = block(wanted, own, documents)
    for one in (node, *made.nodes):
        _demand_free(one, documents)

    def text() -> str:
        new = "\n".join([written(node, made.lines, properties, known, given), made.more])
        header = prefixes_for(new, known, prefixes_in([target.text]))
        return tidy(f"{header}{target.text}\n{new}\n", file=target.path)

    notes: tuple[str, ...] = ()
    if kind == "course":
        others = [one for one in documents if one.path != target.path]
        apart = unrelated([*others, parse(text(), path=target.path, format=TURTLE)], node)
        if apart:
            properties.append(f"owl:disjointWith {' , '.join(f'<{one}>' for one in apart)}")
            notes = (_apart(wanted.name, apart),)
    whole = text()
    line = locate(parse(whole, path=target.path, format=TURTLE), node)
    return Added(node, Path(target.path), line or 1, whole, target.text, notes=notes)


def _demand_free(iri: str, documents: Sequence[Document]) -> None:
    for document in documents:
        if any(text_of(quad.subject) == iri for quad in document.quads):
            raise IndicantError(
                f"<{iri}> is there already", file=document.path, line=locate(document, iri)
            )


def _apart(name: str, others: Sequence[str]) -> str:
    names = ", ".join(map(local_name, others))
    return (
        f"{name} is stated to be disjoint with {names}, as courses recorded once are unless one is "
        "below the other"
    )
