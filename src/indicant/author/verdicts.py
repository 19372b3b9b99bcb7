"""What the shapes and HermiT find wrong with an ontology, each with the places to look at."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.assess.validation import MORE as UNLISTED
from indicant.assess.validation import is_least
from indicant.author.rules import LEVELS, SHAPES_OF_GUIDELINES, rule_name, shapes_text
from indicant.author.slips import shortener
from indicant.compile.owl import ontology_text
from indicant.files import lines, strangers
from indicant.files.rdf import text_of, undirected
from indicant.report.findings import Place, Result, not_listed
from indicant.terms import GENID, LABEL, OWL, RDFS, TYPE, local_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from indicant.assess.validation import Finding
    from indicant.compile.hermit import Reasoner
    from indicant.files.rdf import Document
    from indicant.files.sources import Source
    from indicant.report.findings import Rule

EXPLAINED: Final = 10


class Places(lines.Places):
    """Where the statements of several documents stand, and the terms that a text speaks of."""

    def __init__(self, documents: Iterable[Document]) -> None:
        super().__init__(documents)
        self._by_word: dict[str, str] = {}
        for document in self._documents:
            for quad in document.quads:
                subject = text_of(quad.subject)
                if quad.predicate.value == TYPE and GENID not in subject:
                    self._by_word.setdefault(local_name(subject), subject)

    def of(self, focus: str | None, path: str | None, value: str | None) -> tuple[Place, ...]:
        """Return where a statement stands, or else what it is about."""
        found = self.find(focus, path, value)
        return () if found is None else (Place(*found),)

    def of_words(self, words: Iterable[str]) -> tuple[Place, ...]:
        """Return where the terms that an explanation speaks of are declared."""
        named = dict.fromkeys(self._by_word[word] for word in words if word in self._by_word)
        found = [place for iri in named for place in self.of(iri, None, None)]
        order = {document.path: at for at, document in enumerate(self._documents)}
        found.sort(key=lambda place: order[place.file])
        return tuple(dict.fromkeys(found))


def left_out(finding: Finding, file: str | None = None) -> Result:
    """Return what is to be told of findings that were counted at best."""
    number = int(finding.value or 0)
    counted = not is_least(finding)
    return not_listed({"error": number}, counted=counted, file=file)


def broken_shapes(
    source: Source,
    places: Places,
    unknown: set[str],
    rules: Mapping[str, Rule],
    *,
    reference: bool,
) -> Iterator[Result]:
    """Yield what the shapes of guidelines find, but for what follows from unknown terms.

    Args:
        source: the ontology.
        places: where its statements stand.
        unknown: the terms that it uses and that nothing declares.
        rules: the rules that the shapes are, by name.
        reference: whether pySHACL is to check the shapes.
    """
    from indicant.assess.validation import validate_graph

    foreign = strangers.subjects(source.documents)
    text, names = _graph(source)
    bare = _graph(source, nameless=foreign)[0] if foreign else text
    vague = {
        (text_of(subject), text_of(predicate))
        for _, subject, predicate, value in source.triples()
        if text_of(value) in unknown
    }
    subjects = {subject for subject, _ in vague}
    others = foreign | _of_others(source)
    short = shortener(source.documents)
    for name in SHAPES_OF_GUIDELINES:
        graph = bare if name == "vocabulary" else text
        for one in validate_graph(shapes_text(name), graph, reference=reference):
            if one.shape == UNLISTED:
                yield left_out(one)
                continue
            focus, value = names.get(one.focus or "", one.focus), one.value
            value = names.get(value or "", value)
            if name == "vocabulary" and focus in others:
                continue
            if value in unknown or (focus, one.path) in vague:
                continue
            if one.path is None and focus in subjects:
                continue
            rule = rule_name(one.shape)
            yield Result(
                rule=rule,
                level=LEVELS[one.severity],
                message=_message(one, focus, short),
                places=places.of(focus, one.path, value),
                help=rules[rule].description or None,
                about=(focus,) if focus and GENID not in focus else (),
            )


def _of_others(source: Source) -> set[str]:
    """Return the annotation properties that are declared here, and whose namespace others own."""
    names = {
        text_of(subject)
        for _, subject, predicate, value in source.triples()
        if text_of(predicate) == TYPE and text_of(value) == OWL + "Ontology"
    }
    return {
        text_of(subject)
        for _, subject, predicate, value in source.triples()
        if text_of(predicate) == TYPE
        and text_of(value) == OWL + "AnnotationProperty"
        and not any(strangers.owns(name, text_of(subject)) for name in names)
    }


def _graph(source: Source, nameless: Collection[str] = ()) -> tuple[str, dict[str, str]]:
    """Return a source as N-Triples with its blank nodes, and what each of them is called.

    What some terms are called is left out.
    """
    names: dict[str, str] = {}

    def written(term: object) -> str:
        if isinstance(term, ox.NamedNode) and GENID in term.value:
            return "_:" + names.setdefault(term.value, f"b{len(names)}")
        return str(undirected(term))

    statements = dict.fromkeys(
        f"{written(subject)} {predicate} {written(value)} ."
        for _, subject, predicate, value in source.triples()
        if text_of(predicate) != LABEL or text_of(subject) not in nameless
    )
    back = {label: iri for iri, label in names.items()}
    back |= {f"_:{label}": iri for label, iri in list(back.items())}
    return "\n".join(statements) + "\n", back


def _message(finding: Finding, focus: str | None, short: Callable[[str], str]) -> str:
    text = re.sub(
        r"<?([a-z][a-z0-9+.-]*:/[^\s<>\"{}|\\^`]*[\w/#-])>?",
        lambda match: short(match[1]),
        finding.message,
    )
    about = short(focus) if focus and GENID not in focus else ""
    if about and about not in text:
        text = f"{text}: {about}"
    return text


def contradictions(source: Source, places: Places, *, seconds: float) -> Iterator[Result]:
    """Yield what HermiT finds: that there is no model, or the classes that can have no member.

    Raises:
        IndicantError: it cannot read the ontology, or memory or time ran out.
    """
    from indicant.compile.hermit import Reasoner

    with Reasoner(ontology_text(source, passages=False), "ntriples", timeout=seconds) as hermit:
        if hermit.is_consistent():
            yield from _unsatisfiable(source, hermit, places)
        else:
            yield from _inconsistent(hermit, places)


def _inconsistent(hermit: Reasoner, places: Places) -> Iterator[Result]:
    axioms = hermit.explain_unsatisfiable(OWL + "Thing")
    words = [word for axiom in axioms for word in re.findall(r"[\w-]+", axiom)]
    yield Result(
        rule="inconsistent",
        level="error",
        message="the ontology has no model: " + "; ".join(axioms),
        places=places.of_words(words),
        help="take one of these axioms back",
        data={"axioms": axioms},
    )


def _unsatisfiable(source: Source, hermit: Reasoner, places: Places) -> Iterator[Result]:
    broken = set(hermit.unsatisfiable())
    above = defaultdict(set)
    for _, subject, predicate, value in source.triples():
        if text_of(predicate) == RDFS + "subClassOf" and text_of(value) in broken:
            above[text_of(subject)].add(text_of(value))
    short = shortener(source.documents)
    roots = sorted(broken - above.keys()) or sorted(broken)
    for at, cls in enumerate(roots + sorted(broken - set(roots))):
        reason, axioms = "", []
        if cls not in roots:
            reason = f"{short(min(above[cls]))} above it can have none"
        elif at < EXPLAINED:
            axioms = hermit.explain_unsatisfiable(cls)
            reason = "; ".join(axioms)
        yield Result(
            rule="unsatisfiable",
            level="error",
            message=f"{short(cls)} can have no member" + (f": {reason}" if reason else ""),
            places=places.of(cls, None, None),
            help="take one of these axioms back" if axioms else None,
            about=(cls,),
            data={"axioms": axioms},
        )
