"""Know the questions that ship, what each is to be given, and what a value given means."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.errors import IndicantError
from indicant.files import bounded, resources
from indicant.guideline.names import Names, composed, prefixes_in
from indicant.query import sparql
from indicant.terms import IND, PREFIXES, XSD, local_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from indicant.assess.engine import Answering
    from indicant.files.rdf import Document
    from indicant.query.rows import Term

CASE: Final = "case"
_LITERALS: Final = ("text", "number", "iri", "code")
_HEADER: Final = re.compile(r"#\+ ?(.*)")
_FIELD: Final = re.compile(r"(\w+):\s*(.*)")
_PARAMETER: Final = re.compile(r"(\w+):\s*\{(.*)\}")
_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_OR_IRI: Final = " or iri"
_FEW: Final = 8
_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]*")
_CODE: Final = re.compile(r"[^\s<>\"{}|\\^`]+")


@dataclass(frozen=True)
class Parameter:
    """What a question can be given: a variable, ``$name``, that is free unless a value is given.

    ``kind`` is ``text``, ``number``, ``iri``, ``code``, or the name of a class of the core in
    words, several of them joined by "or". Where the last of these is ``iri``, any IRI will do.
    """

    name: str
    kind: str
    required: bool = False
    example: str | None = None

    def fitting(self, terms: Mapping[str, Named]) -> dict[str, Named]:
        """Return those of some terms that are of its kind."""
        kinds = self.kind.removesuffix(_OR_IRI).split(" or ")
        wanted = {IND + _class_name(word) for word in kinds}
        return {iri: one for iri, one in terms.items() if one.kinds & wanted}


@dataclass(frozen=True)
class Question:
    """A SELECT query with a header that says what it asks."""

    name: str
    summary: str
    text: str
    description: str | None = None
    parameters: tuple[Parameter, ...] = ()

    @property
    def about_case(self) -> bool:
        """Tell whether it asks about a case rather than about the guideline alone."""
        return any(one.name == CASE for one in self.parameters)

    def usage(self) -> str:
        """Return the arguments that the question takes, as the command line takes them."""
        words = [self.name, "CASE"] if self.about_case else [self.name]
        words += [
            f"{one.name}=…" if one.required else f"[{one.name}=…]"
            for one in self.parameters
            if one.name != CASE
        ]
        return " ".join(words)

    def filled(self, values: Mapping[str, Term]) -> str:
        """Return the query with values given: standard SPARQL, as one VALUES block at its start.

        >>> question = Question("q", "Who?", "SELECT ?x WHERE { ?x ?y $z }")
        >>> question.filled({"z": ox.Literal("a")})
        'SELECT ?x WHERE { VALUES ($z) { ("a") } ?x ?y $z }'
        """
        if not values:
            return self.text
        names = " ".join(f"${name}" for name in values)
        terms = " ".join(map(sparql.literal_text, values.values()))
        block = f" VALUES ({names}) {{ ({terms}) }}"
        place = sparql.body_at(self.text, self.name)
        return self.text[:place] + block + self.text[place:]


def parse(name: str, text: str) -> Question:
    """Read a question with its header.

    The header is YAML behind ``#+``; of the parameters each stands on a line of its own.

    Raises:
        IndicantError: a line of the header is not understood.
    """
    fields: dict[str, str] = {}
    parameters: list[Parameter] = []
    for number, line in enumerate(text.splitlines(), 1):
        found = _HEADER.fullmatch(line)
        if found is None:
            continue
        field, parameter = _FIELD.fullmatch(found[1]), _PARAMETER.fullmatch(found[1].strip())
        if found[1].startswith(" ") and parameter is not None:
            parameters.append(_parameter(parameter[1], parameter[2]))
        elif field is not None and not found[1].startswith(" "):
            fields[field[1]] = field[2]
        else:
            raise IndicantError(
                "this line of the header is not understood",
                file=name,
                line=number,
                help="write  #+ summary: …  or  #+   name: {kind: text}",
            )
    case = [Parameter(CASE, "patient case")] if re.search(r"[?$]case\b", text) else []
    return Question(
        name, fields.get("summary", ""), text, fields.get("description"), (*case, *parameters)
    )


def _parameter(name: str, text: str) -> Parameter:
    fields = {key.strip(): value.strip() for key, _, value in _pairs(text)}
    return Parameter(
        name, fields.get("kind", "text"), fields.get("required") == "true", fields.get("example")
    )


def _pairs(text: str) -> Iterable[tuple[str, str, str]]:
    return (part.partition(":") for part in text.split(","))


@cache
def questions() -> Mapping[str, Question]:
    """Return the questions that ship, by name."""
    folder = resources.queries() / "questions"
    return {file.stem: parse(file.stem, bounded.text(file)) for file in sorted(folder.glob("*.rq"))}


def question(name: str) -> Question:
    """Return a question by name.

    Raises:
        IndicantError: there is none of that name.
    """
    known = questions()
    if name in known:
        return known[name]
    nearest = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.4)
    words = set(name.lower().split("-"))
    nearest += sorted(
        (one for one in known if words & set(one.split("-")) and one not in nearest),
        key=lambda one: (-len(words & set(one.split("-"))), one),
    )[: 3 - len(nearest)]
    raise IndicantError(
        f"there is no question '{name}'",
        help=f"did you mean {_either(nearest)}?" if nearest else "indicant ask  lists them all",
        see="reference/questions.html",
    )


def _either(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def prefixes_of(documents: Iterable[Document]) -> dict[str, str]:
    """Return the prefixes that documents declare, beside those of the language."""
    return prefixes_in(document.text for document in documents) | PREFIXES


# ---------------------------------------------------------------------- values


@dataclass(frozen=True)
class Named:
    """A term that can be meant: the classes of the core that it is in, and what it is called."""

    kinds: frozenset[str]
    labels: frozenset[str]


def named(engine: Answering) -> dict[str, Named]:
    """Return every term of the guideline and the case that can be meant, by IRI."""
    kinds: dict[str, set[str]] = {}
    labels: dict[str, set[str]] = {}
    for iri, kind, label in engine.ask("which-terms-are-there"):
        assert iri is not None and kind is not None  # noqa: S101, PT018
        kinds.setdefault(iri, set()).add(kind)
        if label is not None:
            labels.setdefault(iri, set()).add(label)
    return {
        iri: Named(frozenset(found), frozenset(labels.get(iri, ())))
        for iri, found in sorted(kinds.items())
    }


def bind(
    asked: Question,
    given: Mapping[str, str],
    terms: Callable[[], Mapping[str, Named]],
    prefixes: Mapping[str, str],
) -> dict[str, Term]:
    """Return the terms that the values given to a question mean.

    Raises:
        IndicantError: a value is missing, misspelt, ambiguous or of another kind.
    """
    known = {one.name: one for one in asked.parameters}
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise IndicantError(
                f"'{asked.name}' has no parameter '{name}'"
                + (f"; did you mean '{near[0]}'?" if near else ""),
                help=f"indicant ask {asked.usage()}",
            )
    for one in known.values():
        if one.required and one.name not in given:
            example = f", as in  {one.name}={one.example}" if one.example else ""
            raise IndicantError(
                f"'{asked.name}' needs {one.name}=…, {_article(one.kind)}{example}",
                help=f"indicant ask {asked.usage()}",
            )
    return {name: _value(known[name], text, terms, prefixes) for name, text in given.items()}


def _article(kind: str) -> str:
    if kind == "iri":
        return "an IRI"
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _value(
    parameter: Parameter,
    text: str,
    terms: Callable[[], Mapping[str, Named]],
    prefixes: Mapping[str, str],
) -> Term:
    kind = parameter.kind
    wrong = IndicantError(
        f"{parameter.name}={text} is not {_article(kind)}",
        help=f"as in  {parameter.name}={parameter.example}" if parameter.example else None,
    )
    if kind == "text":
        return ox.Literal(composed(text))
    if kind == "number":
        if not _NUMBER.fullmatch(text):
            raise wrong
        return ox.Literal(
            text, datatype=ox.NamedNode(XSD + ("decimal" if "." in text else "integer"))
        )
    if kind in {"iri", "code"}:
        iri = _expanded(text, prefixes)
        if iri is not None:
            return ox.NamedNode(iri)
        if kind == "iri" or not _CODE.fullmatch(text):
            raise wrong
        return ox.Literal(text)
    try:
        return _term(parameter, text, terms(), prefixes)
    except IndicantError:
        iri = _expanded(text, prefixes) if kind.endswith(_OR_IRI) else None
        if iri is None:
            raise
        return ox.NamedNode(iri)


def _expanded(text: str, prefixes: Mapping[str, str]) -> str | None:
    """Return the IRI that a text is or abbreviates, if it is one."""
    iri = Names("IRI", {}, prefixes).expanded(text)
    return iri if iri is not None and _IRI.fullmatch(iri) else None


def _term(
    parameter: Parameter, text: str, terms: Mapping[str, Named], prefixes: Mapping[str, str]
) -> ox.NamedNode:
    fitting = {iri: one.labels for iri, one in parameter.fitting(terms).items()}
    names = Names(parameter.kind, fitting, prefixes)
    found = names.search(text)
    if len(found) == 1:
        return ox.NamedNode(found[0])
    every = Names("term", {iri: one.labels for iri, one in terms.items()}, prefixes)
    example = f"as in  {parameter.name}={parameter.example}" if parameter.example else None
    for other in every.search(text) if not found else ():
        kind = min(_words(local_name(kind)) for kind in terms[other].kinds)
        raise IndicantError(
            f"{parameter.name}={text} is not {_article(parameter.kind)}: "
            f"{every.short(other)} is {_article(kind)}",
            help=example,
        )
    try:
        return ox.NamedNode(names.find(text))
    except IndicantError as error:
        few = f"one of: {', '.join(map(names.short, fitting))}" if len(fitting) <= _FEW else None
        raise IndicantError(
            f"{parameter.name}: {error.message}", help=error.help or few or example
        ) from error


def _class_name(words: str) -> str:
    return "".join(word.capitalize() for word in re.split(r"[ -]", words))


def _words(name: str) -> str:
    """Return the name of a class in words.

    >>> _words("PatientCase")
    'patient case'
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
