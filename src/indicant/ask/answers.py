"""Answer the questions that ship, or a query of one's own, about a guideline and a case."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.ask.questions import CASE, bind, named, parse, prefixes_of, question, questions
from indicant.assess.assessor import Assessor
from indicant.assess.engine import OxigraphEngine, RdflibEngine
from indicant.errors import IndicantError
from indicant.guideline.languages import ENGLISH, in_language
from indicant.guideline.names import composed
from indicant.query.tables import Table, render

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence

    from indicant.ask.questions import Named, Question
    from indicant.assess.assessor import Assessment
    from indicant.assess.engine import Engine
    from indicant.files.fence import Fence
    from indicant.files.rdf import Document

_ANSWERING: Final[Mapping[str, Callable[[str], Engine]]] = {
    "oxigraph": OxigraphEngine,
    "rdflib": RdflibEngine,
}
ENGINES: Final = tuple(_ANSWERING)
_TEXT: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_GIVEN: Final = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)


class Asker:
    """A guideline, and at most one document of cases, that questions are put to.

    Every question is answered from the published graph, the one that ``export graph`` writes: with
    the cases stand their assessments, which the rules describe last.

    Args:
        guideline: a name, a folder or a file; by default the one that ships with the package.
        case: the cases to ask about; they are validated, and the rules run over them.
        engine: who answers, ``oxigraph`` or ``rdflib``; what follows for a case is the same.
        use_cache: whether to keep what had to be compiled.
        language: the language of the texts in answers to the questions that ship.
        fence: where files of the guideline may lie; without, its own repository.
        assessor: the same guideline in the same language, where it is loaded already.

    Raises:
        IndicantError: the guideline cannot be read or compiled.
        InvalidCase: a case does not conform to the case shapes.
    """

    def __init__(
        self,
        guideline: str | os.PathLike[str] | None = None,
        case: Document | None = None,
        *,
        engine: str = "oxigraph",
        use_cache: bool = True,
        language: str = ENGLISH,
        fence: Fence | None = None,
        assessor: Assessor | None = None,
    ) -> None:
        if engine not in ENGINES:
            raise IndicantError(f"unknown engine '{engine}'", help=f"one of: {', '.join(ENGINES)}")
        self._name, self._language = engine, language
        self._assessor = assessor or Assessor(
            guideline, use_cache=use_cache, language=language, fence=fence
        )
        self._forget()
        if case is not None:
            self.take(case)

    def _forget(self) -> None:
        self.case: Document | None = None
        self._assessment: Assessment | None = None
        self._named: Mapping[str, Named] | None = None
        self._text: str | None = None
        self._engine: Engine | None = None
        self._prefixes: dict[str, str] | None = None

    def example(self) -> Document:
        """Return the example case of the guideline.

        Raises:
            IndicantError: the guideline has none.
        """
        return self._assessor.example()

    def take(self, case: Document) -> None:
        """Ask about these cases from now on.

        Raises:
            InvalidCase: a case does not conform to the case shapes.
        """
        self._forget()
        self._assessment, self.case = self._assessor.begin(case), case

    @property
    def prefixes(self) -> dict[str, str]:
        """Return the prefixes that the guideline and the case declare."""
        if self._prefixes is None:
            documents = [*([self.case] if self.case else []), *self._assessor.source.documents]
            self._prefixes = prefixes_of(documents)
        return dict(self._prefixes)

    def query(self, name: str, given: Mapping[str, str] | None = None) -> str:
        """Return a question as the SPARQL that is run, with the values given filled in.

        Raises:
            IndicantError: there is no such question, or a value is missing or no good.
        """
        return self._filled(question(name), given or {})

    def ask(self, name: str, given: Mapping[str, str] | None = None) -> Table:
        """Answer a question that ships.

        Args:
            name: the name of the question.
            given: values for its parameters, as a user writes them.

        Raises:
            IndicantError: there is no such question, a value is missing or no good, or the
                question is about a case and there is none.
        """
        asked = question(name)
        if asked.about_case and self.case is None:
            raise IndicantError(
                f"'{name}' asks about a case, and none is given",
                help=f"indicant ask {asked.usage()}",
            )
        query = self._filled(asked, given or {})
        if self._engine is None:
            text = _composed(in_language(self._published(), self._language))
            self._engine = _ANSWERING[self._name](text)
        columns, rows = self._engine.solutions(query)
        return Table(columns, tuple(rows))

    def run(
        self,
        text: str,
        given: Mapping[str, str] | None = None,
        *,
        name: str = "<query>",
        seconds: float | None = None,
    ) -> Table:
        """Answer a query of the user's own over the published graph, in bounded time.

        Raises:
            IndicantError: the query is malformed, refused, or exceeds a limit.
        """
        from indicant.ask import adhoc

        return adhoc.run(
            self._own(text, given, name),
            self._published(),
            name=name,
            engine=self._name,
            seconds=adhoc.SECONDS if seconds is None else seconds,
        )

    def run_as(
        self,
        form: str,
        text: str,
        given: Mapping[str, str] | None = None,
        *,
        name: str = "<query>",
        seconds: float | None = None,
    ) -> str:
        """Answer a query of the user's own as ``tables.render`` would, within the same bounds.

        Raises:
            IndicantError: the query is malformed, refused, or exceeds a limit.
        """
        from indicant.ask import adhoc

        return adhoc.run_as(
            form,
            self._own(text, given, name),
            self._published(),
            self.prefixes,
            name=name,
            engine=self._name,
            seconds=adhoc.SECONDS if seconds is None else seconds,
        )

    def _own(self, text: str, given: Mapping[str, str] | None, name: str) -> str:
        """Return a query of the user's own, found harmless, with the values given filled in."""
        from indicant.ask import adhoc

        adhoc.check(text, name)
        return self._filled(parse(name, text), given) if given else text

    def _published(self) -> str:
        """Return the published graph as N-Triples: what every question is answered from."""
        if self._text is None:
            self._text = "".join(f"{one} .\n" for one in self.graph())
        return self._text

    def graph(self) -> list[ox.Triple]:
        """Return the published graph, with the case and what follows for it where there is one."""
        from indicant.ask.published import published

        assessor = self._assessor
        return published(assessor.source, assessor.compiled, self._assessment)

    def _filled(self, asked: Question, given: Mapping[str, str]) -> str:
        if CASE in given and asked.about_case and self.case is None:
            raise IndicantError(
                f"{CASE}=… chooses among the cases of a file, and no file is given",
                help=f"indicant ask {asked.usage()}",
            )
        return asked.filled(bind(asked, given, self._terms, self.prefixes))

    def _terms(self) -> Mapping[str, Named]:
        if self._named is None:
            self._named = named(self._assessment or self._assessor)
        return self._named


def _composed(graph: str) -> str:
    r"""Return N-Triples with every text in the form that arguments have.

    >>> _composed('<urn:a> <urn:b> "e\u0301" .') == '<urn:a> <urn:b> "\u00e9" .'
    True
    """
    if unicodedata.is_normalized("NFC", graph):
        return graph
    return _TEXT.sub(lambda match: composed(match[0]), graph)


def arguments(words: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Part the arguments of the command into files and the values given to parameters.

    Raises:
        IndicantError: a parameter is given twice.

    >>> arguments(["case.ttl", "action=ex:Bandage"])
    (['case.ttl'], {'action': 'ex:Bandage'})
    """
    files: list[str] = []
    given: dict[str, str] = {}
    for word in words:
        found = _GIVEN.fullmatch(word)
        if found is None:
            files.append(word)
        elif found[1] in given:
            raise IndicantError(f"{found[1]}=… is given twice")
        else:
            given[found[1]] = found[2]
    return files, given


def listed() -> Table:
    """Return the questions that there are."""
    columns = ("name", "about", "summary", "description", "parameters")
    rows = [
        (
            ox.Literal(one.name),
            ox.Literal("case" if one.about_case else "guideline"),
            ox.Literal(one.summary),
            None if one.description is None else ox.Literal(one.description),
            ox.Literal(" ".join(parameter.name for parameter in one.parameters)),
        )
        for one in questions().values()
    ]
    return Table(columns, tuple(rows))


def listing(form: str) -> str:
    """Return the questions that there are, in one of the formats of a table."""
    if form != "text":
        return render(listed(), form, {})
    known = questions().values()
    lines: list[str] = []
    for title, about in (("ABOUT A CASE", True), ("ABOUT THE GUIDELINE", False)):
        lines += ["", title] if lines else [title]
        for one in known:
            if one.about_case == about:
                lines += [f"  {one.usage()}", f"      {one.summary}"]
    return "\n".join(lines) + "\n"
