"""Change files in small ways, and look whether the command still ends as it should.

Run it for more files than the tests do: ``python tests/support/mutated.py 2000 --seed 7``.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant import cli
from places import ASSESSED, ONTOLOGY, ROOT, SEED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SECONDS: Final = 60
MOST_PRINTED: Final = 2_000_000
MOST_MEMORY: Final = 1 << 30
ALLOWED: Final = frozenset((0, 1, 2))
FORMATS: Final = {
    "ttl": ox.RdfFormat.TURTLE,
    "trig": ox.RdfFormat.TRIG,
    "nt": ox.RdfFormat.N_TRIPLES,
    "nq": ox.RdfFormat.N_QUADS,
    "jsonld": ox.RdfFormat.JSON_LD,
    "rdf": ox.RdfFormat.RDF_XML,
}
_TOKEN: Final = re.compile(
    r"\"\"\".*?\"\"\"|\"(?:[^\"\\\n]|\\.)*\"|<[^<>\s]*>|@?[\w:.+-]+|\s+|.", re.DOTALL
)
_STRANGE: Final = (
    "9" * 5_000,
    "-1",
    "1e400",
    "0.1234567890123456789",
    '""',
    '"x"',
    '"x"@en',
    '"\\u202Ex"@de',
    '"\\u0000"',
    '"NaN"^^xsd:double',
    '"0000-00-00"^^xsd:date',
    '"99999-12-31"^^xsd:date',
    '"2026-02-30"^^xsd:date',
    '"P1D"^^xsd:duration',
    '"9"^^<urn:x>',
    "true",
    "[]",
    "()",
    "<>",
    "<#>",
    "<urn:x>",
    "_:b",
    "a",
    "rdf:nil",
    "owl:Nothing",
    "owl:Thing",
    "owl:Class",
    "owl:Restriction",
    "owl:onProperty",
    "owl:someValuesFrom",
    "owl:intersectionOf",
    "owl:complementOf",
    "owl:equivalentClass",
    "owl:sameAs",
    "owl:imports",
    "rdfs:subClassOf",
    "ind:PatientCase",
    "ind:Criterion",
    "ind:hasFinding",
    "ind:excludes",
    "ind:overrides",
    "{",
    "}",
    "[",
    "]",
    ".",
    ";",
    ",",
    "null",
    "\x00",
    "\x1b[31m",
    "\ufeff",
    "\ud7ff",
    "\t",
    "#",
    "\\",
)
_TERMS: Final = (
    ox.Literal(""),
    ox.Literal("x", language="en"),
    ox.Literal("9" * 5_000, datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")),
    ox.Literal("x", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#date")),
    ox.Literal(-1),
    ox.Literal(0.5),
    ox.Literal(True),
    ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#nil"),
    ox.NamedNode("http://www.w3.org/2002/07/owl#Thing"),
    ox.NamedNode("http://www.w3.org/2002/07/owl#Nothing"),
    ox.NamedNode("https://w3id.org/indicant/core/PatientCase"),
    ox.NamedNode("urn:x"),
    ox.BlankNode("strange"),
)
GUIDELINE: Final = """\
@prefix : <https://example.org/rain/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

<https://example.org/rain/>
    a owl:Ontology , ind:Guideline ;
    rdfs:label "rain"@en , "Regen"@de ;
    dcterms:title "Going out when it rains"@en ;
    owl:versionIRI <https://example.org/rain/1> ;
    owl:versionInfo "1" ;
    dcterms:source :leaflet ;
    dcterms:issued "2026-01-01"^^xsd:date ;
    ind:reviewedAt "2026-01-01"^^xsd:date ;
    ind:scope :Outside ;
    owl:imports <https://w3id.org/indicant/core/> ;
    ind:mappedBy <https://example.org/table> ;
.

:leaflet a ind:SourceDocument ; dcterms:title "leaflet"@en ; ind:sha256 "00" .

:s01
    a ind:Passage ;
    dcterms:identifier "s01" ;
    oa:hasSource :leaflet ;
    oa:hasSelector :s01-position ;
    ind:sha256 "1f17390146e0bc44675b4adfee19456183d1ffe9a5f1f4b3def791bc1a95a947" ;
    ind:section "all" ;
    ind:paraphrase "rain calls for an umbrella"@en ;
.

:s01-position a oa:TextPositionSelector ; oa:start 3 ; oa:end 34 .

:wetness a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:range xsd:decimal .
:from a owl:ObjectProperty , owl:FunctionalProperty ; rdfs:range :Sky .
:Sky a owl:Class .
:north a owl:NamedIndividual , :Sky .
:south a owl:NamedIndividual , :Sky .
[] a owl:AllDifferent ; owl:distinctMembers ( :north :south ) .

:Rain a owl:Class ; rdfs:subClassOf ind:Finding ; rdfs:label "rain"@en ; ind:question "Rain?"@en .
:Drizzle a owl:Class ; rdfs:subClassOf :Rain ; rdfs:label "drizzle"@en ; owl:disjointWith :Hail .
:Hail a owl:Class ; rdfs:subClassOf ind:Finding ; skos:definition "ice"@en .
:Umbrella a owl:Class ; rdfs:subClassOf ind:Intervention ; rdfs:label "umbrella"@en .
:Coat a owl:Class ; rdfs:subClassOf ind:Intervention .
:Walk a owl:Class ; rdfs:subClassOf ind:Intervention .
ind:PatientCase rdfs:subClassOf [
    a owl:Restriction ;
    owl:onProperty ind:received ;
    owl:maxQualifiedCardinality "1"^^xsd:nonNegativeInteger ;
    owl:onClass :Walk ;
] .

:Outside
    a owl:Class , ind:Criterion ;
    rdfs:subClassOf ind:PatientCase ;
    owl:equivalentClass [
        a owl:Class ;
        owl:intersectionOf (
            ind:PatientCase
            [
                a owl:Restriction ;
                owl:onProperty ind:received ;
                owl:someValuesFrom [
                    a owl:Class ;
                    owl:intersectionOf (
                        :Walk
                        [ a owl:Restriction ; owl:onProperty :from ; owl:hasValue :north ]
                    ) ;
                ] ;
            ]
        ) ;
    ] ;
    ind:restsOn :s01 ;
.

:InRain
    a owl:Class , ind:Criterion ;
    rdfs:subClassOf ind:PatientCase ;
    owl:equivalentClass [
        a owl:Class ;
        owl:intersectionOf (
            ind:PatientCase
            [
                a owl:Restriction ;
                owl:onProperty ind:hasFinding ;
                owl:someValuesFrom [
                    a owl:Class ;
                    owl:intersectionOf (
                        :Rain
                        [
                            a owl:Restriction ;
                            owl:onProperty :wetness ;
                            owl:someValuesFrom [
                                a rdfs:Datatype ;
                                owl:onDatatype xsd:decimal ;
                                owl:withRestrictions ( [ xsd:minInclusive 2.5 ] ) ;
                            ] ;
                        ]
                    ) ;
                ] ;
            ]
            [ a owl:Class ; owl:complementOf :InHail ]
        ) ;
    ] ;
.

:InHail
    a owl:Class , ind:Criterion ;
    rdfs:subClassOf ind:PatientCase ;
    owl:equivalentClass [
        a owl:Class ;
        owl:intersectionOf (
            ind:PatientCase
            [
                a owl:Class ;
                owl:unionOf (
                    [ a owl:Restriction ; owl:onProperty ind:hasFinding ; owl:someValuesFrom :Hail ]
                    [ a owl:Restriction ; owl:onProperty ind:proposes ; owl:someValuesFrom :Coat ]
                ) ;
            ]
        ) ;
    ] ;
.

:take-an-umbrella
    a ind:Indication ;
    dcterms:isPartOf <https://example.org/rain/> ;
    ind:action :Umbrella ;
    ind:criterion :InRain ;
    ind:strength "take"@en ;
    ind:urgency ind:Routine ;
    ind:restsOn :s01 ;
.

:no-umbrella
    a ind:Contraindication ;
    ind:action :Umbrella ;
    ind:criterion :InHail ;
    ind:overrides :take-an-umbrella ;
    ind:restsOn :s01 ;
.

:accepted
    a ind:Acceptance ;
    ind:anomaly "gap" ;
    ind:concerns <https://example.org/rain/> ;
    ind:rationale "so be it"@en ;
.
"""
TABLE: Final = """\
#curie_map:
#  code: https://example.org/code/
#  rain: https://example.org/rain/
#mapping_set_id: https://example.org/table
#mapping_set_version: "1"
#license: https://creativecommons.org/publicdomain/zero/1.0/
#object_source: https://example.org/code/
subject_id\tpredicate_id\tobject_id\tobject_label\tmapping_justification\tcomment
rain:Rain\tskos:exactMatch\tcode:42\train\tsemapv:LexicalMatching\t
rain:Hail\tskos:broadMatch\tcode:43\t"ice, falling"\tsemapv:ManualMappingCuration\tnot all
"""
CATALOG: Final = """\
<?xml version="1.0" encoding="UTF-8"?>
<catalog prefer="public" xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">
    <uri name="https://example.org/table" uri="table.sssom.tsv"/>
</catalog>
"""
CASE: Final = """\
@prefix : <https://example.org/case#> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rain: <https://example.org/rain/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

:case
    a ind:PatientCase ;
    rdfs:label "somebody"@en ;
    ind:asOf "2026-11-22"^^xsd:date ;
    ind:hasFinding :rain , [ a rain:Drizzle ; ind:onset "2026-11-01"^^xsd:date ] ;
    ind:received :walk ;
    ind:excludes rain:Hail ;
    ind:proposes rain:Umbrella ;
.

:rain a rain:Rain ; rain:wetness 3.5 ; ind:weeks 2 .
:walk a rain:Walk ; rain:from rain:north ; ind:startedOn "2026-10-01"^^xsd:date .
"""
EXPECTED: Final = """\
{
  "scope": "met",
  "actions": {"Umbrella": "recommended", "Coat": "not-applicable"},
  "answers": {"take-an-umbrella": "met", "no-umbrella": "refuted"},
  "criteria": {"InRain": "met"},
  "superseded": {"take-an-umbrella": false},
  "awaiting": {"Umbrella": []},
  "proposals": {"Umbrella": "recommended"}
}
"""


@dataclass(frozen=True)
class Failure:
    """What went wrong, with what and how."""

    number: int
    verb: str
    file: str
    why: str
    told: str = field(repr=False)


class HungError(BaseException):
    """A run takes longer than it may."""


# ---------------------------------------------------------------------- changing a text


def changed_bytes(data: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    """Return bytes with a few of them changed, left out, doubled, or taken from elsewhere."""
    for _ in range(dice.choice((1, 1, 2, 5))):
        at = dice.randrange(len(data) + 1)
        end = min(len(data), at + dice.choice((1, 1, 3, 20, 200)))
        other = dice.choice(others)
        cut = dice.randrange(len(other) + 1)
        data = dice.choice(
            (
                data[:at],
                data[:at] + data[end:],
                data[:end] + data[at:],
                data[:at] + bytes((dice.randrange(256),)) + data[at + 1 :],
                data[:at] + dice.choice(_STRANGE).encode() + data[at:],
                data[:at] + other[cut : cut + end - at] + data[end:],
                data[:at] + other[cut:],
            )
        )
    return data


def changed_tokens(data: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    """Return a text with a few of its tokens left out, doubled, swapped or replaced."""
    tokens = _TOKEN.findall(data.decode("utf-8", "replace"))
    for _ in range(dice.choice((1, 1, 2, 4))):
        places = [at for at, token in enumerate(tokens) if token.strip()]
        if len(places) < 2:
            break
        one, other = dice.sample(places, 2)
        way = dice.randrange(5)
        if way == 0:
            del tokens[one]
        elif way == 1:
            tokens.insert(one, tokens[one] + " ")
        elif way == 2:
            tokens[one], tokens[other] = tokens[other], tokens[one]
        elif way == 3:
            tokens[one] = dice.choice(_STRANGE)
        else:
            strange = _TOKEN.findall(dice.choice(others).decode("utf-8", "replace"))
            tokens[one] = dice.choice(strange)
    return "".join(tokens).encode("utf-8", "replace")


def changed_triples(data: bytes, dice: random.Random, others: Sequence[bytes], kind: str) -> bytes:
    """Return a graph with a few of its statements left out, doubled, turned or replaced."""
    form = FORMATS[kind]
    quads = _quads(data, form)
    if not quads:
        return data
    strangers = _quads(dice.choice(others), ox.RdfFormat.TURTLE)
    for _ in range(dice.choice((1, 1, 2, 3, 6))):
        at = dice.randrange(len(quads))
        one, other = quads[at], dice.choice(quads)
        way = dice.randrange(7)
        if way == 0 and len(quads) > 1:
            del quads[at]
        elif way == 1:
            quads.append(ox.Quad(one.subject, one.predicate, other.object, one.graph_name))
        elif way == 2:
            quads[at] = ox.Quad(one.subject, other.predicate, one.object, one.graph_name)
        elif way == 3:
            quads[at] = ox.Quad(one.subject, one.predicate, dice.choice(_TERMS), one.graph_name)
        elif way == 4 and not isinstance(one.object, ox.Literal):
            quads[at] = ox.Quad(one.object, one.predicate, one.subject, one.graph_name)
        elif way == 5:
            quads.append(ox.Quad(one.subject, one.predicate, one.subject, one.graph_name))
        elif strangers:
            quads.append(dice.choice(strangers))
    dice.shuffle(quads) if dice.random() < 0.2 else None
    rows = quads if form.supports_datasets else [one.triple for one in quads]
    return ox.serialize(rows, format=form) or b""


def _quads(data: bytes, form: ox.RdfFormat) -> list[ox.Quad]:
    """Return the statements of a file, if it can be read, with the same blank nodes each time."""
    try:
        quads = list(ox.parse(data, format=form, base_iri="https://example.org/"))
    except (SyntaxError, ValueError):
        return []
    names: dict[object, ox.BlankNode] = {}

    def named(term: object) -> object:
        if isinstance(term, ox.BlankNode):
            return names.setdefault(term, ox.BlankNode(f"n{len(names)}"))
        return term

    return [
        ox.Quad(named(one.subject), one.predicate, named(one.object), one.graph_name)  # type: ignore[arg-type]
        for one in quads
    ]


def mutant(data: bytes, kind: str, dice: random.Random, others: Sequence[bytes]) -> bytes:
    """Return a file that differs from another in a few places."""
    ways: list[Callable[[], bytes]] = [
        lambda: changed_bytes(data, dice, others),
        lambda: changed_tokens(data, dice, others),
    ]
    if kind in FORMATS:
        ways += [lambda: changed_triples(data, dice, others, kind)] * 2
    return dice.choice(ways)()


# ---------------------------------------------------------------------- running the command


class Bench:
    """A folder with a small guideline, a case of it and one of the guideline that ships."""

    def __init__(self, folder: Path) -> None:
        """Write what is there to be changed."""
        self.folder = folder
        self.whole = folder / "whole"
        self.files: dict[str, bytes] = {
            "guideline.ttl": GUIDELINE.encode(),
            "table.sssom.tsv": TABLE.encode(),
            "catalog-v001.xml": CATALOG.encode(),
        }
        self.cases = [CASE.encode()]
        self.strange = [one.read_bytes() for one in sorted(ONTOLOGY.rglob("*.ttl"))]
        self.strange += [one.read_bytes() for one in sorted((ROOT / "shapes").glob("*.ttl"))]
        self.shipped = [one.read_bytes() for one in [SEED / "example.ttl", *ASSESSED]]
        self.write(self.whole, {})

    def write(self, place: Path, changes: dict[str, bytes]) -> Path:
        """Write the small guideline, some of its files changed."""
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        for name, data in (self.files | changes).items():
            (place / name).write_bytes(data)
        return place

    def runs(self, number: int, seed: int) -> Iterator[tuple[str, list[list[str]]]]:
        """Yield what is changed, and the arguments to run the command with."""
        dice = random.Random(f"{seed} {number}")  # noqa: S311 - the same ones each time
        place = self.folder / "mutant"
        case = self.folder / "case"
        shutil.rmtree(case, ignore_errors=True)
        case.mkdir()
        others = [*self.strange, *self.files.values(), *self.cases]
        what = dice.choices(
            ("guideline", "table", "catalog", "case", "shipped", "expected"), (8, 2, 1, 4, 4, 2)
        )[0]
        guideline = str(self.whole)
        expected = EXPECTED.encode()
        kind, data = "ttl", self.cases[0]
        if what in {"case", "shipped"}:
            data = self.cases[0] if what == "case" else dice.choice(self.shipped)
            kind = dice.choice(list(FORMATS))
            if kind != "ttl":
                quads = _quads(data, ox.RdfFormat.TURTLE)
                data = ox.serialize([one.triple for one in quads], format=FORMATS[kind]) or b""
            data = mutant(data, kind, dice, others)
        elif what == "expected":
            expected = mutant(expected, "json", dice, others)
        else:
            name = {
                "guideline": "guideline.ttl",
                "table": "table.sssom.tsv",
                "catalog": "catalog-v001.xml",
            }[what]
            changed = mutant(self.files[name], name.rpartition(".")[2], dice, others)
            guideline = str(self.write(place, {name: changed}))
        file = case / f"case.{kind}"
        file.write_bytes(data)
        (case / "expected.json").write_bytes(expected)
        by = [] if what == "shipped" else ["--guideline", guideline]
        form = dice.choice(("text", "json", "markdown", "turtle", "fhir"))
        report = dice.choice(("text", "json", "sarif", "junit", "github"))
        runs = [
            ["assess", str(file), "--format", form, *by],
            ["check", str(file), "--format", report, *by],
            ["test", str(case), "--format", report, *by],
        ]
        if what in {"guideline", "table", "catalog"}:
            runs = [
                ["check", guideline, "--format", report],
                ["verify", guideline, "--format", report, "--seconds", "5"],
                ["diff", str(self.whole), guideline, "--seconds", "5"],
                ["fmt", str(place / "guideline.ttl")],
                *(runs[:1] + runs[2:]),
                ["merge", guideline, "--seconds", "5"],
            ]
        elif what == "expected":
            runs = runs[2:]
        else:
            runs += [["next", str(file), *by], ["fmt", str(file)]]
        yield what, runs


def look(bench: Bench, number: int, seed: int, only: int | None = None) -> Iterator[Failure]:
    """Change a file, run the command over it, and yield what goes wrong.

    Args:
        bench: where the files are.
        number: which change.
        seed: which series of changes.
        only: how many of the runs to make, the others being left out.
    """
    for what, runs in bench.runs(number, seed):
        if only is not None:
            at = number % len(runs)
            runs = (runs[at:] + runs)[:only]
        for arguments in runs:
            began = time.monotonic()
            code, told = run(arguments)
            why = None
            if code not in ALLOWED:
                why = f"ends with {code}"
            elif len(told) > MOST_PRINTED:
                why = f"prints {len(told)} characters"
            elif time.monotonic() - began > SECONDS:
                why = f"takes {time.monotonic() - began:.0f} seconds"
            if why is not None:
                yield Failure(number, arguments[0], what, why, told[-4_000:])


def run(arguments: list[str]) -> tuple[object, str]:
    """Run the command, and return its code, or the exception that escapes, and what it prints."""

    def hang(*_: object) -> None:
        raise HungError

    printed = io.StringIO()
    before = signal.signal(signal.SIGALRM, hang)
    signal.alarm(2 * SECONDS)
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            return cli.main(arguments), printed.getvalue()
    except BaseException as error:  # whatever escapes is what is looked for
        printed.write(traceback.format_exc())
        return type(error).__name__, printed.getvalue()
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def main() -> int:
    """Look at many files, and tell what goes wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=int, nargs="?", default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--only", type=int, help="make so many of the runs over each file")
    parser.add_argument("--keep", type=Path, help="a folder for what goes wrong")
    options = parser.parse_args()
    os.environ[cli.TRACEBACK_VARIABLE] = "1"
    failures = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("INDICANT_CACHE", os.path.join(folder, "cache"))
        bench = Bench(Path(folder))
        for number in range(options.first, options.first + options.files):
            found = list(look(bench, number, options.seed, options.only))
            failures += found
            for one in found:
                print(f"{one.number} {one.verb} {one.file}: {one.why}", flush=True)
                print(one.told[-1_500:], flush=True)
            if found and options.keep is not None:
                kept = options.keep / str(number)
                shutil.rmtree(kept, ignore_errors=True)
                shutil.copytree(folder, kept, ignore=shutil.ignore_patterns("cache", "whole"))
            if number % 100 == 99:
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
                took = time.monotonic() - began
                print(f"{number + 1} files, {took:.0f} s, {peak} MB", flush=True)
    print(json.dumps({"files": options.files, "seed": options.seed, "failures": len(failures)}))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
