"""Compose what begins in a file of its own: a guideline, and a case to fill in."""

from __future__ import annotations

import datetime
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from indicant import terms
from indicant.author import homes
from indicant.author.added import Added
from indicant.author.blocks import labelled
from indicant.author.stated import KNOWN, given_in, prefixes_for, written
from indicant.errors import IndicantError
from indicant.files import resources
from indicant.files.catalogs import catalog_text, reference_to
from indicant.files.fence import CATALOG, fence_of, real
from indicant.files.rdf import TURTLE, parse, read, text_of
from indicant.files.sources import GUIDELINE_FILE, shipped_catalog
from indicant.files.turtle import tidy
from indicant.guideline.names import prefixes_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from indicant.files.rdf import Document

_NAMESPACE: Final = re.compile(r"[a-z][a-z0-9+.-]*:[^\s<>\"{}|^`\\]*[/#]")
_CASES: Final = "https://example.org/case#"
_CASE_FILE: Final = "case.ttl"
_EXPECTED: Final = ("expected.json", "{}\n")
"""States nothing, which ``indicant test`` does not let pass."""
_PREFIX: Final = re.compile(r"[a-z][a-z0-9-]*")


def guideline(name: str, properties: Sequence[str], place: Path, iri: str | None) -> Added:
    """Compose a guideline that says nothing yet, and the catalog of its folder.

    Raises:
        IndicantError: it is there already, or its IRI is no namespace.
    """
    iri = iri or f"https://example.org/{name}/"
    if not _NAMESPACE.fullmatch(iri):
        raise IndicantError(f"<{iri}> is no namespace", help="an IRI that ends in / or #")
    folder = place / name
    path = folder / GUIDELINE_FILE
    if place.exists() and not place.is_dir():
        raise IndicantError("is a file, not a folder", file=str(place))
    if folder.exists():
        raise IndicantError("is there already", file=str(folder))
    known = {**KNOWN, "": iri}
    template = [
        ("a", "owl:Ontology , ind:Guideline"),
        ("rdfs:label", labelled(name)),
        ("owl:versionIRI", f"<{iri}0.1.0>"),
        ("owl:versionInfo", '"0.1.0"'),
        ("owl:imports", f"<{terms.IND}>"),
    ]
    block = written(iri, template, properties, known, given_in(properties, known))
    # Those that all that is added needs: a reader sees them from the first day on.
    usual = "".join(f"{one}:x " for one in ("", "dcterms", "ind", "owl", "rdfs", "skos"))
    text = tidy(f"{prefixes_for(usual + block, known)}{block}\n", file=str(path))
    imports = parse(text, path=str(path), format=TURTLE).imports
    line = text.split("\n").index(f"<{iri}>") + 1
    beside = ((CATALOG, catalog_text(_shipped_below(imports, folder))),)
    return Added(iri, path, line, text, folder=folder, beside=beside)


def _shipped_below(imports: Iterable[str], folder: Path) -> dict[str, str]:
    """Return where all that ships and is imported lies, for the catalog of a folder.

    In the repository that the ontologies are in themselves the references are relative, and go
    with it wherever it is cloned. Elsewhere they are ``file:`` IRIs: an editor follows them; this
    package does where they lead to what it may read, and else takes what ships with it, so that a
    guideline that somebody sends on is not held to where the sender had installed it.
    """
    shipped = shipped_catalog()
    top = fence_of(folder).folders[-1]
    together = not homes.is_packaged() and real(resources.ontology()).is_relative_to(top)
    found: dict[str, str] = {}
    queue = list(imports)
    while queue:
        iri = queue.pop()
        if iri not in found and iri in shipped:
            file = real(shipped[iri])
            place = os.path.relpath(file, real(folder)) if together else ""
            found[iri] = reference_to(place) if together else file.as_uri()
            queue.extend(read(file).imports)
    return found


def case(
    name: str,
    properties: Sequence[str],
    documents: Sequence[Document],
    tests: Path | None,
    as_of: datetime.date | None,
) -> Added:
    """Compose a case to fill in, with the prefixes of the terms of a guideline.

    Args:
        name: what the file is to be called, or the folder among the tests.
        properties: what is to be said of it, in Turtle.
        documents: those of the guideline.
        tests: the folder of cases with what is expected of them, if it is to be one of those.
        as_of: the day at which it is known to be so; by default today.

    Raises:
        IndicantError: it is there already, or a property is not Turtle.
    """
    folder = None if tests is None else tests / name
    path = Path(f"{name}.ttl") if folder is None else folder / _CASE_FILE
    if tests is not None and tests.exists() and not tests.is_dir():
        raise IndicantError("is a file, not a folder", file=str(tests))
    if os.path.lexists(folder or path):
        raise IndicantError("is there already", file=str(folder or path))
    day = as_of or datetime.datetime.now().astimezone().date()
    node = f"{_CASES}case"
    template = [("a", "ind:PatientCase"), ("ind:asOf", f'"{day.isoformat()}"^^xsd:date')]
    prefixes = _prefixes(documents)
    known = {**KNOWN, **prefixes}
    block = written(node, template, properties, known, given_in(properties, known))
    usual = "".join(f"{one}:x " for one in ("ind", "xsd", *prefixes))
    text = tidy(f"{prefixes_for(usual + block, known)}{block}\n", file=str(path))
    line = text.split("\n").index(":case") + 1
    beside = () if folder is None else (_EXPECTED,)
    return Added(node, path, line, text, folder=folder, beside=beside)


def _prefixes(documents: Sequence[Document]) -> dict[str, str]:
    """Return prefixes for the namespaces of what a case can say, and for its own nodes."""
    own = [one for one in documents if not homes.is_core(one)]
    usable = homes.below(homes.FINDING, documents) | homes.below(homes.INTERVENTION, documents)
    usable |= set(homes.of_type(own, homes.LIKE["property"]))
    stated = {text_of(quad.subject) for one in own for quad in one.quads}
    spaces = {homes.space_of(iri) for iri in usable & stated}
    guideline = homes.guideline_of(own)
    if not spaces and guideline:
        spaces = {guideline if guideline.endswith(("/", "#")) else f"{guideline}#"}
    found = {"": _CASES}
    for space in sorted(spaces):
        called = [
            prefix
            for one in documents
            for prefix, namespace in prefixes_in([one.text]).items()
            if namespace == space and prefix
        ]
        last = re.sub(r"[^a-z0-9]+", "-", space.rstrip("/#").rpartition("/")[2].lower())
        name = called[0] if called else last.strip("-")
        name = name if called or _PREFIX.fullmatch(name) else "own"
        number = 1
        while name in {**KNOWN, **found}:
            number += 1
            name = f"{name.rstrip('0123456789')}{number}"
        found[name] = space
    return found
