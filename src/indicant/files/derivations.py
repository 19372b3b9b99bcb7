"""Find the derivations of a guideline: queries in a folder beside it, or within a merged graph."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from indicant.errors import IndicantError
from indicant.files import bounded
from indicant.files.fence import shown
from indicant.files.rdf import read_text, text_of, visible
from indicant.terms import IND, OWL, PROV, TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from indicant.files.fence import Fence
    from indicant.files.rdf import Document

FOLDER: Final = "derivations"
DERIVATION: Final = IND + "Derivation"
ENDING: Final = ".rq"
MOST: Final = 100
"""How many derivations a guideline has at most."""
MAX_BYTES: Final = 100_000
_NAME: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_GUIDELINE: Final = IND + "Guideline"
_NOBODY: Final = "https://w3id.org/indicant/guideline/"


@dataclass(frozen=True)
class Derivation:
    """A derivation as it is written: its name, which is an IRI, where it stands, and its text."""

    iri: str
    path: str
    text: str = field(repr=False)

    @property
    def name(self) -> str:
        """Return its name in its guideline, which is that of its file."""
        return self.iri.rpartition("/")[2]


def guideline_of(document: Document) -> str | None:
    """Return the one guideline that a document is, or nothing."""
    found = {
        text_of(quad.subject)
        for quad in document.quads
        if quad.predicate.value == TYPE and text_of(quad.object) == _GUIDELINE
    }
    return found.pop() if len(found) == 1 else None


def named(guideline: str | None, name: str) -> str:
    """Return the IRI of a derivation of a guideline.

    >>> named("https://example.org/rain", "soaked")
    'https://example.org/rain/derivations/soaked'
    """
    stem = (guideline or _NOBODY).rstrip("/#")
    return f"{stem}/{FOLDER}/{name}"


def is_about(path: str) -> bool:
    """Tell whether a path is that of a derivation, or of the folder that holds them.

    >>> is_about("rain/derivations/soaked.rq"), is_about("rain/guideline.ttl")
    (True, False)
    """
    return path.endswith((ENDING, FOLDER))


def beside(guideline: str | None, folder: Path, fence: Fence) -> Iterator[Derivation]:
    """Yield the derivations that stand beside a guideline, by name.

    Raises:
        IndicantError: one is no file of text within the fence, is too long or has no plain name,
            or there are too many of them.
    """
    place = folder / FOLDER
    if not place.is_dir():
        return
    fence.follow(place, folder)
    files = visible(sorted(place.glob(f"*{ENDING}")), place)
    if len(files) > MOST:
        raise IndicantError(
            f"holds more than {MOST} derivations",
            file=shown(place),
            help="what they derive together may be one derivation with UNION",
        )
    for file in files:
        if not _NAME.fullmatch(file.stem):
            raise IndicantError(
                f"'{file.stem}' is no name of a derivation",
                file=shown(file),
                help="lower case letters and digits, with single hyphens between words, as in  "
                f"one-with-another{ENDING}",
            )
        fence.follow(file, folder)
        text = _read(file)
        yield Derivation(named(guideline, file.stem), shown(file), text)


def _read(file: Path) -> str:
    """Return the text of a derivation, with lines ended as in Unix, so that git changes nothing."""
    name = shown(file)
    try:
        found = read_text(name, limit=MAX_BYTES)
    except IndicantError as error:
        if error.message != bounded.too_large(name, MAX_BYTES).message:
            raise
        raise IndicantError(
            error.message, file=name, help="a derivation is a page long; split it"
        ) from error
    return found.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def held(documents: Iterable[Document]) -> Iterator[Derivation]:
    """Yield the derivations that documents bring with them, as a merged guideline does.

    Raises:
        IndicantError: there are too many of them, or one is too long.
    """
    count = 0
    for document in documents:
        if "Derivation" not in document.text:
            continue
        kinds = {
            text_of(quad.subject)
            for quad in document.quads
            if quad.predicate.value == TYPE and text_of(quad.object) == DERIVATION
        }
        held_here = frozenset(kinds)
        for quad in document.quads:
            if quad.predicate.value == PROV + "value" and text_of(quad.subject) in held_here:
                text = text_of(quad.object)
                count += 1
                if count > MOST or len(text) > MAX_BYTES:
                    raise IndicantError(
                        "holds too many or too long derivations", file=document.path
                    )
                kinds.discard(text_of(quad.subject))
                yield Derivation(text_of(quad.subject), document.path, text)
        for iri in sorted(kinds):
            raise IndicantError(
                f"<{iri}> is a derivation without a text",
                file=document.path,
                help=f"write it as a file  {FOLDER}/NAME{ENDING}  beside the guideline, and leave "
                "this out",
            )


def owners(
    documents: Iterable[tuple[Document, Path]], first: Iterable[Path]
) -> dict[Path, str | None]:
    """Return in which folders derivations may stand, each with the guideline that they are of.

    That is the folder of each document that is one guideline, and that of the files that a
    guideline begins with, which need not name one.

    Args:
        documents: what was read, each with its file.
        first: the files that the guideline begins with.
    """
    found: dict[Path, str | None] = {}
    beginning = set(first)
    unnamed: dict[Path, str | None] = {}
    for document, file in documents:
        guideline = guideline_of(document)
        if guideline is not None:
            found.setdefault(file.parent, guideline)
        elif file in beginning and not _has_several(document):
            unnamed.setdefault(file.parent, _ontology_of(document))
    return {**unnamed, **found}


def _has_several(document: Document) -> bool:
    return any(
        quad.predicate.value == TYPE and text_of(quad.object) in {_GUIDELINE, IND + "Merge"}
        for quad in document.quads
    )


def _ontology_of(document: Document) -> str | None:
    return next(
        (
            text_of(quad.subject)
            for quad in document.quads
            if quad.predicate.value == TYPE and text_of(quad.object) == OWL + "Ontology"
        ),
        None,
    )
