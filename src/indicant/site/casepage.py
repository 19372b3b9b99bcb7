"""Show assessments as one page that needs nothing beside itself."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from indicant.ask.questions import prefixes_of
from indicant.assess import prose
from indicant.errors import IndicantError
from indicant.screen import Screens
from indicant.screen.phrasing import SIGNS, Phrases
from indicant.site import markup, pictures
from indicant.site.content import apart, slugs
from indicant.site.tables import gather

if TYPE_CHECKING:
    from collections.abc import Iterable

    from indicant.assess.assessor import Assessor, InvalidCase
    from indicant.assess.records import CaseRecord
    from indicant.files.rdf import Document
    from indicant.screen.records import Detail, LineRecord, ScreenRecord
    from indicant.site.content import Content
    from indicant.site.pictures import Picture


@dataclass(frozen=True)
class Line:
    """What is shown of interventions of which the same is said; each has a place of its own."""

    slugs: tuple[str, ...]
    record: LineRecord
    sign: str
    opened: bool


@dataclass(frozen=True)
class Assessed:
    """What is shown of the assessment of a case.

    ``targets`` says for terms and recommendations where they stand on the page; ``called`` what
    guidelines are called where several speak.
    """

    number: int
    screen: ScreenRecord
    phrases: Phrases
    lines: dict[int, Line]
    pictures: tuple[Picture, ...]
    targets: dict[str, tuple[str, str]]
    called: dict[str, str]

    def line(self, record: LineRecord) -> Line:
        """Return what is shown of a line of the screen."""
        return self.lines[id(record)]


def assessed(
    content: Content, screen: ScreenRecord, record: CaseRecord, phrases: Phrases, number: int = 1
) -> Assessed:
    """Return what is shown of the assessment of a case.

    Args:
        content: what the pages of the guideline show.
        screen: the screen of the case.
        record: the assessment that it was made of, which lists what does not apply as well.
        phrases: what puts the screen into words.
        number: the number of the case on its page, from one.
    """
    named = slugs(action["action"] for action in record["actions"])
    slug = {iri: f"case-{number}-{name}" for iri, name in named.items()}
    advised = {action["action"]: action["recommendations"] for action in record["actions"]}
    lines: dict[int, Line] = {}
    targets: dict[str, tuple[str, str]] = {}
    for one in lines_of(screen):
        places = tuple(slug[each["term"]] for each in one["actions"])
        now = any(one is each for each in screen["now"])
        lines[id(one)] = Line(places, one, SIGNS[one["verdict"]], now)
        for each in one["actions"]:
            for recommendation in advised[each["term"]]:
                place = (f"#{slug[each['term']]}", recommendation["label"])
                targets.setdefault(recommendation["iri"], place)
    standings = pictures.standings(record)
    words = phrases.words
    drawn = tuple(
        pictures.draw_pathway(
            one,
            pictures.pathway(one, words),
            standings,
            name=f"_pathway-{number}-{place}",
            words=words,
        )
        for place, one in enumerate(apart(content), 1)
    )
    return Assessed(number, screen, phrases, lines, drawn, targets, prose.speakers(record))


def lines_of(screen: ScreenRecord) -> Iterable[LineRecord]:
    """Yield the lines of a screen, part by part."""
    yield from screen["now"]
    yield from screen["conflicts"]
    for step in screen["steps"]:
        yield from step["lines"]
    yield from screen["avoid"]
    yield from screen.get("rest", ())


class CasePage:
    """Collects the assessments of a run, and writes them as one page.

    Args:
        assessor: what assesses them.
        stream: where the page goes.
        detail: how much is shown.
        language: the language of the words of the program.
        everything: whether to show what does not apply as well.

    Raises:
        IndicantError: what makes pages is not installed.
    """

    def __init__(
        self,
        assessor: Assessor,
        stream: TextIO,
        *,
        detail: Detail = "full",
        language: str = "en",
        everything: bool = False,
    ) -> None:
        self._environment = markup.environment()
        self._screens = Screens(assessor, detail, language=language, everything=everything)
        self._phrases = Phrases(self._screens.words)
        self._content = gather(assessor, prefixes_of(assessor.source.documents))
        self._stream = stream
        self._cases: list[Assessed] = []
        self._findings: list[str] = []

    def document(self, document: Document, *, only: str | None = None) -> None:
        """Assess the cases of a document, or one of them, and take what is shown of them.

        Raises:
            InvalidCase: a case does not conform to the case shapes.
            IndicantError: there is no case.
        """
        for screen, record in self._screens.with_records(document):
            if only in {None, screen["case"]}:
                number = len(self._cases) + 1
                self._cases.append(assessed(self._content, screen, record, self._phrases, number))

    def invalid(self, error: InvalidCase) -> None:
        """Take what does not hold of the cases of a file."""
        self._findings += map(prose.finding_line, error.findings)
        print(f"indicant: {error}", file=sys.stderr)

    def close(self) -> None:
        """Write the page."""
        self._stream.write(self.text())

    def text(self) -> str:
        """Return the page."""
        from markupsafe import Markup

        style = markup.style()
        if "</" in style:
            raise IndicantError("the style sheet cannot stand in a page", help="reinstall indicant")
        return self._environment.get_template("case.html").render(
            content=self._content,
            cases=self._cases,
            findings=self._findings,
            style=Markup(style),  # noqa: S704 - our own file, not data
            style_source=markup.digest(style),
            root="",
            links={},
            w=self._screens.words,
        )
