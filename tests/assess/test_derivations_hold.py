"""Random derivations over random cases: engines derive the same, and more never contradicts."""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from indicant.assess.assessor import Assessor, InvalidCase
from indicant.assess.derivations import Deriver
from indicant.compile.derivations import Rule, read
from indicant.files.derivations import Derivation
from soaking import EX, HEADER, answers, case, guideline

if TYPE_CHECKING:
    from pathlib import Path

    from indicant.files.rdf import Document

FINDINGS = ("Rain", "Storm", "Soaked", "Drenched")
INTERVENTIONS = ("Walk", "Towel", "Look")
CASES = 15
NOTHING = frozenset({2})
"""The seeds of which no derivation makes anything of any case."""
CONDITIONS = (
    "FILTER(?depth > {n})",
    "FILTER(?depth = {n} || ?depth = 4 || ?depth = {m})",
    "FILTER(?depth != {n} && ?day > ?day - 'P{m}D'^^xsd:dayTimeDuration)",
    "FILTER(!(?depth < {n}) && !(?one < {m}) && isNumeric(?depth))",
    "FILTER(IF(?depth < {n}, ?depth > 1, ?depth < 8))",
    'FILTER(CONTAINS(STR(?one), "{n}") || STRENDS(STR(?one), "{m}"))',
    "FILTER(STRLEN(STR(?depth)) = 1 && xsd:integer(STR(?depth)) >= {n})",
    "FILTER(ABS(?depth - {n}) * 2 / 4 <= ROUND({m} / 2.0))",
    "FILTER(xsd:integer(SUBSTR(STR(?day), 9, 2)) > {n} || ?depth = {m})",
    "FILTER(sameTerm(?depth, {n}) || FLOOR(?depth / 2) = CEIL({m} / 3))",
    "FILTER(!(?day < {n}) || ?depth > '{m}')",
    "FILTER(STR(?day) > '2026-10-1{n}' || STRDT(SUBSTR(STR(?day), 1, 10), xsd:date) = ?day)",
    "",
)
VALUES = (
    "?depth",
    "{n}",
    "IF(?depth > {n}, {m}, ?depth)",
    "xsd:integer(FLOOR(?depth / 2 + {n} / 4))",
)


def random_rule(choose: random.Random, name: str) -> str:
    """Return a derivation with patterns, conditions and what it writes chosen at random."""
    n, m = choose.randrange(10), choose.randrange(10)
    kind = choose.choice(("a", "a/ind:subsumedBy"))
    first = choose.choice(
        (
            f"?case ind:hasFinding ?one . ?one {kind} ex:{choose.choice(FINDINGS)} .",
            f"?case ind:hasFinding|ind:hadFinding ?one ."
            f" ?one {kind} ex:{choose.choice(FINDINGS)} .",
            f"?case ind:received/ind:shows ?one . ?one {kind} ex:{choose.choice(FINDINGS)} .",
            "VALUES ?kind { ex:Rain ex:Drenched } ?case ind:hasFinding ?one . ?one a ?kind .",
            "{ ?case ind:hasFinding ?one . ?one a ex:Rain } UNION"
            " { ?one a ex:Storm . ?case ind:hadFinding ?one . }",
            "?one ^ind:hasFinding ?case . ?one a ?kind . ?kind ind:subsumedBy+ ex:Rain .",
        )
    )
    second = choose.choice(
        (
            f"?case ind:received ?other . ?other {kind} ex:{choose.choice(INTERVENTIONS)} .",
            f"?case ind:excludes|ind:neverHad ex:{choose.choice(FINDINGS)} . BIND(?one AS ?other)",
            f"?case ind:recordsAll ex:{choose.choice(INTERVENTIONS)} . BIND(?one AS ?other)",
            "?case ind:hasFinding? ?other . ?other ind:asOf|ind:onset ?any .",
            "BIND(?one AS ?other)",
        )
    )
    source = "?other" if second.startswith("?case ind:received") else "?one"
    role = choose.choice(("hasFinding", "hasFinding", "hadFinding", "received"))
    cls = choose.choice(INTERVENTIONS if role == "received" else FINDINGS)
    dated = choose.random() < 0.3
    condition = choose.choice(CONDITIONS).format(n=n, m=m)
    dated = dated or "?day" in condition
    said = ""
    if choose.random() < 0.7:
        said += " ; ex:depth ?value"
    if dated:
        said += " ; ind:on ?day" if role == "received" else " ; ind:onset ?day"
    value = choose.choice(VALUES).format(n=n, m=m)
    day = " ?one ind:onset ?day ." if dated else ""
    return HEADER.format("At random.") + (
        f"CONSTRUCT {{ ?case ind:{role} ?new ."
        f" ?new a ex:{cls}{said} ; prov:wasDerivedFrom ?one , {source} . }}\n"
        f"WHERE {{ ?case a ind:PatientCase . {first} ?one ex:depth ?depth .{day} {second}"
        f' {condition} BIND({value} AS ?value) BIND(IRI(CONCAT(STR(?one), "/{name}")) AS ?new) }}\n'
    )


@dataclass(frozen=True)
class Said:
    """Something that a case says: of a class, with what else, or of a class as a whole."""

    role: str
    cls: str
    rest: str = ""

    @property
    def closes(self) -> bool:
        """Tell whether it says that all is recorded."""
        return self.role == "recordsAll"

    def text(self, node: str) -> str:
        """Return what the case says."""
        if self.role in {"excludes", "neverHad", "recordsAll"}:
            return f"ind:{self.role} ex:{self.cls}"
        return f"ind:{self.role} :{node}"

    def more(self, node: str) -> str:
        """Return what the node says."""
        if self.role in {"excludes", "neverHad", "recordsAll"}:
            return ""
        return f" . :{node} a ex:{self.cls}{self.rest}"


def random_case(choose: random.Random) -> list[Said]:
    """Return what a case says, in parts that can be left out."""
    found = []
    for _ in range(choose.randint(1, 5)):
        rest = f" ; ex:depth {choose.randrange(10)}" if choose.random() < 0.8 else ""
        if choose.random() < 0.5:
            rest += f' ; ind:onset "2026-10-{choose.randint(1, 28):02}"^^xsd:date'
        role = choose.choice(("hasFinding", "hasFinding", "hadFinding"))
        found.append(Said(role, choose.choice(FINDINGS), rest))
    count = choose.randint(0, 3)
    found += [Said("received", choose.choice(INTERVENTIONS)) for _ in range(count)]
    if choose.random() < 0.4:
        role = choose.choice(("excludes", "neverHad", "recordsAll"))
        found.append(Said(role, choose.choice((*FINDINGS, *INTERVENTIONS[:2]))))
    return found


def written(said: list[Said], kept: list[bool]) -> Document:
    """Return a case that says what is kept."""
    rows = [(f"n{number}", one) for number, one in enumerate(said) if kept[number]]
    text = " ; ".join(one.text(node) for node, one in rows)
    return case(text + "".join(one.more(node) for node, one in rows))


def fewer(choose: random.Random, said: list[Said]) -> list[bool]:
    """Return what of a case is kept: that all is recorded only where nothing is left out."""
    kept = [choose.random() < 0.6 for _ in said]
    left = any(not one and not told.closes for one, told in zip(kept, said, strict=True))
    return [one and not (left and told.closes) for one, told in zip(kept, said, strict=True)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return guideline(tmp_path_factory.mktemp("hold"), {})


@functools.cache
def plain(place: Path) -> Assessor:
    return Assessor(place)


def rules_of(place: Path, choose: random.Random) -> list[Derivation]:
    """Return some derivations of which each is taken."""
    texts = {f"rule-{number}": random_rule(choose, f"rule-{number}") for number in range(3)}
    found = [
        Derivation(f"{EX}derivations/{name}", f"{name}.rq", one) for name, one in texts.items()
    ]
    for one in read(found, plain(place).vocabulary):
        assert isinstance(one, Rule), one
    return found


def with_rules(place: Path, found: list[Derivation], engine: str) -> tuple[Assessor, Deriver]:
    """Return an assessor that has derivations beside what was compiled, and what runs them."""
    known = Assessor(place)
    rules = [one for one in read(found, known.vocabulary) if isinstance(one, Rule)]
    known.source.__dict__["derivations"] = tuple(found)
    deriver = Deriver(rules, known.source, known.compiled.graph, known.vocabulary, engine)
    known.__dict__["_deriver"] = deriver
    return known, deriver


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(5))
def test_more_recorded_never_contradicts_less(place: Path, seed: int) -> None:
    choose = random.Random(seed)  # noqa: S311 - not for secrets
    found = rules_of(place, choose)
    assessor, deriver = with_rules(place, found, "oxigraph")
    _, other = with_rules(place, found, "rdflib")
    compared = derived = 0
    for _ in range(CASES):
        said = random_case(choose)
        kept = fewer(choose, said)
        less, more = written(said, kept), written(said, [True] * len(said))
        for one in (less, more):
            here, there = deriver.derive(one.quads), other.derive(one.quads)
            assert set(map(str, here.quads)) == set(map(str, there.quads)), found
            derived += len(here.made)
        try:
            (before,), (after,) = answers(assessor, less), answers(assessor, more)
        except InvalidCase:
            continue
        compared += 1
        for name, answer in before.items():
            assert answer == "open" or after[name] == answer, (found, said, kept, name)
    assert compared >= 1
    assert derived or seed in NOTHING
