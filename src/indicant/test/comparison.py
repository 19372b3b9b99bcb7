"""Hold what is expected of the cases of a file against what is answered to them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from indicant.assess.validation import SHAPE
from indicant.errors import IndicantError
from indicant.guideline.names import Names, prefixes_in
from indicant.report.findings import Place, Result
from indicant.terms import IND, PREFIXES, local_name
from indicant.test import expectations
from indicant.test.expectations import OTHERS, SECTIONS, Expectation, Misstated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from indicant.assess.assessor import Assessor
    from indicant.assess.records import CaseRecord
    from indicant.assess.validation import Finding
    from indicant.test.coverage import Goal, Wanted


@dataclass(frozen=True)
class Answer:
    """What is answered to the cases of a file: records, or what they break."""

    file: str
    records: tuple[CaseRecord, ...]
    findings: tuple[Finding, ...]
    criteria: Mapping[str, Mapping[str, str]]
    exercised: set[tuple[str, Wanted]]


class Named:
    """What an expectation can name."""

    def __init__(self, assessor: Assessor, known: Iterable[Goal]) -> None:
        catalogue, vocabulary = assessor.catalogue, assessor.vocabulary
        texts = (one.text for one in assessor.source.documents)
        prefixes = {"shape": SHAPE} | prefixes_in(texts) | PREFIXES
        called: dict[str, list[str]] = {}
        for term, label in assessor.ask("what-is-each-term-called"):
            called.setdefault(term or "", []).append(label or "")
        classes = (
            one
            for root in ("Finding", "Intervention")
            for one in vocabulary.descendants(IND + root)
        )
        of_the_case = IND + "PatientCase"  # what is asked about the patient, such as the age
        labels: dict[str, dict[str, list[str]]] = {
            "intervention": {iri: [label] for iri, label in catalogue.labels.items()},
            "recommendation": {iri: [one.label] for iri, one in catalogue.recommendations.items()},
            "criterion": {one.iri: [one.label] for one in known if one.kind == "criterion"},
            "finding or intervention": {
                iri: called.get(iri, []) for iri in (*classes, of_the_case)
            },
            "case shape": {one.iri: [] for one in known if one.kind == "shape"},
        }
        self._names = {kind: Names(kind, names, prefixes) for kind, names in labels.items()}

    def __getitem__(self, kind: str) -> Names:
        return self._names[kind]


_NAMED: Final[Mapping[str, str]] = {
    "actions": "intervention",
    "answers": "recommendation",
    "criteria": "criterion",
    "superseded": "recommendation",
    "fulfilments": "recommendation",
    "awaiting": "intervention",
    "excepting": "intervention",
    "proposals": "intervention",
}
_WORDS: Final[Mapping[str, Sequence[str]]] = {
    "actions": expectations.STATUSES,
    "answers": expectations.ANSWERS,
    "criteria": expectations.ANSWERS,
    "fulfilments": expectations.FULFILMENTS,
    "proposals": expectations.STATUSES,
}


class Comparison:
    """Holds an expectation against an answer."""

    def __init__(self, names: Named, expectation: Expectation, answer: Answer) -> None:
        self._names = names
        self._expectation = expectation
        self._answer = answer
        self._told: list[Result] = []

    def told(self) -> list[Result]:
        """Return what differs."""
        if self._expectation.breaks is not None:
            self._compare_findings(self._expectation.breaks)
            return self._told
        stated = self._expectation.stated
        if not stated:
            self._tell("no-expectation", "the expectation states nothing", 1)
            return self._told
        for complaint in expectations.unknown_sections(
            self._expectation, (), stated, (*SECTIONS, "cases")
        ):
            self._misstated(complaint)
        try:
            self._compare_breaks(stated)
            records = self._records(stated)
        except IndicantError as error:
            self._misstated(error)
            return self._told
        for path, about, record in records:
            self._compare(path, about, record)
        return self._told

    def _tell(
        self,
        rule: str,
        message: str,
        line: int | None,
        help: str | None = None,  # noqa: A002
    ) -> None:
        place = Place(self._expectation.file, line)
        self._told.append(Result(rule, "error", message, (place,), help=help))

    def _misstated(self, error: IndicantError, line: int | None = None) -> None:
        self._tell("misstated", error.message, error.line or line, error.help)

    # ---------------------------------------------------------------- shapes

    def _compare_findings(self, breaks: tuple[tuple[int, str], ...]) -> None:
        """Hold the list of every finding against those that there are."""
        found = sorted((one.line or 0, local_name(one.shape)) for one in self._answer.findings)
        for number, one in enumerate(breaks, start=1):
            if one in found:
                found.remove(one)
            else:
                self._tell("expectation", f"line {one[0]} does not break shape:{one[1]}", number)
        for finding in self._answer.findings:
            if (finding.line or 0, local_name(finding.shape)) in found:
                found.remove((finding.line or 0, local_name(finding.shape)))
                self._unexpected(finding)

    def _compare_breaks(self, stated: Mapping[str, Any]) -> None:
        """Hold the names of shapes against the findings; a warning may go unmentioned."""
        expectation = self._expectation
        listed: list[str] = []
        if "breaks" in stated:
            value = expectations.section(expectation, (), stated, "breaks")
            listed = expectations.strings(expectation, ("breaks",), value)
        broken = {one.shape for one in self._answer.findings}
        expected = set()
        for number, name in enumerate(listed):
            if name == OTHERS:
                continue
            line = expectation.line("breaks", number)
            try:
                iri = self._names["case shape"].find(name)
            except IndicantError as error:
                self._misstated(error, line)
                continue
            expected.add(iri)
            if iri not in broken:
                self._tell("expectation", f"the case does not break shape:{local_name(iri)}", line)
        for finding in self._answer.findings:
            if (
                finding.severity == "violation"
                and finding.shape not in expected
                and OTHERS not in listed
            ):
                self._unexpected(finding)

    def _unexpected(self, finding: Finding) -> None:
        place = Place(finding.file or self._answer.file, finding.line)
        help_ = f"did you mean {finding.suggestion}?" if finding.suggestion else None
        message = f"{finding.message} (shape:{local_name(finding.shape)})"
        self._told.append(Result("invalid-case", "error", message, (place,), help=help_))

    # ---------------------------------------------------------------- answers

    def _records(
        self, stated: Mapping[str, Any]
    ) -> list[tuple[tuple[str, ...], Mapping[str, Any], CaseRecord]]:
        """Return what is stated of which case."""
        records = self._answer.records
        about = {name: stated[name] for name in SECTIONS if name in stated and name != "breaks"}
        if not records:
            if (about or "cases" in stated) and not self._told:
                name = next(iter(about), "cases")
                self._tell(
                    "misstated",
                    "a case that breaks a shape gets no answer",
                    self._expectation.line(name),
                )
            return []
        found: list[tuple[tuple[str, ...], Mapping[str, Any], CaseRecord]] = []
        if about:
            if len(records) > 1:
                raise Misstated(
                    f"the file holds {len(records)} cases",
                    line=self._expectation.line(next(iter(about))),
                    help='state it for each:  {"cases": {"name": {',
                )
            found.append(((), about, records[0]))
        if "cases" in stated:
            found += self._each(stated["cases"])
        return found

    def _each(self, stated: Any) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any], CaseRecord]]:
        expectation = self._expectation
        if not isinstance(stated, dict):
            raise Misstated(
                "'cases' is to be an object with what is expected of each case",
                line=expectation.line("cases"),
            )
        records = {one["case"]: one for one in self._answer.records}
        names = Names("case", dict.fromkeys(records, ()), {})
        for name, about in stated.items():
            path = ("cases", name)
            try:
                iri = names.find(name)
                if not isinstance(about, dict):
                    raise Misstated(f"'{name}' is to be an object with what is expected of it")
            except IndicantError as error:
                self._misstated(error, expectation.line(*path))
                continue
            known = [one for one in SECTIONS if one != "breaks"]
            for complaint in expectations.unknown_sections(expectation, path, about, known):
                self._misstated(complaint)
            yield path, {one: about[one] for one in known if one in about}, records[iri]

    def _compare(self, path: tuple[str, ...], about: Mapping[str, Any], record: CaseRecord) -> None:
        """Hold what is stated of a case against its record."""
        actual = self._actual(record)
        for name in about:
            try:
                value = expectations.section(self._expectation, path, about, name)
            except Misstated as error:
                self._misstated(error)
                continue
            if name == "scope":
                found = record["guideline"]["scope"]
                if found != value:
                    line = self._expectation.line(*path, name)
                    message = f"scope: expected {value}, answered {found or 'that there is none'}"
                    self._tell("expectation", message, line)
                continue
            for key, wanted in value.items():
                place = (*path, name, key)
                try:
                    iri = self._names[_NAMED[name]].find(key)
                    self._compare_one(place, name, iri, wanted, actual[name])
                except IndicantError as error:
                    self._misstated(error, self._expectation.line(*place))

    def _actual(self, record: CaseRecord) -> dict[str, Mapping[str, Any]]:
        """Return what a record says, by section and IRI."""
        actions = {one["action"]: one for one in record["actions"]}
        advice = {one["iri"]: one for each in actions.values() for one in each["recommendations"]}
        return {
            "actions": {iri: one["status"] for iri, one in actions.items()},
            "answers": {iri: one["answer"] for iri, one in advice.items()},
            "criteria": self._answer.criteria.get(record["case"], {}),
            "superseded": {iri: one["superseded"] for iri, one in advice.items()},
            "fulfilments": {
                iri: one["fulfilment"] for iri, one in advice.items() if one["fulfilment"]
            },
            "awaiting": {
                iri: {fact["term"] for fact in one["awaiting"]} for iri, one in actions.items()
            },
            "excepting": {
                iri: {fact["term"] for fact in one["excepting"]} for iri, one in actions.items()
            },
            "proposals": {one["action"]: one["verdict"] for one in record["proposals"]},
        }

    def _compare_one(
        self,
        path: tuple[str, ...],
        name: str,
        iri: str,
        wanted: object,
        actual: Mapping[str, Any],
    ) -> None:
        expectation, short = self._expectation, self._names[_NAMED[name]].short(iri)
        line = expectation.line(*path)
        if name in {"awaiting", "excepting"}:
            for message in self._differences(path, name, wanted, actual.get(iri, set())):
                self._tell("expectation", f"{short} {message}", line)
            return
        if name == "superseded":
            if not isinstance(wanted, bool):
                raise Misstated(f"'{path[-1]}' is to be true or false")
            wanted, found = _yes(wanted), _yes(bool(actual.get(iri)))
        else:
            wanted = expectations.word(expectation, path, wanted, _WORDS[name])
            absent = {
                "actions": "not-applicable",
                "proposals": "that it is not proposed",
                "fulfilments": "nothing, since it says nothing that fulfils it",
            }
            found = actual.get(iri, absent.get(name, "nothing"))
        if found != wanted:
            command = f"indicant why {shlex.quote(self._answer.file)} {shlex.quote(short)}"
            about = {
                "fulfilments": " fulfilment",
                "proposals": " proposed",
                "superseded": " superseded",
            }.get(name, "")
            self._tell(
                "expectation",
                f"{short}{about}: expected {wanted}, answered {found}",
                line,
                f"{command}  says why" if name in {"actions", "proposals"} else None,
            )

    def _differences(
        self, path: tuple[str, ...], name: str, wanted: object, found: set[str]
    ) -> Iterator[str]:
        """Yield how a set differs from the one that is stated, in part or in full."""
        kind = "finding or intervention" if name == "awaiting" else "intervention"
        names = self._names[kind]
        listed = expectations.strings(self._expectation, path, wanted)
        expected = {names.find(one) for one in listed if one != OTHERS}
        verb = "awaits" if name == "awaiting" else "excepts"
        for iri in sorted(expected - found):
            yield f"{verb}: expected {names.short(iri)}, which is not among them"
        if OTHERS not in listed:
            for iri in sorted(found - expected):
                yield f"{verb}: did not expect {names.short(iri)}"


def _yes(value: bool) -> str:
    return "true" if value else "false"
