"""Let rdflib parse a query once, however often pySHACL runs it: once for each node it looks at."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.processor import SPARQLProcessor

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest
    from rdflib.plugins.sparql.sparql import Query

_run = SPARQLProcessor.query


@functools.lru_cache(maxsize=1000)
def prepared(text: str, namespaces: tuple[tuple[str, Any], ...], base: str | None) -> Query:
    """Return a query in the form that rdflib runs."""
    return prepareQuery(text, dict(namespaces), base)


def prepare_queries(patch: pytest.MonkeyPatch) -> None:
    """Have every query prepared that rdflib is to run."""

    def run(
        self: SPARQLProcessor,
        query: str | Query,
        bindings: Mapping[str, Any] | None = None,
        namespaces: Mapping[str, Any] | None = None,
        base: str | None = None,
        **more: Any,
    ) -> Mapping[str, Any]:
        if isinstance(query, str):
            query = prepared(query, tuple(sorted((namespaces or {}).items())), base)
        return _run(self, query, bindings, namespaces, base, **more)

    patch.setattr(SPARQLProcessor, "query", run)
