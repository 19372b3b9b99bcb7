"""Make random guidelines that demand of records that they are related to others, and cases."""

from __future__ import annotations

import datetime
from dataclasses import replace

import brute
from brute import (
    AGES,
    FINDING,
    HAD_FINDING,
    HAS_FINDING,
    INTERVENTION,
    PROPOSES,
    RECEIVED,
    RELATED,
    ROOTS,
    Case,
    Facet,
    Guideline,
    Node,
    Related,
    Some,
    relating,
)
from making import SINCE, Maker, conforms

_TIMED = {"ind:days", "ind:weeks", "ind:ongoing", *SINCE}


class NestedMaker(Maker):
    """Makes guidelines about findings and interventions, and what these are related to.

    Their vocabularies are small, so that criteria demand the same of one record in several ways.
    """

    most = 3
    """How many records a facet leads through at most."""

    def guideline(self) -> Guideline:
        """Return a guideline within the profile."""
        classes: dict[str, tuple[str, ...]] = {
            "ex:Sign": (FINDING,),
            "ex:Visit": (self.one((FINDING, "ex:Sign")),),
            "ex:Ill": (FINDING,),
            "ex:Grave": ("ex:Ill",),
            "ex:Slight": ("ex:Ill",),
            "ex:Late": (self.one(("ex:Grave", "ex:Ill")),),
            "ex:Care": (INTERVENTION,),
            "ex:Deed": (INTERVENTION,),
            "ex:Course": (self.one(("ex:Care", "ex:Deed", INTERVENTION)),),
        }
        guideline = Guideline(classes)
        for _ in range(self.random.randint(0, 3)):
            pair = tuple(self.random.sample(list(classes), 2))
            trial = replace(guideline, disjoint=(*guideline.disjoint, pair))
            if all(trial.possible([cls]) for cls in classes):
                guideline = trial
        once = [(RECEIVED, "ex:Course")] if self.chance(0.5) else []
        once += [(HAS_FINDING, self.one(("ex:Visit", "ex:Ill")))] if self.chance(0.5) else []
        guideline = replace(guideline, once=tuple(once))
        guideline = self._properties(guideline)
        ill = ("ex:Ill", "ex:Ill", FINDING, "ex:Grave")
        links = {
            "ex:l0": (False, self.one(ill)),
            "ex:l1": (True, self.one(ill)),
            "ex:l2": (self.chance(0.5), self.one((FINDING, INTERVENTION, "ex:Care"))),
        }
        guideline = replace(guideline, links=links)
        own = {*AGES, "ex:c0", "ind:sex", *_TIMED}
        every = [one for one in (*guideline.data, *guideline.objects) if one not in own]
        names = self.random.sample(every, min(len(every), 2))
        values = [self._facet(guideline, self.one(names)) for _ in range(4)]
        pool = []
        facets = [self._related(guideline, values, self.most) for _ in range(5)]
        for _ in range(8):
            role = self.one((HAS_FINDING, HAS_FINDING, HAD_FINDING, RECEIVED, RECEIVED, PROPOSES))
            cls = self.one(one for one in guideline.above if ROOTS[role] in guideline.above[one])
            some: list[Facet] = list(self.random.sample(facets, self.one((0, 1, 1, 1, 1, 2))))
            some += self.random.sample(values, self.one((0, 0, 1)))
            pool.append(Some(role, cls, tuple(dict.fromkeys(some))))
        return self.advised(guideline, pool, 0.55)

    def _related(self, guideline: Guideline, values: list[Facet], depth: int) -> Related:
        """Return a facet that leads to a record, and perhaps through it to others."""
        name = self.one(guideline.links)
        cls = guideline.links[name][1]
        near = [one for one in guideline.above if cls in guideline.above[one]]
        near += sorted(guideline.above[cls])
        inner: list[Facet] = list(self.random.sample(values, self.one((0, 1, 1, 2))))
        while depth > 1 and self.chance(0.35):
            inner.append(self._related(guideline, values, depth - 1))
        return Related(name, self.one(near), tuple(dict.fromkeys(inner)))

    def case(self, guideline: Guideline, name: str) -> Case:
        """Return a case whose records are related to others, of which something is known."""
        case = Case(name, datetime.date(2024, 2, 20))
        asked = list(
            dict.fromkeys(
                atom
                for body in guideline.criteria.values()
                for atom in brute.atoms_of(guideline, body)
            )
        )
        for atom in self.random.sample(asked, min(len(asked), self.one((1, 2, 3, 4, 6)))):
            plain = replace(
                atom, facets=tuple(one for one in atom.facets if not isinstance(one, Related))
            )
            trial = (
                self._with(guideline, case, plain)
                if self.chance(0.8)
                else self._without(guideline, case, plain)
            )
            if not conforms(guideline, trial):
                continue
            if (
                trial.nodes
                and len(trial.excludes) == len(case.excludes)
                and trial.never == case.never
            ):
                new = trial.nodes[-1]
                for facet in atom.facets:
                    if isinstance(facet, Related) and self.chance(0.85):
                        trial = self._lead(guideline, trial, new.name, facet)
            if conforms(guideline, trial):
                case = trial
        if case.excludes or case.never or self.chance(0.4):
            return case
        return self._completed(guideline, case, asked)

    def _lead(self, guideline: Guideline, case: Case, name: str, facet: Related) -> Case:
        """Let a record be related to another one that satisfies much of what is demanded."""
        (node,) = (one for one in case.nodes if one.name == name)
        functional, reach = guideline.links[facet.property]
        known = [other for path, other in node.links if path == facet.property]
        fit = [
            one.name
            for one in case.nodes
            if any(reach in guideline.above[cls] for cls in one.types)
        ]
        if known and (functional or self.chance(0.2)):
            target = known[0]
        elif fit and self.chance(0.06):
            target = self.one(fit)
        else:
            target = f"{case.name}-r{len(case.nodes)}"
            below = [cls for cls, up in guideline.above.items() if facet.cls in up]
            cls = self.one((facet.cls, facet.cls, facet.cls, reach, self.one(below)))
            types = (cls,) if reach in guideline.above[cls] else (cls, reach)
            if self.chance(0.1):
                types = tuple(dict.fromkeys((*types, self.one(guideline.classes))))
            new = Node(target, RELATED, types)
            if not guideline.possible(new.types):
                return case
            case = replace(case, nodes=(*case.nodes, new))
        if target not in known:
            node = replace(node, links=(*node.links, (facet.property, target)))
            case = self._put(case, node)
        for inner in facet.facets:
            if self.chance(0.15):
                continue
            if isinstance(inner, Related):
                case = self._lead(guideline, case, target, inner)
            else:
                (other,) = (one for one in case.nodes if one.name == target)
                case = self._put(case, self._value(guideline, case, other, inner))
        return case

    @staticmethod
    def _put(case: Case, node: Node) -> Case:
        return replace(
            case, nodes=tuple(node if one.name == node.name else one for one in case.nodes)
        )


def deepest(guideline: Guideline) -> int:
    """Return through how many records a criterion leads at most."""
    return max(
        (
            brute.height(facet)
            for body in guideline.criteria.values()
            for atom in brute.atoms_of(guideline, body)
            for facet in relating(atom.facets)
        ),
        default=0,
    )


def shares(case: Case) -> bool:
    """Tell whether a record stands in two places at once.

    What is not known of it hangs together in both, which the rules do not see.
    """
    places = [other for node in case.nodes for _, other in node.links]
    places += [node.name for node in case.nodes if node.role != RELATED]
    return len(places) > len(set(places))
