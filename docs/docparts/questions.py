"""The questions that ship, each by the header of its query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docparts.markup import fenced, folded, heading, plain, sections, table
from indicant.ask.questions import CASE, questions

if TYPE_CHECKING:
    from indicant.ask.questions import Question


def text() -> str:
    """Return the questions about a case, then those about a guideline."""
    found = questions().values()
    return sections(
        (
            heading(2, "About a case", "questions-about-a-case"),
            *(_section(one) for one in found if one.about_case),
            heading(2, "About the guideline alone", "questions-about-the-guideline"),
            *(_section(one) for one in found if not one.about_case),
        )
    )


def _section(question: Question) -> str:
    parameters = [one for one in question.parameters if one.name != CASE]
    rows = [
        (
            f"`{one.name}`",
            one.kind,
            "yes" if one.required else "no",
            f"`{one.example}`" if one.example else "",
        )
        for one in parameters
    ]
    return sections(
        (
            heading(3, question.name, f"question-{question.name}"),
            plain(question.summary),
            plain(question.description or ""),
            fenced("text", f"indicant ask {question.usage()}"),
            table(("value", "is", "needed", "for example"), rows) if rows else "",
            folded("the query", fenced("sparql", question.text)),
        )
    )
