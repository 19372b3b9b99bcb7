"""Find slips of the pen in ontologies: syntax, prefixes, and terms that nothing declares."""

from __future__ import annotations

import difflib
import itertools
import os
import re
import unicodedata
from collections import defaultdict
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.errors import IndicantError
from indicant.files import resources
from indicant.files.fence import CATALOG
from indicant.files.lines import Lines
from indicant.files.rdf import (
    EXTENSIONS,
    TRIG,
    TURTLE,
    base_of,
    parse,
    read_text,
    resolved,
    text_of,
)
from indicant.files.strangers import is_foreign, owns, unit_of
from indicant.foreign import HIDDEN
from indicant.guideline.names import Names
from indicant.report.findings import MOST, Place, Result, not_listed
from indicant.terms import (
    BUILT_IN,
    DCTERMS,
    GENID,
    IND,
    NOT_XML,
    OWL,
    RDF,
    RDFS,
    SKOS,
    TYPE,
    hint_of_scheme,
    local_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from indicant.files.rdf import Document
    from indicant.files.sources import Import

MOST_SLIPS: Final = 20
MOST_PLACES: Final = 10
MOST_STRANGERS: Final = 3
MOST_TEXTS: Final = 100
MOST_GUESSES: Final = 100
_MOST_PREFIXES: Final = 1_000
_MENDED: Final = 2_000_000
_ALIKE: Final = 0.75
_DIRECTIVE: Final = re.compile(
    r"""
      \"{3}(?:[^"\\]|\\.|"{1,2}(?!"))*\"{3} | '{3}(?:[^'\\]|\\.|'{1,2}(?!'))*'{3}
    | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*'
    | (?<![^\s.;,]) \#[^\n]*
    | (?<![\w:@]) @?prefix \s+ (?P<name>[\w.-]*): \s* <(?P<namespace>[^>\s]*)>
    | (?<![\w:@]) @?base \s+ <(?P<base>[^>\s]*)>
    | <[^>\s]*>
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_BREAK: Final = re.compile(r"[\t\n\r]")
_LABELS: Final = frozenset(
    (RDFS + "label", *(SKOS + name for name in ("prefLabel", "altLabel", "hiddenLabel")))
)
_HEADS: Final = re.compile(r"\s*@?(prefix|base)\b", re.IGNORECASE)
_KNOWN: Final = frozenset(
    namespace + name for namespace, names in BUILT_IN.items() for name in names.split()
)
_ELSEWHERE: Final = frozenset(
    {
        *(
            DCTERMS + name
            for name in (
                "conformsTo",
                "contributor",
                "creator",
                "license",
                "publisher",
                "references",
                "relation",
                "rights",
                "rightsHolder",
                "source",
            )
        ),
        IND + "mappedBy",
        IND + "takesAsIs",
        OWL + "imports",
        OWL + "priorVersion",
        OWL + "versionIRI",
        OWL + "backwardCompatibleWith",
        OWL + "incompatibleWith",
        RDFS + "isDefinedBy",
        RDFS + "seeAlso",
        *(f"{SKOS}{kind}Match" for kind in ("broad", "close", "exact", "narrow", "related")),
    }
)
_STRUCTURE: Final = frozenset(
    {
        TYPE,
        RDF + "first",
        *(RDFS + name for name in ("domain", "range", "subClassOf", "subPropertyOf")),
        *(
            IND + name
            for name in (
                "action",
                "criterion",
                "fulfilledBy",
                "overrides",
                "phase",
                "restsOn",
                "scope",
                "urgency",
            )
        ),
    }
)
_TERMS: Final = frozenset(
    OWL + kind for kind in ("AnnotationProperty", "Class", "DatatypeProperty", "ObjectProperty")
)


def slips(path: str) -> list[IndicantError]:
    """Return why a file cannot be read: all mistakes of its syntax, as far as one can go on.

    After a mistake in Turtle the statement that holds it is passed over.
    """
    try:
        text = read_text(path)
    except IndicantError as error:
        return [error]
    form = EXTENSIONS.get(os.path.splitext(path)[1].lower())
    found: dict[str, IndicantError] = {}
    while len(found) < MOST_SLIPS:
        try:
            parse(text, path=path, format=form)
        except IndicantError as error:
            if found and error.line is None:
                break
            found.setdefault(str(error), error)
            mended = _without(text, error) if form in (None, TURTLE, TRIG) else None
            if mended is None:
                break
            text = mended
        else:
            break
    return list(found.values())


def _without(text: str, error: IndicantError) -> str | None:
    """Return a text without the mistake, every line where it was."""
    if error.line is None or len(text) > _MENDED:
        return None
    undeclared = re.fullmatch(r"prefix '([^']*):' is not declared", error.message)
    if undeclared:
        return f"@prefix {undeclared[1]}: <urn:undeclared:{undeclared[1]}:> . {text}"
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    last = first = min(error.line, len(lines)) - 1
    if not _HEADS.match(lines[first]):
        while first > 0 and not _ends(lines[first - 1]):
            first -= 1
        while last + 1 < len(lines) and not lines[last].rstrip().endswith("."):
            last += 1
    if not any(line.strip() for line in lines[first : last + 1]):
        return None
    blank = ["\n"] * (last + 1 - first)
    return "".join([*lines[:first], *blank, *lines[last + 1 :]])


def _ends(line: str) -> bool:
    return line.rstrip().endswith(".") or bool(_HEADS.match(line))


def prefixes(document: Document) -> Iterator[tuple[str, str, int]]:
    """Yield each prefix that a document in Turtle or TriG declares, its namespace and its line."""
    if document.format not in (TURTLE, TRIG):
        return
    line, at, base = 1, 0, base_of(document.path)
    for match in _DIRECTIVE.finditer(document.text):
        if match["base"] is not None:
            base = resolved(match["base"], base)
        elif match["name"] is not None:
            line += document.text.count("\n", at, match.start())
            at = match.start()
            yield match["name"], resolved(match["namespace"], base), line


def ambiguous_prefixes(documents: Iterable[Document]) -> list[Result]:
    """Return where a prefix stands for two namespaces, or two prefixes for one.

    The empty prefix may stand for anything, in each file for one thing: Protégé gives it to the
    namespace of the ontology, beside its name. What the files that ship say, or else what most
    files say, is taken to be what is meant.
    """
    shipped = str(resources.ontology())
    rows: list[tuple[str, str, Place, bool]] = []
    found: list[Result] = []
    for document in documents:
        if document.foreign:
            continue
        empty: tuple[str, Place] | None = None
        ours = os.path.abspath(document.path).startswith(shipped)
        for name, namespace, line in prefixes(document):
            place = Place(document.path, line)
            if name:
                rows.append((name, namespace, place, ours))
            elif empty is not None and empty[0] != namespace:
                found.append(_two_meanings(name, namespace, empty[0], place, empty[1]))
            else:
                empty = namespace, place
    meaning = _majority((name, namespace, ours) for name, namespace, _, ours in rows)
    called = _majority((namespace, name, ours) for name, namespace, _, ours in rows)
    first_at = {(name, namespace): place for name, namespace, place, _ in reversed(rows)}
    for name, namespace, place, _ in rows:
        if meaning[name] != namespace:
            other = first_at[name, meaning[name]]
            found.append(_two_meanings(name, namespace, meaning[name], place, other))
        elif called[namespace] != name:
            other = first_at[called[namespace], namespace]
            found.append(_two_names(namespace, name, called[namespace], place, other))
    return found


def _majority(rows: Iterable[tuple[str, str, bool]]) -> dict[str, str]:
    votes: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for key, value, ours in rows:
        votes[key][value] += 1_000_000 if ours else 1
    return {key: max(given, key=lambda one: given[one]) for key, given in votes.items()}


def _two_meanings(name: str, namespace: str, other: str, place: Place, where: Place) -> Result:
    return Result(
        rule="prefix",
        level="error",
        message=f"prefix '{name}:' stands for <{namespace}> here and for <{other}> elsewhere",
        places=(place, where),
        help="a prefix has one meaning: call one of the two namespaces otherwise",
    )


def _two_names(namespace: str, name: str, other: str, place: Place, where: Place) -> Result:
    return Result(
        rule="prefix",
        level="warning",
        message=f"namespace <{namespace}> has the prefix '{name}:' here and '{other}:' elsewhere",
        places=(place, where),
        help=f"write '{other}:' here as well",
    )


def shortener(documents: Iterable[Document]) -> Callable[[str], str]:
    """Return a function that abbreviates an IRI by the prefixes of some documents."""
    known: dict[str, str] = {}
    for document in documents:
        for name, namespace, _ in itertools.islice(prefixes(document), _MOST_PREFIXES):
            if namespace:
                known.setdefault(namespace, name)
    longest_first = sorted(known, key=len, reverse=True)

    def short(iri: str) -> str:
        for namespace in longest_first:
            rest = iri[len(namespace) :]
            if iri.startswith(namespace) and re.fullmatch(r"[\w-][\w.-]*", rest):
                return f"{known[namespace]}:{rest}"
        return f"<{iri}>"

    return short


def unprintable_texts(documents: Iterable[Document]) -> list[Result]:
    """Return the texts and names with characters that no reader sees or that steer what he sees.

    A label stands in one line; other texts may have several.
    """
    found = []
    for document in documents:
        lines: Lines | None = None
        odd = 0
        for quad in document.quads:
            told = _unprintable(quad)
            if told is None or is_foreign(document, quad):
                continue
            odd += 1
            if odd > MOST_TEXTS:
                continue
            lines = lines or Lines(document)
            line = lines.exact(text_of(quad.subject), quad.predicate.value, text_of(quad.object))
            what, character = told
            name = unicodedata.name(character, "a control character").lower()
            found.append(
                Result(
                    rule="text",
                    level="error",
                    message=f"the {what} has the character U+{ord(character):04X}, {name}",
                    places=(Place(document.path, line),),
                    help="take it out: no page shows it, and RDF/XML cannot say it"
                    if ord(character) in NOT_XML
                    else "write it as one line"
                    if character in "\t\n\r"
                    else "take it out: it makes a line read otherwise than it is",
                )
            )
        if odd > MOST_TEXTS:
            message = f"and {odd - MOST_TEXTS} more texts have such characters"
            found.append(Result("text", "error", message, (Place(document.path),)))
    return found


def _unprintable(quad: ox.Quad) -> tuple[str, str] | None:
    """Return what of a statement has a character that should not be there, and which."""
    value = quad.object
    if isinstance(value, ox.Literal):
        label = quad.predicate.value in _LABELS
        match = HIDDEN.search(value.value) or (_BREAK.search(value.value) if label else None)
        if match:
            return "label" if label else "text", match[0]
    for term in (quad.subject, quad.predicate, value):
        match = HIDDEN.search(term.value) if isinstance(term, ox.NamedNode) else None
        if match:
            return "IRI", match[0]
    return None


def undefined_terms(documents: Sequence[Document]) -> list[Result]:
    """Return the terms that are used and that nothing declares, each with the nearest declared.

    A term is declared by its type. What is only referred to, such as a licence or a source, need
    not be.
    """
    declared = _declared(documents)
    spaces = {_namespace(iri) for iri in declared if GENID not in iri} | set(BUILT_IN)
    uses: dict[str, list[tuple[Document, ox.Quad]]] = {}
    for document in documents:
        for quad in document.quads:
            for iri in () if is_foreign(document, quad) else _used(quad, spaces):
                if iri not in declared and iri not in _KNOWN and GENID not in iri:
                    uses.setdefault(iri, []).append((document, quad))
    if not uses:
        return []
    short = shortener(documents)
    lines: dict[str, Lines] = {}
    labels = {iri: names for iri, names in declared.items() if GENID not in iri}
    labels |= {iri: [] for iri in _KNOWN}
    known = {short(iri).split(":")[0]: _namespace(iri) for iri in labels if ":" in short(iri)}
    names = Names("term", labels, known)
    found: list[Result] = []
    strange: dict[str, list[str]] = defaultdict(list)
    for iri in uses:
        if _namespace(iri) not in spaces:
            strange[_namespace(iri)].append(iri)
    for iri, rows in uses.items():
        if len(found) > MOST:
            found.append(not_listed({"error": len(uses) - len(found)}))
            break
        others = strange[_namespace(iri)]
        if len(others) > MOST_STRANGERS and iri != others[0]:
            continue
        places = []
        for document, quad in rows[:MOST_PLACES]:
            if document.path not in lines:
                lines[document.path] = Lines(document)
            places.append(Place(document.path, _line(lines[document.path], document, quad, iri)))
        likely = _likely(iri, names, labels, short) if len(found) < MOST_GUESSES else None
        more = ""
        if len(others) > MOST_STRANGERS:
            likely = None
            more = f" and {len(others) - 1} other terms of <{_namespace(iri)}>"
        found.append(
            Result(
                rule="undefined-term",
                level="error",
                message=f"nothing declares {short(iri)}{more}",
                places=tuple(dict.fromkeys(places)),
                help=hint_of_scheme(iri)
                or (
                    f"did you mean {likely}?"
                    if likely
                    else "declare it, or add the owl:imports of the ontology that does"
                ),
                about=tuple(others) if more else (iri,),
            )
        )
    return found


def _declared(documents: Sequence[Document]) -> dict[str, list[str]]:
    """Return the labels of each term that has a type."""
    declared: dict[str, list[str]] = {}
    for document in documents:
        for quad in document.quads:
            subject = quad.subject
            if isinstance(subject, ox.NamedNode) and quad.predicate.value == TYPE:
                declared.setdefault(subject.value, [])
    for document in documents:
        for quad in document.quads:
            if quad.predicate.value in (RDFS + "label", SKOS + "altLabel"):
                iri = getattr(quad.subject, "value", "")
                if iri in declared:
                    declared[iri].append(getattr(quad.object, "value", ""))
    return declared


def _namespace(iri: str) -> str:
    return iri[: len(iri) - len(re.split(r"[/#]", iri)[-1])]


def _used(quad: ox.Quad, spaces: set[str]) -> Iterator[str]:
    """Yield the terms of a statement that something has to declare."""
    predicate = quad.predicate.value
    yield predicate
    subject, value = quad.subject, quad.object
    if isinstance(subject, ox.NamedNode) and _namespace(subject.value) in spaces:
        yield subject.value
    if isinstance(value, ox.Literal):
        yield value.datatype.value
    elif isinstance(value, ox.NamedNode) and predicate not in _ELSEWHERE:
        structural = predicate in _STRUCTURE or predicate.startswith(OWL)
        if structural or _namespace(value.value) in spaces:
            yield value.value


def _line(lines: Lines, document: Document, quad: ox.Quad, iri: str) -> int | None:
    subject, value = quad.subject, quad.object
    found = lines.exact(
        getattr(subject, "value", ""), quad.predicate.value, getattr(value, "value", "")
    )
    if found is not None:
        return found
    # The links of lists have no line of their own: look for the name itself.
    match = re.search(rf"(?<![\w-]){re.escape(local_name(iri))}(?![\w-])", document.text)
    return None if match is None else document.text.count("\n", 0, match.start()) + 1


def _likely(
    iri: str, names: Names, labels: dict[str, list[str]], short: Callable[[str], str]
) -> str | None:
    """Return the nearest declared term, one of the same namespace before any other."""
    name = re.split(r"[/#]", iri)[-1]
    near = [one for text in names.nearest(name) for one in names.search(text)]
    near += [one for one in names.search(name) if one not in near]
    near = [one for one in near if one in labels and _alike(name, local_name(one))]
    exact = [one for one in near if local_name(one) == name]
    within = [one for one in near if _namespace(one) == _namespace(iri)]
    best = next(iter([*exact, *within, *near]), None)
    return None if best is None else short(best)


def _alike(one: str, other: str) -> bool:
    first, second = (re.sub(r"[\W_]+", "", name).casefold() for name in (one, other))
    return difflib.SequenceMatcher(None, first, second).ratio() >= _ALIKE


def imports_astray(astray: Iterable[Import]) -> list[Result]:
    """Return the imports that a catalog leads to an ontology of another name."""
    return [
        Result(
            rule="import",
            level="warning",
            message=f"owl:imports <{one.iri}> leads to {one.file}, which is <{one.found}>",
            places=(Place(one.document.path, one.line),),
            help=f"lead the name elsewhere in {CATALOG}, or import <{one.found}>",
        )
        for one in astray
    ]


def missing_imports(documents: Sequence[Document]) -> list[Result]:
    """Return the files that use a class or a property of an ontology that they do not import.

    What others redeclare is nobody's, and what is somebody else's has no home here.
    """
    homes, names, path_of = _homes(documents)
    for document in documents:
        for quad in document.quads:
            if quad.predicate.value == OWL + "versionIRI":
                path_of.setdefault(str(getattr(quad.object, "value", "")), document.path)
    direct = {
        document.path: {path_of[iri] for iri in document.imports if iri in path_of}
        for document in documents
    }
    found = []
    for document in documents:
        reached, queue = {document.path}, [document.path]
        while queue:
            for path in direct[queue.pop()] - reached:
                reached.add(path)
                queue.append(path)
        missing: dict[str, tuple[str, ox.Quad]] = {}
        for quad in () if document.foreign else document.quads:
            for iri in _used(quad, set()):
                paths = homes.get(iri, {document.path: None})
                path = next(iter(paths))
                if reached.isdisjoint(paths) and path in names:
                    whole = IND if names[path].startswith(IND) else names[path]
                    missing.setdefault(whole, (iri, quad))
        if not missing or document.path not in names:
            continue
        lines, short = Lines(document), shortener([document])
        for name, (iri, quad) in missing.items():
            found.append(
                Result(
                    rule="import",
                    level="warning",
                    message=f"{short(iri)} is used, and its ontology is not imported",
                    places=(Place(document.path, _line(lines, document, quad, iri)),),
                    help=f"add  owl:imports <{name}>  to the header",
                    about=(iri,),
                )
            )
    return found


def _homes(
    documents: Sequence[Document],
) -> tuple[dict[str, dict[str, None]], dict[str, str], dict[str, str]]:
    """Return the files in which each term is at home, and the ontologies by file and back.

    A term is at home where the ontology owns its namespace, or is said to define it, or is the only
    one to declare it; who declares it and says who defines it may stand in for that one. Lacking
    all of that it has no home.
    """
    declared: dict[str, dict[str, None]] = {}
    defined: dict[str, set[str]] = defaultdict(set)
    standing: dict[str, dict[str, None]] = defaultdict(dict)
    notes: set[str] = set()
    names: dict[str, str] = {}
    path_of: dict[str, str] = {}
    for document in documents:
        for quad in document.quads:
            subject = getattr(quad.subject, "value", "")
            if quad.predicate.value == RDFS + "isDefinedBy":
                defined[subject].add(text_of(quad.object))
                standing[subject][document.path] = None
            elif quad.predicate.value == TYPE and isinstance(quad.object, ox.NamedNode):
                if quad.object.value in _TERMS and GENID not in subject:
                    declared.setdefault(subject, {})[document.path] = None
                    if quad.object.value == OWL + "AnnotationProperty":
                        notes.add(subject)
                elif quad.object.value == OWL + "Ontology":
                    names.setdefault(document.path, subject)
                    path_of.setdefault(subject, document.path)
    homes: dict[str, dict[str, None]] = {}
    for iri, paths in declared.items():
        said = {path: None for path in paths if names.get(path) in defined[iri]}
        owners = {path: None for path in paths if owns(names.get(path, ""), iri)}
        alone = len(paths) == 1 and iri not in notes and not defined[iri]
        found = said or owners or (paths if alone else {})
        if found:
            homes[iri] = {**found, **standing[iri]}
    return homes, names, path_of


def taken_as_data(documents: Iterable[Document]) -> list[Result]:
    """Return how much of each foreign ontology is only data."""
    found = []
    for document in documents:
        for name in sorted(document.foreign):
            number = sum(unit_of(quad, document.own) == name for quad in document.aside)
            if number:
                message = f"of <{name}>, which others keep, {number:,} statements are only data"
                help_ = "nothing follows from them: say what your criteria need of them yourself"
                place = Place(document.path, Lines(document).locate(name, None, None))
                found.append(Result("import", "note", message, (place,), help_, (name,)))
    return found
