"""Write plans as Python: loops over the indexes of a graph, in the order that costs least.

What is bound is handed inwards, as nested loops do, where SPARQL joins from the inside out. The two
agree where a filter, or what binds a variable, looks at nothing that stands outside of its group; a
plan in which one does is refused, as is one that joins by a variable that may not be bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from indicant.query.conditions import Conditions, named
from indicant.query.groups import (
    AGGREGATES,
    Costs,
    Item,
    Sizes,
    flat,
    is_key,
    open_to,
    read_from_texts,
    triples_of,
)
from indicant.query.modules import Module
from indicant.query.own import Own
from indicant.query.plan import NoPlanError, Plan
from indicant.query.scopes import Bound, binds, branches, demanded, looks_for, sure_of, variables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence, Set

    from indicant.query.values import Value

_DEEPEST: Final = 14
"""How many loops stand within one another before what is left becomes a function of its own."""


def written(
    plan: Plan, sizes: Sizes, stated: Set[str] = frozenset()
) -> tuple[str, dict[str, Value]]:
    """Return the source of a function ``run(PS, PO, SP, NAMES, NEW)``, and its constants.

    ``PS`` leads from predicates to subjects to objects, ``PO`` from predicates to objects to
    subjects, ``SP`` from subjects to predicates. ``NAMES`` are the nodes of a guideline, and
    ``NEW`` tells of which predicates something is said of them that the guideline does not say, as
    ``indexes.Indexes.new`` does: what the guideline alone says of one is looked for once and kept
    for other documents. A CONSTRUCT query returns a table as ``PS``, a SELECT query a list of rows.

    Args:
        plan: the plan of the query.
        sizes: how much the guideline holds, and what it says something with.
        stated: predicates with which documents say something, or rules.

    Raises:
        NoPlanError: the plan cannot be written as loops.
    """
    head, pattern = plan
    module = Module(Costs(sizes), sizes, stated)
    body = _Function(module, {})
    if head and isinstance(head[0], str):
        rows = body.subquery(pattern)
        body.say(f"return {rows}")
    else:
        body.say("out = {}")
        body.run(pattern, lambda bound: body.emit(head, bound))
        for predicate, name in body.said.items():
            body.say(f"if {name}: put(out, {predicate}, {name})", depth=0)
        body.say("return out", depth=0)
    lines = [*module.remembered, "def run(PS, PO, SP, NAMES, NEW):"]
    lines += [f" {name} = {source}" for source, name in module.tables.items()]
    lines += [f" {line}" for line in module.kept]
    lines += [f" {line}" for one in module.functions for line in one.splitlines()]
    lines += [f" {line}" for line in module.rows]
    lines += [f" {name} = {{}}" for name in body.said.values()]
    lines += [f" {line}" for line in body.lines]
    return "\n".join(lines) + "\n", {name: value for value, name in module.constants.items()}


@dataclass
class _Opened:
    """A loop over what a term is, on which line it begins, and how much is bound before it."""

    line: int
    depth: int
    bound: int


class _Function:
    """A function that is being written, with what its arguments bind."""

    def __init__(
        self, module: Module, bound: Bound, substituted: frozenset[str] = frozenset()
    ) -> None:
        """Take what the arguments bind, and what stands as if it were written out everywhere."""
        self.module = module
        self.given = dict(bound)
        self.substituted = substituted
        self.lines: list[str] = []
        self.opened: list[_Opened] = []
        self.depth = self.loops = 0
        self.keyed = False
        self.said: dict[str, str] = {}

    def say(self, line: str, *, depth: int | None = None) -> None:
        if depth is not None:
            self.depth = depth
        self.lines.append(" " * self.depth + line)

    def nest(self, line: str) -> None:
        self.say(line)
        self.depth += 1
        self.loops += line.startswith("for ")

    # -------------------------------------------------------------- groups

    def run(self, pattern: Plan, sink: Callable[[Bound], None], *more: Item) -> None:
        """Write the loops over the solutions of a pattern, and what is done with each."""
        self.opened.clear()
        self._rest([*flat(pattern), *more], dict(self.given), sink)

    def key(self, names: Sequence[str], bound: Bound) -> None:
        """Write which group a solution belongs to, and what is known of the group by now."""
        self.say(f"key = ({_filled(names, bound)})")
        self.say("of = found.get(key)")
        self.keyed = True

    def _rest(self, items: list[Item], bound: Bound, sink: Callable[[Bound], None]) -> None:
        items = list(items)
        while items:
            if self.loops >= _DEEPEST:
                self._apart(items, bound, sink)
                return
            items.remove(item := self._next(items, bound))
            if read := read_from_texts([item, *items], bound):
                del items[: len(read) - 1]
                self._remember(read, bound)
            elif fixed := self._fixed(item, items, bound):
                items = [one for one in items if all(one is not other for other in fixed)]
                self._keep(fixed, bound)
            else:
                self._write(item, bound)
        sink(bound)

    def _remember(self, read: Sequence[Item], bound: Bound) -> None:
        """Write what is bound in a row as a function that is called once for the same values."""
        told = {one for item in read for one in demanded(item.plan[1])}
        inner = self._within({name: sure for name, sure in bound.items() if name in told})
        then = dict(inner.given)
        for item in read:
            self._check_scope(item, {**bound, **then})
            inner._write(item, then)
        new = _tuple(item.plan[0] for item in read)
        inner.say(f"return {new}")
        called = inner.finished(self.module.fresh("r"), list(inner.given))
        self.module.remembered.append(f"@remembered\n{self.module.functions.pop()}")
        self.say(f"{new} = {called}")
        bound.update(then)

    def _next(self, items: list[Item], bound: Bound) -> Item:
        """Return what is done next: a filter that can be, or else the cheapest up to a barrier."""
        ready = [
            item
            for item in items
            if item.kind in {"filter", "condition", "key"}
            and all(bound.get(name) for name in item.variables)
        ]
        for item in ready:
            if item.kind == "key" or not looks_for(item.plan):
                return item
        free = open_to(items, bound)
        # A look at one thing comes before a look for something.
        known = [item for item in free if item.kind == "triple" and item.variables <= bound.keys()]
        if ready and not known:
            return ready[0]
        if not free:
            return items[0]
        keys = {name for item in items if item.kind == "key" for name in item.variables}
        return min(
            free,
            key=lambda item: (
                self.module.costs.of(item, bound),
                not item.variables - bound.keys() <= keys,
            ),
        )

    # -------------------------------------------------------------- what the guideline alone says

    def _fixed(self, first: Item, items: Sequence[Item], bound: Bound) -> list[Item]:
        """Return what can be looked for together, and kept, since the guideline alone says it."""
        own = Own(self.module.sizes, self.module.stated)
        return own.together(first, items, open_to(items, bound), bound)

    def _keep(self, fixed: Sequence[Item], bound: Bound) -> None:
        """Write the loop over what the guideline alone says of a node, and what finds it."""
        (key,) = fixed[0].variables & bound.keys() or (None,)
        inner = self._within({} if key is None else {key: True})
        then = dict(inner.given)
        inner.say("rows = []")
        new_of: dict[str, None] = {}
        for item in fixed:
            triple = item.plan[0][1][0] if item.kind == "left" else item.plan
            subject, path, _ = triple
            constant = self.module.constant(path)
            ahead = subject[1] in then
            new_of[constant if ahead else f'"^" + {constant}'] = None
            if not ahead and key is None:
                new_of[f'"*" + {constant}'] = None
            inner._write(item, then)
        new = [name for name in then if name not in bound]
        inner.say(f"rows.append(({_tuple(new)}))")
        kept = self.module.fresh("h")
        at = "None" if key is None else named(key)
        inner.say("rows = rows or NO_ROWS", depth=0)
        inner.say(f"{'' if key is None else f'if {at} in NAMES: '}{kept}[{at}] = rows")
        inner.say("return rows", depth=0)
        called = inner.finished(self.module.fresh("s"), [] if key is None else [key])
        self.module.remembered.append(f"K{kept} = {{}}")
        same = f"NEW.isdisjoint(({''.join(f'{one}, ' for one in new_of)}))"
        self.module.kept.append(f"{kept} = K{kept} if {same} else {{}}")
        self.nest(f"for ({_tuple(new)}) in {kept}.get({at}) or {called}:")
        bound.update({name: then[name] for name in new})

    def _apart(self, items: list[Item], bound: Bound, sink: Callable[[Bound], None]) -> None:
        """Write what is left as a function, and loop over what it returns."""
        items = [one for one in items if one.kind != "key"]
        names = [one for one in bound if any(one in item.variables for item in items)]
        inner = self._within({name: bound[name] for name in names})
        found: dict[str, Bound] = {}
        inner.say("rows = []")

        def keep(then: Bound) -> None:
            found["bound"] = then
            new = [name for name in then if name not in bound]
            inner.say(f"rows.append(({_tuple(new)}))")

        inner._rest(items, dict(inner.given), keep)
        inner.say("return rows", depth=0)
        called = inner.finished(self.module.fresh("g"), names)
        then = found["bound"]
        new = [name for name in then if name not in bound]
        if new:
            self.nest(f"for ({_tuple(new)}) in {called}:")
        else:
            self.nest(f"for _ in {called}:")
        bound.update({name: then[name] for name in new})
        sink(bound)

    def _within(self, bound: Bound) -> _Function:
        return _Function(self.module, bound, self.substituted & bound.keys())

    def finished(self, name: str, arguments: Sequence[str]) -> str:
        """Keep this function under a name, and return how it is called."""
        given = ", ".join(map(named, arguments))
        text = "\n".join([f"def {name}({given}):", *(f" {line}" for line in self.lines)])
        self.module.functions.append(text)
        return f"{name}({given})"

    # -------------------------------------------------------------- items

    def _write(self, item: Item, bound: Bound) -> None:
        conditions = Conditions(self.module.constant, self._exists, bound)
        if item.kind == "triple":
            self._triple(item.plan, bound)
        elif item.kind in {"filter", "condition"}:
            self._check_scope(item, bound)
            self.nest(f"if {conditions.true(item.plan)}:")
        elif item.kind == "key":
            self.key(item.plan, bound)
        elif item.kind == "bind":
            self._check_scope(item, bound)
            name, expression = item.plan
            sure = sure_of(expression, bound)
            if name not in bound:
                self.say(f"{named(name)} = {conditions.value(expression)}")
                bound[name] = sure
            elif name in self.given and bound[name] and sure:
                self.nest(f"if {named(name)} == {conditions.value(expression)}:")
            else:
                raise NoPlanError(f"?{name} is bound before it is bound")
        elif item.kind == "values":
            self._values(item.plan, bound)
        elif item.kind == "rows":
            self._rows(item.plan, bound)
        elif item.kind == "union":
            self._union(item.plan, bound)
        elif item.kind == "left":
            self._optional(item.plan, bound)
        elif item.kind == "group":
            self.group(item.plan, bound)
        else:
            shared = {one for one in item.variables if one in bound}
            self.nest(f"if not {self._any(item.plan, {one: bound[one] for one in shared})}:")

    def _check_scope(self, item: Item, bound: Bound) -> None:
        """Refuse what looks at a variable that is bound outside of its group alone."""
        if beyond := sorted((item.outside & bound.keys()) - self.substituted):
            raise NoPlanError(f"?{beyond[0]} is bound outside of the group that looks at it")

    def _triple(self, triple: Plan, bound: Bound) -> None:
        subject, path, value = triple
        for term in (subject, path, value):
            if term[0] == "v" and bound.get(term[1]) is False:
                raise NoPlanError(f"?{term[1]} may not be bound where it is joined by")
        s, o = self._known(subject, bound), self._known(value, bound)
        if path[0] not in {"i", "v"}:
            self._along(path, subject, value, bound)
            return
        if path[0] == "v" and path[1] not in bound:
            self._any_predicate(triple, s, o, bound)
            return
        if s is None and o is not None:
            self._loop(subject, f"{self._table(path, back=True)}.get({o}, E)", bound)
            return
        ahead = self._table(path)
        if s is not None and o is not None:
            names = [one[1] for one in (subject, path) if one[0] == "v"]
            self.nest(f"if {o} in {self._sooner(f'{ahead}.get({s}, E)', names, bound)}:")
        elif s is not None:
            self._loop(value, f"{ahead}.get({s}, E)", bound)
        elif subject == value:
            self.nest(f"for {named(subject[1])}, them in {ahead}.items():")
            self.nest(f"if {named(subject[1])} in them:")
            bound[subject[1]] = True
        else:
            them = self.module.fresh("m")
            self.nest(f"for {named(subject[1])}, {them} in {ahead}.items():")
            self.nest(f"for {named(value[1])} in {them}:")
            bound[subject[1]] = bound[value[1]] = True

    def _table(self, path: Plan, *, back: bool = False) -> str:
        if path[0] == "v":
            return f"{'PO' if back else 'PS'}.get({named(path[1])}, E)"
        return self.module.backward(path) if back else self.module.forward(path)

    def _any_predicate(self, triple: Plan, s: str | None, o: str | None, bound: Bound) -> None:
        _, path, value = triple
        if s is None:
            raise NoPlanError("a triple of which neither subject nor predicate is known")
        self._loop(path, f"SP.get({s}, E)", bound)
        objects = f"PS[{named(path[1])}][{s}]"
        if o is None:
            self._loop(value, objects, bound)
        else:
            self.nest(f"if {o} in {objects}:")

    def _sooner(self, source: str, names: Sequence[str], bound: Bound) -> str:
        """Return what an expression is called, which stands before the loops it is the same in."""
        last = max(list(bound).index(name) for name in names) if names else -1
        outer = next((one for one in self.opened if one.bound > last), None)
        if outer is None:
            return source
        name = self.module.fresh("p")
        self.lines.insert(outer.line, f"{' ' * outer.depth}{name} = {source}")
        for one in self.opened:
            one.line += one.line >= outer.line
        return name

    def _loop(self, term: Plan, source: str, bound: Bound) -> None:
        self.opened.append(_Opened(len(self.lines), self.depth, len(bound)))
        self.nest(f"for {named(term[1])} in {source}:")
        bound[term[1]] = True

    def _known(self, term: Plan, bound: Bound) -> str | None:
        """Return what a term is written as, where it is known."""
        if term[0] == "v":
            return named(term[1]) if term[1] in bound else None
        return self.module.constant(term)

    def _along(self, path: Plan, subject: Plan, value: Plan, bound: Bound) -> None:
        """Write the loop along a path, each way by which it leads to a node once."""
        s, o = self._known(subject, bound), self._known(value, bound)
        if s is not None:
            source = self.module.steps(path, s)
            if o is None:
                self._loop(value, source, bound)
            else:
                self.nest(f"for _ in [x for x in {source} if x == {o}]:")
        elif o is not None:
            self._loop(subject, self.module.steps(path, o, back=True), bound)
        elif path[0] == "alt" and all(one[0] == "i" for one in path[1:]) and subject != value:
            tables = ", ".join(self.module.forward(one) for one in path[1:])
            pairs = f"[(x, y) for t in ({tables}) for x in t for y in t[x]]"
            self.nest(f"for {named(subject[1])}, {named(value[1])} in {pairs}:")
            bound[subject[1]] = bound[value[1]] = True
        else:
            raise NoPlanError("a path of which neither end is known")

    def _values(self, plan: Plan, bound: Bound) -> None:
        names, rows = plan
        if any(None in row for row in rows) or any(bound.get(name) is False for name in names):
            raise NoPlanError("values that leave something unbound")
        old = [name for name in names if name in bound]
        new = [name for name in names if name not in bound]
        places = [names.index(name) for name in old], [names.index(name) for name in new]
        constants = [[self.module.constant(term) for term in row] for row in rows]
        name = self.module.fresh("t")
        if not old:
            told = "".join(f"({''.join(f'{one}, ' for one in row)}), " for row in constants)
            self.module.rows.append(f"{name} = ({told})")
            self.nest(f"for ({_tuple(new)}) in {name}:")
        else:
            told = "".join(f"({''.join(f'{one}, ' for one in row)}), " for row in constants)
            self.module.rows.append(f"{name} = keyed(({told}), {places[0]}, {places[1]})")
            self._keyed(name, old, new)
        bound.update(dict.fromkeys(new, True))

    def _keyed(self, table: str, old: Sequence[str], new: Sequence[str]) -> None:
        rows = f"{table}.get(({_tuple(old)}), ())"
        self.nest(f"for ({_tuple(new)}) in {rows}:" if new else f"for _ in {rows}:")

    def _rows(self, plan: Plan, bound: Bound) -> None:
        """Write the join with the rows of a subquery, which is answered once."""
        produced = binds(plan)
        source = _Function(self.module, {})
        source.say(f"return {source.subquery(plan)}")
        called = source.finished(self.module.fresh("q"), ())
        names = plan[2]
        old = [name for name in names if name in bound]
        new = [name for name in names if name not in bound]
        if any(not bound[name] or not produced.get(name) for name in old):
            raise NoPlanError("a subquery is joined by what may not be bound")
        rows = self.module.fresh("r")
        if old:
            places = [names.index(name) for name in old], [names.index(name) for name in new]
            self.module.rows.append(f"{rows} = keyed({called}, {places[0]}, {places[1]})")
            self._keyed(rows, old, new)
        else:
            self.module.rows.append(f"{rows} = {called}")
            self.nest(f"for ({_tuple(new)}) in {rows}:" if new else f"for _ in {rows}:")
        bound.update({name: produced.get(name, False) for name in new})

    def _union(self, plan: Plan, bound: Bound) -> None:
        produced = binds(plan)
        new = [name for name in produced if name not in bound]
        names = [name for name in bound if name in variables(plan)]
        inner = self._within({name: bound[name] for name in names})
        inner.say("rows = []")
        for branch in branches(plan):
            inner.loops = 0
            inner.run(
                branch,
                lambda then: inner.say(f"rows.append(({_filled(new, then)}))"),
            )
            inner.depth = 0
        inner.say("return rows", depth=0)
        called = inner.finished(self.module.fresh("u"), names)
        self.nest(f"for ({_tuple(new)}) in {called}:" if new else f"for _ in {called}:")
        bound.update({name: produced[name] for name in new})

    def _optional(self, plan: Plan, bound: Bound) -> None:
        pattern, condition = plan
        new = [name for name in binds(pattern) if name not in bound]
        if condition is None and self._single(pattern, new, bound):
            return
        told = variables(pattern) | (demanded(condition) if condition else frozenset())
        names = [name for name in bound if name in told]
        inner = self._within({name: bound[name] for name in names})
        inner.say("rows = []")
        more = [] if condition is None else [Item("condition", condition, demanded(condition))]
        inner.run(pattern, lambda _: inner.say(f"rows.append(({_tuple(new)}))"), *more)
        nothing = f"(({'None, ' * len(new)}),)"
        inner.say(f"rows = rows or {nothing}", depth=0)
        again = ""
        if self.given.keys() - set(names) and set(names) - self.given.keys():
            # Whoever calls this function again may hand the same to the one that it calls.
            at, kept = f"({_tuple(names)})", self.module.fresh("c")
            self.module.kept.append(f"{kept} = {{}}")
            inner.say(f"{kept}[{at}] = rows")
            again = f"{kept}.get({at}) or "
        inner.say("return rows")
        called = inner.finished(self.module.fresh("o"), names)
        self.nest(f"for {f'({_tuple(new)})' if new else '_'} in {again}{called}:")
        bound.update(dict.fromkeys(new, False))

    def _single(self, pattern: Plan, new: Sequence[str], bound: Bound) -> bool:
        """Write an optional triple with one thing to be found as one loop."""
        if pattern[0] != "bgp" or len(pattern[1]) != 1 or len(new) != 1:
            return False
        subject, path, value = pattern[1][0]
        terms = [one for one in (subject, path, value) if one[0] == "v"]
        if path[0] not in {"i", "v"} or any(bound.get(one[1]) is False for one in terms):
            return False
        if value != ["v", new[0]] or subject == value or path == value:
            return False
        s = self._known(subject, bound)
        table = self.module.forward(path) if path[0] == "i" else f"PS.get({named(path[1])}, E)"
        self.nest(f"for {named(new[0])} in {table}.get({s}, E) or NONE:")
        bound[new[0]] = False
        return True

    # -------------------------------------------------------------- what is asked of patterns

    def _exists(self, pattern: Plan, bound: Bound) -> str:
        told = variables(pattern)
        shared = {name: sure for name, sure in bound.items() if name in told}
        return self._any(pattern, shared)

    def _any(self, pattern: Plan, shared: Bound) -> str:
        """Return an expression that tells whether a pattern has a solution."""
        if not all(shared.values()):
            raise NoPlanError("a pattern is looked for by what may not be bound")
        if single := self._membership(pattern, shared):
            return single
        inner = _Function(self.module, shared, frozenset(shared))
        inner.run(pattern, lambda _: inner.say("return True"))
        inner.say("return False", depth=0)
        return inner.finished(self.module.fresh("e"), list(shared))

    def _membership(self, pattern: Plan, shared: Bound) -> str | None:
        triples = triples_of(pattern)
        if triples is None or len(triples) != 1:
            return None
        subject, path, value = triples[0]
        if path[0] != "i" or subject == value:
            return None
        s, o = self._known(subject, shared), self._known(value, shared)
        if s is not None and o is not None:
            return f"({o} in {self.module.forward(path)}.get({s}, E))"
        if s is not None:
            return f"({s} in {self.module.forward(path)})"
        return f"({o} in {self.module.backward(path)})" if o is not None else None

    def subquery(self, plan: Plan) -> str:
        """Write what finds the rows of a subquery, and return the name under which they are."""
        _, pattern, names, distinct = plan
        rows = self.module.fresh("s")
        self.say(f"{rows} = []")
        # Beside what groups, what follows it is written as loops over the groups.
        self.run(
            pattern,
            lambda bound: self.say(f"{rows}.append(({_filled(names, bound)}))"),
        )
        self.depth = self.loops = 0
        return f"list(dict.fromkeys({rows}))" if distinct else rows

    def emit(self, template: Plan, bound: Bound) -> None:
        """Write what adds the triples of a template."""
        for triple in template:
            written_as, conditions = [], []
            for place, term in enumerate(triple):
                if term[0] == "v" and term[1] not in bound:
                    break
                name = self._known(term, bound) or ""
                if term[0] == "v" and place < 2:
                    conditions.append(f"type({name}) is str")
                elif term[0] == "v" and not bound[term[1]]:
                    conditions.append(f"{name} is not None")
                written_as.append(name)
            else:
                when = " and ".join(conditions)
                subject, predicate, value = written_as
                if triple[1][0] == "v":
                    table = f"out.setdefault({predicate}, {{}})"
                else:
                    table = self.said.setdefault(predicate, f"w{len(self.said)}")
                line = f"{table}.setdefault({subject}, {{}})[{value}] = None"
                self.say(f"if {when}: {line}" if when else line)

    # -------------------------------------------------------------- groups by key

    def group(self, plan: Plan, bound: Bound) -> None:
        """Write what groups the solutions of a pattern, and the loop over the groups."""
        _, pattern, keys, told = plan
        inner = _Function(self.module, {})
        inner.say("found = {}")
        gathered = [one for one in told if not is_key(one, keys)]

        def gather(then: Bound) -> None:
            if not inner.keyed:
                inner.key(keys, then)
            inner.say(f"if of is None: of = found[key] = ({'[], ' * len(gathered)})")
            conditions = Conditions(self.module.constant, inner._exists, then)
            for place, (_, _, _, expression) in enumerate(gathered):
                inner.say(f"of[{place}].append({conditions.value(expression)})")

        inner.run(pattern, gather, Item("key", keys, frozenset(keys)))
        inner.depth = 0
        if not keys:
            inner.say(f"if not found: found[()] = ({'[], ' * len(gathered)})")
        values = [
            f"key[{keys.index(one[3][1])}]"
            if is_key(one, keys)
            else AGGREGATES[one[1], one[2]].format(n=gathered.index(one))
            for one in told
        ]
        inner.say(f"return [({', '.join(values)},) for key, of in found.items()]")
        called = inner.finished(self.module.fresh("a"), ())
        self.nest(f"for ({_tuple(one[0] for one in told)}) in {called}:")
        bound.update(binds(plan))


def _filled(names: Iterable[str], bound: Bound) -> str:
    """Return variables as parts of a tuple, ``None`` for those that are not bound."""
    return "".join(f"{named(one)}, " if one in bound else "None, " for one in names)


def _tuple(names: Iterable[str]) -> str:
    return "".join(f"{named(name)}, " for name in names)
