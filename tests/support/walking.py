"""Read the page for one patient as a browser does, fill in what it asks, and send it."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from asked import Answer, Running

FORM: Final = "application/x-www-form-urlencoded"
STATUSES: Final = frozenset(
    (
        "recommended",
        "conditional",
        "conflicting",
        "contraindicated",
        "undetermined",
        "not-applicable",
    )
)
_VOID: Final = frozenset({"input", "meta", "link", "br"})


@dataclass
class Field:
    """A field of a form, or a button of it: what it is called, and what it can have."""

    kind: str
    name: str
    value: str = ""
    options: list[str] = field(default_factory=list)
    checked: bool = False
    described: str = ""


@dataclass
class Form:
    """A form with its fields, also those that stand elsewhere and name it."""

    name: str
    fields: list[Field] = field(default_factory=list)

    def value(self, name: str) -> str:
        """Return the value of a field."""
        return next(one.value for one in self.fields if one.name == name)

    def buttons(self) -> list[Field]:
        """Return what can be pressed."""
        return [one for one in self.fields if one.kind == "button"]


class Seen(HTMLParser):
    """What is on a page: forms, headings, and what is said of which intervention."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: dict[str, Form] = {}
        self.said: dict[str, set[str]] = {}
        self.texts: dict[str, str] = {}
        self.places: list[tuple[str, str]] = []
        self._stack: list[tuple[str, str]] = []
        self._form = ""
        self._select: Field | None = None
        self._area: Field | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what begins."""
        had = {name: value or "" for name, value in attrs}
        classes = set(had.get("class", "").split())
        if "data-action" in had:
            (status,) = classes & STATUSES
            self.said.setdefault(had["data-action"], set()).add(status)
        for name in ("src", "href", "action", "formaction"):
            if name in had:
                self.places.append((tag, had[name]))
        if tag == "form":
            self._form = had.get("id", f"form {len(self.forms)}")
            self.forms.setdefault(self._form, Form(self._form))
        form = self.forms.setdefault(had.get("form", self._form), Form(had.get("form", self._form)))
        if tag in {"input", "button"}:
            kind = had.get("type", "text" if tag == "input" else "button")
            made = Field(
                "button" if tag == "button" else kind,
                had.get("name", ""),
                had.get("value", ""),
                checked="checked" in had,
                described=had.get("aria-describedby", ""),
            )
            form.fields.append(made)
        elif tag == "select":
            self._select = Field("select", had["name"])
            form.fields.append(self._select)
        elif tag == "textarea":
            self._area = Field("textarea", had["name"])
            form.fields.append(self._area)
        elif tag == "option" and self._select is not None:
            self._select.options.append(had.get("value", ""))
            if "selected" in had or len(self._select.options) == 1:
                self._select.value = had.get("value", "")
        if tag not in _VOID:
            self._stack.append((tag, had.get("id", "")))

    def handle_endtag(self, tag: str) -> None:
        """Take what ends."""
        while self._stack:
            last, _ = self._stack.pop()
            if last == tag:
                break
        if tag == "form":
            self._form = ""
        self._select = None if tag == "select" else self._select
        self._area = None if tag == "textarea" else self._area

    def handle_data(self, data: str) -> None:
        """Take text."""
        if self._area is not None:
            self._area.value += data
        for _, name in self._stack:
            if name:
                self.texts[name] = self.texts.get(name, "") + data


@dataclass
class Walk:
    """A walk over the page of a guideline."""

    service: Running
    guideline: str
    answer: Answer = field(init=False)
    page: Seen = field(init=False)

    def __post_init__(self) -> None:
        self._take(self.service.get(f"/patient/{self.guideline}"))

    def _take(self, answer: Answer) -> None:
        assert answer.headers["content-type"].startswith("text/html"), answer.body
        self.answer, self.page = answer, Seen(answer.body.decode())

    def send(self, fields: Mapping[str, str]) -> Answer:
        """Send fields, and return what comes back."""
        path = f"/patient/{self.guideline}"
        return self.service.post(path, urlencode(fields).encode(), FORM)

    def do(self, **fields: str) -> None:
        """Send fields with what the page keeps, and go where that leads."""
        state = self.page.forms["state"]
        kept = {name: state.value(name) for name in ("case", "trail")}
        self._take(self.send({**kept, **fields}))

    def start(self, as_of: str) -> None:
        """Begin with nothing known."""
        self._take(self.send({"as-of": as_of, "do": "start"}))

    def read(self, as_of: str, text: str) -> None:
        """Begin with a document."""
        self._take(self.send({"as-of": as_of, "do": "read", "text": text}))

    @property
    def case(self) -> str:
        """The case that the page keeps."""
        return self.page.forms["state"].value("case")

    @property
    def key(self) -> str:
        """What the question is called that is asked, or nothing."""
        form = self.page.forms.get("answer")
        return form.value("key") if form else ""

    @property
    def words(self) -> str:
        """The question."""
        return " ".join(self.page.texts["question"].split())

    def replies(self) -> list[str]:
        """Return what can be answered."""
        fields = self.page.forms["answer"].fields
        return list(dict.fromkeys(one.value for one in fields if one.name == "reply"))

    def details(self) -> list[Field]:
        """Return the values that are asked for."""
        return [one for one in self.page.forms["answer"].fields if one.name.startswith("d ")]

    def others(self) -> list[str]:
        """Return what can be asked beside what is asked."""
        found = [one for form in self.page.forms.values() for one in form.fields]
        return next(one.options for one in found if one.name == "key" and one.kind == "select")

    def saved(self) -> str:
        """Return the case as it would be saved."""
        state = self.page.forms["state"]
        kept = {name: state.value(name) for name in ("case", "trail")}
        answer = self.send({**kept, "do": "save"})
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("text/turtle")
        assert answer.headers["content-disposition"] == 'attachment; filename="case.ttl"'
        return answer.body.decode()

    def reply(self, reply: str, **details: str) -> None:
        """Answer the question."""
        fields = {"do": "answer", "key": self.key, "reply": reply}
        self.do(**fields, **details)

    def anything(self, random: Random) -> str:
        """Answer the question at random, and return how."""
        reply = random.choice(self.replies())
        details: dict[str, str] = {}
        if reply == "since":
            details["since"] = random.choice(("2025-11-30", "2026-09", "2020"))
        elif reply == "yes":
            for one in self.details():
                if one.kind == "select":
                    details[one.name] = random.choice(one.options)
                elif _is_date(one.name):
                    dates = ("", "", "2026-11-01", "2026-03-15", "2025-12-01", "2024", "2026-02")
                    details[one.name] = random.choice(dates)
                else:
                    details[one.name] = random.choice(("", "1", "3", "17", "28", "49", "62", "200"))
            nodes = [one for one in self.page.forms["answer"].fields if one.name == "node"]
            if nodes:
                details["node"] = random.choice(nodes[0].options)
        self.reply(reply, **details)
        return reply


def _is_date(name: str) -> bool:
    return name.rpartition("/")[2] in {"on", "onset", "startedOn", "endedOn", "birthDate"}
