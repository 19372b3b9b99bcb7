"""Run a service in a thread of the test, on a port of its own, and ask it over HTTP."""

from __future__ import annotations

import contextlib
import copy
import functools
import http.client
import json
import re
import subprocess
import threading
import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from indicant.serve.app import Service
from indicant.serve.connections import connection
from indicant.serve.guidelines import Guidelines
from indicant.serve.running import Server, configured, taken, url_of
from indicant.serve.settings import Settings
from running import command, environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from indicant.serve.connections import Connection

NAME: Final = "opioids-for-pain"
SEED: Final = "neck-pain-after-lumbar-fusion"
AS_OF: Final = "2023-05-01"
RXNORM: Final = "http://www.nlm.nih.gov/research/umls/rxnorm"
INSTANCE: Final = "b266185d-c26a-40dd-a024-70b5b6222170"
FLURAZEPAM: Final = "1298088"
OXYCODONE: Final = "1049502"
Record = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """What the body says."""
        return json.loads(self.body)

    @property
    def cards(self) -> list[Record]:
        """The cards of an answer that is one, held to what every answer is held to."""
        assert self.status == 200, self.body
        return held(self.json)


@dataclass
class Running:
    """A service that can be asked."""

    service: Service
    url: str
    server: Server
    log: list[str] = field(default_factory=list)

    def open(self) -> list[Any]:
        """Return the connections that stand open."""
        return list(self.server.server_state.connections)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request, and return what comes back."""
        there = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        try:
            there.request(method, path, body, dict(headers or {}))
            told = there.getresponse()
            given = {name.lower(): value for name, value in told.getheaders()}
            return Answer(told.status, given, told.read())
        finally:
            there.close()

    def get(self, path: str, **headers: str) -> Answer:
        """Ask for what is at a path."""
        return self.ask("GET", path, None, headers)

    def post(self, path: str, said: Any, media_type: str = "application/json") -> Answer:
        """Send something: bytes as they are, anything else as JSON."""
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        return self.ask("POST", path, body, {"Content-Type": media_type})

    def hook(self, request: Record, guideline: str = NAME) -> Answer:
        """Send a request to the service of its hook."""
        return self.post(f"/cds-services/{guideline}-{request['hook']}", request)


@functools.cache
def loaded(
    *names: str, completeness: tuple[str, ...] = (), languages: tuple[str, ...] = ("en",)
) -> Guidelines:
    """Return guidelines, loaded once for all services of a process."""
    settings = Settings(as_of=AS_OF, completeness=completeness, languages=languages)
    return Guidelines(names, settings)


@contextlib.contextmanager
def running(
    *names: str,
    completeness: tuple[str, ...] = (),
    http: type[Connection] | None = None,
    languages: tuple[str, ...] = ("en",),
    **settings: Any,
) -> Iterator[Running]:
    """Run a service with guidelines while the block runs, perhaps with connections of one's own."""
    known = loaded(*(names or (NAME,)), completeness=completeness, languages=languages)
    spoken = [Guidelines((), Settings(languages=(one.language,))) for one in (known, *known.others)]
    guidelines = spoken[0]
    guidelines.others = tuple(spoken[1:])
    for mine, theirs in zip(spoken, (known, *known.others), strict=True):
        mine.each = {name: copy.copy(one) for name, one in theirs.each.items()}
    lines: list[str] = []
    with taken("127.0.0.1", 0) as sock:
        url = url_of(sock)
        for mine in spoken:
            mine.settings = replace(known.settings, **{"base_url": url, **settings})
            for one in mine.each.values():
                one.settings = mine.settings
        service = Service(guidelines, lines.append)
        config = configured(service, http or connection(guidelines.settings.seconds))
        begun = threading.Event()
        server = Server(config, begun.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]})
        thread.start()
        try:
            assert begun.wait(30)
            yield Running(service, url, server, lines)
        finally:
            server.should_exit = True
            thread.join(60)
            assert not thread.is_alive()


@contextlib.contextmanager
def started(*words: str, **changes: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the command, and yield its process and address once it says where it is.

    Its environment may be changed.
    """
    with begun_by(command("serve", "--port", "0", *words), **changes) as found:
        yield found


@contextlib.contextmanager
def begun_by(words: Sequence[str], **changes: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Do the same with whatever begins a service."""
    process = subprocess.Popen(
        words,
        env=environment(**changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        found = next(one.split()[0] for one in process.stdout if "/readyz" in one)
        yield process, found.removesuffix("/readyz")
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


# ------------------------------------------------------------------------- answers


def held(answer: Record) -> list[Record]:
    """Hold an answer to what the specification has of every one, and return its cards.

    The invariants of the specification by their names; cds-r-1 and cds-r-2 are about requests and
    the cds-fb about feedback, which other tests hold.
    """
    assert set(answer) == {"cards", "extension"}
    assert no_nothing(answer["cards"])
    names = [one["uuid"] for one in answer["cards"]]
    assert len(set(names)) == len(names)
    for card in answer["cards"]:
        assert str(uuid.UUID(card["uuid"])) == card["uuid"]
        assert 0 < len(card["summary"]) < 140
        assert "\n" not in card["summary"]
        assert card["indicator"] in {"info", "warning", "critical"}
        assert card["source"]["label"]
        assert card["source"].get("url", "https://").startswith("https://")
        suggestions = card.get("suggestions", [])
        if suggestions:  # cds-resp-6
            assert card["selectionBehavior"] in {"any", "at-most-one"}
        if card.get("selectionBehavior") == "at-most-one":  # cds-resp-1
            assert sum(bool(one.get("isRecommended")) for one in suggestions) <= 1
        assert all(one["display"] for one in card.get("overrideReasons", ()))  # cds-resp-4
        for link in card.get("links", ()):  # cds-resp-3
            assert link["type"] == "smart" or "appContext" not in link
        for suggestion in suggestions:
            assert "actionSelectionBehavior" not in suggestion  # cds-resp-7
            for action in suggestion["actions"]:
                assert action["description"]  # cds-resp-5
                if action["type"] == "delete":  # cds-resp-2
                    assert "resource" not in action
                    assert re.fullmatch(r"[A-Za-z]+/[A-Za-z0-9.-]{1,64}", action["resourceId"])
    found: list[Record] = answer["cards"]
    return found


def no_nothing(said: Any) -> bool:
    """Tell whether there is neither null nor an empty text, list or object in something."""
    if isinstance(said, dict):
        return all(one not in (None, "", [], {}) and no_nothing(one) for one in said.values())
    if isinstance(said, list):
        return all(one not in (None, "", [], {}) and no_nothing(one) for one in said)
    return True


# ------------------------------------------------------------------------- requests


def patient(name: str = "p", **elements: Any) -> Record:
    """Return the record of a patient."""
    return {"resourceType": "Patient", "id": name, "birthDate": "1960-05-01", **elements}


def order(code: str, name: str = "o", whose: str = "p", **elements: Any) -> Record:
    """Return an order for a product of RxNorm."""
    return {
        "resourceType": "MedicationRequest",
        "id": name,
        "status": "active",
        "intent": "order",
        "subject": {"reference": f"Patient/{whose}"},
        "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": code}]},
        "authoredOn": "2023-04-16",
        **elements,
    }


def bundle(*records: Record, kind: str = "collection") -> Record:
    """Return records as a bundle."""
    return {
        "resourceType": "Bundle",
        "type": kind,
        "entry": [{"resource": one} for one in records],
    }


def request(*drafts: Record, hook: str = "order-sign", whose: str = "p", **prefetch: Any) -> Record:
    """Return a request of CDS Hooks with the orders that are not given yet."""
    context: Record = {"userId": "Practitioner/u", "patientId": whose}
    if hook != "patient-view":
        context["draftOrders"] = bundle(*drafts)
    if hook == "order-select":
        names = [f"{one['resourceType']}/{one['id']}" for one in drafts]
        context["selections"] = names
    prefetch.setdefault("patient", patient(whose))
    return {"hook": hook, "hookInstance": INSTANCE, "context": context, "prefetch": prefetch}
