"""Make the pages of a site about a guideline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from indicant.ask.answers import Asker
from indicant.ask.questions import prefixes_of
from indicant.assess.assessor import Assessor
from indicant.errors import IndicantError
from indicant.guideline.languages import ENGLISH
from indicant.guideline.wording import Words
from indicant.screen import Screens
from indicant.screen.phrasing import Phrases
from indicant.site import markup, pictures
from indicant.site.answers import answer_cases, answer_questions
from indicant.site.casepage import assessed
from indicant.site.content import ROWS, apart
from indicant.site.tables import gather
from indicant.terms import IND, local_name

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence

    from indicant.files.fence import Fence
    from indicant.files.rdf import Document
    from indicant.site.content import Content, Evidence, Recommendation, Term
    from indicant.site.pictures import Picture

STYLE: Final = "site.css"
_ROOTS: Final = (
    ("findings", "Finding", "finding"),
    ("interventions", "Intervention", "intervention"),
)
_PAGES: Final = ("terms", "criteria", "source", "evidence", "questions", "reference")
_ORDER: Final = (
    "class",
    "object property",
    "datatype property",
    "annotation property",
    "individual",
)


@dataclass(frozen=True)
class Tree:
    """A picture of a hierarchy, and the same as children by parent."""

    root: str
    picture: Picture
    children: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Namespace:
    """The terms of one namespace, by kind."""

    iri: str
    name: str
    terms: tuple[Term, ...]

    @property
    def kinds(self) -> list[tuple[str, list[Term]]]:
        """Return the kinds of terms that there are, with their terms by label."""
        found = []
        for kind in _ORDER:
            terms = [one for one in self.terms if _kind(one) == kind]
            if terms:
                found.append(
                    (
                        kind.replace(" ", "-"),
                        sorted(terms, key=lambda one: (one.label.casefold(), one.iri)),
                    )
                )
        return found


@dataclass(frozen=True)
class SearchEntry:
    """What the search finds."""

    label: str
    kind: str
    href: str
    text: str | None = None


def build(
    guideline: str | os.PathLike[str] | None = None,
    cases: Mapping[str, Document] | None = None,
    *,
    language: str = ENGLISH,
    fence: Fence | None = None,
) -> dict[str, bytes]:
    """Return the files of a site about a guideline, by path; same input, same bytes.

    Args:
        guideline: a name, a folder or a file; by default the one that ships with the package.
        cases: cases to show with the recommendations, by name.
        language: the language of the texts of the guideline; where there is none, it is English.
        fence: where files of the guideline may lie; without, its own repository.

    Raises:
        IndicantError: the guideline cannot be read, or what makes pages is not installed.
        InvalidCase: a case does not conform to the case shapes.
    """
    markup.environment()
    assessor = Assessor(guideline, language=language, fence=fence)
    asker = Asker(guideline, language=language, fence=fence)
    content = gather(assessor, prefixes_of(assessor.source.documents))
    example = None
    try:
        document = assessor.example()
    except IndicantError:
        document = None
    if document is not None:
        asker.take(document)
        made = Screens(assessor, "full", language=language)
        example = next(iter(made.with_records(document)), None)
    given = dict(cases or {})
    content = replace(
        content,
        answered=answer_questions(asker),
        cases={name: one.text for name, one in given.items()},
        answers=answer_cases(assessor, given, content.recommendations),
        example=example,
    )
    return dict(sorted(_Pages(content, Words(language)).files()))


class _Pages:
    """Fills the templates for one site."""

    def __init__(self, content: Content, words: Words | None = None) -> None:
        self._content, self._words = content, words or Words()
        self._environment = markup.environment()
        self._links = markup.targets(content)
        self._said = markup.by_passage(content)
        self._by_iri = {one.iri: one for one in content.recommendations}
        self._terms = {one.iri: one for one in content.terms}
        self._navigation = [
            ("index.html", self._said_as("guideline")),
            *((f"{key}.html", self._said_as(key)) for key in _PAGES),
            *([("example.html", self._said_as("example"))] if content.example is not None else []),
        ]

    def _said_as(self, key: str) -> str:
        return self._words("pages", key)

    def files(self) -> Iterator[tuple[str, bytes]]:
        content = self._content
        yield STYLE, markup.style().encode()
        yield ".nojekyll", b""
        yield self._index()
        yield from self._recommendations()
        yield self._page(
            "criteria.html", self._said_as("criteria"), used=self._used(), said_about=self._said
        )
        yield self._page("source.html", self._said_as("source"), said_about=self._said)
        yield from self._publications()
        for folder, root, what in _ROOTS:
            yield from self._term_pages(folder, IND + root, what)
        yield self._page("terms.html", self._said_as("terms"), trees=self._trees())
        yield self._page(
            "reference.html",
            self._said_as("reference"),
            namespaces=self._namespaces(),
            own={
                iri: place
                for iri, (place, _) in self._links.items()
                if iri in self._terms and not place.startswith("reference.html")
            },
        )
        yield self._page("questions.html", self._said_as("questions"))
        for one in content.answered:
            yield self._page(
                f"questions/{one.slug}.html",
                one.question.summary,
                template="question.html",
                one=one,
                most=ROWS,
            )
        if content.example is not None:
            shown = assessed(content, *content.example, Phrases(self._words))
            yield self._page("example.html", self._said_as("example"), assessed=shown)
        yield self._search()

    def _page(
        self, path: str, title: str, *, template: str | None = None, **values: object
    ) -> tuple[str, bytes]:
        text = self._environment.get_template(template or path).render(
            {
                "content": self._content,
                "links": self._links,
                "navigation": self._navigation,
                "path": path,
                "root": "../" * path.count("/"),
                "title": title,
                "script_source": "",
                "standalone": False,
                "w": self._words,
                **values,
            }
        )
        return path, text.encode()

    def _index(self) -> tuple[str, bytes]:
        words = self._words
        ways = [(one.guideline, pictures.pathway(one, words), one) for one in apart(self._content)]
        return self._page(
            "index.html",
            self._content.guideline.label,
            ways=[
                (
                    guideline,
                    way,
                    pictures.draw_pathway(own, way, name=f"_pathway-{number}", words=words),
                )
                for number, (guideline, way, own) in enumerate(ways, 1)
            ],
            phases={one.iri: one for one in self._content.phases},
        )

    def _recommendations(self) -> Iterator[tuple[str, bytes]]:
        content = self._content
        passages = {one.iri: one for one in content.passages}
        criteria = {one.iri: one for one in content.criteria}
        notes = {one.iri: one for one in content.notes}
        for one in content.recommendations:
            yield self._page(
                f"recommendations/{one.slug}.html",
                one.label,
                template="recommendation.html",
                one=one,
                criterion=criteria.get(one.criterion or ""),
                unless=self._unless(one),
                guideline=next(
                    (each for each in content.guidelines if each.iri == one.guideline),
                    content.guideline,
                ),
                term=self._terms.get(one.action),
                passages=[passages[iri] for iri in one.passages if iri in passages],
                notes=[notes[iri] for iri in one.notes if iri in notes],
                said=self._about(one.passages),
                answers=content.answers.get(one.iri, ()),
                cases=content.cases,
            )

    def _unless(self, one: Recommendation) -> tuple[str, ...]:
        """Return what speaks against an indication, or what another recommendation gives way to."""
        if not one.favours:
            return one.overridden
        against = self._content.opposing.get(one.action, ())
        return tuple(iri for iri in against if iri not in one.overrides)

    def _about(self, passages: Sequence[str]) -> list[Evidence]:
        return [said for iri in passages for said in self._said.get(iri, ())]

    def _used(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for one in self._content.recommendations:
            if one.criterion is not None:
                found.setdefault(one.criterion, []).append(one.iri)
        return found

    def _publications(self) -> Iterator[tuple[str, bytes]]:
        by_publication: dict[str, list[Evidence]] = {}
        for said in self._content.evidence:
            by_publication.setdefault(said.publication, []).append(said)
        yield self._page("evidence.html", self._said_as("evidence"), by_publication=by_publication)
        for one in self._content.publications:
            said_here = by_publication.get(one.iri, [])
            passages = {said.passage for said in said_here}
            yield self._page(
                f"publications/{one.slug}.html",
                one.title,
                template="publication.html",
                publication=one,
                said=said_here,
                touched=[
                    other
                    for other in self._content.recommendations
                    if passages.intersection(other.passages)
                ],
            )

    def _term_pages(self, folder: str, root: str, what: str) -> Iterator[tuple[str, bytes]]:
        content = self._content
        tree = content.hierarchy.get(root, {})
        children = _children(tree)
        for iri, above in tree.items():
            term = self._terms.get(iri)
            if term is None or iri == root:
                continue
            yield self._page(
                f"{folder}/{term.slug}.html",
                term.label,
                template="term.html",
                term=term,
                what=what,
                above=above,
                below=children.get(iri, ()),
                groups=(
                    ("recommended-for", self._named(content.favouring.get(iri, ()))),
                    ("recommended-against", self._named(content.opposing.get(iri, ()))),
                    ("matters-to", self._named(content.mattering.get(iri, ()))),
                ),
                shows=content.shown.get(iri, ()),
            )

    def _named(self, iris: Sequence[str]) -> list[Recommendation]:
        return [self._by_iri[iri] for iri in iris if iri in self._by_iri]

    def _label(self, iri: str) -> str:
        return self._terms[iri].label if iri in self._terms else local_name(iri)

    def _trees(self) -> list[Tree]:
        found = []
        for folder, name, _ in _ROOTS:
            root = IND + name
            tree = self._content.hierarchy.get(root)
            if tree is None:
                continue
            labels = {iri: self._label(iri) for iri in tree}
            by_label = dict(sorted(tree.items(), key=lambda pair: (labels[pair[0]], pair[0])))
            picture = pictures.draw_hierarchy(
                folder, self._said_as(folder), by_label, labels, self._words
            )
            found.append(Tree(root, picture, _children(by_label)))
        return found

    def _namespaces(self) -> list[Namespace]:
        names = {iri: name for name, iri in self._content.namespaces.items() if name}
        groups: dict[str, list[Term]] = {}
        for term in self._content.terms:
            end = max(term.iri.rfind("/"), term.iri.rfind("#")) + 1
            groups.setdefault(term.iri[:end], []).append(term)
        found = [Namespace(iri, names.get(iri, iri), tuple(terms)) for iri, terms in groups.items()]
        return sorted(found, key=lambda one: (one.iri != IND, -len(one.terms), one.iri))

    def _term_entries(self) -> Iterator[SearchEntry]:
        content, also = self._content, self._words("remark", "also-called")
        criteria = {one.iri for one in content.criteria}
        for term in content.terms:
            place = self._links[term.iri][0]
            unsaid = term.definition is None and (
                term.label == local_name(term.iri) or place.startswith("reference.html")
            )
            if term.iri in criteria or term.iri in self._by_iri or unsaid:
                continue
            folder = place.split("/")[0].rstrip("s") if "/" in place else _kind(term)
            other = [text for name, text in term.remarks if name == also]
            said = "; ".join([*other, *([term.definition] if term.definition else [])])
            yield SearchEntry(term.label, folder, place, said or None)

    def _entries(self) -> list[SearchEntry]:
        content = self._content
        entries = [
            SearchEntry(one.label, "recommendation", self._links[one.iri][0])
            for one in content.recommendations
        ]
        entries += [
            SearchEntry(one.label, "criterion", self._links[one.iri][0], one.definition)
            for one in content.criteria
        ]
        entries += self._term_entries()
        entries += [
            SearchEntry(
                self._words("kind", "passage", id=one.id),
                "source",
                self._links[one.iri][0],
                one.paraphrase,
            )
            for one in content.passages
        ]
        entries += [
            SearchEntry(one.label, one.kind, self._links[one.iri][0], one.description)
            for one in content.notes
        ]
        entries += [
            SearchEntry(
                one.title,
                "publication",
                self._links[one.iri][0],
                " ".join(part for part in (one.authors, one.year, one.venue, one.doi) if part),
            )
            for one in content.publications
        ]
        entries += [
            SearchEntry(one.question.summary, "question", f"questions/{one.slug}.html")
            for one in content.answered
        ]
        return entries

    def _search(self) -> tuple[str, bytes]:
        from markupsafe import Markup

        entries = self._entries()
        entries.sort(key=lambda one: (one.label.casefold(), one.kind, one.href))
        script = markup.script()
        return self._page(
            "search.html",
            self._said_as("search"),
            entries=entries,
            script=Markup(script),  # noqa: S704 - our own file, not data
            script_source=Markup("; script-src '{}'").format(markup.digest(script)),
        )


def _children(tree: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for term, over in tree.items():
        for above in over:
            found.setdefault(above, []).append(term)
    return {above: tuple(terms) for above, terms in found.items()}


def _kind(term: Term) -> str:
    """Return the kind that a term is listed under: that of an individual gives way to others."""
    return next(kind for kind in _ORDER if kind in term.kinds)
