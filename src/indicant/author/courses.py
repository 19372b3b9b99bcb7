"""Find which courses that are recorded once nothing tells apart from one more of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indicant.compile.axioms import Axioms
from indicant.compile.hierarchy import Hierarchy
from indicant.compile.model import RECEIVED, Model
from indicant.files.sources import Source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from indicant.errors import IndicantError
    from indicant.files.rdf import Document


def unrelated(documents: Iterable[Document], course: str) -> list[str]:
    """Return the courses recorded once that are neither apart from one, nor below or above it.

    The compiler refuses such, because a record of the one could be the only one of both. What else
    it refuses in the documents is left to ``indicant check``.

    Raises:
        IndicantError: the hierarchy of the classes cannot be closed.
    """
    problems: list[IndicantError] = []
    axioms, model = Axioms(Source(tuple(documents), ""), problems), Model()
    axioms.hold_to_grammar()
    Hierarchy(axioms, model).read()
    own = model.same.get(course, course)
    return sorted(
        other
        for other, roles in model.once.items()
        if RECEIVED in roles
        and other != own
        and other not in model.above.get(own, ())
        and own not in model.above.get(other, ())
        and not model.disjoint(own, other)
    )
