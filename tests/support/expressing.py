"""Expressions over what a record has, and records whose values they take."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from series import EX
from spells import HEAD, advice, bounded, data, numbers

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Mapping, Sequence

LIMITS = (Fraction(-3), Fraction(0), Fraction(1, 2), Fraction(7), Fraction(20), Fraction(100))
PLAIN, POSITIVE, DIVISOR = ("a", "b"), ("c", "e"), ("d", "f")


@dataclass(frozen=True)
class Node:
    """An expression: a sign between two others, or a name or a number as it is written."""

    sign: str
    left: Node | str
    right: Node | str

    def text(self) -> str:
        """Write it."""
        parts = [one if isinstance(one, str) else f"({one.text()})" for one in self.both()]
        if self.sign in {"min", "max"}:
            return f"{self.sign}({parts[0]}, {parts[1]})"
        return f" {self.sign} ".join(parts)

    def both(self) -> tuple[Node | str, Node | str]:
        """Return the operands."""
        return self.left, self.right

    def names(self) -> Iterator[str]:
        """Yield the names of properties in it."""
        for one in self.both():
            if isinstance(one, Node):
                yield from one.names()
            elif one.isalpha():
                yield one

    def value(self, of: Mapping[str, Fraction]) -> Fraction:
        """Compute it."""
        one, other = (
            part.value(of) if isinstance(part, Node) else of[part] if part in of else Fraction(part)
            for part in self.both()
        )
        match self.sign:
            case "+":
                return one + other
            case "-":
                return one - other
            case "*":
                return one * other
            case "/":
                return one / other
            case "min":
                return min(one, other)
        return max(one, other)


def random_node(choose: random.Random, depth: int) -> Node:
    """Return an expression that takes something, of so many signs within one another."""
    sign = choose.choice(["+", "-", "*", "*", "/", "min", "max"])

    def operand(*, divides: bool = False) -> Node | str:
        if divides:
            return choose.choice([*DIVISOR, "4", "0.3"])
        if depth and choose.random() < 0.5:
            return random_node(choose, depth - 1)
        return choose.choice([*PLAIN, *POSITIVE, *DIVISOR, "2", "1.5", "0.001"])

    while True:
        node = Node(sign, operand(), operand(divides=sign == "/"))
        if any(True for _ in node.names()):
            return node


def vocabulary(nodes: Sequence[Node]) -> str:
    """Return the properties of expressions, and of what they take."""
    lines = [f"{data(name)} ." for name in PLAIN]
    lines += [f"{data(name, 'xsd:minInclusive 0')} ." for name in POSITIVE]
    lines += [f"{data(name, 'xsd:minExclusive 0')} ." for name in DIVISOR]
    for number, node in enumerate(nodes):
        lines.append(f'{data(f"v{number}")} ; ind:expression "{node.text()}" .')
        for place, limit in enumerate(LIMITS):
            facet = numbers(f":v{number}", "minInclusive", str(float(limit)))
            lines.append(advice(f"{number}-{place}", "hasFinding", "Thing", facet))
    return HEAD + "\n".join(lines)


def random_value(choose: random.Random, name: str) -> Fraction:
    """Return a number that a property takes."""
    number = Fraction(
        choose.choice([0, 1, 2, 3, 7, 10, 25, 100, 5000]), choose.choice([1, 1, 2, 8])
    )
    if name in DIVISOR:
        return number or Fraction(1, 1000)
    return number if name in POSITIVE else choose.choice([1, -1]) * number


def written(number: Fraction) -> str:
    """Write a number."""
    return f"{float(number):.9f}"


def random_values(choose: random.Random) -> dict[str, tuple[Fraction, Fraction]]:
    """Return within what lies each value that is known, which most are, and most exactly."""
    values = {}
    for name in (*PLAIN, *POSITIVE, *DIVISOR):
        if choose.random() < 0.9:
            one, other = sorted(random_value(choose, name) for _ in range(2))
            values[name] = (one, other) if choose.random() < 0.3 else (one, one)
    return values


def said_of(values: Mapping[str, tuple[Fraction, Fraction]]) -> str:
    """Write what a case says of a thing with values."""
    said = ["a :Thing"]
    for name, (low, high) in values.items():
        if low == high:
            said.append(f":{name} {written(low)}")
        else:
            within = f"ind:minInclusive {written(low)} ; ind:maxInclusive {written(high)}"
            said.append(f"ind:bounds [ a ind:Bounds ; ind:of :{name} ; {within} ]")
    return f"; ind:recordsAll :Thing ; ind:hasFinding [ {' ; '.join(said)} ]"


ROLES = ("hasFinding", "hadFinding", "received", "proposes")
EVERYWHERE = (
    f"""{HEAD}
:amount a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:range xsd:decimal .
:Weak a owl:Class ; rdfs:subClassOf :Thing ; :factor 1 .
:Strong a owl:Class ; rdfs:subClassOf :Thing ; :factor 3 .
:Stronger a owl:Class ; rdfs:subClassOf :Strong .
:Drop a owl:Class ; rdfs:subClassOf :Act ; :factor 2 .
:sure a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:range xsd:boolean .
:because a owl:ObjectProperty , owl:FunctionalProperty ; rdfs:range :Thing .
{data("factor", "xsd:minInclusive 0")} .
{data("mass", "xsd:minInclusive 0", more=", ind:CaseProperty")} .
{data("height", "xsd:minExclusive 0", more=", ind:CaseProperty")} .
{data("index", "xsd:minInclusive 0", more=", ind:CaseProperty")} ; ind:expression "mass / height" .
:C-index a owl:Class , ind:Criterion ; owl:equivalentClass [ a owl:Class ;
    owl:intersectionOf ( ind:PatientCase {numbers(":index", "minInclusive", 2)} ) ] .
:A-index a owl:Class ; rdfs:subClassOf ind:Intervention .
:r-index a ind:Indication ; dcterms:isPartOf <{EX}> ; ind:action :A-index ; ind:criterion :C-index .
{data("load")} ; ind:expression "amount * factor" .
{data("capped", "xsd:minInclusive 0", "xsd:maxInclusive 6")} ; ind:expression "amount * factor" .
"""
    + "".join(
        advice(f"capped-{bound}-{limit}", "hasFinding", "Thing", numbers(":capped", bound, limit))
        for bound in ("minInclusive", "minExclusive", "maxInclusive", "maxExclusive")
        for limit in (0, 1, 2, 6)
    )
    + "".join(
        advice(
            f"{name}-is-6",
            "hasFinding",
            "Thing",
            f"[ a owl:Restriction ; owl:onProperty :{name} ; owl:hasValue 6.0 ]",
        )
        for name in ("load", "capped")
    )
    + "".join(
        advice(
            f"{role}-{bound}-{limit}",
            role,
            "Thing" if role.endswith("Finding") else "Act",
            numbers(":load", bound, limit),
        )
        for role in ROLES
        for bound in ("minInclusive", "maxExclusive")
        for limit in (2, 4, 6)
    )
    + "".join(
        advice(
            f"because-{limit}",
            "received",
            "Act",
            "[ a owl:Restriction ; owl:onProperty :because ; owl:someValuesFrom [ a owl:Class ; "
            f"owl:intersectionOf ( :Thing {numbers(':load', 'minInclusive', limit)} ) ] ]",
        )
        for limit in (2, 4, 6)
    )
    + advice(
        "because-is-sure",
        "received",
        "Act",
        "[ a owl:Restriction ; owl:onProperty :because ; owl:someValuesFrom [ a owl:Class ; "
        "owl:intersectionOf ( :Thing [ a owl:Restriction ; owl:onProperty :sure ; "
        "owl:hasValue true ] ) ] ]",
    )
)
"""A value computed from one of its class, demanded of what was found, done, planned, related."""


def everywhere() -> list[str]:
    """Return what cases say that have values in every role, of their own or by their classes."""
    said = []
    amounts = [f":amount {number}" for number in (-1, 0, 2, 6, 7)]
    amounts += map(_amount, ("minInclusive", "minExclusive", "maxExclusive", "maxInclusive"))
    for low, high in ((-3, -2), (-3, 0), (-3, 3), (0, 6), (5, 7), (6, 9), (7, 9)):
        limits = f"ind:minInclusive {low}", f"ind:maxInclusive {high}"
        amounts.append(bounded("amount", *limits))
    for amount in amounts:
        for own in ("", " ; :factor 1", f" ; {bounded('factor', 'ind:minInclusive 1')}"):
            for cls in (":Weak", ":Strong", ":Stronger", ":Weak , :Stronger", ":Thing"):
                record = f"[ a {cls} ; {amount}{own} ]"
                said += [f" ; ind:{role} {record}" for role in ROLES[:2]]
                said.append(f" ; ind:received [ a :Act ; :because {record} ]")
            for cls in (":Drop", ":Act"):
                record = f"[ a {cls} ; {amount}{own} ]"
                said += [f" ; ind:{role} {record}" for role in ROLES[2:]]
    for sure in ("true", "false"):
        said.append(f" ; ind:received [ a :Act ; :because [ a :Weak ; :sure {sure} ] ]")
    plain = [f" ; :mass {mass} ; :height 2" for mass in (3, 4, 5)]
    return [*plain, *(f" ; ind:recordsAll :Thing , :Act{one}" for one in said)]


def _amount(limit: str) -> str:
    return bounded("amount", f"ind:{limit} 2")
