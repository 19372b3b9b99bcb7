"""Make guidelines of any size, and measure how long verifying them takes and how much memory."""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZES = (100, 1000)
FINDINGS = 300
GOAL_SECONDS = 60.0
GOAL_MEMORY = 2048.0
_HEAD = """@prefix ex: <https://example.org/large/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<https://example.org/large/> a owl:Ontology , ind:Guideline ; ind:scope ex:Scope .
ex:grade a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:range xsd:integer .
"""


def guideline(recommendations: int, *, findings: int = FINDINGS, seed: int = 1) -> str:
    """Return a guideline in Turtle.

    Findings and interventions are trees; there is an intervention for about five recommendations.
    A criterion is a conjunction of two to four findings, each as often as not a choice of two, one
    in four absent and one in four with a threshold; a third of the recommendations are against, and
    every tenth overrides another one.
    """
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    lines = [_HEAD]
    kinds = {
        "F": ("ind:Finding", findings),
        "I": ("ind:Intervention", max(10, recommendations // 5)),
    }
    for stem, (root, count) in kinds.items():
        for number in range(count):
            parent = (
                f"ex:{stem}{chance.randrange(number)}" if number and chance.random() < 0.7 else root
            )
            lines.append(
                f"ex:{stem}{number} a owl:Class ; rdfs:subClassOf {parent} ; "
                f'ind:question "{stem}{number}?"@en .'
            )

    def some() -> str:
        filler = f"ex:F{chance.randrange(findings)}"
        if chance.random() < 0.25:
            bound = f"[ xsd:minInclusive {chance.randrange(1, 6)} ]"
            filler = (
                f"[ a owl:Class ; owl:intersectionOf ( {filler} [ a owl:Restriction ; "
                "owl:onProperty ex:grade ; owl:someValuesFrom [ a rdfs:Datatype ; "
                f"owl:onDatatype xsd:integer ; owl:withRestrictions ( {bound} ) ] ] ) ]"
            )
        return (
            f"[ a owl:Restriction ; owl:onProperty ind:hasFinding ; owl:someValuesFrom {filler} ]"
        )

    def literal() -> str:
        one = some()
        if chance.random() < 0.5:
            one = f"[ a owl:Class ; owl:unionOf ( {one} {some()} ) ]"
        return f"[ a owl:Class ; owl:complementOf {one} ]" if chance.random() < 0.25 else one

    lines.append(f"ex:Scope a owl:Class , ind:Criterion ; owl:equivalentClass {some()} .")
    for number in range(recommendations):
        parts = " ".join(literal() for _ in range(chance.randrange(2, 5)))
        kind = "Contraindication" if chance.random() < 1 / 3 else "Indication"
        overrides = ""
        if number and chance.random() < 0.1:
            overrides = f" ; ind:overrides ex:r{chance.randrange(number)}"
        action = f"ex:I{chance.randrange(kinds['I'][1])}"
        lines.append(
            f"ex:C{number} a owl:Class , ind:Criterion ; owl:equivalentClass "
            f"[ a owl:Class ; owl:intersectionOf ( ind:PatientCase {parts} ) ] .\n"
            f"ex:r{number} a ind:{kind} ; dcterms:isPartOf <https://example.org/large/> ; "
            f"ind:action {action} ; ind:criterion ex:C{number}{overrides} ."
        )
    return "\n".join(lines) + "\n"


def measured(size: int) -> dict[str, float]:
    """Verify a guideline of a size in a process of its own; return seconds, MB and findings."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "guideline.ttl"
        path.write_text(guideline(size), encoding="utf-8")
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "indicant.cli", "verify", str(path), "--format", "json"],
            capture_output=True,
            check=False,
        )
        seconds = time.perf_counter() - started
    found = json.loads(done.stdout)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {
        "seconds": seconds,
        "memory": memory,
        "findings": len(found["results"]),
        "undecided": len(found["undecided"]),
    }


def main() -> int:
    """Print a table of sizes, times and memory."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("sizes", nargs="*", type=int, default=SIZES)
    print(
        f"{'recommendations':>15} {'all pairs':>10} {'seconds':>8} {'MB':>6} "
        f"{'findings':>8} {'undecided':>9}"
    )
    for size in options.parse_args().sizes:
        row = measured(size)
        print(
            f"{size:>15,} {size * (size - 1) // 2:>10,} {row['seconds']:>8.1f} "
            f"{row['memory']:>6.0f} {row['findings']:>8.0f} {row['undecided']:>9.0f}",
            flush=True,
        )
    print(f"goal: 1,000 within {GOAL_SECONDS:.0f} s and {GOAL_MEMORY:,.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
