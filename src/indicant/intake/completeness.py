"""Read what an institution says of its records being complete."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.errors import IndicantError
from indicant.files.lines import locate
from indicant.files.rdf import read, text_of
from indicant.intake.readings import INTAKE
from indicant.terms import IND, LABEL, PROV, TYPE, local_name

if TYPE_CHECKING:
    import os

    from indicant.files.rdf import Document
    from indicant.guideline.vocabulary import Vocabulary

SOURCE: Final = INTAKE + "Source"
RECORDS_ALL, _WITHIN, _OF, _SINCE, PLANS = (
    IND + name for name in ("recordsAll", "completeness", "of", "since", "recordsAllProposals")
)
_CODES: Final = INTAKE + "codesAll"
_WHO: Final = PROV + "wasAttributedTo"


@dataclass(frozen=True)
class Claim:
    """That a source records all of a class, from a day on or always, and who says so."""

    cls: str
    since: datetime.date | None
    who: str


@dataclass(frozen=True)
class Claims:
    """What an institution says of a source."""

    path: str
    claims: tuple[Claim, ...]
    codes_all: frozenset[str]
    proposals: bool = False


NO_CLAIMS: Final = Claims("", (), frozenset())


def read_claims(path: str | os.PathLike[str], vocabulary: Vocabulary) -> Claims:
    """Read a file of completeness.

    Raises:
        IndicantError: it cannot be read, or says something else, or not who says it.
    """
    return _File(read(path), vocabulary).claims()


class _File:
    """Reads one file, and refuses what would be passed over in silence."""

    def __init__(self, document: Document, vocabulary: Vocabulary) -> None:
        self._document, self._vocabulary = document, vocabulary
        self._said: dict[str, dict[str, list[ox.NamedNode | ox.Literal]]] = {}
        for quad in document.quads:
            values = self._said.setdefault(text_of(quad.subject), {})
            values.setdefault(quad.predicate.value, []).append(quad.object)  # type: ignore[arg-type]

    def claims(self) -> Claims:
        """Return what the file says."""
        sources = [one for one, said in self._said.items() if self._is_a(said, SOURCE)]
        if len(sources) != 1:
            raise IndicantError(
                f"the file says something of {len(sources)} sources",
                file=self._document.path,
                help="describe one:  <https://example.org/records> a intake:Source",
            )
        (source,) = sources
        said = self._said[source]
        allowed = {TYPE, LABEL, RECORDS_ALL, _WITHIN, PLANS, _CODES, _WHO}
        for path in said:
            if path not in allowed and path.startswith((IND, INTAKE)):
                self._refuse(source, path, f"{local_name(path)} says nothing of a source")
        who = self._who(source, said)
        found = [
            Claim(self._class(source, RECORDS_ALL, one), None, who)
            for one in said.get(RECORDS_ALL, ())
        ]
        found += [self._within(source, one, who) for one in said.get(_WITHIN, ())]
        for subject, told in self._said.items():
            nodes = [source, *map(text_of, said.get(_WITHIN, ()))]
            if subject not in nodes and self._is_a(told, IND + "Completeness"):
                self._refuse(subject, None, "the completeness is that of no source")
        plans = [text_of(one) for one in said.get(PLANS, ())]
        if plans not in ([], ["true"], ["false"]):
            self._refuse(source, PLANS, "whether all proposals are recorded is true or false")
        return Claims(
            self._document.path,
            tuple(found),
            frozenset(self._class(source, _CODES, one) for one in said.get(_CODES, ())),
            plans == ["true"],
        )

    @staticmethod
    def _is_a(said: dict[str, list[ox.NamedNode | ox.Literal]], kind: str) -> bool:
        return any(text_of(one) == kind for one in said.get(TYPE, ()))

    def _who(self, node: str, said: dict[str, list[ox.NamedNode | ox.Literal]]) -> str:
        found = said.get(_WHO, [])
        if len(found) != 1 or not isinstance(found[0], ox.NamedNode):
            self._refuse(
                node, _WHO, "it is not said who says so: prov:wasAttributedTo names one, by an IRI"
            )
        return text_of(found[0])

    def _within(self, source: str, node: object, who: str) -> Claim:
        name = text_of(node)
        said = self._said.get(name, {})
        of, since = said.get(_OF, []), said.get(_SINCE, [])
        if len(of) != 1 or len(since) != 1 or not self._is_a(said, IND + "Completeness"):
            self._refuse(
                name if said else source,
                None if said else _WITHIN,
                "a completeness is [ a ind:Completeness ; ind:of CLASS ; ind:since DATE ]",
            )
        try:
            day = datetime.date.fromisoformat(text_of(since[0]))
        except ValueError:
            self._refuse(name, _SINCE, 'ind:since is a day, as "2024-01-01"^^xsd:date')
        own = self._who(name, said) if _WHO in said else who
        return Claim(self._class(name, _OF, of[0]), day, own)

    def _class(self, node: str, path: str, value: object) -> str:
        name = text_of(value)
        above = self._vocabulary.ancestors(name)
        if name not in self._vocabulary.classes or above.isdisjoint(
            {IND + "Finding", IND + "Intervention"}
        ):
            self._refuse(
                node, path, f"{local_name(name)} is no class of findings or of interventions", name
            )
        return name

    def _refuse(self, node: str, path: str | None, message: str, value: str | None = None) -> None:
        line = locate(self._document, node, path, value)
        raise IndicantError(
            message, file=self._document.path, line=line, see="howto/fhir.html#completeness"
        )
