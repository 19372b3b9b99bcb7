"""Read criteria and vocabulary out of OWL, and refuse what lies outside the profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indicant.compile.axioms import Axioms
from indicant.compile.criteria import Criteria
from indicant.compile.distances import Distances
from indicant.compile.facets import Facets
from indicant.compile.formulas import Formulas
from indicant.compile.hierarchy import Hierarchy
from indicant.compile.model import Model, existentials, within
from indicant.compile.properties import Properties
from indicant.compile.quantities import Quantities
from indicant.compile.recommendations import Recommendations
from indicant.compile.scores import Scores
from indicant.errors import IndicantError

if TYPE_CHECKING:
    from indicant.files.sources import Source


def read_model(source: Source) -> Model:
    """Read a guideline into a model.

    Raises:
        IndicantError: something lies outside the profile; the message names file, line and axiom.
    """
    return _read(Axioms(source))


def refusals(source: Source) -> list[IndicantError]:
    """Return all that lies outside the profile, as far as one refusal does not hide another."""
    problems: list[IndicantError] = []
    try:
        _read(Axioms(source, problems))
    except IndicantError as error:
        problems.append(error)
    return list({str(one): one for one in problems}.values())


def _read(axioms: Axioms) -> Model:
    axioms.hold_to_grammar()
    model = Model()
    _read_vocabulary(axioms, model)
    Distances(axioms, model).read()
    Formulas(axioms, model).read()
    facets, scores = Facets(axioms, model), Scores(axioms, model)
    scores.read()
    quantities = Quantities(axioms, model, facets)
    quantities.read()
    quantities.settle()
    Criteria(axioms, model, facets).read()
    scores.settle()
    used = {
        facet
        for expression in model.criteria.values()
        for existential in existentials(expression)
        for facet in within(existential.facets)
    }
    used.update(facet for one in model.quantities.values() for facet in one.conditions)
    axioms.attempt(facets.decided_values, used)
    axioms.attempt(facets.plain_properties, used)
    Recommendations(axioms, model).read()
    return model


def _read_vocabulary(axioms: Axioms, model: Model) -> None:
    properties, hierarchy = Properties(axioms, model), Hierarchy(axioms, model)
    properties.refuse_foreign_axioms()
    hierarchy.read()
    properties.read()
    axioms.attempt(hierarchy.refuse_unrelated_courses)
