"""Requests that are changed in small ways are answered or refused, and are never a fault."""

from __future__ import annotations

import copy
import json
import random
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import pytest

from asked import FLURAZEPAM, OXYCODONE, SEED, Record, bundle, order, request, running
from places import EXAMPLES, SEVEN_MONTHS

if TYPE_CHECKING:
    from collections.abc import Iterator

FINE: Final = {200, 400, 404, 412, 415, 422}
ODD: Final[tuple[Any, ...]] = (
    None,
    "",
    "x",
    0,
    -1,
    1e400,
    1.5,
    True,
    [],
    {},
    [[]],
    [None],
    {"x": None},
    "2023-02-30",
    "Patient/p",
    "\u0000",
    "\ud800",
    "a" * 3000,
    {"resourceType": "Bundle", "entry": [None]},
)


def places(said: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each place within something: what it is in, and its key there."""
    keys = said.keys() if isinstance(said, dict) else range(len(said))
    for key in list(keys):
        yield said, key
        if isinstance(said[key], dict | list):
            yield from places(said[key])


def mutants(of: Record, count: int, seed: int) -> Iterator[bytes]:
    """Yield copies of a request, each changed in one or two places."""
    chance = random.Random(seed)  # noqa: S311 - the same ones every time
    for _ in range(count):
        made = copy.deepcopy(of)
        for _ in range(chance.choice((1, 1, 2))):
            within, key = chance.choice(list(places(made)))
            what = chance.randrange(4)
            if what == 0:
                del within[key]
            elif what == 1 and isinstance(within, list):
                within.append(copy.deepcopy(within[key]))
            else:
                within[key] = copy.deepcopy(chance.choice(ODD))
            if not made:
                break
        yield json.dumps(made).encode()


@pytest.mark.slow
@pytest.mark.parametrize("hook", ["patient-view", "order-select", "order-sign"])
def test_no_mutant_of_a_request_is_a_fault(hook: str) -> None:
    chart = bundle(order(FLURAZEPAM, "chart"), kind="searchset")
    asked = request(
        *([] if hook == "patient-view" else [order(OXYCODONE)]),
        hook=hook,
        medicationRequest=chart,
        condition=None,
    )
    asked["fhirServer"] = "https://records.hospital.example/fhir"
    asked["extension"] = {"org.w3id.indicant": {"asOf": "2023-05-01"}}
    seen = set()
    with running() as service:
        for body in mutants(asked, 120, 7):
            told = service.post(f"/cds-services/opioids-for-pain-{hook}", body)
            seen.add(told.status)
            assert told.status in FINE, body
        assert {200, 400} <= seen
        assert not any('"fault"' in one for one in service.log)


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["assess", "why", "next", "whatif"])
def test_no_mutant_of_a_question_is_a_fault(verb: str) -> None:
    every: dict[str, Record] = {
        "why": {"action": "foraminotomy", "facts": 1, "to": "recommended"},
        "whatif": {"edits": ["+Myelopathy"]},
    }
    more = every.get(verb, {})
    fhir = json.loads((EXAMPLES / "patient.json").read_text(encoding="utf-8"))
    text = SEVEN_MONTHS.read_text(encoding="utf-8")
    seen = set()
    with running(SEED) as service:
        for case in (fhir, text):
            asked = {"case": case, "asOf": "2026-11-22", "guideline": SEED, **more}
            for body in mutants(asked, 25, 11):
                told = service.post(f"/{verb}", body)
                seen.add(told.status)
                assert told.status in FINE, body
        assert {200, 400} <= seen
        assert not any('"fault"' in one for one in service.log)


FIELDS = ("", "\x00", "yes", "9" * 400, "2026-02-30", "-1", "1e9", "<>", "\ud7ff\u202e", "urn:x:y")
NAMES = ("do", "key", "reply", "since", "node", "trail", "case", "as-of", "text", "action")


@pytest.mark.slow
def test_no_mutant_of_a_form_of_the_page_is_a_fault() -> None:
    """Whatever fields come, and whatever became of the case: a page comes back, or a refusal."""
    chance = random.Random(3)  # noqa: S311 - the same ones every time
    case = SEVEN_MONTHS.read_text(encoding="utf-8")
    core, spine = "https://w3id.org/indicant/core/", "https://w3id.org/indicant/spine/"
    trail = [{"said": "x", "put": [f"<urn:x:a> <{core}asOf> <urn:x:b>"], "taken": []}]
    form = {
        "do": "answer",
        "key": f"received {spine}FormalPhysicalTherapy",
        "reply": "yes",
        f"d {core}startedOn": "2026-01-05",
        f"d {core}weeks": "6",
        "case": case,
        "trail": json.dumps(trail),
    }
    actions = ("answer", "undo", "ask", "propose", "forget", "finish", "save", "start", "read")
    seen = set()
    with running(SEED) as service:
        for _ in range(150):
            made = dict(form, do=chance.choice(actions))
            for _ in range(chance.choice((0, 1, 1, 2))):
                name = chance.choice([*made, *NAMES])
                if name == "case" and chance.random() < 0.7:
                    here = chance.randrange(len(case))
                    made["case"] = case[:here] + chance.choice(FIELDS) + case[here + 1 :]
                else:
                    made[name] = chance.choice(FIELDS)
            body = urlencode(made, errors="surrogatepass").encode()
            told = service.post(f"/patient/{SEED}", body, "application/x-www-form-urlencoded")
            seen.add(told.status)
            assert told.status in FINE, made
        assert {200, 400, 422} <= seen
        assert not any('"fault"' in one for one in service.log)
