"""Say what a service has to whoever opens it, and to a browser why it is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from indicant import __version__
from indicant.serve.patientpage import HTML, Shown, rendered
from indicant.serve.protocol import chosen
from indicant.serve.refusals import Refused

if TYPE_CHECKING:
    from indicant.guideline.wording import Words
    from indicant.serve.guidelines import Guidelines, Served

JSON: Final = "application/json"
ROUTES: Final = (
    *("patient", "workbench", "cds-services", "openapi.json", "sparql", "readyz", "metrics"),
)
"""Where one can begin."""
_EXPLAINED: Final = frozenset({401, 404, 429, 503})
"""Of these refusals it is said what to do."""
_DEEPEST: Final = 8


def routes(words: Words) -> dict[str, str]:
    """Return where one can begin, and what is there."""
    return {f"/{one}": words("route", one) for one in ROUTES}


def front(guidelines: Guidelines, accept: str) -> Shown:
    """Return what a service has, as a page or as JSON, as the client likes better.

    Raises:
        Refused: it likes neither.
    """
    each = [_of(one) for one in guidelines.each.values()]
    settings, words = guidelines.settings, guidelines.words
    zone = settings.timezone or "UTC"
    day = settings.as_of or words("front", "arrives", zone=zone)
    if chosen(accept, {JSON: "", HTML: ""}) == HTML:
        return rendered(
            "front.html",
            words,
            guidelines=each,
            routes=routes(words),
            day=day,
            version=__version__,
        )
    told = {
        "name": "Indicant",
        "version": __version__,
        "asOf": settings.as_of,
        "timezone": zone,
        "guidelines": each,
        "routes": routes(words),
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


def refusal_page(refusal: Refused, depth: int, words: Words) -> Shown:
    """Return a refusal as a page; what exactly is refused is told in English.

    Args:
        refusal: what is told.
        depth: how many folders the page is below the first one.
        words: the words of the program.
    """
    kind = str(refusal.status) if refusal.status in _EXPLAINED else "other"
    return rendered(
        "refused.html",
        words,
        status=refusal.status,
        title=words("front", f"refused-{kind}"),
        told=f"{refusal.message[:1].upper()}{refusal.message[1:]}.",
        help=refusal.help,
        advice=words("front", f"advice-{kind}"),
        up="../" * min(depth, _DEEPEST),
    )
