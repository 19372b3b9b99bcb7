"""Nothing that is sent to a service stands in what it writes: each value is looked for."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from prometheus_client.parser import text_string_to_metric_families

from asked import NAME, OXYCODONE, SEED, order, request, started
from each import each
from indicant.serve import openapi
from places import SEVEN_MONTHS
from pressing import hooks, made, others
from severally import get, linux, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pressing import Sent

ROUTES = {*openapi.document("")["paths"], "other"}
METHODS = {"GET", "POST", "other"}
INDICATORS = {"info", "warning", "critical"}
LABELS = {
    "route": ROUTES,
    "method": METHODS,
    "indicator": INDICATORS,
    "how": {"died", "stuck"},
}
NUMBER = re.compile(r"[0-9.]+|\+Inf")
FEWEST = 5
"""From how many characters on a value is looked for: shorter ones stand in any number."""


def leaves(of: Any) -> Iterator[str]:
    """Yield every text and number of JSON, and every name."""
    if isinstance(of, dict):
        for name, one in of.items():
            yield name
            yield from leaves(one)
    elif isinstance(of, list):
        for one in of:
            yield from leaves(one)
    elif of is not None:
        yield str(of)


def values(sent: Sent) -> set[str]:
    """Return every value of a request: of JSON each, of other documents each word."""
    head, _, body = sent.data.partition(b"\r\n\r\n")
    path = head.split()[1].decode()
    found = {one for pair in parse_qsl(urlsplit(path).query) for one in pair}
    try:
        found |= set(leaves(json.loads(body)))
    except ValueError:
        found |= set(re.split(r"[\s\"<>;,.&=]+", body.decode()))
    words = {word for one in found for word in (one, *one.split())}
    return {one for one in words if len(one) >= FEWEST}


def spoiled() -> Iterator[Sent]:
    """Yield requests of which a fault or a refusal could quote something."""
    hook = f"/cds-services/{NAME}-order-sign"
    whole = json.dumps(request(order(OXYCODONE, "order-zq81", "person-zq82"), whose="person-zq82"))
    yield made("cut off", "POST", hook, whole[:-20].encode(), "application/json")
    yield made("no id", "POST", f"{hook}-zq83", whole.encode(), "application/json")
    case = SEVEN_MONTHS.read_text(encoding="utf-8")
    broken = case.replace("2026-11-22", "1931-zq-84")
    yield made("no day", "POST", f"/assess?guideline={SEED}", broken.encode(), "text/turtle")
    feedback = {
        "card": "0f0e3f5c-1f1e-4f5e-9d5f-6a3f5b1c2d3e",
        "outcome": "overridden",
        "outcomeTimestamp": "1987-03-04T05:06:07Z",
        "overrideReason": {"reason": {"code": "zq85code"}, "userComment": "zq86 is not so"},
    }
    data = json.dumps({"feedback": [feedback]}).encode()
    yield made("feedback", "POST", f"{hook}/feedback", data, "application/json")


def answered(url: str, sent: Sent) -> int:
    """Send the bytes of a request, and return the status of the answer."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname or "", place.port or 0), 60) as there:
        there.sendall(sent.data)
        told = http.client.HTTPResponse(there)
        told.begin()
        told.read()
        return told.status


@linux
@pytest.mark.slow
@pytest.mark.many(60)
@pytest.mark.timeout(180)
def test_no_value_that_was_sent_stands_in_a_log_or_in_metrics(tmp_path: Path) -> None:
    sent = [*hooks(), *others(), *spoiled()]
    words = ["--processes", "2", "--as-of", "2023-05-01", "--guideline", NAME, "--guideline", SEED]
    words += ["--feedback", str(tmp_path / "feedback")]
    with started(*words) as (process, url):
        until(lambda: get(url, "/readyz")[0] == 200)
        statuses = {answered(url, one) for one in sent}
        assert {200, 400, 404, 422} <= statuses <= {200, 400, 404, 412, 422}
        counted = get(url, "/metrics")[1].decode()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    lines = [json.loads(line) for line in err.splitlines()]
    assert len(lines) >= len(sent)
    for line in each(lines):
        assert set(line) == {"route", "method", "status", "ms"}
        assert line["route"] in ROUTES
        assert line["method"] in METHODS
        assert isinstance(line["status"], int)
        assert isinstance(line["ms"], float)
    for family in each(list(text_string_to_metric_families(counted))):
        for sample in family.samples:
            for name, value in sample.labels.items():
                assert value in LABELS[name] if name in LABELS else NUMBER.fullmatch(value)
    # Beside what the service says itself, whatever it is asked.
    own = " ".join([*ROUTES, *METHODS, *INDICATORS, '"route", "method", "status", "ms"'])
    wanted = {value for one in sent for value in values(one) if value not in own}
    assert len(wanted) > 100
    assert {"order-zq81", "person-zq82", "1931-zq-84", "zq85code"} <= wanted
    told = "\n".join([out, err, *(line for line in counted.splitlines() if line[:1] != "#")])
    assert sorted(one for one in wanted if one in told) == []
    kept = (tmp_path / "feedback").read_text(encoding="utf-8")
    assert "zq8" not in kept
