"""Assess cases: what a guideline recommends, contraindicates and leaves open, with reasons."""

from __future__ import annotations

import os
import threading
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.assess.arithmetic import BEYOND
from indicant.assess.assessment import Assessment, InvalidCase, Taken, demand
from indicant.assess.catalogue import Catalogue
from indicant.assess.derivations import DERIVED_BY, NOTHING, Deriver, told_of
from indicant.assess.engine import AUTO, NATIVE, make_engine
from indicant.assess.lending import Engines
from indicant.assess.native import PAYS, Loops, NativeEngine
from indicant.assess.parts import parted
from indicant.assess.quantities import read_quantities
from indicant.assess.validation import SHAPE, Finding, Validator, Vocabulary, locate_findings
from indicant.compile import derivations
from indicant.compile.compiled import key_of, obtain
from indicant.errors import IndicantError
from indicant.files import bounded, resources
from indicant.files.fence import Fence, fence_of
from indicant.files.rdf import Document, read
from indicant.files.sources import EXAMPLE_FILE, load, resolve
from indicant.guideline.languages import ENGLISH, in_language
from indicant.guideline.wording import Words
from indicant.process.sharing import helpers
from indicant.terms import IND, TYPE, XSD, local_name

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from indicant.assess.engine import Engine
    from indicant.assess.quantities import Quantities
    from indicant.assess.records import CaseRecord
    from indicant.query.rows import Row, Solutions

__all__ = ["Assessment", "Assessor", "InvalidCase", "with_date"]

LARGE: Final = 1_000
"""From how many statements a document is checked before the rules run over it."""
FEW: Final = 500
"""To how many statements the cases of a document are taken together: more take longer each."""


class Assessor:
    """A guideline, compiled and loaded once, for any number of cases and of threads.

    What belongs to the cases of one document is in an ``Assessment`` of its own. A child of a fork
    goes on with the guideline that its parent loaded.

    Args:
        guideline: a name, a folder or a file; by default the one that ships with the package.
        engine: ``oxigraph``, ``native``, ``rdflib`` or ``hermit``; by default Oxigraph, and native
            rules once there were many cases.
        validator: ``shacl`` or ``pyshacl``.
        use_cache: whether to keep what had to be compiled.
        language: the language of labels and other texts; where there is none, it is English.
        fence: where files of the guideline may lie; without, its own repository.

    Raises:
        IndicantError: the guideline cannot be read or compiled.
    """

    def __init__(
        self,
        guideline: str | os.PathLike[str] | None = None,
        *,
        engine: str = AUTO,
        validator: str = "shacl",
        use_cache: bool = True,
        language: str = ENGLISH,
        fence: Fence | None = None,
    ) -> None:
        self.language = language
        self.path = resolve(None if guideline is None else os.fspath(guideline))
        self._fence = fence_of(self.path) if fence is None else fence
        source = load(self.path, fence=self._fence)
        compiled = obtain(source, use_cache=use_cache)
        self.key = key_of(source)
        spoken = replace(compiled, graph=in_language(compiled.graph, language))
        native = engine in {AUTO, NATIVE}
        self._loops = Loops(spoken.graph, pays=0 if engine == NATIVE else PAYS, use_cache=use_cache)
        self._engines = Engines(
            lambda: (
                NativeEngine(spoken.graph, self._loops)
                if native
                else make_engine(engine, spoken, source)
            )
        )
        with self._engines.lend() as first:
            self._catalogue = Catalogue(first, Words(language))
        shapes = bounded.text(resources.shapes() / "case.ttl")
        self._validator = Validator(shapes, compiled.vocabulary, language)
        if validator not in {"shacl", "pyshacl"}:
            raise IndicantError(f"unknown validator '{validator}'", help="one of: shacl, pyshacl")
        self._reference = validator == "pyshacl"
        self._helpers = helpers()
        self.source, self.compiled = source, compiled
        self.derivations = derivations.from_json(compiled.derivations)
        self._deriver = (
            Deriver(
                self.derivations,
                source,
                compiled.graph,
                self.vocabulary,
                "oxigraph" if native else engine,
            )
            if self.derivations
            else None
        )

    @property
    def catalogue(self) -> Catalogue:
        """Return what the guideline says whatever the case."""
        return self._catalogue

    @property
    def vocabulary(self) -> Vocabulary:
        """Return the terms that a case may use."""
        return self._validator.vocabulary

    def warm(self) -> None:
        """Do at once what is done otherwise when it is first needed: write the native rules."""
        self._loops.written(PAYS)

    def example(self) -> Document:
        """Return the example case of the guideline.

        Raises:
            IndicantError: the guideline has none.
        """
        folder = self.path if self.path.is_dir() else self.path.parent
        file = folder / EXAMPLE_FILE
        if not file.is_file():
            raise IndicantError("the guideline has no example", file=str(folder))
        self._fence.follow(file, folder)
        return read(file)

    def validate(self, document: Document) -> list[Finding]:
        """Return what does not hold of the cases of a document, each with its line.

        Raises:
            IndicantError: the document holds no case.
        """
        return self._validator.check(document, reference=self._reference)

    def ask(self, name: str, *, ordered: bool = True) -> list[Row]:
        """Return the rows of a question about the guideline, as IRIs or lexical forms."""
        with self._engines.lend() as engine:
            return engine.ask(name, ordered=ordered)

    def select(self, query: str) -> list[Row]:
        """Return the rows of a SELECT query about the guideline."""
        with self._engines.lend() as engine:
            return engine.select(query)

    def solutions(self, query: str) -> Solutions:
        """Return the variables and the rows of such a query, each value as a term."""
        with self._engines.lend() as engine:
            return engine.solutions(query)

    def begin(self, document: Document, *, as_of: str | None = None) -> Assessment:
        """Take all cases of a document at once, and return what belongs to them.

        It has an engine that nobody else is lent, and lasts as long as its owner wants.

        Raises:
            InvalidCase: a case does not conform to the case shapes.
            IndicantError: there is no case, or the date is none.
        """
        document = document if as_of is None else with_date(document, as_of)
        engine = self._engines.give()
        with self._checked(document) as taken:
            engine.begin(taken.quads)
        self._demand_agreement(engine, document)
        return Assessment(engine, self._catalogue, taken)

    @contextmanager
    def parts(
        self, document: Document, *, as_of: str | None = None
    ) -> Iterator[Iterator[Assessment]]:
        """Yield the cases of a document, a few at a time, each few with what belongs to them.

        Every assessment is over when the next one begins, and the last one with the block. Cases
        that have a node in common come together.

        Raises:
            InvalidCase: a case does not conform to the case shapes, also one that came before.
            IndicantError: there is no case, or the date is none.
        """
        document = document if as_of is None else with_date(document, as_of)
        with (
            self._engines.lend() as engine,
            self._checked(document) as taken,
            closing(self._in_turn(document, engine, taken)) as found,
        ):
            yield found

    def _in_turn(self, document: Document, engine: Engine, taken: Taken) -> Generator[Assessment]:
        if len(taken.quads) > FEW:
            few = parted(taken.quads, self.vocabulary).batches(FEW)
        else:
            few = iter([list(taken.quads)])
        for quads in few:
            engine.begin(quads)
            self._demand_agreement(engine, document)
            with closing(Assessment(engine, self._catalogue, taken)) as one:
                yield one

    def _demand_agreement(self, engine: Engine, document: Document) -> None:
        """Hold what a case records of a computed value to what its other records give.

        Raises:
            InvalidCase: it records something else, of which nobody knows which is right.
        """
        rows = {(row[0], row[1]): row for row in engine.contradictions()}
        if rows:
            findings = [_disagreement(row, self._validator.words) for row in rows.values()]
            demand(locate_findings(document, findings, self.vocabulary, self._validator.words))

    @contextmanager
    def _checked(self, document: Document) -> Iterator[Taken]:
        """Yield a document as it was taken, and end in an error if it is invalid.

        A small document is checked while the block runs, where it runs outside of the interpreter:
        nothing that the block derives is told before the check has ended well, and whatever an
        invalid case makes the block stumble over, that it is invalid is what is told. Where
        derivations run, it is checked before, and what they write before the block.
        """
        findings = self._check(document)
        read = read_quantities(document.quads, self.vocabulary, self._validator.words)
        if self._deriver is not None:
            taken = self._derived(document, read, demand(findings()))
            demand(taken.findings())
            yield taken
            return
        try:
            yield Taken(read.counted, findings, read.readings, NOTHING)
        finally:
            demand(findings())

    def _derived(self, document: Document, read: Quantities, known: Sequence[Finding]) -> Taken:
        """Return a document with what is derived from it, and what does not hold of that."""
        assert self._deriver is not None  # noqa: S101
        derived = self._deriver.derive(read.counted)
        if not derived.made:
            return Taken(read.counted, lambda: known, read.readings, NOTHING)
        validate = (
            self._validator.validate_with_pyshacl if self._reference else self._validator.validate
        )
        written = [one for one in derived.quads if one.predicate.value != DERIVED_BY]
        found = validate((*document.quads, *written))
        more = told_of(derived, found, known, document, self.vocabulary, self._validator.words)
        findings = [*known, *more]
        return Taken((*read.counted, *derived.quads), lambda: findings, read.readings, derived)

    def _check(self, document: Document) -> Callable[[], list[Finding]]:
        if len(document.quads) <= LARGE:
            check = self._validator.checking(document, reference=self._reference)
            begun = threading.Event()

            def go_on() -> list[Finding]:
                begun.set()
                return check()

            try:
                found_by = self._helpers.value.submit(go_on)
            except RuntimeError:
                # There can be no further thread, or Python is about to end.
                return check
            # Whoever runs within the interpreter would not let go of it by itself for long.
            begun.wait(1.0)
            return found_by.result
        found = self.validate(document)
        demand(found)
        return lambda: found

    def assess(
        self, document: Document, *, as_of: str | None = None, everything: bool = False
    ) -> list[CaseRecord]:
        """Assess every case of a document.

        What the records say of the guideline they have in common with others: who changes one
        takes a copy first.

        Args:
            document: what ``files.rdf.read`` returned.
            as_of: a date, ``YYYY-MM-DD``, in place of the one that the cases state.
            everything: whether to list what does not apply as well.

        Raises:
            InvalidCase: a case does not conform to the case shapes.
            IndicantError: there is no case, or the date is none.
        """
        with self.parts(document, as_of=as_of) as parts:
            found = [one for part in parts for one in part.records(everything=everything)]
        return sorted(found, key=lambda one: one["case"])

    def describe(self, document: Document, *, as_of: str | None = None) -> list[ox.Triple]:
        """Return the assessments of a document as a graph, sorted.

        Raises:
            InvalidCase: a case does not conform to the case shapes.
        """
        with self.parts(document, as_of=as_of) as parts:
            found = {one: None for part in parts for one in part.describe()}
        return sorted(found, key=str)


def _disagreement(row: Row, words: Words) -> Finding:
    """Return that a value is recorded otherwise than it follows; see ``contradictions``."""
    record, about, label, path, value, least, most = row
    limits = {"minInclusive": least, "maxInclusive": most}
    told = [
        f"{words('bound', name)} {limit}"
        for name, limit in limits.items()
        if limit is not None and abs(float(limit)) < BEYOND
    ]
    joined = words("settling", "and").join(told)
    follows = least if least == most and least is not None else joined or words("refused", "other")
    key = "disagrees" if value is None else "disagrees-as"
    return Finding(
        SHAPE + "Value-contradiction",
        "violation",
        words(
            "refused",
            key,
            what=label or local_name(about or ""),
            recorded=value,
            follows=follows,
        ),
        record,
        path if value is not None else None,
        value,
    )


def with_date(document: Document, as_of: str) -> Document:
    """Return a document whose cases state another as-of date.

    Raises:
        IndicantError: the text is no date.
    """
    import datetime

    try:
        datetime.date.fromisoformat(as_of)
    except ValueError as error:
        raise IndicantError(f"'{as_of}' is not a date", help="write it as YYYY-MM-DD") from error
    path = ox.NamedNode(IND + "asOf")
    kept = [quad for quad in document.quads if quad.predicate != path]
    date = ox.Literal(as_of, datatype=ox.NamedNode(XSD + "date"))
    kind = ox.NamedNode(IND + "PatientCase")
    kept += [
        ox.Quad(quad.subject, path, date)
        for quad in document.quads
        if quad.predicate.value == TYPE and quad.object == kind
    ]
    return replace(document, quads=tuple(kept))
