"""Write what a guideline decides as SQL that DuckDB, DataFusion and PostgreSQL run alike.

A patient is a row of truth values, one for each literal that the records establish; what is not
established is false in both columns of a pair of opposites, so that no third value arises. What
follows is AND, OR and CASE over these, in the order in which the kernel of ``indicant cohort``
has it, and made of the same plan.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

from indicant.assess.records import STATUSES
from indicant.cohort.clashes import clashes
from indicant.cohort.plan import disputed_in, plan_of
from indicant.errors import IndicantError
from indicant.foreign import excerpt, joined, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from indicant.assess.assessor import Assessor
    from indicant.cohort.plan import Demand, Plan

Shape = Literal["facts", "columns"]
SHAPES: Final = ("facts", "columns")
LONGEST: Final = 40
"""How many bytes a prefix may have: PostgreSQL cuts names off at 63."""
_RECOMMENDED, _CONDITIONAL, _CONFLICTING, _CONTRAINDICATED, _UNDETERMINED, _NOT_APPLICABLE = (
    f"'{word}'" for word in STATUSES.values()
)
_ANSWER: Final = "WHEN 2 THEN 'met' WHEN 1 THEN 'open' ELSE 'refuted' END"
_ASSESSED: Final = "\"state\" = 'assessed'"
_COLUMN: Final = re.compile(r"""'(?:[^']|'')*'|"([a-z]+\d*)\"""")
"""A text, in which no column is named, or the name of a column."""
_NOTHING: Final = "CAST(NULL AS VARCHAR)"
_VALUES: Final = "SELECT {0} FROM (VALUES\n{1}) AS v({0})"
_PATIENTS: Final = (
    'SELECT "patient", "state", CASE WHEN "state" = \'assessed\' THEN "scope" END AS "scope", '
    '"told" FROM {0}'
)
_UNKNOWN: Final = (
    'SELECT f."literal", COUNT(DISTINCT f."patient") AS "patients" FROM {0} AS f '
    'LEFT JOIN {1} AS k ON k."literal" = f."literal" '
    'WHERE f."literal" IS NOT NULL AND k."literal" IS NULL GROUP BY f."literal"'
)
_NOBODY: Final = 'SELECT COUNT(*) AS "rows" FROM {0} WHERE "patient" IS NULL'
_HEAD: Final = """\
What {names} decides, for DuckDB, DataFusion and PostgreSQL.
In: {table}, {shape}.
Out: the views {prefix}_patients, _interventions, _recommendations and _criteria;
{prefix}_literals says what each literal means, {prefix}_nobody how many rows name no patient.
The facts of a patient have to hold all that follows from them by the vocabulary.
"""
_SHAPES: Final = {
    "facts": "a row for each patient and fact that is established (columns patient and literal); "
    "of whom nothing is, a row without a literal",
    "columns": "a row for each patient (column patient), with a truth value for each literal",
}


def name(word: str) -> str:
    r"""Return a name as SQL has it, whatever stands in it.

    >>> print(name('a"b'))
    "a""b"
    """
    doubled = word.replace('"', '""')
    return f'"{doubled}"'


def text(word: str) -> str:
    r"""Return a text as SQL has it, whatever stands in it; what cannot be seen is spelt out.

    >>> print(text("it's\n"))
    'it''s\n'
    """
    doubled = plain(word).replace("'", "''")
    return f"'{doubled}'"


def any_of(several: Iterable[str]) -> str:
    """Return whether any of several holds."""
    return _together(" OR ", list(several), "FALSE")


def all_of(several: Iterable[str]) -> str:
    """Return whether all of several hold."""
    return _together(" AND ", list(several), "TRUE")


def _together(word: str, several: Sequence[str], empty: str) -> str:
    """Join expressions as a balanced tree, so that no parser meets a chain of hundreds."""
    if len(several) < 2:
        return several[0] if several else empty
    middle = len(several) // 2
    left, right = (_together(word, part, empty) for part in (several[:middle], several[middle:]))
    return f"({left}{word}{right})"


def column(literal: str) -> str:
    """Return what the column of a literal is called: the same in all versions of a guideline.

    >>> column("https://example.org/existential/00db469aeb1426dd/absent")
    'absent_00db469aeb1426dd'
    """
    stem, _, side = literal.rpartition("/")
    last = stem.rpartition("/")[2]
    if re.fullmatch("[0-9a-f]{16}", last) and side in ("present", "absent"):
        return f"{side}_{last}"
    digest = hashlib.blake2b(literal.encode(), digest_size=8).hexdigest()
    return f"literal_{digest}"


class Sql:
    """The decisions of a guideline as SQL.

    Args:
        assessor: the guideline.
        shape: ``facts``, a row for each patient and literal, or ``columns``, a row for each
            patient.
        table: what the table is called, with its schema before a full stop; by default as its
            shape.
        prefix: what the names of views begin with.
        consistent: whether no patient of the table has facts that cannot all hold, so that none
            is looked for.

    Raises:
        IndicantError: a name cannot be one, or the guideline cannot be written as SQL.
    """

    def __init__(
        self,
        assessor: Assessor,
        shape: Shape = "facts",
        table: str | None = None,
        prefix: str = "indicant",
        *,
        consistent: bool = False,
    ) -> None:
        for word in (prefix, *(table or shape).split(".")):
            if not 0 < len(word.encode()) <= LONGEST or not word.isprintable():
                raise IndicantError(
                    f"no table or view is called {excerpt(word)!r}",
                    help=f"a name has 1 to {LONGEST} bytes, of what can be printed",
                )
        self._shape, self._table, self._prefix = shape, table or shape, prefix
        self._catalogue = assessor.catalogue
        self._plan = plan_of(assessor.compiled.graph)
        self._disputed = disputed_in(self._catalogue.evidence)
        self._clashes = () if consistent else clashes(assessor, self._plan)
        self._source = ".".join(name(word) for word in self._table.split("."))

    @cached_property
    def statements(self) -> tuple[str, ...]:
        """What has to be run, one after the other; each can be run again."""
        views = self._views()
        dropped = [f"DROP VIEW IF EXISTS {self._view(one)}" for one in reversed(views)]
        made = [f"CREATE VIEW {self._view(one)} AS\n{query}" for one, query in views.items()]
        return (*dropped, *made)

    def text(self) -> str:
        """Return all statements, each ended by a semicolon, with what they are for above them."""
        names = [label for _, label, _, _ in self._catalogue.guidelines if label]
        versions = [one for _, _, one, _ in self._catalogue.guidelines if one]
        head = _HEAD.format(
            names=plain(", ".join([*names, *versions]) or "a guideline"),
            table=plain(self._table),
            shape=_SHAPES[self._shape],
            prefix=plain(self._prefix),
        )
        above = joined(f"-- {line}" for line in head.splitlines())
        return above + "".join(f"\n{one};\n" for one in self.statements)

    def _view(self, what: str) -> str:
        return name(f"{self._prefix}_{what}")

    # ------------------------------------------------------------------ the views

    def _views(self) -> dict[str, str]:
        plan, label = self._plan, self._catalogue.label
        advice = self._catalogue.recommendations
        advised = {one.iri for one in plan.advice}
        said = self._catalogue.literals
        known = [
            (column(iri), iri, said[iri].label if iri in said else iri) for iri in plan.literals
        ]
        views = {
            "literals": _values(known, "name", "literal", "meaning"),
            "nobody": _NOBODY.format(self._source),
            "decided": self._decided(),
            "patients": _PATIENTS.format(self._view("decided")),
            "interventions": self._rows(
                [(label(one.iri), one.iri) for one in plan.interventions],
                ("label", "intervention"),
                {"status": "s{}", "disputed": "x{}", "fulfilment": "h{}"},
                range(len(plan.interventions)),
            ),
            "recommendations": self._rows(
                [(advice[one.iri].label, one.iri) for one in plan.advice],
                ("label", "recommendation"),
                {"answer": "a{}", "superseded": "g{}", "fulfilment": "f{}"},
                [one.decision for one in plan.advice],
            ),
            "criteria": self._rows(
                [
                    (plan.decisions[one].iri,)
                    for one in plan.told
                    if plan.decisions[one].iri not in advised
                ],
                ("criterion",),
                {"answer": "a{}"},
                [one for one in plan.told if plan.decisions[one].iri not in advised],
            ),
        }
        if self._shape == "facts":
            views["unknown"] = _UNKNOWN.format(self._source, self._view("literals"))
        return views

    def _rows(
        self,
        rows: Sequence[tuple[str, ...]],
        names: tuple[str, ...],
        told: Mapping[str, str],
        decisions: Sequence[int],
    ) -> str:
        """Return a row for each patient and each of several things, with what is told of it.

        ``told`` are by name the columns in which that stands, by number of the row; of answers by
        number of decision.
        """
        keyed = [(str(number), *row) for number, row in enumerate(rows)]
        made = []
        for word, places in told.items():
            numbers = decisions if places == "a{}" else range(len(rows))
            cases = "".join(
                f' WHEN {at} THEN "{places.format(number)}"' for at, number in enumerate(numbers)
            )
            kind = "INTEGER" if places == "a{}" else "VARCHAR"
            nothing = f"CAST(NULL AS {kind})"
            one = f'CASE i."number"{cases} END' if cases else nothing
            made.append(
                f"CASE {one} {_ANSWER} AS {name(word)}"
                if places == "a{}"
                else f"{one} AS {name(word)}"
            )
        own = ", ".join([*(f"i.{name(word)}" for word in reversed(names)), *made])
        return (
            f'SELECT d."patient", {own}\nFROM {self._view("decided")} AS d '
            f"CROSS JOIN (\n{_values(keyed, 'number', *names)}\n) AS i WHERE d.{_ASSESSED}"
        )

    # ------------------------------------------------------------------ what follows

    def _decided(self) -> str:
        plan = self._plan
        layers = _Decisions(plan, self._disputed).layers()
        layers[0] |= self._state()
        scopes = [
            f'"a{number}"'
            for number in plan.told
            if plan.decisions[number].iri in {one for *_, one in self._catalogue.guidelines}
        ]
        if scopes:
            met, left = (any_of(f"{one} = {code}" for one in scopes) for code in (2, 1))
            scope = f"CASE WHEN {met} THEN 'met' WHEN {left} THEN 'open' ELSE 'refuted' END"
        else:
            scope = _NOTHING
        layers[-1]["scope"] = scope
        wanted = ["patient", "state", "told", "scope"]
        wanted += [f"a{number}" for number in plan.told]
        for number in range(len(plan.interventions)):
            wanted += [f"s{number}", f"x{number}", f"h{number}"]
        for number in range(len(plan.advice)):
            wanted += [f"g{number}", f"f{number}"]
        return self._written(layers, wanted)

    def _state(self) -> dict[str, str]:
        """Return what becomes of a patient, and why where there is no answer."""
        said = self._catalogue.literals
        sets = [all_of(f'"l{one}"' for one in each) for each in self._clashes]
        words = [
            " and ".join(
                said[iri].label if iri in said else iri
                for iri in (self._plan.literals[one] for one in each)
            )
            for each in self._clashes
        ]
        cases = "".join(
            f"\n WHEN {one} THEN {text(told)}" for one, told in zip(sets, words, strict=True)
        )
        twice = "\"times\" > 1 THEN 'stands several times, and which is so nobody can tell'"
        return {
            "state": "CASE WHEN \"times\" > 1 THEN 'twice' "
            f"WHEN {any_of(sets)} THEN 'inconsistent' ELSE 'assessed' END",
            "told": f"CASE WHEN {twice}{cases} ELSE {_NOTHING} END",
        }

    def _written(self, layers: Sequence[dict[str, str]], wanted: Iterable[str]) -> str:
        """Return a query of several layers, of which each has what those above it look at."""
        needed = dict.fromkeys(wanted)
        parts = []
        for at in range(len(layers) - 1, -1, -1):
            own = {one: layers[at][one] for one in needed if one in layers[at]}
            below = dict.fromkeys(one for one in needed if one not in own)
            made = [*(name(one) for one in below)]
            made += [f"{expression} AS {name(one)}" for one, expression in own.items()]
            rows = ",\n".join(made)
            # Nothing is left out: it keeps PostgreSQL from putting one layer into the next.
            parts.append(f'"layer{at + 1}" AS (\nSELECT {rows}\nFROM "layer{at}" OFFSET 0)')
            for expression in own.values():
                found = _COLUMN.findall(expression)
                below |= dict.fromkeys(one for one in found if one and one != "number")
            needed = below
        parts.append(f'"layer0" AS (\n{self._read(needed)})')
        whole = ",\n".join(reversed(parts))
        return f'WITH {whole}\nSELECT * FROM "layer{len(layers)}"'

    def _read(self, needed: Iterable[str]) -> str:
        """Return the query that reads the table, with the columns that are needed."""
        literals = self._plan.literals
        numbers = sorted(int(one[1:]) for one in needed if re.fullmatch(r"l\d+", one))
        if self._shape == "columns":
            rows = [
                'COUNT(*) OVER (PARTITION BY "patient") AS "times"',
                *(f'{name(column(literals[one]))} IS TRUE AS "l{one}"' for one in numbers),
            ]
            told = ",\n".join(rows)
            return f'SELECT "patient", {told}\nFROM {self._source}\nWHERE "patient" IS NOT NULL'
        rows = [
            '1 AS "times"',
            *(
                f'MAX(CASE WHEN k."number" = {one} THEN 1 ELSE 0 END) = 1 AS "l{one}"'
                for one in numbers
            ),
        ]
        known = _values([(str(one), literals[one]) for one in numbers], "number", "literal")
        told = ",\n".join(rows)
        return (
            f'SELECT f."patient" AS "patient", {told}\nFROM {self._source} AS f '
            f'LEFT JOIN (\n{known}) AS k ON k."literal" = f."literal"\n'
            'WHERE f."patient" IS NOT NULL\nGROUP BY f."patient"'
        )


def _values(rows: Sequence[tuple[str, ...]], *names: str) -> str:
    """Return a table of what is given; what is called number is one."""
    own = ", ".join(map(name, names))
    if not rows:
        empty = ", ".join(
            f"CAST(NULL AS {'INTEGER' if one == 'number' else 'VARCHAR'}) AS {name(one)}"
            for one in names
        )
        return f"SELECT {empty} WHERE FALSE"
    told = ",\n".join(
        "("
        + ", ".join(
            value if one == "number" else text(value) for one, value in zip(names, row, strict=True)
        )
        + ")"
        for row in rows
    )
    return _VALUES.format(own, told)


@dataclass
class _Decisions:
    """What follows from literals, in layers of columns of which each looks at those before it."""

    plan: Plan
    disputed: frozenset[str]

    def __post_init__(self) -> None:
        self._met = {at: f'"m{at}"' for at in range(len(self.plan.decisions))}
        self._refuted = {at: f'"r{at}"' for at in range(len(self.plan.decisions))}

    def layers(self) -> list[dict[str, str]]:
        """Return them, with the names of the columns."""
        plan = self.plan
        layers: list[dict[str, str]] = [{}]
        for at, one in enumerate(plan.decisions):
            layers[0][f"m{at}"] = any_of(all_of(f'"l{n}"' for n in each) for each in one.met)
            layers[0][f"r{at}"] = any_of(all_of(f'"l{n}"' for n in each) for each in one.refuted)
        if plan.scores:
            layers += self._scored()
        layers.append(
            {
                f"a{at}": f"CASE WHEN {self._met[at]} THEN 2 WHEN {self._refuted[at]} THEN 0 "
                "ELSE 1 END"
                for at in self._met
            }
        )
        layers.append(self._of_advice())
        layers.append(self._of_interventions())
        return layers

    def _scored(self) -> list[dict[str, str]]:
        """Return which literals about scores hold, and what these decide."""
        found: dict[int, list[str]] = {}
        for score in self.plan.scores:
            won = _points(score.base, score.steps, self._met)
            lost = _points(0, score.steps, self._refuted)
            left = f"({score.total} - {lost})"
            for one in score.demands:
                for number, holds in zip(
                    (one.present, one.absent), _demanded(one, won, left), strict=True
                ):
                    if number is not None:
                        found.setdefault(number, []).append(holds)
        own = {f"e{number}": f'("l{number}" OR {any_of(made)})' for number, made in found.items()}
        again: dict[str, str] = {}
        for at, decision in enumerate(self.plan.decisions):
            for side, sets, names in (
                ("m", decision.met, self._met),
                ("r", decision.refuted, self._refuted),
            ):
                touched = [each for each in sets if found.keys() & set(each)]
                if touched:
                    some = [
                        all_of(f'"{"e" if n in found else "l"}{n}"' for n in each)
                        for each in touched
                    ]
                    again[f"{side}{side}{at}"] = any_of([f'"{side}{at}"', *some])
                    names[at] = f'"{side}{side}{at}"'
        return [own, again]

    # ------------------------------------------------------------------ advice and statuses

    def _of_advice(self) -> dict[str, str]:
        made: dict[str, str] = {}
        for at, one in enumerate(self.plan.advice):
            stronger = any_of(f'"a{each}" = 2' for each in one.stronger)
            own = "TRUE" if one.own is None else f'"a{one.own}" <> 0'
            made[f"g{at}"] = f"({stronger} AND {own})"
            if one.fulfilled is None:
                made[f"f{at}"] = _NOTHING
            else:
                met, refuted, left = (f"'{word}'" for word in one.words[0])
                made[f"f{at}"] = (
                    f'CASE "a{one.fulfilled}" WHEN 2 THEN {met} WHEN 0 THEN {refuted} '
                    f"ELSE {left} END"
                )
        for at, each in enumerate(self.plan.interventions):
            for side, decisions in (("p", each.favouring), ("c", each.opposing)):
                made[f"{side}{at}"] = any_of(f'"a{one}" = 2' for one in decisions)
                made[f"{side}o{at}"] = any_of(f'"a{one}" = 1' for one in decisions)
        return made

    def _of_interventions(self) -> dict[str, str]:
        """Return the status of each intervention, and what is told with it.

        ``p`` and ``c`` are whether anything for it and against it is met, ``po`` and ``co``
        whether anything is open.
        """
        place = {one.decision: at for at, one in enumerate(self.plan.advice)}
        disputed = {one.decision for one in self.plan.advice if one.iri in self.disputed}
        made: dict[str, str] = {}
        for at, one in enumerate(self.plan.interventions):
            made[f"s{at}"] = (
                f'CASE WHEN "p{at}" THEN CASE WHEN "c{at}" THEN {_CONFLICTING} '
                f'WHEN "co{at}" THEN {_CONDITIONAL} ELSE {_RECOMMENDED} END '
                f'WHEN "c{at}" THEN {_CONTRAINDICATED} '
                f'WHEN ("po{at}" OR "co{at}") THEN {_UNDETERMINED} ELSE {_NOT_APPLICABLE} END'
            )
            undecided = f'(NOT "p{at}" AND NOT "c{at}")'
            answering = {
                each: f'(("p{at}" AND "a{each}" = 2) OR ({undecided} AND "a{each}" = 1))'
                for each in one.favouring
            }
            for each in one.opposing:
                answering.setdefault(
                    each,
                    f'(("c{at}" AND "a{each}" = 2) OR '
                    f'({undecided} AND NOT "po{at}" AND "a{each}" = 1))',
                )
            made[f"x{at}"] = any_of(answering[each] for each in answering if each in disputed)
            made[f"h{at}"] = self._done(
                {place[each]: told for each, told in answering.items() if each in place}
            )
        return made

    def _done(self, answering: Mapping[int, str]) -> str:
        """Return what those that made a status say of whether it is followed already."""
        says: dict[str, list[str]] = {}
        for at, told in answering.items():
            one = self.plan.advice[at]
            for word in dict.fromkeys(one.words[0]) if one.fulfilled is not None else ():
                says.setdefault(word, []).append(f"({told} AND \"f{at}\" = '{word}')")
        if not says:
            return _NOTHING
        found = {word: any_of(told) for word, told in says.items()}
        several = " + ".join(f"CASE WHEN {one} THEN 1 ELSE 0 END" for one in found.values())
        cases = "".join(f" WHEN {one} THEN '{word}'" for word, one in found.items())
        return f"CASE WHEN {several} > 1 THEN 'various'{cases} ELSE {_NOTHING} END"


def _points(base: int, steps: Iterable[tuple[int, int]], side: Mapping[int, str]) -> str:
    """Return how many points a score has of the steps that are on one side."""
    made = [f"CASE WHEN {side[one]} THEN {points} ELSE 0 END" for one, points in steps]
    return _together(" + ", [f"CAST({base} AS BIGINT)", *made], "0")


def _demanded(one: Demand, won: str, left: str) -> tuple[str, str]:
    """Return whether a score surely is what is demanded of it, and whether it surely is not."""
    if not one.is_range:
        return "FALSE", "TRUE"
    return (
        f"({won} >= {one.least} AND {left} <= {one.most})",
        f"({won} > {left} OR {won} > {one.most} OR {left} < {one.least})",
    )
