"""Show assessments as one page that needs nothing beside itself."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TextIO

from indicant.ask.questions import prefixes_of
from indicant.assess import prose
from indicant.assess.reasons import answering
from indicant.errors import IndicantError
from indicant.site import markup, pictures
from indicant.site.content import apart, slugs
from indicant.site.tables import gather
from indicant.terms import local_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from indicant.assess.assessor import Assessor, InvalidCase
    from indicant.assess.records import (
        ActionRecord,
        CaseRecord,
        ProposalRecord,
        RecommendationRecord,
        Status,
        TensionRecord,
    )
    from indicant.site.content import Content
    from indicant.site.pictures import Picture

_ICONS: Final[dict[str, str]] = {
    "recommended": "✓",
    "conditional": "◐",
    "conflicting": "⚠",
    "contraindicated": "✕",
    "undetermined": "?",
    "not-applicable": "=",
}


@dataclass(frozen=True)
class Action:
    """What is shown of an intervention."""

    slug: str
    iri: str
    title: str
    status: Status
    icon: str
    how: str
    reasons: tuple[str, ...]
    settling: tuple[str, ...]
    asking: tuple[str, ...]
    followed: tuple[str, ...]
    received: tuple[str, ...]
    disputed: str
    recommendations: tuple[RecommendationRecord, ...]


@dataclass(frozen=True)
class Assessed:
    """What is shown of the assessment of a case."""

    number: int
    record: CaseRecord
    groups: tuple[tuple[str, tuple[Action, ...], tuple[str, ...]], ...]
    proposals: tuple[tuple[ProposalRecord, str], ...]
    tensions: tuple[TensionRecord, ...]
    pictures: tuple[Picture, ...]
    targets: dict[str, tuple[str, str]]
    called: dict[str, str]


def assessed(
    content: Content, record: CaseRecord, number: int = 1, *, everything: bool = False
) -> Assessed:
    """Return what is shown of the assessment of a case.

    Args:
        content: what the pages of the guideline show.
        record: an assessment that lists what does not apply as well.
        number: the number of the case on its page, from one.
        everything: whether to show what does not apply.
    """
    named = slugs(action["action"] for action in record["actions"])
    slug = {iri: f"case-{number}-{name}" for iri, name in named.items()}
    groups = []
    targets: dict[str, tuple[str, str]] = {}
    for title, belongs in prose.GROUPS:
        members = list(prose.folded(one for one in record["actions"] if belongs(one)))
        shown = [one for one in members if title != "Open" or prose.could_be_indicated(one)]
        rest = tuple(one["label"] for one in members if one not in shown)
        if not members or (title == "Does not apply" and not everything):
            continue
        groups.append((title, tuple(_action(one, slug[one["action"]]) for one in shown), rest))
        for one in shown:
            for recommendation in one["recommendations"]:
                place = (f"#{slug[one['action']]}", recommendation["label"])
                targets.setdefault(recommendation["iri"], place)
    tensions = {
        tension["iri"]: tension
        for action in record["actions"]
        for tension in action["tensions"]
        if everything or action["status"] != "not-applicable"
    }
    standings = pictures.standings(record)
    drawn = tuple(
        pictures.draw_pathway(
            one, pictures.pathway(one), standings, name=f"_pathway-{number}-{place}"
        )
        for place, one in enumerate(apart(content), 1)
    )
    return Assessed(
        number,
        record,
        tuple(groups),
        tuple((one, _ICONS[one["verdict"]]) for one in record["proposals"]),
        tuple(tensions[iri] for iri in sorted(tensions)),
        drawn,
        targets,
        prose.speakers(record),
    )


def _action(record: ActionRecord, slug: str) -> Action:
    parts = (record["urgency"], record["phase"], prose.strengths([record]))
    return Action(
        slug,
        record["action"],
        prose.heading(record),
        record["status"],
        _ICONS[record["status"]],
        ", ".join(part for part in parts if part),
        tuple(prose.reasons(record)),
        tuple(prose.settling_lines(record)),
        tuple(prose.questions_to_ask(record)),
        tuple(prose.fulfilments([record])),
        tuple(map(local_name, record["received"])),
        prose.disputed_by([record]),
        tuple(answering(record["status"], record["recommendations"])),
    )


class CasePage:
    """Collects the assessments of a run, and writes them as one page.

    Args:
        assessor: what assesses them.
        stream: where the page goes.
        everything: whether to show what does not apply as well.

    Raises:
        IndicantError: what makes pages is not installed.
    """

    def __init__(self, assessor: Assessor, stream: TextIO, *, everything: bool = False) -> None:
        self._everything = everything
        self._environment = markup.environment()
        self._content = gather(assessor, prefixes_of(assessor.source.documents))
        self._stream = stream
        self._cases: list[Assessed] = []
        self._findings: list[str] = []

    def records(self, records: Iterable[CaseRecord]) -> None:
        """Take the assessments of a file, which list what does not apply as well."""
        for record in records:
            number = len(self._cases) + 1
            self._cases.append(assessed(self._content, record, number, everything=self._everything))

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
        )
