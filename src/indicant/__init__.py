"""Indicant assesses patient cases against clinical guidelines that are written as data."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from indicant.api.assessment import Assessment
    from indicant.api.case import Case
    from indicant.api.guideline import Guideline
    from indicant.api.repository import Repository
    from indicant.api.translations import Translations
    from indicant.api.values import Action, Answer, Fulfilment, Status
    from indicant.assess.assessment import InvalidCase
    from indicant.errors import IndicantError
    from indicant.query.tables import Table
    from indicant.report.findings import Report

__all__ = [
    "Action",
    "Answer",
    "Assessment",
    "Case",
    "Fulfilment",
    "Guideline",
    "IndicantError",
    "InvalidCase",
    "Report",
    "Repository",
    "Status",
    "Table",
    "Translations",
    "__version__",
]

__version__: Final = "0.1.0"

_HOMES: Final = {
    "Action": "indicant.api.values",
    "Answer": "indicant.api.values",
    "Assessment": "indicant.api.assessment",
    "Case": "indicant.api.case",
    "Fulfilment": "indicant.api.values",
    "Guideline": "indicant.api.guideline",
    "IndicantError": "indicant.errors",
    "InvalidCase": "indicant.assess.assessment",
    "Report": "indicant.report.findings",
    "Repository": "indicant.api.repository",
    "Status": "indicant.api.values",
    "Table": "indicant.query.tables",
    "Translations": "indicant.api.translations",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that the command starts quickly."""
    if name not in _HOMES:
        raise AttributeError(f"module 'indicant' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
