"""Indicant assesses patient cases against clinical guidelines that are written as data."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from indicant.errors import IndicantError

__all__ = ["IndicantError", "__version__"]

__version__: Final = "0.1.0"

_HOMES: Final = {"IndicantError": "indicant.errors"}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that the command starts quickly."""
    if name not in _HOMES:
        raise AttributeError(f"module 'indicant' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)
