"""Where things are: the checkout, its folders of cases, and what may lie beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
CODE: Final = ROOT / "src"
ONTOLOGY: Final = ROOT / "ontology"
SEED: Final = ONTOLOGY / "guidelines" / "neck-pain-after-lumbar-fusion"
EXAMPLES: Final = ROOT / "examples"
INSTITUTION: Final = EXAMPLES / "institution"
SEVEN_MONTHS: Final = EXAMPLES / "after-seven-months.ttl"
SHARED: Final = ROOT.parent / "shared"

TESTS: Final = ROOT / "tests"
ASSESS: Final = TESTS / "assess"
ASSESSED: Final = sorted(ASSESS.glob("*/case.ttl"))
BENCHMARK: Final = TESTS / "multimorbidity"
SHAPES: Final = TESTS / "shapes"
BROKEN: Final = SHAPES / "breaks-grade-out-of-range" / "case.ttl"
RAIN: Final = TESTS / "check" / "holds-rain"
