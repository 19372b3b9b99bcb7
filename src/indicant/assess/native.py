"""The rules as loops of Python over dictionaries: the same rules, answered sooner.

What is written is made of the rules and of nothing else, and says what they say: the tests hold it
to Oxigraph. It pays once a guideline has seen many cases; until then, and for all that it does not
compute with, Oxigraph answers.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox

from indicant.assess.arithmetic import expressions, limit, name_of, number_of
from indicant.assess.engine import (
    COMPUTES,
    Engine,
    OxigraphEngine,
    arithmetic,
    question,
    rules,
    unordered,
)
from indicant.files import bounded, cache, resources
from indicant.process.sharing import Renewed
from indicant.query import values
from indicant.query.indexes import Indexes, Shared, put, read
from indicant.query.values import BeyondError, lexical, term_of, value_of
from indicant.terms import IND, TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from indicant.assess.arithmetic import Number
    from indicant.query.indexes import Table
    from indicant.query.plan import Plan
    from indicant.query.rows import Row, Solutions
    from indicant.query.values import Value

PAYS: Final = 5_000
"""From how many statements of cases on it pays to write the rules as Python."""
_ASKED: Final = (
    "what-is-the-status",
    "which-cases-are-there",
    "what-is-answered",
    "which-node-attests-what",
    "what-is-superseded",
    "what-is-fulfilled",
    "what-was-received",
    "what-is-proposed",
    "what-is-established",
    "which-statements-establish-what",
    "which-records-are-not-what-is-complete",
    "which-records-may-be-what-is-counted",
    "which-related-records-show-what",
    "how-long-has-it-lasted",
)
"""What every assessment asks, what a cohort asks of each of many cases, and every screen."""
_FILE: Final = "plans.json"
_MOST_REMEMBERED: Final = 4_096
"""For how many dates it is remembered what follows from each."""
_ORDERED_BY: Final = re.compile(r"^ORDER BY (.*)$", re.MULTILINE)
_NOTHING: Final = frozenset((None,))
_BETWEEN: Final = ("of", "minInclusive", "maxInclusive")
_NAMES: Final = (
    "add subtract multiply divide floor ceil integer datatype lt le eq ne true false text plain "
    "string whole concat cut after starts starts_not md5 replace encoded least greatest total "
    "TRUE FALSE"
)


def texts() -> list[str]:
    """Return the queries that are answered by loops where they can be."""
    asked = [text for name in _ASKED for text in (question(name), unordered(name))]
    computed = [arithmetic("terms"), arithmetic("operands")]
    return list(dict.fromkeys([*(rule.text for rule in rules()), *asked, *computed]))


@functools.cache
def plans(*, use_cache: bool = True) -> Mapping[str, Plan]:
    """Return the plans of queries by their texts, as shipped, as kept, or made now.

    What has no plan is answered by Oxigraph.

    Args:
        use_cache: whether to read and write what earlier runs kept.
    """
    key = _key()
    found = cache.known(key, _FILE) if use_cache else None
    if found is None:
        found = _made()
        if use_cache:
            cache.keep(resources.cache_dir(), key, {_FILE: found})
    kept: dict[str, Plan] = json.loads(found)
    return kept


def keep_plans(folder: Path) -> Path:
    """Write the plans into a folder, for the wheel to carry, and return where they are."""
    cache.keep(folder, _key(), {_FILE: _made()})
    return folder / _key()


def _key() -> str:
    room = Path(values.__file__).parent
    made = [bounded.data(room / name) for name in ("algebra.py", "plan.py", "plans.py")]
    return hashlib.sha256(b"\0".join((*made, *map(str.encode, texts())))).hexdigest()[:32]


def _made() -> str:
    from indicant.query.plan import NoPlanError
    from indicant.query.plans import plan_of

    found: dict[str, Plan] = {}
    for text in texts():
        try:
            found[text] = plan_of(text)
        except NoPlanError:
            continue
    return json.dumps(found)


class Loops:
    """The rules and questions written for one guideline, once they are needed."""

    def __init__(self, graph: str, *, pays: int = PAYS, use_cache: bool = True) -> None:
        """Take the compiled guideline, in N-Triples, and from how many statements on it pays."""
        self._graph, self._pays, self._use_cache = graph, pays, use_cache
        self._lock = Renewed(threading.Lock)
        self._seen = 0
        self._made: Written | None = None

    @property
    def are_written(self) -> bool:
        """Tell whether the rules are written, so that a next document is answered by loops."""
        return self._made is not None

    def written(self, statements: int) -> Written | None:
        """Return what is written, where it pays, counting the statements of another document."""
        if self._made is None:
            with self._lock.value:
                self._seen += statements
                if self._made is None and self._seen >= self._pays:
                    self._made = Written(self._graph, plans(use_cache=self._use_cache))
        return self._made


class Written:
    """Functions that answer queries about one guideline and a document beside it."""

    def __init__(self, graph: str, planned: Mapping[str, Plan]) -> None:
        """Take the compiled guideline, in N-Triples, and the plans of queries by their texts."""
        from indicant.query.loops import written
        from indicant.query.plan import NoPlanError, constructs

        self.shared = Shared(graph)
        self._functions: dict[str, Callable[..., Any]] = {}
        self._orders: dict[str, list[int]] = {}
        given = functions()
        stated = {TYPE, *(one for plan in planned.values() for one in constructs(plan))}
        for text, plan in planned.items():
            try:
                source, constants = written(plan, self.shared, stated)
            except (NoPlanError, BeyondError):
                continue
            space: dict[str, Any] = {**given, **constants}
            exec(compile(source, "<rule>", "exec"), space)  # noqa: S102
            self._functions[text] = space["run"]
            if order := _ORDERED_BY.search(text):
                names = plan[0]
                self._orders[text] = [names.index(one[1:]) for one in order.group(1).split()]

    def answers(self, text: str) -> bool:
        """Tell whether a query is written as loops."""
        return text in self._functions

    def constructed(self, text: str, indexes: Indexes) -> dict[Value, Table]:
        """Return what a CONSTRUCT query says of a document, by predicate and subject."""
        found: dict[Value, Table] = self._run(text, indexes)
        return found

    def rows(self, text: str, indexes: Indexes) -> list[tuple[Value | None, ...]]:
        """Return the rows of a SELECT query as values, in no order."""
        rows: list[tuple[Value | None, ...]] = self._run(text, indexes)
        return rows

    def _run(self, text: str, indexes: Indexes) -> Any:
        run = self._functions[text]
        return run(indexes.forward, indexes.backward, indexes.said, indexes.names, indexes.new)

    def selected(self, text: str, indexes: Indexes) -> list[Row] | None:
        """Return the rows of a SELECT query in their order, or nothing where that is not known."""
        rows = self.rows(text, indexes)
        if order := self._orders.get(text):
            # What is not bound comes first; of blank nodes and literals Oxigraph knows the order.
            keys = [tuple(["" if row[at] is None else row[at] for at in order]) for row in rows]
            if not all(type(one) is str and one[:2] != "_:" for key in keys for one in key):
                return None
            rows = [rows[place] for place in sorted(range(len(rows)), key=keys.__getitem__)]
        return [tuple([None if one is None else lexical(one) for one in row]) for row in rows]


def functions() -> dict[str, object]:
    """Return what loops call by name."""
    found: dict[str, object] = {name: getattr(values, name) for name in _NAMES.split()}
    return found | {
        "E": {},
        "NONE": (None,),
        "NOTHING": _NOTHING,
        "NO_ROWS": iter(()),
        "put": put,
        "keyed": keyed,
        "reached": reached,
        "remembered": functools.lru_cache(_MOST_REMEMBERED),
    }


def keyed(
    rows: Iterable[Sequence[Value]], by: Sequence[int], told: Sequence[int]
) -> dict[tuple[Value, ...], list[tuple[Value, ...]]]:
    """Return parts of rows by other parts of them."""
    found: dict[tuple[Value, ...], list[tuple[Value, ...]]] = {}
    for row in rows:
        key = tuple([row[place] for place in by])
        found.setdefault(key, []).append(tuple([row[place] for place in told]))
    return found


def reached(table: Mapping[Value, Iterable[Value]], start: Value) -> dict[Value, None]:
    """Return what is reached from a node in one step or in several."""
    found: dict[Value, None] = {}
    left = [start]
    while left:
        for one in table.get(left.pop(), ()):
            if one not in found:
                found[one] = None
                left.append(one)
    return found


def _table(triples: Iterable[ox.Triple]) -> dict[Value, Table]:
    found: dict[Value, Table] = {}
    for one in triples:
        subject, predicate = value_of(one.subject), value_of(one.predicate)  # type: ignore[arg-type]
        value = value_of(one.object)  # type: ignore[arg-type]
        found.setdefault(predicate, {}).setdefault(subject, {})[value] = None
    return found


@functools.lru_cache(_MOST_REMEMBERED)
def _number(value: Value | None) -> Number:
    if type(value) is int:
        return value
    return number_of(lexical(value) if value is not None else "0")


@functools.lru_cache(_MOST_REMEMBERED)
def _limit(number: Number | None, side: int) -> Value:
    return value_of(limit(number, side))


class NativeEngine(Engine):
    """The rules as loops, where it pays, and otherwise on Oxigraph."""

    def __init__(self, graph: str, loops: Loops) -> None:
        """Take the compiled guideline, and the loops that are written for it."""
        super().__init__()
        self._graph, self._loops = graph, loops
        self._written: Written | None = None
        self._indexes: Indexes | None = None
        self._store: OxigraphEngine | None = None
        self._stored = False
        self._taken: Sequence[ox.Quad] = ()

    @property
    def is_native(self) -> bool:
        """Tell whether the cases that were taken last are answered by loops."""
        return self._written is not None

    def begin(self, quads: Iterable[ox.Quad]) -> None:
        """Forget the last cases, take these, and derive what follows up to their advice."""
        taken = list(quads)
        self._written = self._loops.written(len(taken))
        if self._written is not None:
            try:
                super().begin(taken)
            except BeyondError:
                self.forget()
                self._written = None
        if self._written is None:
            store = self._in_store()
            store.begin(taken)
            self._stated = store.stated

    def forget(self) -> None:
        """Forget the cases and all that was derived from them."""
        super().forget()
        if self._store is not None:
            self._store.forget()

    def select(self, query: str) -> list[Row]:
        """Return the rows of a SELECT query."""
        if self._written is not None and self._indexes is not None and self._written.answers(query):
            rows = self._written.selected(query, self._indexes)
            if rows is not None:
                return rows
        return self._whole().select(query)

    def solutions(self, query: str) -> Solutions:
        """Return the variables and the rows of a SELECT query, each value as a term."""
        return self._whole().solutions(query)

    def construct(self, query: str) -> Iterable[ox.Triple]:
        """Return the triples of a CONSTRUCT query."""
        return self._whole().construct(query)

    def known(self) -> Iterable[ox.Triple]:
        """Return the cases that were taken and what was derived from them."""
        if self._written is None:
            return self._in_store().known()
        return [ox.Triple(*triple) for triple in self._terms()]  # type: ignore[arg-type]

    def _terms(self) -> list[tuple[object, object, object]]:
        terms = functools.cache(term_of)
        taken = [(quad.subject, quad.predicate, quad.object) for quad in self._taken]
        stated = set(read(self._taken))
        own = () if self._indexes is None else self._indexes.own()
        derived = [one for one in own if one not in stated]
        return [*taken, *((terms(s), terms(p), terms(o)) for s, p, o in derived)]

    def _in_store(self) -> OxigraphEngine:
        if self._store is None:
            self._store = OxigraphEngine(self._graph)
        return self._store

    def _whole(self) -> OxigraphEngine:
        """Return a store that holds all that is known, for a query that is not written as loops."""
        store = self._in_store()
        if self._written is not None and not self._stored:
            store.forget()
            store.take(self._terms())
            self._stored = True
        return store

    def _clear(self) -> None:
        self._taken, self._stored = (), False
        if self._indexes is not None:
            self._indexes.clear()
        elif self._written is not None:
            self._indexes = Indexes(self._written.shared)

    def _take(self, quads: Sequence[ox.Quad]) -> set[str]:
        assert self._indexes is not None  # noqa: S101
        self._taken = quads
        triples = read(quads)
        self._indexes.add(triples)
        return {str(predicate) for _, predicate, _ in triples}

    def _add(self, triples: Iterable[tuple[object, object, object]]) -> None:
        assert self._indexes is not None  # noqa: S101
        found = [tuple(map(value_of, one)) for one in triples]  # type: ignore[arg-type]
        self._indexes.add(found)  # type: ignore[arg-type]
        self._stored = False

    def _derive(self, texts: Sequence[str]) -> set[str]:
        assert self._written is not None  # noqa: S101
        assert self._indexes is not None  # noqa: S101
        # What one rule of a stratum says, the others of the same do not see.
        said = [
            self._written.constructed(text, self._indexes)
            if self._written.answers(text)
            else _table(self.construct(text))
            for text in texts
        ]
        changed = {one for found in said if found for one in self._indexes.take(found)}
        if changed:
            self._stored = False
        return changed  # type: ignore[return-value]

    def _compute(self) -> None:
        """Do what others do with terms and their text with values as they are."""
        assert self._written is not None  # noqa: S101
        assert self._indexes is not None  # noqa: S101
        if not self._written.answers(arithmetic("operands")):
            super()._compute()
            return
        rows = self._written.rows(arithmetic("operands"), self._indexes)
        given = ((str(r), str(t), _number(low), _number(high)) for r, t, low, high in rows)
        made = expressions(tuple(self.select(arithmetic("terms")))).within(given)
        found: dict[Value, Table] = {COMPUTES: {}}
        of, least, most = (found.setdefault(IND + name, {}) for name in _BETWEEN)
        for record, term, within in made:
            node = name_of(record, term)
            found[COMPUTES].setdefault(record, {})[node] = None
            of[node] = {term: None}
            least[node] = {_limit(within.least, 0): None}
            most[node] = {_limit(within.most, 1): None}
        if self._indexes.take(found):
            self._stored = False

    def _has(self, name: str) -> bool:
        if self._written is None:
            return self._in_store()._has(name)
        return name in self._written.shared.forward or name in self._written.shared.beyond
