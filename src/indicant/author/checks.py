"""Check guidelines, ontologies and cases by everything that there is to check them by."""

from __future__ import annotations

import importlib.util
import os
import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from indicant.assess.validation import MORE as UNLISTED
from indicant.author import measures, slips, translations
from indicant.author.rules import (
    LEVELS,
    RULES,
    SHAPES_OF_CASES,
    SHAPES_OF_GUIDELINES,
    result_of,
    rule_name,
    shape_rules,
    shapes_text,
)
from indicant.author.verdicts import Places, broken_shapes, contradictions, left_out
from indicant.compile.axioms import Axioms
from indicant.errors import IndicantError, OutOfTimeError
from indicant.files.derivations import ENDING, FOLDER, is_about
from indicant.files.fence import Fence, fence_of
from indicant.files.rdf import STDIN, read, read_text, text_of
from indicant.files.sources import (
    CATALOG,
    EXAMPLE_FILE,
    gather,
    resolve,
)
from indicant.files.targets import root_of, targets
from indicant.guideline.vocabulary import Vocabulary, slim_vocabulary
from indicant.report.findings import Place, Report, Result, Rule
from indicant.report.forms import counts
from indicant.terms import IND, OWL, TYPE, local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from indicant.assess.validation import Validator
    from indicant.author.passages import Origin
    from indicant.files.rdf import Document
    from indicant.files.sources import Source


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
    language: str | None = None,
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
        language: a language into which all texts that are shown are to be translated.

    Raises:
        IndicantError: a path names nothing, a document cannot be read, or the language is none.
    """
    run = _Check(guideline, documents, reference, reasoner, seconds, fence)
    run.language = language
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
        self.language: str | None = None

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
                self.add(result_of("syntax", error))
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
        if document is None and path.parent.name == FOLDER and path.suffix == ENDING:
            folder = path.parent.parent
            if self.ontology(folder, fence.within(folder), only=path):
                return
        if document is None:
            for error in slips.slips(os.fspath(path)):
                self.add(result_of("syntax", error))
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
            self.add(result_of("syntax", error))

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
            self.add(result_of("case", error))
            return
        for one in found:
            if one.shape == UNLISTED:
                self.add(left_out(one, document.path))
                continue
            rule = rule_name(one.shape)
            place = Place(one.file or document.path, one.line)
            hint = f"did you mean {one.suggestion}?" if one.suggestion else None
            self.add(
                Result(
                    rule=rule,
                    level=LEVELS[one.severity],
                    message=one.message,
                    places=(place,),
                    help=hint or self._rules[rule].description or None,
                )
            )

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
        rules = {os.path.realpath(one.path) for one in source.derivations}
        whole = None if only is None else os.path.realpath(only)
        if whole is not None and whole not in files | rules:
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
            self.add(result_of("syntax", error))
            return
        try:
            document = read(os.fspath(example))
        except IndicantError:
            for slip in slips.slips(os.fspath(example)):
                self.add(result_of("syntax", slip))
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
        self.checks("undefined-term", "profile", "codes", "override-circle", measures.RULE)
        undefined = slips.undefined_terms(source.documents)
        for one in [
            *slips.imports_astray(source.astray),
            *slips.taken_as_data(source.documents),
            *undefined,
            *slips.missing_imports(source.documents),
        ]:
            self.add(one)
        unknown = {iri for one in undefined for iri in one.about}
        places = Places(source.documents)
        refused = self._profile(source, unknown)
        self._derivations(source)
        for one in broken_shapes(source, places, unknown, self._rules, reference=self._reference):
            self.add(one)
        for one in measures.misstated_units(source, places):
            self.add(one)
        self._codes(source)
        if self.language is not None:
            self.checks(translations.RULE)
            for one in translations.untranslated(source, places, self.language):
                self.add(one)
        if not refused and not unknown:
            self._circle(source, places)
            self._unsettled(source, places)
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
                self.add(result_of("profile", error))
        return bool(found)

    def _derivations(self, source: Source) -> None:
        """Tell why derivations are refused, where there are any."""
        if not source.derivations:
            return
        from indicant.compile.derivations import refusals

        self.checks("derivation")
        for error in refusals(source, Vocabulary(_vocabulary_of(source))):
            self.add(result_of("derivation", error))

    def _unsettled(self, source: Source, places: Places) -> None:
        """Tell of what no case can establish or refute, where there is a solver to ask."""
        if importlib.util.find_spec("pysat") is None:
            return
        from indicant.compile.profile import read_model
        from indicant.possible.advice import advise
        from indicant.possible.settling import unsettled

        self.checks("unsettled")
        labels = source.labels()
        deadline = time.monotonic() + self._seconds
        try:
            advice = advise(read_model(source), seconds=self._seconds, deadline=deadline)
            found = unsettled(
                advice,
                lambda iri: labels.get(iri, local_name(iri)),
                seconds=self._seconds,
                deadline=deadline,
            )
            for one in found:
                if not one.message:
                    names = ", ".join(map(local_name, one.about))
                    self._undecided.setdefault(f"whether a case can settle {names}", None)
                    continue
                self.add(
                    Result(
                        "unsettled",
                        one.level,
                        one.message,
                        tuple(place for iri in one.about for place in places.of(iri, None, None)),
                        one.help or None,
                        about=one.about,
                    )
                )
        except OutOfTimeError:
            self._undecided.setdefault("whether a case can settle every criterion", None)
        except IndicantError as error:
            self._undecided.setdefault(f"whether a case can settle it: {error.message}", None)

    def _circle(self, source: Source, places: Places) -> None:
        from indicant.compile.overriding import effective
        from indicant.compile.profile import read_model

        try:
            effective(read_model(source))
        except IndicantError as error:
            words = error.message.partition(": ")[2].split(" is overridden by ")
            told = result_of("override-circle", error)
            self.add(replace(told, places=places.of_words(words)))

    def _codes(self, source: Source) -> None:
        from indicant.guideline.mappings import of_source, remarks

        try:
            tables = of_source(source)
        except IndicantError as error:
            self.add(result_of("codes", error))
            return
        for table in tables:
            for line, message in remarks(table):
                self.add(Result("codes", "note", message, (Place(table.path, line),)))

    def _ask(self, source: Source, places: Places) -> None:
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
            for one in contradictions(source, places, seconds=self._seconds):
                self.add(one)
        except RecursionError:
            self.add(Result("reasoner", "error", "the ontology is nested too deeply for HermiT"))
        except IndicantError as error:
            if "ran out of" in error.message:
                self._undecided.setdefault(f"consistency: {error.message}", None)
            else:
                self.add(result_of("reasoner", error))

    # ------------------------------------------------------------------ passages

    def _passages(self, source: Source, places: Places) -> None:
        from indicant.author.passages import MAX_BYTES, origins, verify_best

        if not self._documents:
            return
        self.checks("passage")
        try:
            candidates: list[Origin] = origins(source)
        except IndicantError as error:
            self.add(result_of("passage", error))
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


def _validator_of(source: Source) -> Validator:
    from indicant.assess.validation import Validator

    return Validator(shapes_text("case"), _vocabulary_of(source))


def _vocabulary_of(source: Source) -> str:
    triples = [(subject, predicate, value) for _, subject, predicate, value in source.triples()]
    return slim_vocabulary(triples)


def _of_problem(error: IndicantError) -> Iterator[Result]:
    """Yield what was wrong with a file that could not be loaded."""
    name = error.file or ""
    if error.message.startswith(("owl:imports", "ind:mappedBy", "no such file")) or (
        os.path.basename(name) == CATALOG
    ):
        yield result_of("import", error)
    elif name.endswith(".tsv"):
        yield result_of("codes", error)
    elif is_about(name):
        yield result_of("derivation", error)
    else:
        for one in slips.slips(name):
            yield result_of("syntax", one)


def _holds(document: Document, kind: str) -> bool:
    return any(
        quad.predicate.value == TYPE and text_of(quad.object) == kind for quad in document.quads
    )


def _number(count: int, word: str) -> str:
    plural = f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
    return f"{count} {word if count == 1 else plural}"
