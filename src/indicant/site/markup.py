"""Fill templates: everything is escaped, and a link never leads where its IRI does not."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from indicant import __version__
from indicant.errors import IndicantError
from indicant.files import bounded
from indicant.terms import IND, local_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    import jinja2
    import pyoxigraph as ox
    from jinja2.runtime import Context

    from indicant.site.content import Content, Evidence, Publication

TEMPLATES: Final = Path(__file__).parent / "templates"
_WEB: Final = re.compile(r"https?://[^\s<>\"'\\{}|^`]+", re.IGNORECASE)
_DOI: Final = re.compile(r"10\.\d{4,9}/[^\s<>\"'\\]+")
_DIGITS: Final = re.compile(r"\d{1,12}", re.ASCII)
_PMC: Final = re.compile(r"PMC\d{1,12}", re.ASCII)
_FORBIDDEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufdd0-\ufdef"
    + "".join(
        f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
    )
    + "]"
)
SIGNS: Final = {
    IND + "Indication": "for",
    IND + "Contraindication": "against",
    IND + "NonIndication": "no-reason-for",
}
RELATIONS: Final = ("agrees", "disputes", "qualifies", "related")
ANSWERS: Final = ("met", "refuted", "open")


@functools.cache
def environment() -> jinja2.Environment:
    """Return the environment of the templates.

    Raises:
        IndicantError: Jinja is not installed.
    """
    try:
        import jinja2
    except ImportError as error:
        raise IndicantError(
            "pages are made by Jinja, which is not installed",
            help="pip install 'indicant[site]'",
        ) from error
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_fit,
    )
    found.globals.update(
        link=jinja2.pass_context(_link),
        href=jinja2.pass_context(_href),
        cell=jinja2.pass_context(_cell),
        say=jinja2.pass_context(_say),
        places=places,
        web=web,
        local_name=local_name,
        version=__version__,
        signs=SIGNS,
        relations=RELATIONS,
        answer_titles=ANSWERS,
    )
    return found


def _fit(value: Any) -> Any:
    """Replace the characters that HTML forbids, and those that would turn round what follows."""
    from markupsafe import Markup

    if not isinstance(value, str) or not _FORBIDDEN.search(value):
        return value
    fit = _FORBIDDEN.sub("\ufffd", value)
    return Markup(fit) if isinstance(value, Markup) else fit  # noqa: S704 - as it was


def style(*more: str) -> str:
    """Return the style sheet, and others behind it."""
    return "".join(bounded.text(TEMPLATES / name) for name in ("site.css", *more))


def script() -> str:
    """Return the script of the search page."""
    return bounded.text(TEMPLATES / "search.js")


def digest(text: str) -> str:
    """Return a text's digest as a content security policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def web(iri: str | None) -> str | None:
    """Return an address of the web as it is, and nothing else.

    >>> web("javascript:alert(1)") is None
    True
    """
    return iri if iri is not None and _WEB.fullmatch(iri) else None


def places(publication: Publication) -> list[tuple[str, str]]:
    """Return where a publication is found: what to show and the address."""
    found = []
    if publication.doi and _DOI.fullmatch(publication.doi):
        found.append((f"doi:{publication.doi}", f"https://doi.org/{publication.doi}"))
    if publication.pmid and _DIGITS.fullmatch(publication.pmid):
        address = f"https://pubmed.ncbi.nlm.nih.gov/{publication.pmid}/"
        found.append((f"PMID {publication.pmid}", address))
    if publication.pmcid and _PMC.fullmatch(publication.pmcid):
        address = f"https://pmc.ncbi.nlm.nih.gov/articles/{publication.pmcid}/"
        found.append((publication.pmcid, address))
    return found


def targets(content: Content) -> dict[str, tuple[str, str]]:
    """Return the page and the label of everything that has a place on the site, by IRI."""
    found: dict[str, tuple[str, str]] = {}
    for term in content.terms:
        found[term.iri] = (f"reference.html#{term.slug}", term.label)
    for folder, root in (("findings", "Finding"), ("interventions", "Intervention")):
        for iri in content.hierarchy.get(IND + root, {}):
            if iri in found and iri != IND + root:
                slug, label = found[iri][0].partition("#")[2], found[iri][1]
                found[iri] = (f"{folder}/{slug}.html", label)
    for criterion in content.criteria:
        found[criterion.iri] = (f"criteria.html#{criterion.slug}", criterion.label)
    for one in content.recommendations:
        found[one.iri] = (f"recommendations/{one.slug}.html", one.label)
    for publication in content.publications:
        label = f"{publication.authors or publication.title} {publication.year or ''}".strip()
        found[publication.iri] = (f"publications/{publication.slug}.html", label)
    for passage in content.passages:
        found[passage.iri] = (f"source.html#{passage.slug}", passage.id)
    for note in content.notes:
        found[note.iri] = (f"source.html#_note-{note.slug}", note.label)
    for phase in content.phases:
        found[phase.iri] = (f"index.html#{phase.slug}", phase.label)
    for guideline in content.guidelines:
        if guideline.iri is not None:
            found[guideline.iri] = ("index.html", guideline.label)
    return found


def by_passage(content: Content) -> dict[str, list[Evidence]]:
    """Return what publications say, by passage."""
    found: dict[str, list[Evidence]] = {}
    for one in content.evidence:
        found.setdefault(one.passage, []).append(one)
    return found


def _target(context: Context, iri: str | None) -> tuple[str, str] | None:
    links: Mapping[str, tuple[str, str]] = context["links"]
    return None if iri is None else links.get(iri)


def _href(context: Context, iri: str | None) -> str | None:
    """Return the address of a term's place, relative to the page."""
    found = _target(context, iri)
    return None if found is None else f"{context['root']}{found[0]}"


def _link(context: Context, iri: str, text: str | None = None) -> Any:
    """Return a link to a term's place, or its name alone where it has none."""
    from markupsafe import Markup

    found = _target(context, iri)
    if found is None:
        return Markup("<bdi>{}</bdi>").format(text or local_name(iri))
    address, label = found
    return Markup('<a href="{}"><bdi>{}</bdi></a>').format(
        f"{context['root']}{address}", text or label
    )


def _say(context: Context, part: str, key: str, **values: object) -> Any:
    """Return what the program says, with links and other markup in its places."""
    from markupsafe import escape

    return escape(context["w"](part, key)).format(**values)


def _cell(context: Context, term: ox.NamedNode | ox.BlankNode | ox.Literal | None) -> Any:
    """Return the cell of a table: an IRI as a link under its short name."""
    import pyoxigraph as ox
    from markupsafe import Markup

    if term is None:
        return ""
    shown = context["content"].shorten(term)
    if isinstance(term, ox.NamedNode):
        return _link(context, term.value, shown)
    return Markup("<bdi>{}</bdi>").format(shown)
