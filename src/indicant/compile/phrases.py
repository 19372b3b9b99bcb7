"""Say what an existential demands in phrases that the vocabulary gives, in each of its languages.

A phrase has places in braces. ``{thing}`` stands for what was said so far; ``{value}`` for a value,
and the name of a bound, such as ``{minInclusive}``, for the number of it. Of the phrases of a term
the one counts whose places are all that is to be said. A place with a value, ``{maxInclusive=0}``,
says nothing, and lets the phrase count for that value alone, before others.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.compile.model import (
    HAD_FINDING,
    ITSELF,
    PROPOSES,
    RECEIVED,
    ClassFacet,
    IndividualFacet,
    LiteralFacet,
    RangeFacet,
)
from indicant.compile.owl import constant
from indicant.terms import IND, LABEL, TYPE, local_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from indicant.compile.model import Existential, Facet

ENGLISH: Final = "en"
PHRASE: Final = IND + "phrase"
ABSENCE: Final = IND + "absencePhrase"
THING: Final = "thing"
PLACE: Final = re.compile(r"\{(\w+)(?:=([^{}]*))?\}")
FINDING: Final = IND + "hasFinding"
_OWN: Final = frozenset({FINDING, RECEIVED})
"""The roles in which a class is spoken of by a phrase of its own."""


_WINDOWS: Final = frozenset(
    f"{IND}{unit}Since{end}" for unit in ("days", "months", "years") for end in ("Start", "End")
)
"""What puts a fact into a stretch of time, beside which nothing is said of at what time it was."""


@dataclass
class Phrases:
    """The phrases of the terms of a source, and what terms are called, by language."""

    units: Mapping[str, str] = field(default_factory=dict)
    _said: dict[str, dict[tuple[str, str], list[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    _labels: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))

    @classmethod
    def of(
        cls, triples: Iterable[tuple[str, object, object, object]], units: Mapping[str, str]
    ) -> Phrases:
        """Return the phrases that statements give."""
        made = cls(units)
        for _, subject, predicate, value in triples:
            name = getattr(predicate, "value", "")
            if name not in {PHRASE, ABSENCE, LABEL} or not isinstance(subject, ox.NamedNode):
                continue
            if isinstance(value, ox.Literal):
                language = (value.language or ENGLISH).lower()
                if name == LABEL:
                    made._labels[language].setdefault(subject.value, value.value)
                else:
                    made._said[language][name, subject.value].append(value.value)
        return made

    def languages(self) -> list[str]:
        """Return the languages that there are phrases in."""
        return sorted(self._said)

    def words(
        self, atom: Existential, language: str, plain: Callable[[Facet], str]
    ) -> tuple[str, str] | None:
        """Return what is said where it is so, and where it is not; nothing without a phrase.

        Args:
            atom: what is demanded.
            language: the language to say it in.
            plain: what is said of a facet of which there is no phrase.
        """
        if atom.least > 1:
            return self._several(atom, language, plain)
        if language != ENGLISH and not self._named(atom, language):
            return None
        if not atom.facets:
            return self._of_class(atom, language)
        facets = sorted(atom.facets, key=repr)
        found = [self._of_facet(facet, language, PHRASE) for facet in facets]
        if not any(found) or (language != ENGLISH and not all(found)):
            return None
        thing = "" if atom.role == ITSELF else self._name(atom.filler, language)
        tail, wrapped = [], False
        for facet, phrase in zip(facets, found, strict=True):
            if phrase is None:
                tail.append(plain(facet))
            elif "{thing}" in phrase:
                thing, wrapped = phrase.replace("{thing}", thing), True
            else:
                tail.append(phrase)
        windowed = atom.role == HAD_FINDING and any(one.property in _WINDOWS for one in facets)
        shown = wrapped and (atom.role == RECEIVED or windowed)
        role = "{thing}" if shown else self._role(atom.role, language, PHRASE)
        said = " ".join(one for one in (role.replace("{thing}", thing), " and ".join(tail)) if one)
        absent = self._of_facet(facets[0], language, ABSENCE) if len(facets) == 1 else None
        if absent is None:
            denied = self._denied(said, atom.role, language)
            return None if denied is None else (said, denied)
        return said, absent.replace("{thing}", self._name(atom.filler, language))

    def _several(
        self, atom: Existential, language: str, plain: Callable[[Facet], str]
    ) -> tuple[str, str] | None:
        """Say in English that there are several of what phrases speak of."""
        once = self.words(replace(atom, least=1), language, plain)
        if language != ENGLISH or once is None or not atom.facets:
            return None
        said = f"{once[0]} {atom.least} times or more"
        return said, f"no {said}"

    def _of_class(self, atom: Existential, language: str) -> tuple[str, str] | None:
        name = self._name(atom.filler, language)
        own = self._said[language] if atom.role in _OWN else {}
        said = next(iter(own.get((PHRASE, atom.filler), ())), None)
        absent = next(iter(own.get((ABSENCE, atom.filler), ())), None)
        if said is None and absent is None and language == ENGLISH:
            return None
        if language != ENGLISH:
            spoken = self._said[language]
            if not (said or (PHRASE, atom.role) in spoken):
                return None
            if not (absent or (ABSENCE, atom.role) in spoken):
                return None
        said = said or self._role(atom.role, language, PHRASE).replace("{thing}", name)
        if absent is None:
            absent = self._role(atom.role, language, ABSENCE).replace("{thing}", name)
        return said, absent

    def _of_facet(self, facet: Facet, language: str, kind: str) -> str | None:
        """Return what is said of a facet, with its values in their places."""
        values: dict[str, str] = {}
        about = [facet.property]
        if isinstance(facet, RangeFacet):
            values = {
                bound: str(constant(value).value) for bound, value in facet.range.bounds().items()
            }
        elif isinstance(facet, LiteralFacet):
            values = {"value": str(constant(facet.value).value)}
        elif isinstance(facet, (IndividualFacet, ClassFacet)) and facet.property != TYPE:
            value = facet.individual if isinstance(facet, IndividualFacet) else facet.cls
            values, about = {"value": self._name(value, language)}, [value, facet.property]
        for term in about:
            phrases = self._said[language].get((kind, term), ())
            for phrase in sorted(phrases, key=lambda one: ("=" not in one, one)):
                given = {name: only for name, only in PLACE.findall(phrase) if name != THING}
                silent = term != facet.property or values.get("value") == "true"
                if not (given.keys() == values.keys() or (silent and not given)):
                    continue
                if all(only in {"", values[name]} for name, only in given.items()):
                    return _filled(phrase, values)
        return None

    def _role(self, role: str, language: str, kind: str) -> str:
        found = self._said[language].get((kind, role), ())
        if found:
            return found[0]
        words = {RECEIVED: " received", PROPOSES: " proposed", HAD_FINDING: " at any time"}
        return ("no " if kind == ABSENCE else "") + "{thing}" + words.get(role, "")

    def _denied(self, said: str, role: str, language: str) -> str | None:
        """Return the opposite of what was said with facets, if the language has a word for it."""
        if language == ENGLISH:
            return f"{'not' if role == ITSELF else 'no'} {said}"
        found = self._said[language].get((ABSENCE, FINDING), ())
        return found[0].replace("{thing}", said) if found else None

    def _named(self, atom: Existential, language: str) -> bool:
        return atom.role == ITSELF or atom.filler in self._labels[language]

    def _name(self, iri: str, language: str) -> str:
        for tag in (language, ENGLISH):
            if iri in self._labels[tag]:
                return self._labels[tag][iri]
        return local_name(iri)


def _filled(phrase: str, values: Mapping[str, str]) -> str:
    return PLACE.sub(
        lambda match: "" if match[2] is not None else values.get(match[1], match[0]), phrase
    ).strip()
