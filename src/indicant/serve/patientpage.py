"""Ask about one patient on a page: the case is kept in the browser, and nowhere else."""

from __future__ import annotations

import datetime
import functools
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from indicant.assess.assessment import InvalidCase
from indicant.errors import IndicantError
from indicant.exchange.questions import DENIALS
from indicant.explain.next import next_facts
from indicant.explain.whatif import differences_of
from indicant.files import bounded
from indicant.files.rdf import EXTENSIONS, parse, text_of
from indicant.intake.patients import Options
from indicant.intake.supply import is_fhir
from indicant.serve import answers
from indicant.serve.advice import advice, changes
from indicant.serve.answers import Answering, Misunderstood
from indicant.serve.guidelines import demand_few
from indicant.serve.inquiry import RECORDS_ALL, Inquiries, key_of
from indicant.serve.recorded import recorded
from indicant.serve.refusals import Refused, refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import jinja2

    from indicant.assess.records import CaseRecord
    from indicant.explain.next import NextRecord, SettledRecord
    from indicant.files.rdf import Document
    from indicant.guideline.wording import Words
    from indicant.serve.advice import Change
    from indicant.serve.answers import Step
    from indicant.serve.guidelines import Guidelines, Served
    from indicant.serve.inquiry import Due, Inquiry

TEMPLATES: Final = Path(__file__).parent / "templates"
HTML: Final = "text/html"
TURTLE: Final = "text/turtle"
_MOST_FIELDS: Final = 400
_OTHERS: Final = 4
_NEXT: Final = 5
_NOTES: Final = 12


@dataclass(frozen=True)
class Shown:
    """What is sent back: a page, or the case as a file."""

    body: bytes
    media_type: str = HTML
    status: int = 200
    name: str = ""


@dataclass
class _State:
    """What the browser holds, and what is to be shown of it."""

    document: Document
    trail: list[Step] = field(default_factory=list)
    said: str = ""
    before: Document | None = None
    undone: bool = False
    key: str = ""
    form: Mapping[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class PatientPage:
    """Answers the requests of the page, for each guideline of a service."""

    def __init__(self, guidelines: Guidelines) -> None:
        """Take the guidelines, in whose language the page speaks."""
        self._guidelines, self._words = guidelines, guidelines.words
        self._inquiries: dict[str, Inquiries] = {}
        self._lock = threading.Lock()

    def inquiries(self, served: Served) -> Inquiries:
        """Return what can be asked of a guideline, found out once."""
        with self._lock:
            if served.name not in self._inquiries:
                self._inquiries[served.name] = Inquiries(served.assessor)
            return self._inquiries[served.name]

    def index(self) -> Shown:
        """Return the list of the guidelines."""
        each = [(name, one.label) for name, one in self._guidelines.each.items()]
        return self._rendered("patient_index.html", label="", up="", guidelines=each)

    def start(self, name: str) -> Shown:
        """Return the page on which one begins.

        Raises:
            Refused: there is no such guideline.
        """
        return self._start(self._guidelines.named(name), {}, [])

    def act(self, name: str, body: bytes) -> Shown:
        """Return what the page shows after something was done on it.

        Raises:
            Refused: there is no such guideline, or the page did not send that.
        """
        served = self._guidelines.named(name)
        form = form_of(body)
        do, _, rest = form.get("do", "").partition(" ")
        if do in {"start", "read"}:
            return self._begun(served, form, do)
        try:
            document = answers.read(form.get("case", ""))
            demand_few(document.quads)
            answers.case_of(document)
            state = _State(document, answers.trail_in(form.get("trail", "")), form=form)
        except (IndicantError, Misunderstood) as error:
            raise Refused(400, "the page did not send a case", help="begin anew") from error
        try:
            if do == "save":
                return self._saved(served, state)
            if do == "finish":
                return self._asked(served, state, "patient_result.html")
            return self._done(served, state, do, rest)
        except IndicantError as error:
            # No page sends a case that cannot be assessed.
            raise refused(error) from error

    # ------------------------------------------------------------------ the beginning

    def _start(
        self, served: Served, form: Mapping[str, str], problems: list[str], status: int = 200
    ) -> Shown:
        day = form.get("as-of") or self._guidelines.settings.day()
        return self._rendered(
            "patient_start.html",
            status=status,
            label=served.label,
            name=served.name,
            up="../",
            as_of=day,
            given=form.get("text", ""),
            problems=problems,
        )

    def _begun(self, served: Served, form: Mapping[str, str], do: str) -> Shown:
        try:
            day = datetime.date.fromisoformat(form.get("as-of", "")).isoformat()
            if not "1000" <= day[:4] <= "2999":
                raise ValueError(day)
        except ValueError:
            return self._start(served, form, [self._words("misunderstood", "day")], 422)
        try:
            if do == "start":
                return self._asked(served, _State(answers.empty(day)))
            return self._asked(served, self._given(served, form.get("text", ""), day))
        except InvalidCase as error:
            problems = [
                self._words("misunderstood", "line", line=one.line, what=one.message)
                for one in error.findings[:_NOTES]
            ]
        except IndicantError as error:
            problems = [self._told(error)]
        except Misunderstood as error:
            problems = [error.told(self._words)]
        return self._start(served, form, problems, 422)

    def _given(self, served: Served, text: str, day: str) -> _State:
        """Return what is known of a patient whose records or whose case was pasted."""
        data = text.encode()
        if not text.strip():
            raise Misunderstood("", "empty")
        if is_fhir(data):
            options = Options(
                datetime.date.fromisoformat(day), self._guidelines.settings.zone, served.claims
            )
            taken = served.reader.take("patient.json", options, data=data, strict=True)
            if len(taken.documents) != 1:
                raise Misunderstood("", "patients", n=len(taken.documents))
            report = taken.report
            left = list(report.all_left())
            say = functools.partial(self._words, "patient")
            notes = [say("used", used=report.used, records=report.records)]
            for reason in dict.fromkeys(one.reason for one in left):
                count = sum(one.reason == reason for one in left)
                notes.append(say("not-used", n=count, why=self._words("unused", reason)))
            return _State(taken.documents[0], notes=notes[:_NOTES])
        form = "jsonld" if text.lstrip()[:1] in "{[" else "ttl"
        document = parse(data, path=f"case.{form}", format=EXTENSIONS[f".{form}"])
        demand_few(document.quads)
        answers.case_of(document)
        return _State(document)

    # ------------------------------------------------------------------ what is done

    def _done(self, served: Served, state: _State, do: str, rest: str) -> Shown:
        inquiries = self.inquiries(served)
        form = state.form
        before = state.document
        try:
            if do == "answer":
                state.key = form.get("key", "")
                inquiry = inquiries.named(state.key)
                if inquiry is None:
                    raise Misunderstood("", "question")
                answering = self._answering(served, before)
                said = answering.answer(inquiry, form)
                return self._changed(served, state, answering.document(), said)
            if do == "propose":
                answering = self._answering(served, before)
                term = form.get("action", "")
                if term not in served.assessor.vocabulary.classes:
                    raise Misunderstood("", "intervention")
                answering.propose(term)
                said = self._words("reply", "planned", what=inquiries.label(term))
                return self._changed(served, state, answering.document(), said)
            if do == "forget":
                path, _, value = rest.partition(" ")
                answering = self._answering(served, before)
                answering.forget(path, value)
                said = self._words("reply", "taken-back", what=inquiries.label(path))
                return self._changed(served, state, answering.document(), said)
            if do == "undo" and state.trail:
                return self._undone(served, state)
            if do == "ask":
                state.key = rest or form.get("key", "")
        except InvalidCase as error:
            told = [one.message for one in error.findings[:_NOTES]]
            state.problems = {str(place): words for place, words in enumerate(told)}
        except Misunderstood as error:
            state.problems = {error.field or "0": error.told(self._words)}
        except IndicantError as error:
            state.problems = {"0": self._told(error)}
        state.document = before
        return self._asked(served, state)

    def _changed(self, served: Served, state: _State, after: Document, said: str) -> Shown:
        step = answers.step_of(said, state.document, after)
        made = _State(after, [*state.trail, step], said, state.document)
        return self._asked(served, made)

    def _undone(self, served: Served, state: _State) -> Shown:
        *rest, last = state.trail
        quads = answers.undone(state.document, last)
        text = answers.text_in(quads, self._prefixes(served, state.document))
        said = self._words("reply", "undone", what=last.said)
        made = _State(answers.read(text), rest, said, state.document, undone=True)
        return self._asked(served, made)

    def _saved(self, served: Served, state: _State) -> Shown:
        text = answers.text_in(state.document.quads, self._prefixes(served, state.document))
        return Shown(text.encode(), TURTLE, name="case.ttl")

    # ------------------------------------------------------------------ what is shown

    def _prefixes(self, served: Served, document: Document) -> dict[str, str]:
        texts = [one.text for one in served.assessor.source.documents]
        return answers.prefixes_of(document, texts)

    def _asked(self, served: Served, state: _State, template: str = "patient_asked.html") -> Shown:
        """Return the page with what is known, what follows of it, and what is asked next.

        Raises:
            InvalidCase: the case is none that can be assessed.
        """
        inquiries = self.inquiries(served)
        assessor = served.assessor
        text = answers.text_in(state.document.quads, self._prefixes(served, state.document))
        document = answers.read(text)
        case = answers.case_of(document)
        (record,) = assessor.assess(document, everything=True)
        (told,) = next_facts(assessor, document)
        changed: list[Change] = []
        if state.before is not None:
            (old,) = assessor.assess(state.before, everything=True)
            changed = changes(differences_of(old, record), record, self._words)
        unknown = {key_of(asked, of) for _, asked, of in answers.unanswered(document.quads)}
        unknown |= {
            key_of(role, text_of(quad.object))
            for quad in document.quads
            for role, path in (*DENIALS.items(), (RECORDS_ALL, RECORDS_ALL))
            if quad.predicate.value == path and text_of(quad.subject) == case
        }
        due = inquiries.due(told, unknown)
        asked = self._question(served, document, state, due)
        shown = advice(record, assessor.catalogue, self._words)
        page = {
            "case": text,
            "trail": answers.trail_as(state.trail),
            "as_of": record["asOf"],
            "version": record["guideline"]["version"] or "",
            "shown": shown,
            "said": state.said,
            "undone": state.undone,
            "undo": state.trail[-1].said if state.trail else "",
            "changes": changed,
            "asked": asked,
            "others": [
                (one.inquiry.key, one.inquiry.words)
                for one in due
                if asked is None or one.inquiry.key != asked["key"]
            ][:_OTHERS],
            "next": [one.inquiry.words for one in due[:_NEXT]],
            "any": [(one.key, _called(inquiries, one)) for one in inquiries.unasked([])],
            "plans": sorted(
                ((one["action"], one["label"]) for one in record["actions"]), key=lambda row: row[1]
            ),
            "problems": list(state.problems.values()),
            "told": recorded(document, case, inquiries.label, self._words),
            "notes": [*state.notes, *record["warnings"]],
            "passages": _passages(record),
            "unasked": _left(inquiries, told),
        }
        status = 422 if state.problems else 200
        return self._rendered(
            template, status=status, label=served.label, name=served.name, up="../", page=page
        )

    def _question(
        self, served: Served, document: Document, state: _State, due: list[Due]
    ) -> dict[str, Any] | None:
        """Return the question that is asked: the one that is wanted, or the most telling one."""
        inquiries = self.inquiries(served)
        wanted = inquiries.named(state.key) if state.key and not state.said else None
        first = next((one for one in due if wanted is None or one.inquiry.key == wanted.key), None)
        inquiry = wanted or (first.inquiry if first else None)
        if inquiry is None:
            return None
        given = state.form if state.problems else {}
        answering = self._answering(served, document)
        nodes = [] if not inquiry.term or inquiry.role == RECORDS_ALL else answering.nodes(inquiry)
        words = {
            item.value: item.words
            for _, items in recorded(document, answering.case, inquiries.label, self._words)
            for item in items
        }
        truths = [(one, self._words("recorded", one)) for one in ("true", "false")]
        fields = [
            {
                "path": one.path,
                "words": one.words[:1].upper() + one.words[1:],
                "kind": one.kind,
                "options": truths if one.kind == "boolean" else one.options,
                "units": answers.units_of(served.assessor.vocabulary, one),
                "given": given.get(f"d {one.path}", ""),
                "unit": given.get(f"u {one.path}", one.unit),
                "problem": state.problems.get(f"d {one.path}", ""),
            }
            for one in inquiry.details
        ]
        more = nodes and inquiry.role in answers.CLOSED
        bare = not inquiry.term or inquiry.only_values
        of_all = inquiry.role == RECORDS_ALL
        say = functools.partial(self._words, "reply")
        return {
            "key": inquiry.key,
            "words": inquiry.words,
            "label": inquiry.label,
            "yes": say("more") if nodes else inquiry.yes,
            "no": say("no-others") if more else inquiry.no,
            "since": inquiry.since,
            "since_words": say("since-all") if of_all else say("since"),
            "since_day": given.get("since", ""),
            "reply": given.get("reply", ""),
            "unknown_words": say("unknown-all") if of_all else say("unknown"),
            "fields": fields,
            "bare": bare,
            "simple": not fields and not inquiry.since and not nodes,
            "nodes": [(node, words.get(node, node)) for node in nodes],
            "node": given.get("node", nodes[0] if nodes else ""),
            "by": ", ".join(first.by) if first else "",
            "settles": list(self._settles(first)) if first else [],
        }

    def _answering(self, served: Served, document: Document) -> Answering:
        label = self.inquiries(served).label
        return Answering(document, served.assessor.vocabulary, label, self._words)

    def _told(self, error: IndicantError) -> str:
        """Return a mistake of what was pasted in words, with its place."""
        told = str(error)
        if error.line:
            told = self._words("misunderstood", "line", line=error.line, what=told)
        return ". ".join(filter(None, (told, error.help)))

    def _settles(self, due: Due) -> Iterator[str]:
        for key, settled in (("if-yes", due.present), ("if-no", due.absent)):
            if settled:
                yield self._words("patient", key, what=self._listed(settled))

    def _listed(self, settled: tuple[SettledRecord, ...]) -> str:
        by_status: dict[str, list[str]] = {}
        for one in settled:
            by_status.setdefault(one["status"], []).append(one["label"])
        return "; ".join(
            f"{', '.join(labels)} ({self._words('advice', status)})"
            for status, labels in by_status.items()
        )

    def _rendered(self, template: str, *, status: int = 200, **more: Any) -> Shown:
        return rendered(template, self._words, status=status, **more)


def _called(inquiries: Inquiries, inquiry: Inquiry) -> str:
    """Return what a question is called in a list: its class, and which property is asked for."""
    if not inquiry.term:
        return inquiry.label
    return f"{inquiry.label} ({inquiries.label(inquiry.role)})"


def _passages(record: CaseRecord) -> list[tuple[str, Any]]:
    found = {
        passage["id"]: passage
        for one in record["actions"]
        if one["status"] not in {"not-applicable", "undetermined"}
        for each in one["recommendations"]
        if each["answer"] == "met"
        for passage in each["passages"]
    }
    return sorted(found.items())


def _left(inquiries: Inquiries, told: NextRecord) -> list[str]:
    """Return the open facts that no question of the page decides."""
    return [fact["label"] for fact in told["facts"] if not inquiries.decides(fact)]


def form_of(body: bytes) -> dict[str, str]:
    """Return the fields of a form; of two of one name the last counts.

    Raises:
        Refused: the body is no form.
    """
    try:
        fields = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError as error:
        raise Refused(400, "the body is no form") from error
    return {name: value.replace("\r\n", "\n") for name, value in fields}


@functools.cache
def environment() -> jinja2.Environment:
    """Return the environment of the templates, which escapes everything."""
    import jinja2

    from indicant.site.markup import environment as of_site

    return of_site().overlay(loader=jinja2.FileSystemLoader(TEMPLATES))


def rendered(template: str, words: Words, *, status: int = 200, **more: Any) -> Shown:
    """Return a page of a template, in the words of a language."""
    text = environment().get_template(template).render(w=words, **more)
    return Shown(text.encode(), status=status)


@functools.cache
def asset(name: str) -> bytes:
    """Return the style sheet or the script."""
    return bounded.text(TEMPLATES / name).encode()
