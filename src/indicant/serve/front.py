"""Say what a service has to whoever opens it, and to a browser why it is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from indicant import __version__
from indicant.serve.patientpage import HTML, Shown, rendered
from indicant.serve.protocol import chosen
from indicant.serve.refusals import Refused

if TYPE_CHECKING:
    from indicant.serve.guidelines import Guidelines, Served

JSON: Final = "application/json"
ROUTES: Final = (
    ("/patient", "a page that asks about one patient"),
    ("/workbench", "a page to query what is published"),
    ("/cds-services", "CDS Hooks: what can be called, and what is to be prefetched"),
    ("/openapi.json", "the routes, by OpenAPI"),
    ("/sparql", "SPARQL queries of the published graph"),
    ("/readyz", "whether it is ready"),
    ("/metrics", "counts and times, for Prometheus"),
)
"""Where one can begin, and what is there."""
_WORDS: Final = {
    401: "Sign in first",
    404: "There is no such page",
    429: "Too much at once",
    503: "Too much at once",
}
_ADVICE: Final = {
    401: "Pages are opened through the address at which your institution signs people in. Whoever "
    "runs this service puts them behind a proxy that does.",
    404: "The first page lists what there is.",
    429: "Wait a moment and try again. Nothing is lost: go back in this window.",
    503: "Wait a moment and try again. Nothing is lost: go back in this window.",
}
_DEEPEST: Final = 8
_OTHERWISE: Final = "Nothing is lost: go back in this window."


def front(guidelines: Guidelines, accept: str) -> Shown:
    """Return what a service has, as a page or as JSON, as the client likes better.

    Raises:
        Refused: it likes neither.
    """
    each = [_of(one) for one in guidelines.each.values()]
    settings = guidelines.settings
    day = settings.as_of or f"the day on which it arrives in {settings.timezone or 'UTC'}"
    if chosen(accept, {JSON: "", HTML: ""}) == HTML:
        return rendered("front.html", guidelines=each, routes=ROUTES, day=day, version=__version__)
    told = {
        "name": "Indicant",
        "version": __version__,
        "asOf": settings.as_of,
        "timezone": settings.timezone or "UTC",
        "guidelines": each,
        "routes": dict(ROUTES),
    }
    return Shown(json.dumps(told, ensure_ascii=False).encode(), JSON)


def _of(served: Served) -> dict[str, Any]:
    rows = [row for row in served.assessor.catalogue.guidelines if row[1]]
    iri, _, version, *_ = rows[0] if rows else (None, None, None)
    return {"name": served.name, "label": served.label, "iri": iri, "version": version}


def likes_pages(accept: str) -> bool:
    """Tell whether a client likes a page better than JSON, as a browser does and no script."""
    try:
        return chosen(accept, {JSON: "", HTML: ""}) == HTML
    except Refused:
        return False


def refusal_page(refusal: Refused, depth: int) -> Shown:
    """Return a refusal as a page.

    Args:
        refusal: what is told.
        depth: how many folders the page is below the first one.
    """
    return rendered(
        "refused.html",
        status=refusal.status,
        title=_WORDS.get(refusal.status, "That was not taken"),
        told=f"{refusal.message[:1].upper()}{refusal.message[1:]}.",
        help=refusal.help,
        advice=_ADVICE.get(refusal.status, _OTHERWISE),
        up="../" * min(depth, _DEEPEST),
    )
