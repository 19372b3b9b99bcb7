"""The published requests of CDS Hooks, and a table of what the service answers to each over HTTP.

``python tests/support/hooked.py`` prints it: for each request which of the recommendations that
it is about has a card, as it is published, by the service to what was sent alone, and by the
service where the institution says that its records are complete; and why, where that differs.
"""

from __future__ import annotations

import json
import sys
from typing import Final

from asked import NAME, Record, Running, bundle, running
from places import SHARED, TESTS

FOLDER: Final = SHARED / "opioid" / "requests"
CLOSED: Final = TESTS / NAME / "published-and-closed"
COMPLETE: Final = TESTS / "serve" / "complete.ttl"
NAMES: Final = sorted(file.parent.name for file in CLOSED.glob("rec-*/expected.json"))
DIFFERENT: Final = {
    "rec-02-out-careplan-not-revisited": "a CarePlan is set aside: it may tell of another plan",
    "rec-04-05-mme-greater-than-fifty": "the strength and units of a product are not read",
    "rec-08-mme-greater-than-fifty": "the draft stands in it twice, and says two things",
    "rec-08-on-benzodiazepine": "the draft stands in it twice, and says two things",
    "rec-09-in-criteria-met": "a review under a code of a finding is none: others may be missing",
    "rec-10-illicit-drugs": "two observations have one id, and say two things",
    "rec-10-illicit-drugs-POS-Cocaine": "two observations have one id, and say two things",
    "rec-10-illicit-drugs-POS-Opiate": "two observations have one id, and say two things",
    "rec-10-illicit-drugs-POS-Opiate-non-synthetic": "two observations have one id",
    "rec-10-no-screenings": "an Encounter without a type may be anything",
}
"""Where what is met once all is recorded gets no card, and why: what was sent does not say it."""


def request_of(name: str) -> Record:
    """Return a published request with its cards."""
    (file,) = FOLDER.glob(f"*-{name}.json")
    found: Record = json.loads(file.read_text(encoding="utf-8"))
    return found


def concerned(name: str) -> dict[str, str]:
    """Return what is answered of what a request is about, where all is recorded."""
    said = json.loads((CLOSED / name / "expected.json").read_text(encoding="utf-8"))
    found: dict[str, str] = said["answers"]
    return found


def answering(name: str, service: Running) -> Record:
    """Return a published request as a client would send it that answers the templates.

    What was searched and not found is null; a bundle has its type, and draft orders are a bundle.
    """
    made: Record = request_of(name)["request"]
    templates = service.get("/cds-services").json["services"][0]["prefetch"]
    for key in templates:
        made["prefetch"].setdefault(key, None)
    for one in made["prefetch"].values():
        if one is not None and one["resourceType"] == "Bundle":
            one.setdefault("type", "searchset")
    drafts = made["context"]["draftOrders"]
    if drafts["resourceType"] != "Bundle":
        made["context"]["draftOrders"] = bundle(drafts)
    return made


def advice(cards: list[Record]) -> set[str]:
    """Return the names of the recommendations that cards are about."""
    return {one["source"]["topic"]["code"] for one in cards if "topic" in one["source"]}


# ------------------------------------------------------------------------- the table


def row(name: str, plain: Running, complete: Running) -> list[str]:
    """Return a row of the table: what it is about, and who has a card for it."""
    stated = request_of(name)["cards"]
    about = concerned(name)
    asked = answering(name, plain)
    alone, whole = (one.hook(asked).cards for one in (plain, complete))
    open_ones = [one for one in alone if "topic" not in one["source"]]
    found = sorted(advice(whole) & about.keys())
    wanted = bool(stated)
    same = stated is not None and wanted == bool(found)
    why = DIFFERENT.get(name, "")
    if stated is None:
        why = why or "no card was published for it: there is nothing to compare"
    elif not same:
        why = why or "NOT ACCOUNTED FOR"
    return [
        name,
        "not told" if stated is None else "yes" if wanted else "no",
        ", ".join(sorted(advice(alone) & about.keys()))
        or ("held: " + open_ones[0]["summary"].split(":", 1)[0].lower() if open_ones else "none"),
        ", ".join(found) or "none",
        "yes" if same else "-" if stated is None else "no",
        why,
    ]


def main() -> int:
    """Print the table; end with 1 where something differs that nobody has accounted for."""
    if not FOLDER.is_dir():
        print(f"the published requests are not at hand: {FOLDER}", file=sys.stderr)
        return 2
    with running() as plain, running(completeness=(str(COMPLETE),)) as complete:
        rows = [row(name, plain, complete) for name in NAMES]
    head = ["request", "card published", "ours, as sent", "ours, all recorded", "same", "why not"]
    print(f"| {' | '.join(head)} |")
    print(f"|{'|'.join(' --- ' for _ in head)}|")
    for one in rows:
        print(f"| {' | '.join(one)} |")
    told = [one for one in rows if one[1] != "not told"]
    same = sum(one[4] == "yes" for one in told)
    print(f"\nof {len(told)} with published cards or none, {same} are answered alike")
    return any("NOT ACCOUNTED FOR" in one[5] for one in rows)


if __name__ == "__main__":
    sys.exit(main())
