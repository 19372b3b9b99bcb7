"""Find the texts of an ontology that are there in English and not in another language."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.errors import IndicantError
from indicant.files.rdf import text_of
from indicant.foreign import excerpt
from indicant.guideline.languages import ENGLISH, is_tag
from indicant.report.findings import Result
from indicant.terms import CITO, DCTERMS, GENID, IND, LABEL, SKOS, local_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indicant.author.verdicts import Places
    from indicant.files.sources import Source

RULE: Final = "translation"
SHOWN: Final = (
    LABEL,
    IND + "question",
    IND + "phrase",
    IND + "absencePhrase",
    IND + "paraphrase",
    IND + "resolution",
    IND + "lacksCode",
    IND + "note",
    DCTERMS + "description",
    SKOS + "altLabel",
    SKOS + "definition",
    SKOS + "scopeNote",
)
"""What is shown to people, of a case and on pages; a strength stays the source's own word, and what
is noted for editors its language."""
PHRASED: Final = frozenset((IND + "phrase", IND + "absencePhrase"))
"""What has places for values."""
_MOST: Final = 60
_LANGUAGE: Final = (IND, CITO)
"""Where the terms are in which guidelines are written."""


def checked(language: str) -> None:
    """Refuse what is no language to translate into.

    Raises:
        IndicantError: the language is no language tag, or English.
    """
    if not is_tag(language) or language.lower().split("-")[0] == ENGLISH:
        raise IndicantError(
            f"'{language}' is no language to translate into", help="write it as in  de  or  pt-BR"
        )


def untranslated(source: Source, places: Places, language: str) -> Iterator[Result]:
    """Yield the texts in English that a language has none of, each where it stands.

    A text of the language counts for its regions, and one of a region for the language. The terms
    of the language in which guidelines are written are no part of a guideline.

    Raises:
        IndicantError: the language is no language tag, or English.
    """
    checked(language)
    wanted = language.lower().split("-")[0]
    said: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for _, subject, predicate, value in source.triples():
        path, iri = text_of(predicate), text_of(subject)
        if path in SHOWN and isinstance(value, ox.Literal) and GENID not in iri:
            tag = (value.language or ENGLISH).lower().split("-")[0]
            said[iri, path].setdefault(tag, value.value)
    for (iri, path), texts in sorted(said.items()):
        if ENGLISH in texts and wanted not in texts and not iri.startswith(_LANGUAGE):
            yield Result(
                rule=RULE,
                level="note",
                message=f"{local_name(iri)} has no {local_name(path)} in '{language}' for "
                f"'{excerpt(texts[ENGLISH], _MOST)}'",
                places=places.of(iri, path, None),
                help=f'add the text with the tag of the language, as in  "…"@{language}',
                about=(iri,),
                data={"term": iri, "property": path, "text": texts[ENGLISH], "language": language},
            )
