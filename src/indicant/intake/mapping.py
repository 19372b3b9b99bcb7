"""Read what the columns of tables of one's own say: the file ``tables.ttl`` beside them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from indicant.errors import IndicantError
from indicant.files.lines import locate
from indicant.files.rdf import read, text_of
from indicant.foreign import excerpt
from indicant.intake import events, readings
from indicant.intake.cdm import is_cdm
from indicant.intake.readings import INTAKE
from indicant.terms import TYPE, local_name

if TYPE_CHECKING:
    import pyoxigraph as ox

    from indicant.files.rdf import Document
    from indicant.intake.readings import Tables

FILE: Final = "tables.ttl"
"""What a file is called that says what the columns of the tables beside it say."""
_TABLE: Final = INTAKE + "Table"
_SEE: Final = "howto/tables.html"
COLUMNS: Final = (
    "patientIn",
    "idIn",
    "codeIn",
    "systemIn",
    "onIn",
    "startIn",
    "endIn",
    "recordedIn",
    "statusIn",
    "valueIn",
    "numberIn",
    "comparatorIn",
    "unitIn",
    "birthDateIn",
    "sexIn",
    "deathIn",
)
"""What may be said of a table by naming a column."""
_OF_EVENTS: Final = frozenset({"codeIn", "systemIn", "onIn", "startIn", "endIn", "recordedIn"})
_OF_VALUES: Final = frozenset({"valueIn", "numberIn", "comparatorIn", "unitIn"})
_OF_PATIENTS: Final = frozenset({"birthDateIn", "sexIn", "deathIn"})
_ALWAYS: Final = frozenset({"patientIn", "idIn", "statusIn"})
_FREE: Final = frozenset({readings.IN_ERROR, readings.NOTHING})
_STANDINGS: Final = {
    events.FINDING: {
        readings.ABSENT,
        readings.AT_SOME_TIME,
        readings.OBSERVED,
        readings.PAST,
        readings.PRESENT,
    },
    events.OBSERVATION: {readings.OBSERVED},
    events.INTERVENTION: {
        readings.NOT_DONE,
        readings.ONGOING,
        readings.PROPOSED,
        readings.RECEIVED,
    },
    events.INVESTIGATION: {readings.NOT_DONE, readings.RECEIVED},
}
"""What a row of a kind may count for."""
_RECORDS: Final = {
    events.FINDING: "Condition",
    events.OBSERVATION: "Observation",
    events.INTERVENTION: "Procedure",
    events.INVESTIGATION: "DiagnosticReport",
}
"""Of which type of FHIR a row of a kind is, unless it is said."""
_SEXES: Final = frozenset({"female", "male", "other", "unknown"})


@dataclass(frozen=True)
class Mapped:
    """A table: what its rows are about, and what its columns are.

    ``columns`` are by what they say, in lower case. A table that has no file is what a ``view``
    gives of the ``resources`` of FHIR that lie beside it. ``counts``, ``means`` and ``says`` are by
    value of a cell; ``standing`` is what all rows count for where no column says it.
    """

    name: str
    file: str
    kind: str
    record_type: str
    columns: dict[str, str]
    system: str = ""
    unit: str = ""
    standing: str = ""
    counts: dict[str, str] = field(default_factory=dict)
    means: dict[str, str] = field(default_factory=dict)
    view: str = ""
    resources: str = ""
    says: dict[str, str] = field(default_factory=dict)


def is_mapped(path: str) -> bool:
    """Tell whether a folder has tables of one's own, with what their columns say."""
    return os.path.isfile(os.path.join(path, FILE))


def is_tables(path: str) -> bool:
    """Tell whether a path is that of tables, of one's own or of the CDM."""
    return is_mapped(path) or is_cdm(path)


def read_mapping(path: str, tables: Tables) -> list[Mapped]:
    """Read what the tables of a folder say.

    Raises:
        IndicantError: the file cannot be read, or says something that is not understood.
    """
    return _File(read(os.path.join(path, FILE)), tables).tables()


class _File:
    """Reads one file, and refuses what would be passed over in silence."""

    def __init__(self, document: Document, tables: Tables) -> None:
        self._document, self._known = document, tables
        self._said: dict[str, dict[str, list[ox.NamedNode | ox.Literal]]] = {}
        for quad in document.quads:
            values = self._said.setdefault(text_of(quad.subject), {})
            values.setdefault(quad.predicate.value, []).append(quad.object)  # type: ignore[arg-type]

    def tables(self) -> list[Mapped]:
        """Return the tables, in the order of their files."""
        named = [
            one
            for one, said in self._said.items()
            if any(text_of(kind) == _TABLE for kind in said.get(TYPE, ()))
        ]
        if not named:
            raise IndicantError("the file describes no table", file=self._document.path, see=_SEE)
        cells = {
            text_of(cell) for one in named for cell in self._said[one].get(INTAKE + "reads", ())
        }
        for subject, said in self._said.items():
            if subject in named or subject in cells:
                continue
            if any(path.startswith(INTAKE) for path in said):
                self._refuse(subject, None, "it is neither a table nor one of its values")
        found = sorted((self._table(one) for one in named), key=lambda one: (one.file, one.name))
        if not any(one.kind == events.PATIENT for one in found):
            raise IndicantError(
                "no table is of the kind patient: who there is has to be said",
                file=self._document.path,
                see=_SEE,
            )
        return found

    def _table(self, name: str) -> Mapped:
        said = self._said[name]
        allowed = {*COLUMNS, "file", "view", "resources", "kind", "asRecord", "counts", "reads"}
        allowed |= {"codeSystem", "unit"}
        for path in said:
            if path.startswith(INTAKE) and local_name(path) not in allowed:
                self._refuse(name, path, f"{local_name(path)} says nothing of a table")
        kind = self._one(name, "kind", needed=True)
        if kind not in {*_RECORDS, events.PATIENT}:
            kinds = ", ".join([*_RECORDS, events.PATIENT])
            self._refuse(name, INTAKE + "kind", f"'{excerpt(kind)}' is no kind, as are {kinds}")
        columns = {
            one: self._one(name, one).strip().lower() for one in COLUMNS if INTAKE + one in said
        }
        self._check_columns(name, kind, columns)
        record_type = self._one(name, "asRecord") or _RECORDS.get(kind, "Patient")
        known = self._known.types.get(record_type)
        if known is None or known.kind != kind:
            self._refuse(
                name,
                INTAKE + "asRecord",
                f"'{excerpt(record_type)}' is no record of the kind {kind}",
            )
        made = Mapped(
            local_name(name),
            self._one(name, "file"),
            kind,
            record_type,
            columns,
            self._one(name, "codeSystem"),
            self._one(name, "unit"),
            self._standing(name, kind) if INTAKE + "counts" in said else "",
            view=self._one(name, "view"),
            resources=self._one(name, "resources"),
        )
        if bool(made.file) == bool(made.view) or bool(made.view) != bool(made.resources):
            self._refuse(name, None, "a table has a file, or a view with its resources")
        for cell in said.get(INTAKE + "reads", ()):
            self._cell(name, text_of(cell), made)
        self._check(name, made)
        return made

    def _check_columns(self, name: str, kind: str, columns: dict[str, str]) -> None:
        fitting = set(_ALWAYS)
        if kind == events.PATIENT:
            fitting = {"patientIn", *_OF_PATIENTS}
        else:
            fitting |= _OF_EVENTS | (_OF_VALUES if kind == events.OBSERVATION else set())
        for one in columns:
            if one not in fitting:
                self._refuse(name, INTAKE + one, f"{one} says nothing of the kind {kind}")
        needed = ["patientIn"] if kind == events.PATIENT else ["patientIn", "idIn", "codeIn"]
        for one in needed:
            if one not in columns:
                self._refuse(name, None, f"it is not said which column is its {one}")

    def _check(self, name: str, made: Mapped) -> None:
        """See that what is needed to understand a row is there, and once."""
        if made.kind == events.PATIENT:
            return
        if bool(made.system) == ("systemIn" in made.columns):
            self._refuse(name, None, "its system is to be said once: by codeSystem or systemIn")
        if made.unit and "unitIn" in made.columns:
            self._refuse(name, INTAKE + "unit", "its unit is said twice: by unit and by unitIn")
        if bool(made.standing) == ("statusIn" in made.columns):
            self._refuse(
                name, None, "what its rows count for is to be said once: by counts or by statusIn"
            )
        if "statusIn" in made.columns and not made.counts:
            self._refuse(
                name, INTAKE + "statusIn", "no value of the column says what it counts for"
            )

    def _cell(self, table: str, name: str, made: Mapped) -> None:
        said = self._said.get(name, {})
        told = [one for one in ("counts", "means", "says") if INTAKE + one in said]
        for path in said:
            if path.startswith(INTAKE) and local_name(path) not in {"value", *told}:
                self._refuse(name, path, f"{local_name(path)} says nothing of a value")
        if len(told) != 1 or INTAKE + "value" not in said:
            self._refuse(
                name if said else table,
                None,
                "a value is  [ intake:value TEXT ; intake:counts STANDING ]  or has means or says",
            )
        value = self._one(name, "value").strip()
        if told == ["counts"]:
            where, what = made.counts, self._standing(name, made.kind)
        elif told == ["means"]:
            where, what = made.means, local_name(self._one(name, "means"))
            if what not in {readings.POSITIVE, readings.NEGATIVE, readings.UNDECIDED}:
                self._refuse(name, INTAKE + "means", f"'{excerpt(what)}' is no answer")
        else:
            where, what = made.says, self._one(name, "says")
            if what not in _SEXES:
                self._refuse(name, INTAKE + "says", f"'{excerpt(what)}' is no sex")
        column = {"counts": "statusIn", "means": "valueIn", "says": "sexIn"}[told[0]]
        if column not in made.columns:
            self._refuse(name, INTAKE + told[0], f"it is said of no column: {column} names one")
        if where.setdefault(value, what) != what:
            self._refuse(name, INTAKE + "value", f"'{excerpt(value)}' says two things")

    def _standing(self, name: str, kind: str) -> str:
        told = local_name(self._one(name, "counts"))
        if told not in _STANDINGS.get(kind, set()) | _FREE:
            self._refuse(
                name,
                INTAKE + "counts",
                f"'{excerpt(told)}' is nothing that the kind {kind} counts for",
            )
        return told

    def _one(self, name: str, path: str, *, needed: bool = False) -> str:
        found = self._said[name].get(INTAKE + path, [])
        if len(found) > 1 or (needed and not found):
            self._refuse(name, INTAKE + path if found else None, f"{path} is to be said once")
        return text_of(found[0]) if found else ""

    def _refuse(self, node: str, path: str | None, message: str) -> None:
        line = locate(self._document, node, path, None)
        raise IndicantError(message, file=self._document.path, line=line, see=_SEE)
