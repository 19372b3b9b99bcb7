"""The shapes, each with what it says and with the smallest file that breaks it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from docparts.markup import ROOT, blocks, fenced, folded, heading, plain, sections
from indicant.files import resources
from indicant.guideline.languages import ENGLISH
from indicant.terms import PREFIXES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SH: Final = "http://www.w3.org/ns/shacl#"
SHAPE: Final = "https://w3id.org/indicant/shape/"
FILES: Final = ("case", "guideline", "vocabulary", "assessment")
_FOLDERS: Final = {
    "case": "shapes",
    "guideline": "shapes/guideline",
    "vocabulary": "shapes/vocabulary",
    "assessment": "shapes/assessment",
}
_COLUMN: Final = {"case": 1, "guideline": 0, "vocabulary": 0}


@cache
def described(file: str) -> dict[str, dict[str, list[str]]]:
    """Return what is said of each shape of a file that has a description, by its name."""
    said: dict[str, dict[str, list[str]]] = {}
    text = (resources.shapes() / f"{file}.ttl").read_bytes()
    for triple in ox.parse(text, format=ox.RdfFormat.TURTLE):
        if getattr(triple.object, "language", None) not in {None, ENGLISH}:
            continue
        if isinstance(triple.subject, ox.NamedNode):
            of_one = said.setdefault(triple.subject.value.removeprefix(SHAPE), {})
            value = getattr(triple.object, "value", "")
            of_one.setdefault(triple.predicate.value.removeprefix(SH), []).append(value)
    return {name: one for name, one in said.items() if "description" in one}


@cache
def breaking(file: str) -> dict[str, Path]:
    """Return the smallest test file that breaks each shape of a file.

    What no case of the vocabulary that ships breaks, one of a vocabulary of the tests does.
    """
    folder = ROOT / "tests" / _FOLDERS[file]
    smallest: dict[str, Path] = {}
    for pattern in _patterns(file):
        found: dict[str, list[Path]] = {}
        for path in folder.glob(pattern):
            for name in _names(file, path):
                found.setdefault(name, []).append(path)
        smallest = {name: min(paths, key=_size) for name, paths in found.items()} | smallest
    return smallest


def _patterns(file: str) -> tuple[str, ...]:
    if file == "assessment":
        return ("*.ru",)
    return ("breaks-*/*.ttl", "case/breaks-*/case.ttl") if file == "case" else ("breaks-*/*.ttl",)


def _names(file: str, path: Path) -> Iterator[str]:
    if file == "assessment":
        yield path.stem
        return
    expected = path.parent / "expected.txt"
    for line in expected.read_text(encoding="utf-8").splitlines():
        yield line.split()[_COLUMN[file]]


def _size(path: Path) -> tuple[int, str]:
    return path.stat().st_size, path.as_posix()


def text(file: str) -> str:
    """Return what there is to say of the shapes of a file."""
    broken = breaking(file)
    return sections(
        _section(file, name, said, broken[name]) for name, said in sorted(described(file).items())
    )


def _section(file: str, name: str, said: dict[str, list[str]], path: Path) -> str:
    severity = said.get("severity", [SH + "Violation"])[0].removeprefix(SH).lower()
    whole = path.read_text(encoding="utf-8")
    if file == "assessment":
        summary = f"the change to an assessment that breaks it: <code>{path.name}</code>"
        shown = fenced("sparql", whole)
    else:
        summary = f"a file that breaks it: <code>{path.parent.name}</code>"
        shown = fenced("turtle", "\n\n".join(blocks(whole)))
    return sections(
        (
            heading(3, f"`shape:{name}`", f"shape-{name.lower()}"),
            f"**{severity}**: {plain(_message(said))}.",
            *(plain(one) for one in said["description"]),
            folded(summary, shown),
        )
    )


def _message(said: dict[str, list[str]]) -> str:
    label = said.get(PREFIXES["rdfs"] + "label")
    return (said.get("message") or label or [""])[0]
