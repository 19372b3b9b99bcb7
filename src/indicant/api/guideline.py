"""A guideline, loaded once and asked as often as one likes."""

from __future__ import annotations

import datetime
import os
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self

from indicant.api.assessment import Assessment
from indicant.api.case import Case, day, written
from indicant.api.forms import Forms
from indicant.errors import IndicantError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import rdflib

    from indicant.api.case import Scalar
    from indicant.api.intake import Taken
    from indicant.ask.answers import Asker
    from indicant.assess.assessor import Assessor
    from indicant.author.passages import Verification
    from indicant.author.scaffold import Added
    from indicant.compile.compiled import CompiledGuideline
    from indicant.diff.differences import Difference
    from indicant.files.fence import Fence
    from indicant.files.rdf import Document
    from indicant.files.sources import Source
    from indicant.intake.patients import Intake
    from indicant.merge.combination import Combined
    from indicant.query.tables import Table
    from indicant.report.findings import Report
    from indicant.test.suite import Outcome

SECONDS: Final = 60.0
"""The limit of time of one question to a solver or a reasoner."""
LIMIT: Final = 600.0
"""The limit of time of all questions of one run."""

Path_ = str | os.PathLike[str]


class Guideline(Forms):
    """A guideline, for any number of cases, questions and threads.

    ``Guideline.load`` finds it. What takes long is done when it is first asked for and kept: the
    files are read, the criteria compiled or taken from the cache, the rules loaded.
    """

    def __init__(
        self,
        name: str | None,
        *,
        language: str,
        engine: str,
        validator: str,
        use_cache: bool,
        fence: Fence | None,
    ) -> None:
        self._name = name
        self._language, self._engine, self._validator = language, engine, validator
        self._use_cache, self._fence = use_cache, fence
        self._readers: dict[tuple[str, ...], Intake] = {}

    @classmethod
    def load(
        cls,
        guideline: Path_ | None = None,
        *,
        language: str = "en",
        engine: str = "auto",
        validator: str = "shacl",
        use_cache: bool = True,
        allow_outside: bool = False,
    ) -> Self:
        """Find a guideline.

        Args:
            guideline: the name of one that is installed, a folder, a file or a merged graph; by
                default the one that ships with the package.
            language: the language of labels and other texts; where there is none, it is English.
            engine: who runs the rules: auto, native, ``oxigraph``, ``rdflib`` or ``hermit``.
            validator: who checks cases, ``shacl`` or ``pyshacl``.
            use_cache: whether to read and keep compiled guidelines.
            allow_outside: whether to read what catalogs and links lead to outside the guideline's
                folder and repository; only for guidelines that you trust.

        Raises:
            IndicantError: there is none of that name.
        """
        from indicant.files.fence import OPEN
        from indicant.files.sources import resolve

        name = None if guideline is None else os.fspath(guideline)
        resolve(name)
        return cls(
            name,
            language=language,
            engine=engine,
            validator=validator,
            use_cache=use_cache,
            fence=OPEN if allow_outside else None,
        )

    def __repr__(self) -> str:
        """Return what it was loaded by."""
        return f"<Guideline {self.path}>"

    # ------------------------------------------------------------------ what it is

    @cached_property
    def path(self) -> Path:
        """The folder or the file that it is in."""
        from indicant.files.sources import resolve

        return resolve(self._name)

    @cached_property
    def source(self) -> Source:
        """Its files with everything that they import, as they were read.

        Raises:
            IndicantError: a file cannot be read.
        """
        from indicant.files.sources import load

        return load(self.path, fence=self._fence)

    @cached_property
    def assessor(self) -> Assessor:
        """What assesses cases with it.

        Raises:
            IndicantError: it cannot be read or compiled.
        """
        from indicant.assess.assessor import Assessor

        return Assessor(
            self._name,
            engine=self._engine,
            validator=self._validator,
            use_cache=self._use_cache,
            language=self._language,
            fence=self._fence,
        )

    def compile(self, *, seconds: float = SECONDS) -> CompiledGuideline:
        """Compile it anew, with HermiT as the reference; ``graph`` is N-Triples.

        Args:
            seconds: the limit of time for each criterion.

        Raises:
            IndicantError: something lies outside the profile, or time is over.
        """
        from indicant.compile.compiled import compile_source

        return compile_source(self.source, seconds=seconds)

    def example(self) -> Case:
        """Return the example case that comes with it.

        Raises:
            IndicantError: there is none.
        """
        return Case._of(self.assessor.example())

    # ------------------------------------------------------------------ cases

    def assess(
        self, case: Case | Path_ | rdflib.Graph, *, as_of: str | datetime.date | None = None
    ) -> Assessment:
        """Assess one case.

        Args:
            case: a case, a file with it, or an rdflib graph.
            as_of: a day in place of the one that the case states.

        Raises:
            InvalidCase: the case does not conform to the case shapes; ``findings`` says where.
            IndicantError: there are several cases (see ``assess_all``), or the file cannot be read.
        """
        found = list(self.assess_all(case, as_of=as_of))
        if len(found) != 1:
            raise IndicantError(
                f"there are {len(found)} cases", help="assess_all gives an assessment of each"
            )
        return found[0]

    def assess_all(
        self,
        cases: Case | Path_ | rdflib.Graph | Iterable[Case | Path_ | rdflib.Graph],
        *,
        as_of: str | datetime.date | None = None,
        everything: bool = True,
    ) -> Iterator[Assessment]:
        """Assess all cases of files, of graphs or of an iterable, one file after the other.

        Args:
            cases: where the cases are.
            as_of: a day in place of the ones that the cases state.
            everything: whether the assessments have what does not apply as well.

        Raises:
            InvalidCase: a case does not conform to the case shapes.
            IndicantError: a file cannot be read, or holds no case.
        """
        from indicant.assess.assessor import with_date

        for case in _each(cases):
            document = self.document(case)
            if as_of is not None:
                document = with_date(document, day(as_of))
            for record in self.assessor.assess(document, everything=everything):
                yield Assessment(self.assessor, document, record)

    def check_case(self, case: Case | Path_ | rdflib.Graph) -> tuple[Any, ...]:
        """Return what does not hold of a case, each finding with its line, notes included.

        Raises:
            IndicantError: there is no case, or the file cannot be read.
        """
        return tuple(self.assessor.validate(self.document(case)))

    def document(self, case: Case | Path_ | rdflib.Graph) -> Document:
        """Return a case as a document, its names looked up.

        Raises:
            IndicantError: it cannot be read, or has a name that nothing has.
        """
        return _case(case).document(lambda: self.assessor)

    def to_turtle(self, case: Case) -> str:
        """Return a case as Turtle, its names looked up.

        Raises:
            IndicantError: it has a name that nothing has.
        """
        return self.document(case).text

    def intake(
        self,
        source: Path_,
        *,
        as_of: str | datetime.date,
        timezone: str | None = None,
        codes: Iterable[Path_] = (),
        completeness: Path_ | None = None,
        persons: Iterable[str | int] = (),
    ) -> Taken:
        """Read the patients of a source of FHIR R4 or R5, or of the OMOP CDM 5.4, each as a case.

        Args:
            source: a file, a folder or a server, as ``indicant intake`` takes it.
            as_of: the day for which the cases hold.
            timezone: where the days of instants count, as in ``Europe/Berlin``.
            codes: SSSOM tables of one's own, beside those of the guideline.
            completeness: a file that says what is recorded without a gap, and who says so.
            persons: of OMOP, the ids of those who are to be read; without any, all are.

        Raises:
            IndicantError: something cannot be read, or the source holds no patient.
        """
        from indicant.api.intake import paths, take

        reader = self.reader(paths(codes))
        return take(reader, source, as_of, timezone, completeness, persons)

    def reader(self, codes: tuple[str, ...] = ()) -> Intake:
        """Return what reads patients for this guideline, made once for the same tables."""
        from indicant.intake.patients import Intake

        if codes not in self._readers:
            self._readers[codes] = Intake(self.assessor.source, self.assessor.vocabulary, codes)
        return self._readers[codes]

    def ask(
        self,
        question: str,
        case: Case | Path_ | rdflib.Graph | None = None,
        **values: Scalar,
    ) -> Table:
        """Answer one of the questions that ship.

        Args:
            question: its name; ``questions`` lists them.
            case: the cases that it is about, where it is about cases.
            values: the values of its parameters, as on the command line.

        Raises:
            IndicantError: there is no such question, or a value is missing or no good.
            InvalidCase: a case does not conform to the case shapes.
        """
        asker = self._general if case is None else self.asker(case)
        given = {name: written(value) for name, value in values.items()}
        return replace(asker.ask(question, given), prefixes=asker.prefixes)

    def query(
        self,
        text: str,
        case: Case | Path_ | rdflib.Graph | None = None,
        *,
        seconds: float | None = None,
        **values: Scalar,
    ) -> Table:
        """Answer a SPARQL query of one's own, SELECT or ASK, over the published graph.

        It runs in a process that reaches nothing, within bounds of time and memory.

        Raises:
            IndicantError: the query is malformed, refused, or exceeds a limit.
            InvalidCase: a case does not conform to the case shapes.
        """
        asker = self._general if case is None else self.asker(case)
        given = {name: written(value) for name, value in values.items()}
        return replace(asker.run(text, given, seconds=seconds), prefixes=asker.prefixes)

    @staticmethod
    def questions() -> Table:
        """Return the questions that ship: name, what each is about, summary, parameters."""
        from indicant.ask.answers import listed

        return listed()

    def asker(self, case: Case | Path_ | rdflib.Graph | None = None) -> Asker:
        """Return what answers questions about the guideline and some cases."""
        from indicant.ask.answers import Asker

        made = Asker(
            self._name,
            engine="rdflib" if self._engine == "rdflib" else "oxigraph",
            use_cache=self._use_cache,
            language=self._language,
            fence=self._fence,
            assessor=self.assessor if self._engine == "oxigraph" else None,
        )
        if case is not None:
            made.take(self.document(case))
        return made

    @cached_property
    def _general(self) -> Asker:
        """What answers questions about the guideline alone."""
        return self.asker()

    def export(self, case: Case | Path_ | rdflib.Graph | None = None) -> rdflib.Graph:
        """Return the published graph: all that a triple store needs to answer every question.

        With a case, also the case and what follows for it.
        """
        import rdflib

        asker = self.asker(case)
        graph = rdflib.Graph()
        text = "".join(f"{one} .\n" for one in asker.graph())
        graph.parse(data=text, format="ntriples")
        for name, namespace in asker.prefixes.items():
            graph.bind(name, namespace)
        return graph

    # ------------------------------------------------------------------ the guideline itself

    def check(self, *, reasoner: bool = True, seconds: float = SECONDS) -> Report:
        """Say whether it is sound, by file and line.

        Args:
            reasoner: whether HermiT is to be asked.
            seconds: the limit of time for each question to it.
        """
        from indicant.author.checks import check

        return check(
            () if self._name is None else (self._name,),
            reasoner=reasoner,
            reference=self._validator == "pyshacl",
            seconds=seconds,
            fence=self._fence,
        )

    @staticmethod
    def new(
        kind: str,
        name: str,
        *properties: str,
        place: Path_ | None = None,
        iri: str | None = None,
        source: Path_ | None = None,
        quote: str | None = None,
        nth: int | None = None,
        tests: Path_ | None = None,
        as_of: str | datetime.date | None = None,
        allow_outside: bool = False,
    ) -> Added:
        """Add a recommendation, a finding or another part, in the right file.

        Args:
            kind: what it is, as in ``indicant new KIND``.
            name: what to call it.
            properties: what else is to be said, in Turtle, each a predicate with its objects; of a
                set of values, the names of these.
            place: the guideline, by name, folder or file; without, the one in this folder, else
                the one that ships. Of a new guideline, the folder around its own.
            iri: the namespace of a new guideline.
            source: the file with the document that a document or a passage is of.
            quote: the words of a passage, of which only the place and the digest are kept.
            nth: which of several places with these words a passage is, from one.
            tests: the folder of cases with expectations that a case is to be in; without, a file.
            as_of: the date of a case; by default today.
            allow_outside: whether the guideline may read files of other places than its own.

        Raises:
            IndicantError: the name is no good or taken, or there is no file for it.
        """
        from indicant.author.scaffold import compose, place_of, put
        from indicant.files.fence import OPEN

        added = compose(
            kind,
            name,
            properties,
            place=place_of(kind, None if place is None else os.fspath(place)),
            iri=iri,
            source=None if source is None else os.fspath(source),
            quote=quote,
            nth=nth,
            tests=None if tests is None else Path(tests),
            as_of=None if as_of is None else datetime.date.fromisoformat(day(as_of)),
            fence=OPEN if allow_outside else None,
        )
        put(added)
        return added

    @staticmethod
    def format_turtle(text: str, *, file: str = "<text>") -> str:
        """Return Turtle in the form of the house, saying the same.

        Args:
            text: the Turtle.
            file: what to call it in an error.

        Raises:
            IndicantError: it is not Turtle, or holds a comment, which would be lost.
        """
        from indicant.files.turtle import tidy

        return tidy(text, file=file)

    def verify(self, *, seconds: float = SECONDS, limit: float = LIMIT) -> Report:
        """Look for conflicts, gaps, dead advice and more, for all possible patients.

        Args:
            seconds: the limit of time for compiling a criterion, and for each question.
            limit: the limit of time for all of it; what it leaves open is told as undecided.

        Raises:
            IndicantError: something lies outside the profile, or there is no solver.
        """
        from indicant.guideline.languages import speaking
        from indicant.possible.verification import verify

        return verify(speaking(self.source, self._language), seconds=seconds, limit=limit)

    def diff(
        self,
        other: Guideline | Path_,
        *,
        cases: Path_ | None = None,
        seconds: float = LIMIT,
    ) -> Difference:
        """Say how another version of it differs, and whom that answers differently.

        Args:
            other: the newer version: a guideline, or a folder, a file, a name, a wheel or a
                revision of git.
            cases: a file or a folder of cases to assess with both as well.
            seconds: the limit of time for all that is asked about possible cases.

        Raises:
            IndicantError: a version cannot be read or lies outside the profile.
        """
        from indicant.api.several import compare

        return compare(
            str(self.path),
            str(other.path) if isinstance(other, Guideline) else os.fspath(other),
            cases=cases,
            seconds=seconds,
            fence=self._fence,
            fence_of_new=other._fence if isinstance(other, Guideline) else self._fence,
        )

    def test(self, *folders: Path_, fail_under: float | None = None) -> Outcome:
        """Run folders of cases, and compare each answer with what is expected.

        Args:
            folders: where the cases are, at any depth.
            fail_under: the least share, in percent, of what the cases are to exercise.

        Raises:
            IndicantError: a folder cannot be read, or there is no case below it.
        """
        from indicant.test.suite import run_cases

        names = [os.fspath(folder) for folder in folders]
        return run_cases(self.assessor, names, fail_under=fail_under, fence=self._fence)

    def verify_source(self, document: Path_, *, stdin: BinaryIO | None = None) -> Verification:
        """Hold its passages against a copy of the document that they come from.

        Args:
            document: a text file; ``-`` is ``stdin``.
            stdin: where to read what ``-`` stands for.

        Raises:
            IndicantError: the copy cannot be read, or the guideline names no document.
        """
        from indicant.author.passages import MAX_BYTES, origins, verify_best
        from indicant.files.rdf import STDIN, read_text

        candidates = origins(self.source)
        name = os.fspath(document)
        text = read_text(name, stdin=stdin, pipes=True, limit=MAX_BYTES)
        return verify_best(text, candidates, file="<stdin>" if name == STDIN else name)

    def site(self, cases: Path_ | None = None) -> dict[str, bytes]:
        """Return the files of a website about it, by path.

        Args:
            cases: a folder of cases to show with the recommendations.

        Raises:
            IndicantError: what makes pages is not installed, or a case cannot be read.
            InvalidCase: a case does not conform to the case shapes.
        """
        from indicant.site.cases import cases_of
        from indicant.site.pages import build

        shown = {} if cases is None else cases_of(cases, fence=self._fence)
        return build(self._name, shown, language=self._language, fence=self._fence)

    def merge(
        self,
        *others: Guideline | Path_,
        as_of: str | None = None,
        within: bool = False,
        seconds: float = SECONDS,
        output: Path_ = "merged.trig",
    ) -> Combined:
        """Put guidelines together, and say what is between them.

        Args:
            others: guidelines, or names, folders and files of them.
            as_of: the day on which resolutions shall hold.
            within: whether to report what is within one guideline as well.
            seconds: the limit of time for the search over all possible cases.
            output: a name whose suffix says what ``data`` is: TriG or N-Quads. Nothing is written.

        Raises:
            IndicantError: something cannot be read, or a resolution needs a day.
        """
        from indicant.api.several import merge

        names = [str(one.path) if isinstance(one, Guideline) else os.fspath(one) for one in others]
        return merge(
            [str(self.path), *names],
            as_of=as_of,
            within=within,
            seconds=seconds,
            output=os.fspath(output),
            fence=self._fence,
        )

    def whence(self, term: str | None = None) -> Table:
        """Say which guideline each statement about a term comes from, in a merged graph.

        Without a term, say which files the graphs were read from.

        Raises:
            IndicantError: the guideline is no merged graph, or nothing in it is called so.
        """
        from indicant.api.several import whence

        return whence(str(self.path), term)


def _each(cases: Any) -> Sequence[Any] | Iterable[Any]:
    """Return what may be one or several as several."""
    if isinstance(cases, (Case, str, os.PathLike)) or hasattr(cases, "serialize"):
        return (cases,)
    return cases  # type: ignore[no-any-return]


def _case(given: Case | Path_ | rdflib.Graph) -> Case:
    if isinstance(given, Case):
        return given
    return Case.read(given) if isinstance(given, (str, os.PathLike)) else Case.of_graph(given)
