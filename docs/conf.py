"""How Sphinx builds the documentation: whole by itself, and without a network."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from docparts import filled  # noqa: E402 - found in this folder alone
from indicant import __version__  # noqa: E402

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "Indicant"
author = "The Indicant authors"
project_copyright = "The Indicant authors; code Apache-2.0, ontologies and shapes CC BY 4.0"
version = release = __version__

extensions = ["myst_parser"]
exclude_patterns = ["docparts", "examples", "requirements.lock"]
myst_enable_extensions = ["attrs_inline", "colon_fence"]
myst_heading_anchors = 3
myst_links_external_new_tab = False
nitpicky = True
suppress_warnings = ["misc.highlighting_failure"]  # Pygments knows neither paths nor doubles

html_theme = "furo"
html_title = f"Indicant {__version__}"
html_copy_source = False
html_show_sphinx = False
html_last_updated_fmt = None
html_permalinks_icon = "#"
html_theme_options: dict[str, list[str]] = {"footer_icons": [], "top_of_page_buttons": []}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
highlight_options = {"default": {"stripnl": False}}


def fill(_app: Sphinx, _page: str, source: list[str]) -> None:
    """Put the parts of a page in their places before it is read."""
    source[0] = filled(source[0])


def setup(app: Sphinx) -> dict[str, bool]:
    """Have pages filled."""
    app.connect("source-read", fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
