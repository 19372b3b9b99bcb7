"""Check guidelines, ontologies and cases by everything that there is to check them by."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox

from indicant.assess.validation import MORE as UNLISTED
from indicant.author import slips
from indicant.compile.axioms import Axioms
from indicant.compile.owl import ontology_text
from indicant.errors import IndicantError
from indicant.files import bounded, resources
from indicant.files.fence import Fence, fence_of
from indicant.files.lines import Places
from indicant.files.rdf import STDIN, read, read_text, text_of
from indicant.files.sources import (
    CATALOG,
    EXAMPLE_FILE,
    gather,
    resolve,
)
from indicant.files.targets import root_of, targets
from indicant.report.findings import Place, Report, Result, Rule, not_listed
from indicant.report.forms import counts
from indicant.terms import GENID, IND, OWL, RDFS, TYPE, local_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from indicant.assess.validation import Finding, Validator
    from indicant.author.passages import Origin
    from indicant.files.rdf import Document
    from indicant.files.sources import Source
    from indicant.report.findings import Level

SHAPES_OF_GUIDELINES: Final = ("guideline", "vocabulary")
SHAPES_OF_CASES: Final = ("case",)
EXPLAINED: Final = 10
_LEVELS: Final[Mapping[str, Level]] = {
    "violation": "error",
    "warning": "warning",
    "info": "note",
}
_SHACL: Final = "http://www.w3.org/ns/shacl#"
RULES: Final = {
    rule.name: rule
    for rule in (
        Rule("syntax", "every file shall be readable as RDF"),
        Rule(
            "import", "every import and table of codes shall be found, and every import be stated"
        ),
        Rule("prefix", "a prefix shall have one meaning, and a namespace one prefix"),
        Rule("text", "a text shall hold no character that cannot be seen"),
        Rule("undefined-term", "every term that is used shall be declared"),
        Rule("codes", "every table of codes shall be readable as SSSOM"),
        Rule("profile", "every axiom and every criterion shall lie within the profile"),
        Rule("override-circle", "recommendations shall not override one another in a circle"),
        Rule("inconsistent", "the ontology shall have a model"),
        Rule("unsatisfiable", "every class shall be able to have a member"),
        Rule("reasoner", "the reasoner shall be able to read the ontology"),
        Rule("passage", "every passage shall stand in its document where it says"),
        Rule("case", "a file of cases shall hold a case"),
    )
}


def check(
    paths: Sequence[str] = (),
    *,
    guideline: str | None = None,
    documents: Sequence[str] = (),
    reference: bool = False,
    reasoner: bool = True,
    seconds: float = 60.0,
    stdin: BinaryIO | None = None,
    fence: Fence | None = None,
) -> Report:
    """Check guidelines, ontologies and cases, and return all that does not hold.

    Args:
        paths: names of guidelines, folders and files; without any, the guideline that ships.
        guideline: the guideline whose terms the cases may use.
        documents: copies of the documents that the passages come from.
        reference: whether pySHACL is to check the shapes.
        reasoner: whether HermiT is to be asked.
        seconds: the time limit for each question to HermiT.
        stdin: where a case named ``-`` comes from.
        fence: where files may lie; without, in the repository of each path.

    Raises:
        IndicantError: a path names nothing, or a document cannot be read.
    """
    run = _Check(guideline, documents, reference, reasoner, seconds, fence)
    wanted: Sequence[str | None] = paths or [guideline]
    for path in wanted:
        if path == STDIN:
            run.standard_input(stdin)
        else:
            run.given(resolve(path))
    subject = ", ".join(paths) or guideline or "the guideline that ships"
    return run.report(subject)


class _Check:
    """One run: what is found, by rule."""

    def __init__(
        self,
        guideline: str | None,
        documents: Sequence[str],
        reference: bool,
        reasoner: bool,
        seconds: float,
        fence: Fence | None,
    ) -> None:
        self._fence = fence
        self._guideline = guideline
        self._documents = documents
        self._reference = reference
        self._reasoner = reasoner
        self._seconds = seconds
        self._rules: dict[str, Rule] = {}
        self._results: dict[tuple[object, ...], Result] = {}
        self._undecided: dict[str, None] = {}
        self._done: set[str] = set()
        self._validators: dict[str, Validator] = {}
        self._files: tuple[set[str], set[str]] = (set(), set())

    def report(self, subject: str) -> Report:
        ontologies, cases = map(len, self._files)
        report = Report(
            verb="check",
            subject=subject,
            rules=tuple(self._rules.values()),
            results=tuple(self._results.values()),
            undecided=tuple(self._undecided),
        )
        number = counts(report)
        errors, warnings = number["error"], number["warning"]
        what = [
            _number(count, word)
            for count, word in ((ontologies, "ontology file"), (cases, "case file"))
            if count
        ]
        found = [_number(count, word) for count, word in ((errors, "error"), (warnings, "warning"))]
        whole = " and ".join(what) or "nothing"
        summary = f"{whole} checked by {_number(len(self._rules), 'rule')}: " + (
            ", ".join(found) if errors or warnings or self._undecided else "all holds"
        )
        return replace(report, summary=summary)

    def checks(self, *names: str) -> None:
        """Take note of rules that are checked from here on."""
        self._rules.update((name, RULES[name]) for name in names)

    def add(self, result: Result) -> None:
        if result.rule in RULES:
            self.checks(result.rule)
        key = (result.rule, result.message, result.places[:1], result.about)
        self._results.setdefault(key, result)

    # ------------------------------------------------------------------ what a path is

    def given(self, path: Path) -> None:
        """Check what a path stands for, which a link does not make more of."""
        fence = fence_of(path) if self._fence is None else self._fence
        for target in targets(path):
            try:
                fence.follow(target, path)
            except IndicantError as error:
                self.add(_of_error("syntax", error))
            else:
                self.target(target, fence)

    def target(self, path: Path, fence: Fence) -> None:
        if path.is_dir():
            self.ontology(path, fence)
            return
        try:
            document = read(os.fspath(path))
        except IndicantError:
            document = None
        if document is None:
            for error in slips.slips(os.fspath(path)):
                self.add(_of_error("syntax", error))
            self._files[0].add(os.path.realpath(path))
        elif _holds(document, IND + "PatientCase") and not _holds(document, OWL + "Ontology"):
            self.case(document)
        else:
            root = root_of(path)
            around = fence if root is None else fence.within(root)
            if root is None or not self.ontology(root, around, only=path):
                self.ontology(path, fence)

    # ------------------------------------------------------------------ cases

    def standard_input(self, stdin: BinaryIO | None) -> None:
        """Check a case from standard input."""
        try:
            self.case(read(STDIN, stdin=stdin))
        except IndicantError as error:
            self.add(_of_error("syntax", error))

    def case(self, document: Document) -> None:
        """Check a case by the shapes of cases, with the terms of the guideline."""
        validator = self._validator(resolve(self._guideline))
        self._check_case(document, validator)

    def _validator(self, path: Path) -> Validator:
        key = os.fspath(path)
        if key not in self._validators:
            source = gather(path, fence=self._fence)
            Axioms(source).hold_to_grammar()
            self._validators[key] = _validator_of(source)
        return self._validators[key]

    def _check_case(self, document: Document, validator: Validator) -> None:
        self.checks("syntax", "case", "text")
        self._use(SHAPES_OF_CASES)
        self._files[1].add(os.path.realpath(document.path))
        for text in slips.unprintable_texts([document]):
            self.add(text)
        try:
            found = validator.check(document, reference=self._reference)
        except IndicantError as error:
            self.add(_of_error("case", error))
            return
        for one in found:
            if one.shape == UNLISTED:
                self._not_listed(one, document.path)
                continue
            rule = rule_name(one.shape)
            place = Place(one.file or document.path, one.line)
            hint = f"did you mean {one.suggestion}?" if one.suggestion else None
            self.add(
                Result(
                    rule=rule,
                    level=_LEVELS[one.severity],
                    message=one.message,
                    places=(place,),
                    help=hint or self._rules[rule].description or None,
                )
            )

    def _not_listed(self, finding: Finding, file: str | None = None) -> None:
        """Take note of findings that were counted at best."""
        number = int(finding.value or 0)
        counted = not finding.message.startswith("at least")
        self.add(not_listed({"error": number}, counted=counted, file=file))

    def _use(self, names: Iterable[str]) -> None:
        for name in names:
            self._rules.update((rule.name, rule) for rule in shape_rules(name))

    # ------------------------------------------------------------------ ontologies

    def ontology(self, path: Path, fence: Fence, only: Path | None = None) -> bool:
        """Check an ontology with all that it imports.

        Where only one of its files matters, tell what concerns that one, and return whether it is
        among them at all.
        """
        problems: list[IndicantError] = []
        source = gather(path, problems, fence=fence)
        files = {os.path.realpath(document.path) for document in source.documents}
        whole = None if only is None else os.path.realpath(only)
        if whole is not None and whole not in files:
            return False
        if str(path) in self._done:
            return True
        before = dict(self._results)
        self._files[0].update(files)
        self._check_ontology(source, problems, path)
        if whole is None:
            self._done.add(str(path))
            example = path / EXAMPLE_FILE
            if not problems and example.is_file():
                self._check_example(example, source, fence)
        else:
            self._results = before | {
                key: one
                for key, one in self._results.items()
                if not one.places
                or any(os.path.realpath(place.file) == whole for place in one.places)
            }
        return True

    def _check_example(self, example: Path, source: Source, fence: Fence) -> None:
        try:
            fence.follow(example, example.parent)
        except IndicantError as error:
            self.add(_of_error("syntax", error))
            return
        try:
            document = read(os.fspath(example))
        except IndicantError:
            for slip in slips.slips(os.fspath(example)):
                self.add(_of_error("syntax", slip))
            return
        self._check_case(document, _validator_of(source))

    def _check_ontology(self, source: Source, problems: list[IndicantError], path: Path) -> None:
        self.checks("syntax", "import", "prefix", "text")
        for error in problems:
            for one in _of_problem(error):
                self.add(one)
        for one in [
            *slips.ambiguous_prefixes(source.documents),
            *slips.unprintable_texts(source.documents),
        ]:
            self.add(one)
        if problems:
            self._undecided.setdefault(
                f"whether the rest of {path} holds: not all of it could be read", None
            )
            return
        self._use(SHAPES_OF_GUIDELINES)
        self.checks("undefined-term", "profile", "codes", "override-circle")
        undefined = slips.undefined_terms(source.documents)
        for one in [*undefined, *slips.missing_imports(source.documents)]:
            self.add(one)
        unknown = {iri for one in undefined for iri in one.about}
        places = _Places(source.documents)
        refused = self._profile(source, unknown)
        self._shapes(source, places, unknown)
        self._codes(source)
        if not refused and not unknown:
            self._circle(source, places)
        if self._reasoner:
            self._ask(source, places)
            if any(one.rule == "unsatisfiable" for one in self._results.values()):
                self._results = {
                    key: one
                    for key, one in self._results.items()
                    if one.rule != "profile" or not one.message.endswith("can have no member")
                }
        self._passages(source, places)

    def _profile(self, source: Source, unknown: set[str]) -> bool:
        from indicant.compile.profile import refusals

        words = {local_name(iri) for iri in unknown}
        try:
            found = refusals(source)
        except RecursionError:
            found = [IndicantError("a class expression is nested too deeply, or within itself")]
        for error in found:
            if not words & set(re.findall(r"[\w-]+", error.message)):
                self.add(_of_error("profile", error))
        return bool(found)

    def _circle(self, source: Source, places: _Places) -> None:
        from indicant.compile.overriding import effective
        from indicant.compile.profile import read_model

        try:
            effective(read_model(source))
        except IndicantError as error:
            words = error.message.partition(": ")[2].split(" is overridden by ")
            told = _of_error("override-circle", error)
            self.add(replace(told, places=places.of_words(words)))

    def _codes(self, source: Source) -> None:
        from indicant.guideline.mappings import of_source

        try:
            of_source(source)
        except IndicantError as error:
            self.add(_of_error("codes", error))

    def _shapes(self, source: Source, places: _Places, unknown: set[str]) -> None:
        from indicant.assess.validation import validate_graph

        text, names = _graph(source)
        vague = {
            (text_of(subject), text_of(predicate))
            for _, subject, predicate, value in source.triples()
            if text_of(value) in unknown
        }
        subjects = {subject for subject, _ in vague}
        short = slips.shortener(source.documents)
        for name in SHAPES_OF_GUIDELINES:
            for one in validate_graph(_shapes_text(name), text, reference=self._reference):
                if one.shape == UNLISTED:
                    self._not_listed(one)
                    continue
                focus, value = names.get(one.focus or "", one.focus), one.value
                value = names.get(value or "", value)
                if value in unknown or (focus, one.path) in vague:
                    continue
                if one.path is None and focus in subjects:
                    continue
                rule = rule_name(one.shape)
                self.add(
                    Result(
                        rule=rule,
                        level=_LEVELS[one.severity],
                        message=_message(one, focus, short),
                        places=places.of(focus, one.path, value),
                        help=self._rules[rule].description or None,
                        about=(focus,) if focus and GENID not in focus else (),
                    )
                )

    # ------------------------------------------------------------------ the reasoner

    def _ask(self, source: Source, places: _Places) -> None:
        from indicant.compile.hermit import Reasoner
        from indicant.compile.java import available

        if not available():
            self.add(
                Result(
                    rule="reasoner",
                    level="note",
                    message="HermiT was not asked: neither consistency nor unsatisfiable classes "
                    "are known",
                    help="pip install 'indicant[reasoner]'",
                )
            )
            return
        self.checks("reasoner", "inconsistent", "unsatisfiable")
        try:
            with Reasoner(ontology_text(source), "ntriples", timeout=self._seconds) as hermit:
                if hermit.is_consistent():
                    self._unsatisfiable(source, hermit, places)
                else:
                    self._inconsistent(hermit, places)
        except RecursionError:
            self.add(Result("reasoner", "error", "the ontology is nested too deeply for HermiT"))
        except IndicantError as error:
            if "ran out of" in error.message:
                self._undecided.setdefault(f"consistency: {error.message}", None)
            else:
                self.add(_of_error("reasoner", error))

    def _inconsistent(self, hermit: Any, places: _Places) -> None:
        axioms = hermit.explain_unsatisfiable(OWL + "Thing")
        words = [word for axiom in axioms for word in re.findall(r"[\w-]+", axiom)]
        self.add(
            Result(
                rule="inconsistent",
                level="error",
                message="the ontology has no model: " + "; ".join(axioms),
                places=places.of_words(words),
                help="take one of these axioms back",
                data={"axioms": axioms},
            )
        )

    def _unsatisfiable(self, source: Source, hermit: Any, places: _Places) -> None:
        broken = set(hermit.unsatisfiable())
        above = defaultdict(set)
        for _, subject, predicate, value in source.triples():
            if text_of(predicate) == RDFS + "subClassOf" and text_of(value) in broken:
                above[text_of(subject)].add(text_of(value))
        short = slips.shortener(source.documents)
        roots = sorted(broken - above.keys()) or sorted(broken)
        for at, cls in enumerate(roots + sorted(broken - set(roots))):
            reason, axioms = "", []
            if cls not in roots:
                reason = f"{short(min(above[cls]))} above it can have none"
            elif at < EXPLAINED:
                axioms = hermit.explain_unsatisfiable(cls)
                reason = "; ".join(axioms)
            self.add(
                Result(
                    rule="unsatisfiable",
                    level="error",
                    message=f"{short(cls)} can have no member" + (f": {reason}" if reason else ""),
                    places=places.of(cls, None, None),
                    help="take one of these axioms back" if axioms else None,
                    about=(cls,),
                    data={"axioms": axioms},
                )
            )

    # ------------------------------------------------------------------ passages

    def _passages(self, source: Source, places: _Places) -> None:
        from indicant.author.passages import MAX_BYTES, origins, verify_best

        if not self._documents:
            return
        self.checks("passage")
        try:
            candidates: list[Origin] = origins(source)
        except IndicantError as error:
            self.add(_of_error("passage", error))
            return
        for name in self._documents:
            found = verify_best(read_text(name, limit=MAX_BYTES), candidates, file=name)
            if found.reading:
                self.add(
                    Result(
                        rule="passage",
                        level="warning",
                        message=f"does not match as it stands; compared {found.reading}",
                        places=(Place(name),),
                    )
                )
            for one in found.checks:
                if one.state != "matches":
                    self.add(
                        Result(
                            rule="passage",
                            level="error",
                            message=found.told(one),
                            places=(*places.of(one.passage.iri, None, None), Place(name, one.line)),
                            about=(one.passage.iri,),
                        )
                    )


class _Places(Places):
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


def rule_name(shape: str) -> str:
    """Return the name of the rule that a shape is.

    >>> rule_name("https://w3id.org/indicant/shape/Recommendation-action")
    'recommendation-action'
    """
    return local_name(shape).lower()


def shape_rules(name: str) -> list[Rule]:
    """Return the rules of a file of shapes: each shape that says why it is there."""
    import pyoxigraph

    texts: dict[str, dict[str, str]] = defaultdict(dict)
    owner: dict[str, str] = {}
    quads = list(pyoxigraph.parse(_shapes_text(name), format=pyoxigraph.RdfFormat.TURTLE))
    for quad in quads:
        if quad.predicate.value == _SHACL + "sparql":
            owner[text_of(quad.object)] = text_of(quad.subject)
    for quad in quads:
        kind = quad.predicate.value.removeprefix(_SHACL)
        if kind in ("message", "description"):
            node = text_of(quad.subject)
            texts[owner.get(node, node)][kind] = text_of(quad.object)
    return [
        Rule(
            name=rule_name(shape),
            summary=re.sub(r"\{\?(\w+)\}", r"…", said.get("message", "")),
            description=said["description"],
        )
        for shape, said in sorted(texts.items())
        if "description" in said
    ]


@lru_cache
def _shapes_text(name: str) -> str:
    return bounded.text(resources.shapes() / f"{name}.ttl")


def _validator_of(source: Source) -> Validator:
    from indicant.assess.validation import Validator
    from indicant.guideline.vocabulary import slim_vocabulary

    triples = [(subject, predicate, value) for _, subject, predicate, value in source.triples()]
    return Validator(_shapes_text("case"), slim_vocabulary(triples))


def _graph(source: Source) -> tuple[str, dict[str, str]]:
    """Return a source as N-Triples with its blank nodes, and what each of them is called."""
    names: dict[str, str] = {}

    def written(term: object) -> str:
        if isinstance(term, ox.NamedNode) and GENID in term.value:
            return "_:" + names.setdefault(term.value, f"b{len(names)}")
        return str(term)

    lines = dict.fromkeys(
        f"{written(subject)} {predicate} {written(value)} ."
        for _, subject, predicate, value in source.triples()
    )
    back = {label: iri for iri, label in names.items()}
    back |= {f"_:{label}": iri for label, iri in list(back.items())}
    return "\n".join(lines) + "\n", back


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


def _of_error(rule: str, error: IndicantError) -> Result:
    place = Place(error.file, error.line, error.column) if error.file else None
    message = error.message.removeprefix("outside the profile: ")
    return Result(rule, "error", message, (place,) if place else (), error.help)


def _of_problem(error: IndicantError) -> Iterator[Result]:
    """Yield what was wrong with a file that could not be loaded."""
    name = error.file or ""
    if error.message.startswith(("owl:imports", "ind:mappedBy", "no such file")) or (
        os.path.basename(name) == CATALOG
    ):
        yield _of_error("import", error)
    elif name.endswith(".tsv"):
        yield _of_error("codes", error)
    else:
        for one in slips.slips(name):
            yield _of_error("syntax", one)


def _holds(document: Document, kind: str) -> bool:
    return any(
        quad.predicate.value == TYPE and text_of(quad.object) == kind for quad in document.quads
    )


def _number(count: int, word: str) -> str:
    plural = f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
    return f"{count} {word if count == 1 else plural}"
