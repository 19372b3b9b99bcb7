"""What a guideline asks about a patient, as a form, and what was answered, as a case."""

from __future__ import annotations

import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from indicant.api.case import Case, day

if TYPE_CHECKING:
    from indicant.assess.assessor import Assessor
    from indicant.exchange.questionnaire import Form


class Forms:
    """The forms of a guideline."""

    if TYPE_CHECKING:

        @cached_property
        def assessor(self) -> Assessor:
            """What assesses cases with it."""

    @cached_property
    def _form(self) -> Form:
        from indicant.exchange.questionnaire import Form

        return Form(self.assessor)

    def questionnaire(self) -> dict[str, Any]:
        """Return what it asks about a patient, as a Questionnaire of FHIR R4.

        Raises:
            IndicantError: a table of codes cannot be read.
        """
        import copy

        return copy.deepcopy(self._form.resource())

    def answered(
        self, response: dict[str, Any], *, as_of: str | datetime.date, path: str = "response"
    ) -> Case:
        """Return what was answered to the questionnaire as a case.

        Args:
            response: a QuestionnaireResponse; numbers are best given as texts or ``Decimal``.
            as_of: the day for which the answers hold.
            path: what to call it in messages.

        Raises:
            IndicantError: it answers another questionnaire, or something is not understood.
        """
        known = datetime.date.fromisoformat(day(as_of))
        return Case._of(self._form.case(_exact(response), known, path))


def _exact(value: Any) -> Any:
    """Return JSON with its numbers as they are written."""
    if isinstance(value, dict):
        return {name: _exact(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_exact(one) for one in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    from indicant.api.case import written

    return written(value)
