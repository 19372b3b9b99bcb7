"""Sites, made once for all tests of a process."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import dressed
import reading_back
import shipped
import told
from assessed import One, assessed
from indicant.ask.questions import prefixes_of
from indicant.site import pages
from indicant.site.answers import answer_cases
from indicant.site.cases import cases_of
from indicant.site.tables import gather
from places import ASSESS, TESTS
from stated import Stated, stated

if TYPE_CHECKING:
    from collections.abc import Mapping
    from xml.etree.ElementTree import Element

    from indicant.files.rdf import Document
    from indicant.site.content import Content

HOSTILE: Final = TESTS / "site" / "hostile"


@functools.cache
def seed() -> dict[str, bytes]:
    """Return the files of the site of the guideline that ships, with the cases of the tests."""
    return pages.build(None, cases_of(ASSESS))


@functools.cache
def hostile() -> dict[str, bytes]:
    """Return the files of the site of a guideline whose every text is markup."""
    return pages.build(str(HOSTILE))


@functools.cache
def gathered() -> Content:
    """Return what the pages of the guideline that ships show, without questions and cases."""
    return gather(shipped.assessor(), prefixes_of(shipped.assessor().source.documents))


@dataclass(frozen=True, eq=False)
class Site:
    """A site, what its guideline states, and the cases on it."""

    files: Mapping[str, bytes]
    stated: Stated
    content: Content
    documents: Mapping[str, Document]
    cases: Mapping[str, One]
    example: One | None

    @functools.cached_property
    def parsed(self) -> dict[str, Element]:
        """Return its pages."""
        found = self.files.items()
        return {path: reading_back.page(data) for path, data in found if path.endswith(".html")}

    def main(self, path: str) -> Element:
        """Return the main part of a page."""
        return reading_back.only(self.parsed[path], "main")


@functools.cache
def site(source: str) -> Site:
    """Return the site of a source: the guideline that ships, or a random one."""
    if source == "seed":
        documents = cases_of(ASSESS)
        made = shipped.assessor()
        by_case = dict(zip(documents, assessed("all"), strict=False))
        example = assessed("all")[-1]
        return Site(seed(), stated(made), gathered(), documents, by_case, example)
    number = int(source.removeprefix("dressed "))
    made, ones = dressed.assessor(number), assessed(source)
    names = [f"R{place % 4}-case-{place}" for place in range(len(ones))]
    names[0] = f"{told.name(max(stated(made).advice))}-case-of-nobody"
    documents = {name: one.document for name, one in zip(names, ones, strict=True)}
    content = gather(made, prefixes_of(made.source.documents))
    content = replace(
        content,
        cases={name: one.text for name, one in documents.items()},
        answers=answer_cases(made, documents, content.recommendations),
        example=(ones[0].screen("full"), ones[0].record),
    )
    files = dict(pages._Pages(content).files())
    by_case = dict(zip(names, ones, strict=True))
    return Site(files, stated(made), content, documents, by_case, ones[0])
