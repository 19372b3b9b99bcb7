"""Take a guideline as every verb that answers by it takes it, or refuse it as every one does."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from indicant.compile.agreement import check_with_reasoner
from indicant.compile.compiled import is_kept
from indicant.compile.derivations import take, with_counted
from indicant.compile.model import existentials
from indicant.compile.overriding import effective, overriders, weighed, without
from indicant.compile.profile import read_model
from indicant.compile.scores import used
from indicant.compile.theory import Theory, simplify
from indicant.errors import IndicantError, OutOfTimeError
from indicant.guideline.mappings import MappingSet, of_source
from indicant.guideline.vocabulary import Vocabulary, slim_vocabulary

if TYPE_CHECKING:
    from indicant.compile.derivations import Rule
    from indicant.compile.model import Existential, Expression, Model
    from indicant.files.sources import Source

SECONDS: Final = 60.0
_PATIENCE: Final = 600.0
"""The least time that HermiT may take, which has large vocabularies to classify."""


@dataclass(frozen=True)
class Admitted:
    """A guideline that lies within the profile and that the compiler and HermiT agree on.

    ``normal`` holds in normal form what is to be compiled: the effective criterion of every
    recommendation, the criteria that are weighed beside them, and the steps of scores. ``atoms``
    are the existentials that these speak of, with what a record is to be known by beside them.
    """

    tables: list[MappingSet]
    derivations: tuple[Rule, ...]
    model: Model
    theory: Theory
    normal: dict[str, Expression]
    atoms: list[Existential]


def admit(
    source: Source, *, seconds: float = SECONDS, circles: bool = False, kept: bool = False
) -> Admitted:
    """Take a guideline, or refuse it.

    Args:
        source: what ``files.sources.load`` returned.
        seconds: the time limit for writing down what the vocabulary entails, which is at least a
            minute; HermiT has ten.
        circles: whether recommendations may override one another in a circle.
        kept: whether what an earlier run compiled and kept need not be put to HermiT again.

    Raises:
        IndicantError: a table of codes is not sound, a derivation is refused, an axiom or a
            criterion lies outside the profile, recommendations override one another in a circle,
            the ontology is inconsistent or a class can have no member, time ran out, or there is no
            Java runtime.
    """
    deadline = time.monotonic() + max(seconds, _PATIENCE)
    try:
        tables = of_source(source)
        rules = _derivations(source)
        model = read_model(source)
        theory = Theory(model)
        subjects = _regardless_of_circles(model) if circles else effective(model)
        subjects |= {iri: model.criteria[iri] for iri in weighed(model)}
        normal = {
            iri: simplify(theory.normal(simplify(expression)))
            for iri, expression in subjects.items()
        }
        for name in used(normal.values(), model):
            for step in theory.ladder(name).steps:
                normal.setdefault(step.subject, step.expression)
        own: set[Existential] = set()
        for expression in set(normal.values()):
            demanded = set(existentials(expression))
            own |= demanded.union(theory.runs(demanded))
        atoms = sorted(theory.closure(own), key=repr)
        if not (kept and is_kept(source)):
            check_with_reasoner(
                source, model, theory, atoms, seconds=max(seconds, SECONDS), deadline=deadline
            )
    except OutOfTimeError as error:
        raise IndicantError(
            "what the vocabulary entails was not found within the time limit",
            help="allow more time, or let criteria speak of fewer values of one property",
        ) from error
    except RecursionError as error:
        raise IndicantError(
            "a criterion is nested too deeply", help="split it into named criteria"
        ) from error
    rules = with_counted(rules, model, atoms)
    return Admitted(tables, rules, model, theory, normal, atoms)


def _derivations(source: Source) -> tuple[Rule, ...]:
    if not source.derivations:
        return ()
    triples = [(subject, predicate, value) for _, subject, predicate, value in source.triples()]
    return take(source, Vocabulary(slim_vocabulary(triples)))


def _regardless_of_circles(model: Model) -> dict[str, Expression]:
    above = overriders(model)
    return {iri: without(model, iri, above[iri]) for iri in model.recommendations}
