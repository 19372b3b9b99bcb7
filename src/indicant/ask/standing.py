"""Answer queries of the same graphs in a process that stays, and that reaches nothing."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox

from indicant.ask import adhoc
from indicant.errors import IndicantError
from indicant.process import sandbox
from indicant.query import sparql

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_TABLES: Final = ("SELECT", "ASK")


def packed(parts: Iterable[bytes]) -> bytes:
    """Return a graph as it is kept for a process that begins anew, in a tenth of its length."""
    packer = zlib.compressobj(1)
    return b"".join([*map(packer.compress, parts), packer.flush()])


class Queries:
    """A process that holds graphs, each as N-Triples by a name, and answers queries of them.

    It is ended with a query that takes too long or too much, and started anew for the next one.
    """

    def __init__(
        self, sizes: Mapping[str, int], data: bytes, *, memory: int = adhoc.MAX_MEMORY
    ) -> None:
        """Take the packed graphs one behind the other, how long each is, and the limit of memory.

        All of them together are one more graph, which has no name.
        """
        self._worker = sandbox.Worker(
            __name__,
            {"sizes": dict(sizes)},
            data,
            needs=("pyoxigraph", "rdflib", "pyparsing"),
            memory=memory,
        )

    def ask(self, name: str, plain: sparql.Plain, query: str, form: str, seconds: float) -> str:
        """Return the answer to a query in one of the forms of ``adhoc``.

        Args:
            name: the graph.
            plain: the query in plain form.
            query: the query as it was written, for messages.
            form: a form that what it gives can have.
            seconds: the time limit.

        Raises:
            IndicantError: the query is refused or malformed, or exceeds a limit.
        """
        task = {
            "graph": name,
            "query": plain.text,
            "everything": plain.everything,
            "form": form,
            "prefixes": {},
        }
        try:
            (told,) = self._worker.ask(
                json.dumps(task).encode(), 1, seconds=seconds, most=adhoc.MAX_ANSWER
            )
        except sandbox.StoppedError as error:
            raise _stopped(error, seconds) from error
        return adhoc.answer_in(told, plain, query, "query")

    def end(self) -> bool:
        """End the process, and tell whether there was one."""
        return self._worker.end()


def _stopped(error: sandbox.StoppedError, seconds: float) -> IndicantError:
    if isinstance(error, sandbox.TooSlowError):
        return IndicantError(
            f"the query was stopped after {seconds:g} seconds",
            help="a path that never ends or a product of everything with everything?",
        )
    if isinstance(error, sandbox.TooMuchError):
        return IndicantError("the answer is too long", help="add a LIMIT")
    return IndicantError(
        f"the query ended its process ({error})",
        help="it is nested too deeply, or needs more memory than there is",
    )


def is_table(plain: sparql.Plain) -> bool:
    """Tell whether what a query gives is a table, or true or false, and no graph."""
    return plain.form in _TABLES


def read(query: str, base: str) -> sparql.Plain:
    """Return a query of any form in plain form, its relative IRIs taken from a base.

    Raises:
        IndicantError: it writes, asks another machine, names a graph, or is no SPARQL 1.1.
    """
    return sparql.plain(query, "query", builds=True, describes=True, base=base)


# ---------------------------------------------------------------------- in the process


@dataclass
class _Held:
    """Graphs as they came, packed, and as stores once they were asked."""

    texts: dict[str, bytes]
    stores: dict[str, ox.Store] = field(default_factory=dict)

    def store(self, name: str) -> ox.Store:
        if name not in self.stores:
            # At once, since what several have in common has the same nodes.
            each = [self.texts[name]] if name else self.texts.values()
            text = b"".join(map(zlib.decompress, each))
            made = self.stores[name] = ox.Store()
            made.load(text, format=ox.RdfFormat.N_TRIPLES)
        return self.stores[name]


def prepare(_first: dict[str, Any]) -> None:
    """Load all that answering takes; rdflib reads queries here, and answers none."""
    adhoc.prepare("oxigraph")


def begin(first: dict[str, Any], data: bytes) -> _Held:
    """Take the graphs."""
    texts = {}
    here = 0
    for name, size in first["sizes"].items():
        texts[name] = data[here : here + size]
        here += size
    return _Held(texts)


def reply(held: _Held, data: bytes) -> Iterator[bytes]:
    """Answer one query."""
    task = json.loads(data)
    yield adhoc.guarded(lambda: adhoc.answer_of(held.store(task["graph"]), task))
