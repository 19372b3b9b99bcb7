"""The answers that the pages show: to questions, and to the cases of a folder."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from indicant.ask.questions import questions
from indicant.assess.prose import attesting, stated
from indicant.errors import IndicantError
from indicant.site.content import Answered, CaseAnswer, Reason, slugs
from indicant.terms import local_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from indicant.ask.answers import Asker
    from indicant.assess.assessor import Assessor
    from indicant.assess.records import CaseRecord
    from indicant.files.rdf import Document
    from indicant.site.content import Recommendation


def answer_questions(asker: Asker) -> tuple[Answered, ...]:
    """Answer every question that ships: without values, or with those of its own examples."""
    named = slugs(questions())
    found = []
    for name, one in sorted(questions().items()):
        given = {
            parameter.name: parameter.example
            for parameter in one.parameters
            if parameter.required and parameter.example is not None
        }
        table = None
        if not one.about_case or asker.case is not None:
            try:
                table = asker.ask(name, given)
            except IndicantError:
                # The examples of a question are terms of the guideline that ships.
                table = None
        found.append(Answered(one, named[name], table, tuple(sorted(given.items()))))
    return tuple(found)


def answer_cases(
    assessor: Assessor, documents: Mapping[str, Document], recommendations: Sequence[Recommendation]
) -> dict[str, tuple[CaseAnswer, ...]]:
    """Assess the cases of a folder, and say what each gets from each recommendation.

    A case is a recommendation's own where its name begins with the recommendation's.

    Raises:
        InvalidCase: a case does not conform to the case shapes.
    """
    by_name = {local_name(one.iri): one.iri for one in recommendations}
    longest = sorted(by_name, key=lambda name: (-len(name), name))
    found: dict[str, list[CaseAnswer]] = defaultdict(list)
    for name, document in documents.items():
        belongs = next((by_name[one] for one in longest if name.startswith(f"{one}-")), None)
        records = assessor.assess(document, everything=True)
        for record in records:
            shown = name if len(records) == 1 else f"{name}: {local_name(record['case'])}"
            for iri, answer in _answers(shown, name, record, belongs).items():
                found[iri].append(answer)
    return {
        iri: tuple(sorted(answers, key=lambda one: (not one.own, one.case)))
        for iri, answers in sorted(found.items())
    }


def _answers(
    name: str, file: str, record: CaseRecord, belongs: str | None
) -> dict[str, CaseAnswer]:
    found: dict[str, CaseAnswer] = {}
    for action in record["actions"]:
        for one in action["recommendations"]:
            iri = one["iri"]
            if iri in found:
                continue
            found[iri] = CaseAnswer(
                name,
                file,
                one["answer"],
                action["status"],
                tuple(
                    Reason(reason["literal"], (attesting(reason),))
                    for reason in action["because"]
                    if reason["recommendation"] == iri
                ),
                tuple(
                    tuple(stated(fact) for fact in settling["facts"])
                    for settling in action["settledBy"]
                    if settling["recommendation"] == iri
                ),
                iri == belongs,
            )
    return found
