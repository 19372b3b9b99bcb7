"""The examples of the language reference: folders with a guideline and cases, and what is refused.

A folder has ``guideline.ttl`` and cases named for what they are answered: ``met.ttl``,
``refuted.ttl``, ``open.ttl``. A guideline ``refused-*.ttl`` is not compiled, ``refused-*.txt``
says with what message, and an editorial note in it what to write instead. Where the status of an
intervention or the fulfilment of a recommendation is the point, ``expected.json`` has it.

``python docs/docparts/examples.py`` writes the messages anew.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from docparts.markup import DOCS, blocks, fenced, folded, heading, plain, sections, table
from indicant.compile.compiled import compile_source
from indicant.errors import IndicantError
from indicant.files.sources import load
from indicant.site.manchester import Manchester
from indicant.terms import IND, OWL, PREFIXES, TYPE, local_name

if TYPE_CHECKING:
    from pathlib import Path

FOLDER: Final = DOCS / "examples"
ANSWERS: Final = ("met", "refuted", "open")
_ADVICE: Final = ":advice"


def folders() -> list[Path]:
    """Return the folders of the examples."""
    return sorted(path.parent for path in FOLDER.glob("*/guideline.ttl"))


def refused() -> list[Path]:
    """Return the guidelines that are refused."""
    return sorted(FOLDER.glob("*/refused-*.ttl"))


def message(path: Path) -> str:
    """Return with what message a guideline is refused, as the command prints it.

    Raises:
        ValueError: it is not refused.
    """
    try:
        compile_source(load(path))
    except IndicantError as error:
        place = [error.file and error.file.rsplit("/", 1)[-1], error.line]
        words = ":".join(str(part) for part in place if part is not None)
        told = f"{words}: {error.message}" if words else error.message
        return f"indicant: {told}\n" + (f"  help: {error.help}\n" if error.help else "")
    raise ValueError(f"{path} is not refused")


def remedy(path: Path) -> str:
    """Return what to write instead, as the file says it.

    Raises:
        StopIteration: it says nothing.
    """
    note = PREFIXES["skos"] + "editorialNote"
    return next(
        triple.object.value
        for triple in ox.parse(path.read_bytes(), format=ox.RdfFormat.TURTLE)
        if triple.predicate.value == note and isinstance(triple.object, ox.Literal)
    )


def example(name: str) -> str:
    """Return an example with its cases and with what is refused."""
    folder = FOLDER / name
    cases = [one for one in ANSWERS if (folder / f"{one}.ttl").is_file()]
    expected = folder / "expected.json"
    statuses = json.loads(expected.read_text(encoding="utf-8")) if expected.is_file() else {}
    refusals_ = sorted(folder.glob("refused-*.ttl"))
    return sections(
        (
            "In Turtle:" if cases else "",
            fenced("turtle", shown(folder / "guideline.ttl")) if cases else "",
            "In Manchester syntax:" if cases else "",
            fenced("text", manchester(folder / "guideline.ttl")) if cases else "",
            *(
                f"In `{one.relative_to(folder).as_posix()}`:\n\n"
                + fenced("sparql", one.read_text(encoding="utf-8").rstrip())
                for one in sorted(folder.glob("derivations/*.rq"))
            ),
            *(
                f"**{one.capitalize()}** in this case{_statuses(statuses.get(one, {}))}:\n\n"
                + fenced("turtle", shown(folder / f"{one}.ttl"))
                for one in cases
            ),
            *map(_refusal, refusals_),
        )
    )


def refusals() -> str:
    """Return all that is refused with what to write instead, as a table of links."""
    return table(
        ("what is refused", "what to write instead"),
        ((f"[{_title(path)}](#{_label(path)})", plain(remedy(path))) for path in refused()),
    )


def vocabulary() -> str:
    """Return the vocabulary that the examples import."""
    return folded(
        "the vocabulary of the examples", fenced("turtle", shown(FOLDER / "vocabulary.ttl"))
    )


def _refusal(path: Path) -> str:
    told = path.with_suffix(".txt").read_text(encoding="utf-8")
    return sections(
        (
            heading(4, f"Refused: {_words(path)}", _label(path)),
            fenced("text", told),
            f"**Instead**: {plain(remedy(path))}",
            folded("what is refused", fenced("turtle", shown(path))),
        )
    )


def _title(path: Path) -> str:
    return f"{path.parent.name.replace('-', ' ')}, {_words(path)}"


def _words(path: Path) -> str:
    return path.stem.removeprefix("refused-").replace("-", " ")


def _label(path: Path) -> str:
    return path.stem.replace("refused-", f"refused-{path.parent.name}-")


def _statuses(expected: dict[str, str]) -> str:
    told = [f"{name} is *{status}*" for name, status in expected.items()]
    return f"; {', '.join(told)}" if told else ""


def shown(path: Path) -> str:
    """Return what a file says, without its prefixes, the ontology and advice beside the point."""
    told = blocks(path.read_text(encoding="utf-8"))
    return "\n\n".join(
        one for one in told if one and not one.startswith("<") and one.split()[0] != _ADVICE
    )


def manchester(path: Path) -> str:
    """Return the criteria of a guideline in Manchester syntax."""
    source = load(path)
    spoken = Manchester(source, lambda node: _short(node.value))
    criteria = {
        subject.value: None
        for file, subject, predicate, value in source.triples()
        if isinstance(subject, ox.NamedNode)
        and isinstance(predicate, ox.NamedNode)
        and predicate.value == TYPE
        and value == ox.NamedNode(IND + "Criterion")
        and file.endswith(path.name)
    }
    return "\n\n".join(
        f"Class: {local_name(iri)}\n    EquivalentTo: "
        + "".join(word.text for word in spoken.definition(iri)).replace("\n", "\n        ")
        for iri in criteria
    )


def _short(iri: str) -> str:
    for prefix in ("ind", "xsd"):
        if iri.startswith(PREFIXES[prefix]):
            return f"{prefix}:{local_name(iri)}"
    return "owl:Thing" if iri == OWL + "Thing" else local_name(iri)


if __name__ == "__main__":
    for one in refused():
        one.with_suffix(".txt").write_text(message(one), encoding="utf-8")
