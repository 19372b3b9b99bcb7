"""Ask for what a guideline looks at as a Questionnaire of FHIR R4, and read what was answered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox

from indicant.errors import IndicantError
from indicant.exchange.codings import codings_of
from indicant.exchange.elements import coding_of, extension, identity, pruned, text
from indicant.exchange.questions import DENIALS, Asked, Detail, Questions
from indicant.exchange.renderings import EXCHANGE, tables
from indicant.exchange.responses import RESPONSE
from indicant.files.rdf import BASE
from indicant.foreign import as_json, excerpt
from indicant.guideline.languages import ENGLISH
from indicant.guideline.names import prefixes_in
from indicant.guideline.wording import Words
from indicant.intake import casegraph
from indicant.terms import IND, PREFIXES, local_name

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterator

    from indicant.assess.assessor import Assessor
    from indicant.exchange.elements import Resource
    from indicant.files.rdf import Document

_REPLY: Final = "Questionnaire.item.answerOption"
_UNIT: Final = "http://hl7.org/fhir/StructureDefinition/questionnaire-unit"
_UCUM: Final = "http://unitsofmeasure.org"
_REFUSED: Final = {
    "entered-in-error": "was entered in error",
    "stopped": "was stopped before it was complete",
}
_STATUSES: Final = frozenset({"in-progress", "completed", "amended", *_REFUSED})
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INTEGER: Final = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_DECIMAL: Final = re.compile(r"[+-]?\d{1,18}(?:\.\d{1,18})?", re.ASCII)
_PATIENT: Final = re.compile(r"(?:.*/)?Patient/([A-Za-z0-9\-.]{1,64})")
_OWN: Final = "patient"
"""What comes before a property of the patient in the name of its question."""


class Form:
    """What a guideline asks, as a Questionnaire, and how to read what was answered."""

    def __init__(self, assessor: Assessor) -> None:
        self._codings, self._words = codings_of(assessor), Words(assessor.language)
        self._guidelines = assessor.catalogue.guidelines
        self._prefixes = prefixes_in([one.text for one in assessor.source.documents]) | PREFIXES
        self._questions = Questions(assessor)
        self._asked = {one.name: one for one in self._questions.asked}
        self._details: dict[str, tuple[Asked | None, Detail]] = {
            f"{one.name} {detail.path}": (one, detail)
            for one in self._questions.asked
            for detail in one.details
        }
        for detail in self._questions.own:
            self._details[f"{_OWN} {detail.path}"] = None, detail
        self._item = list(self._items())
        asked = sorted(_unsaid(self._item), key=lambda one: str(one["linkId"]))
        self.url = f"urn:uuid:{identity('Questionnaire', as_json(asked))}"

    # ------------------------------------------------------------------ asking

    def resource(self) -> Resource:
        """Return the Questionnaire; its ``url`` is another for other questions, in any language."""
        names = [label or iri or "" for iri, label, *_ in self._guidelines]
        versions = [version for _, _, version, _ in self._guidelines if version]
        return pruned(
            {
                "resourceType": "Questionnaire",
                "id": self.url.removeprefix("urn:uuid:"),
                "language": "" if self._words.language == ENGLISH else self._words.language,
                "url": self.url,
                "version": text(versions[0]) if len(versions) == 1 else "",
                "title": text("; ".join(names)),
                "status": tables().code("PlanDefinition.status", IND + "Recommendation"),
                "subjectType": ["Patient"],
                "item": self._item,
            }
        )

    def text(self) -> str:
        """Return the Questionnaire as JSON."""
        return as_json(self.resource()) + "\n"

    def _items(self) -> Iterator[Resource]:
        for detail in self._questions.own:
            yield self._of_detail(f"{_OWN} {detail.path}", detail, None)
        for one in self._questions.asked:
            details = [
                self._of_detail(f"{one.name} {detail.path}", detail, one) for detail in one.details
            ]
            yield pruned(
                {
                    "linkId": one.name,
                    "code": self._codings.concept(one.term, "")["coding"],
                    "text": text(one.words),
                    "type": "group" if one.only_values else "choice",
                    "answerOption": [] if one.only_values else list(map(self._option, _replies())),
                    "item": details,
                }
            )
        for number, words in enumerate(self._questions.left, 1):
            yield {
                "linkId": f"left {number}",
                "text": text(self._words("asking", "left", what=words)),
                "type": "display",
            }

    def _of_detail(self, name: str, detail: Detail, of: Asked | None) -> Resource:
        asks = of is not None and not of.only_values
        unit = {"system": _UCUM, "code": detail.unit} if detail.unit else None
        return pruned(
            {
                "extension": [extension(_UNIT, valueCoding=unit)] if unit else [],
                "linkId": name,
                "text": text(f"{detail.words} ({detail.unit})" if unit else detail.words),
                "type": detail.kind,
                "enableWhen": [
                    {"question": of.name, "operator": "=", "answerCoding": self._coding("Yes")}
                ]
                if of is not None and asks
                else [],
                "answerOption": [
                    {"valueCoding": coding_of(iri, label)} for iri, label in detail.options
                ],
            }
        )

    def _coding(self, reply: str) -> Resource:
        row = tables().renderings[_REPLY, EXCHANGE + reply]
        return {
            "system": row.system,
            "code": row.code,
            "display": self._words("asking", reply),
        }

    def _option(self, reply: str) -> Resource:
        return {"valueCoding": self._coding(reply)}

    # ------------------------------------------------------------------ reading

    def case(self, response: Resource, as_of: datetime.date, path: str) -> Document:
        """Return what was answered as a case.

        What was not answered, or with "not known", is not in it: it is neither present nor absent.

        Args:
            response: a QuestionnaireResponse, numbers as they are written.
            as_of: the day for which the answers hold.
            path: what the file is called, for messages.

        Raises:
            IndicantError: it answers another questionnaire, or something in it is not understood.
        """
        reader = _Reader(path)
        reader.demand_answers(response, self.url)
        found = dict(reader.answers(response))
        for name in found:
            if name not in self._asked and name not in self._details:
                raise reader.error(
                    f"answers '{excerpt(name)}', which the questionnaire does not ask"
                )
        subject = response.get("subject")
        reference = subject.get("reference") if isinstance(subject, dict) else None
        named = _PATIENT.fullmatch(reference) if isinstance(reference, str) else None
        own = response.get("id")
        name = named[1] if named else own if isinstance(own, str) and own else "response"
        graph = casegraph.CaseGraph(casegraph.case_iri(name, set()), as_of)
        if named and isinstance(reference, str):
            graph.sources = (_iri(reference),)
        source = (_iri(f"{RESPONSE}/{own}"),) if isinstance(own, str) and own else ()
        values: dict[str, dict[str, ox.Literal | ox.NamedNode]] = {}
        for name, answer in found.items():
            if name in self._details:
                asked, detail = self._details[name]
                value = reader.value(name, detail, answer)
                if asked is None:
                    graph.say(detail.path, value)
                else:
                    values.setdefault(asked.name, {})[detail.path] = value
        for one in self._questions.asked:
            said = values.get(one.name, {})
            reply = "Yes" if one.only_values and said else None
            if one.name in found:
                reply = reader.reply(one.name, found[one.name])
            if said and reply != "Yes":
                raise reader.error(f"has values of '{one.name}', to which it does not say yes")
            if reply == "Yes":
                node = graph.node(local_name(one.term), one.role, [one.term], "")
                node.said, node.sources = said, source
            elif reply == "No":
                _deny(graph, one)
        return graph.document(path, self._prefixes)


@dataclass(frozen=True)
class _Reader:
    """Reads what was answered, and tells what is not understood by the name of its question."""

    path: str

    def error(self, message: str, help_: str = "answer the questionnaire anew") -> IndicantError:
        return IndicantError(message, file=self.path, help=help_)

    def demand_answers(self, response: Resource, url: str) -> None:
        """See that these are answers to a questionnaire.

        Raises:
            IndicantError: they are not.
        """
        status = response.get("status")
        if not isinstance(status, str) or status not in _STATUSES:
            raise self.error("has no status that a QuestionnaireResponse has")
        if status in _REFUSED:
            raise self.error(f"{_REFUSED[status]}, and says nothing")
        if response.get("questionnaire") != url:
            raise self.error(
                "answers another questionnaire, or another version of this guideline's",
                "export the questionnaire of this guideline, and answer that",
            )

    def answers(self, of: Any) -> Iterator[tuple[str, Resource]]:
        """Yield the one answer to each question that has one."""
        seen: set[str] = set()
        queue = [of]
        while queue:
            one = queue.pop(0)
            items = one.get("item", [])
            if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
                raise self.error("has an item that is none")
            for item in items:
                name, answers = item.get("linkId"), item.get("answer", [])
                if not isinstance(name, str) or name in seen:
                    raise self.error(f"has an item without a name, or twice: {excerpt(str(name))}")
                seen.add(name)
                if not isinstance(answers, list) or len(answers) > 1:
                    raise self.error(f"has several answers to '{name}'", "give one answer to each")
                queue.append(item)
                for answer in answers:
                    if not isinstance(answer, dict):
                        raise self.error(f"has an answer to '{name}' that is none")
                    queue.append(answer)
                    yield name, answer

    def reply(self, name: str, answer: Resource) -> str:
        """Return what yes, no or not known was answered."""
        coding = answer.get("valueCoding")
        for reply in _replies():
            row = tables().renderings[_REPLY, EXCHANGE + reply]
            if isinstance(coding, dict) and (coding.get("system"), coding.get("code")) == (
                row.system,
                row.code,
            ):
                return reply
        raise self.error(f"answers '{name}' neither by yes, by no nor by not known")

    def value(self, name: str, detail: Detail, answer: Resource) -> ox.Literal | ox.NamedNode:
        """Return a value that was answered."""
        given = {key: one for key, one in answer.items() if key.startswith("value")}
        told = f"answers '{name}' by something that is no {detail.kind}"
        if len(given) != 1:
            raise self.error(told)
        ((key, value),) = given.items()
        if detail.kind == "choice" and key == "valueCoding" and isinstance(value, dict):
            for iri, label in detail.options:
                wanted = coding_of(iri, label)
                if all(value.get(part) == wanted[part] for part in ("system", "code")):
                    return ox.NamedNode(iri)
        elif detail.kind == "boolean" and key == "valueBoolean" and isinstance(value, bool):
            return casegraph.typed("true" if value else "false", "boolean")
        elif detail.kind == "date" and key == "valueDate" and isinstance(value, str):
            if not _DAY.fullmatch(value):
                raise self.error(f"{told}: {excerpt(value)}", "give the day, or leave it out")
            try:
                return casegraph.date(date.fromisoformat(value))
            except ValueError as error:
                raise self.error(f"{told}: {value}") from error
        elif key in {"valueInteger", "valueDecimal"} and isinstance(value, str):
            pattern = _INTEGER if detail.kind == "integer" else _DECIMAL
            if detail.kind in {"integer", "decimal"} and pattern.fullmatch(value):
                return casegraph.typed(value, detail.kind)
        raise self.error(told)


def _deny(graph: casegraph.CaseGraph, one: Asked) -> None:
    """Say of a class what "no" says of it."""
    path = DENIALS[one.role]
    if path == casegraph.EXCLUDES:
        graph.excluded.setdefault(one.term, [])
    else:
        graph.say(path, ox.NamedNode(one.term))


def _iri(reference: str) -> str:
    """Return what a record is called that a response names."""
    return reference if ":" in reference else f"{BASE}fhir/{reference}"


def _replies() -> tuple[str, ...]:
    return "Yes", "No", "NotKnown"


def _unsaid(of: Any) -> Any:
    """Return resources without what they say to people."""
    if isinstance(of, list):
        return [_unsaid(one) for one in of]
    if not isinstance(of, dict):
        return of
    return {name: _unsaid(one) for name, one in of.items() if name not in {"text", "display"}}
