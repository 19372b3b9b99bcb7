"""No text that people read stands in a template or in code that makes pages and cards."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final

import pytest

from each import each
from places import CODE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROOMS: Final = CODE / "indicant"
TEMPLATES: Final = sorted(
    path
    for room in ("serve", "site")
    for path in (ROOMS / room / "templates").glob("*.html")
    if path.stem != "cohort"
)
"""The report of a cohort is for whoever counts patients, and English."""
NAMES: Final = frozenset({"GRADE", "DOI", "PMID", "PubMed", "SHA", "SPARQL", "IRI", "OWL"})
"""What is called so in every language."""
SPEAKING: Final = (
    *(
        f"serve/{name}.py"
        for name in (
            *(
                "advice",
                "answers",
                "cards",
                "front",
                "inquiry",
                "patientpage",
                "prefetch",
                "recorded",
            ),
            "workbench",
        )
    ),
    *(f"assess/{name}.py" for name in ("quantities", "validity")),
    *(f"exchange/{name}.py" for name in ("questions",)),
    *(f"guideline/{name}.py" for name in ("units",)),
    *(f"screen/{name}.py" for name in ("facts", "layers", "markdown", "phrasing", "text")),
)
"""What makes texts out of words that it takes from their table."""
ERRORS: Final = frozenset({"Refused", "IndicantError", "error"})
"""What speaks to programs, or to whoever runs the command, in English."""
OTHER: Final = re.compile(r"\s*(PREFIX|SELECT|ORDER BY)\b|\w+/\w+|\w+\[")
"""How queries, media types and types of Python begin."""
PROSE: Final = re.compile(r"[A-Za-z]{2,}[,;:]? [a-z]{2,}")


def text_of(template: str) -> Iterator[str]:
    """Yield what a template says by itself: between its tags, and in what is read aloud."""
    bare = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", "\0", template, flags=re.DOTALL)
    bare = re.sub(r"<(style|script|code)\b.*?</\1>", "", bare, flags=re.DOTALL)
    yield from re.findall(r'(?:aria-label|title|alt|placeholder|data-\w+)="([^"]*)"', bare)
    yield from re.sub(r"<[^>]*>", "\0", bare).split("\0")


def spoken(template: str) -> set[str]:
    """Return the words of a template that are the same in no language but English."""
    found = {word for text in text_of(template) for word in re.findall(r"[^\W\d_]{2,}", text)}
    return found - NAMES


def prose(path: Path) -> Iterator[str]:
    """Yield texts of several words in a module that are neither docstrings, queries nor errors."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    left: set[ast.AST] = set()
    for node in ast.walk(tree):
        called = getattr(node, "func", None)
        name = getattr(called, "id", getattr(called, "attr", ""))
        if isinstance(node, ast.Call) and name in ERRORS:
            left.update(ast.walk(node))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            left.add(node.value)
    for node in ast.walk(tree):
        if node in left or not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if PROSE.search(node.value) and not OTHER.match(node.value):
            yield node.value


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_says_nothing_itself(template: Path) -> None:
    assert spoken(template.read_text(encoding="utf-8")) == set()


def test_what_a_template_would_say_is_seen() -> None:
    for text in each(
        (
            "<p>{{ one }} is open</p>",
            '<a aria-label="Back to {{ one }}" href="x">{{ one }}</a>',
            "{% if one %}Yes{% endif %}",
        )
    ):
        assert spoken(text)
    assert spoken('<p class="quiet on">{{ w("page", "skip") }}: <code>as in</code></p>') == set()


@pytest.mark.parametrize("name", SPEAKING)
def test_code_that_speaks_to_people_takes_its_words_from_the_table(name: str) -> None:
    assert list(prose(ROOMS / name)) == []


def test_prose_in_code_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "some.py"
    path.write_text(
        '"""It is so."""\nsaid = f"{n} are open"\nraise Refused(400, "it is not")\n'
        'told = "Nothing of this"\nquery = "SELECT one two"\n'
    )
    assert sorted(prose(path)) == [" are open", "Nothing of this"]
