"""Have the SSSOM toolkit turn tables in JSON and RDF into tables in TSV, where it is installed."""

from __future__ import annotations

import importlib.util
import json
import os
import re
from typing import Any, Final

from indicant.errors import IndicantError
from indicant.foreign import excerpt
from indicant.guideline.sssom import BUILT_IN
from indicant.process import sandbox

JSON: Final = "json"
_FORMS: Final = {
    ".json": JSON,
    ".jsonld": JSON,
    ".nt": "nt",
    ".owl": "xml",
    ".rdf": "xml",
    ".ttl": "turtle",
    ".xml": "xml",
}
_EXAMPLE: Final = """\
{
  "@context": {"x": "https://example.org/"},
  "mapping_set_id": "https://example.org/a",
  "license": "https://example.org/b",
  "mappings": [
    {
      "subject_id": "x:a",
      "predicate_id": "skos:exactMatch",
      "object_id": "x:b",
      "mapping_justification": "semapv:LexicalMatching"
    }
  ]
}
"""
_NEEDS: Final = ("sssom",)
_SECONDS: Final = 120.0
_MEMORY: Final = 6_000_000_000
_MOST: Final = 40_000_000
_STARTS: Final = (
    (re.compile(r"\s*\{"), JSON),
    (re.compile(r"\s*(?:<\?xml|<rdf:RDF)"), "xml"),
    (re.compile(r"\s*(?:@prefix|@base|prefix|base)\s", re.IGNORECASE), "turtle"),
)


def form_of(text: str, path: str) -> str | None:
    """Return the form of a table that is not in TSV, by how it begins or else by its name.

    >>> form_of('{"mappings": []}', "a.sssom"), form_of("#license: x", "a.ttl")
    ('json', None)
    """
    if text.startswith(("#", "\ufeff#")):
        return None
    for start, form in _STARTS:
        if start.match(text):
            return form
    return _FORMS.get(os.path.splitext(path)[1].lower())


def as_tsv(text: str, form: str, path: str) -> str:
    """Return a table in TSV.

    The toolkit runs in a process of its own, without a network and without files.

    Raises:
        IndicantError: the toolkit is not installed, or cannot read the table.
    """
    told = "JSON" if form == JSON else "RDF"
    advice = f"sssom convert {os.path.basename(path)} --output-format tsv  writes one in TSV"
    if importlib.util.find_spec("sssom") is None:
        raise IndicantError(
            f"the table is SSSOM in {told}, which the SSSOM toolkit reads, and it is not installed",
            file=path,
            help=f"pip install sssom, or where it is:  {advice}",
        )
    try:
        answer = sandbox.call(
            __name__,
            {"form": form},
            text.encode(),
            needs=_NEEDS,
            seconds=_SECONDS,
            memory=_MEMORY,
            most=_MOST,
        )
    except sandbox.StoppedError as error:
        raise IndicantError(
            f"the SSSOM toolkit was stopped over this table in {told}: {error or 'it is too much'}",
            file=path,
            help=advice,
        ) from error
    if not answer.startswith(b"="):
        raise IndicantError(
            f"the SSSOM toolkit cannot read this table in {told}: "
            f"{excerpt(' '.join(answer[1:].decode().split()), 200)}",
            file=path,
        )
    return answer[1:].decode()


# ---------------------------------------------------------------------- in the process


def prepare() -> None:
    """Load all that it takes: later no file can be opened any more."""
    for form, text in (
        (JSON, _EXAMPLE),
        ("turtle", "<https://example.org/a> a <https://w3id.org/sssom/MappingSet> ."),
        ("xml", '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>'),
        ("nt", ""),
    ):
        answer({"form": form}, text.encode())


def answer(task: dict[str, Any], data: bytes) -> bytes:
    """Turn one table: the text behind ``=``, or what is wrong behind ``!``."""
    try:
        return b"=" + _turned(data.decode(), task["form"]).encode()
    except Exception as error:  # whatever the toolkit raises is told, not shown
        return f"!{type(error).__name__}: {error}".encode()


def _turned(text: str, form: str) -> str:
    import io
    import logging

    import curies
    import rdflib
    from sssom.parsers import from_sssom_json, from_sssom_rdf
    from sssom.writers import write_table

    logging.disable()
    built_in = curies.Converter.from_prefix_map(BUILT_IN)
    if form == JSON:
        tree = json.loads(text)
        context = tree.get("@context", {}) if isinstance(tree, dict) else {}
        prefixes = {
            name: iri
            for name, iri in context.items()
            if isinstance(iri, str) and not name.startswith("@")
        }
        own = curies.Converter.from_prefix_map(prefixes)
        known = curies.chain([built_in, own])
        found = from_sssom_json(tree, prefix_map=known)
    else:
        graph = rdflib.Graph().parse(data=text, format=form)
        known = curies.chain([built_in, curies.Converter.from_rdflib(graph)])
        found = from_sssom_rdf(graph, prefix_map=known)
    stream = io.StringIO()
    write_table(found, stream)
    return stream.getvalue()
