"""Choose the language in which a guideline speaks, with English where it has no words."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from indicant.errors import IndicantError
from indicant.terms import IND, LABEL

if TYPE_CHECKING:
    from collections.abc import Collection

    from indicant.files.sources import Source

ENGLISH: Final = "en"
COMPILED: Final = "https://w3id.org/indicant/compiled/"
"""What the names of things begin with that the compiler makes."""
_TAG: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_SAID: Final = re.compile(
    r'(\S+ \S+) "((?:[^"\\]|\\.)*)"@([A-Za-z0-9]+(?:-[A-Za-z0-9]+)*)(?:--\w+)? \.'
)
_PHRASED: Final = re.compile(
    rf'(?m)^<{COMPILED}[^>]*> <{LABEL}> "(?:[^"\\]|\\.)*"@([A-Za-z0-9-]+) \.\n'
)
_NODES: Final = re.compile(r"(\S+) (\S+) (<[^>]*>) \.")


def in_language(graph: str, language: str) -> str:
    r"""Return a compiled guideline, as N-Triples, with its texts in one language.

    Of the texts that one property of one thing has, those in the language are kept, else those in
    the language without its region, else those in English. What is kept bears no tag, so that
    whoever asks for English gets it. What the compiler put into words keeps its English grammar
    around the names of the terms.

    >>> graph = '<urn:a> <urn:b> "Schnee"@de .\n<urn:a> <urn:b> "snow"@en .\n'
    >>> in_language(graph, "de-AT"), in_language(graph, "fr") == graph
    ('<urn:a> <urn:b> "Schnee" .\n', True)

    Raises:
        IndicantError: the language is no language tag.
    """
    wanted = _checked(language)
    if wanted == ENGLISH:
        return _apart(graph, ())
    graph = _apart(graph, {wanted, wanted.partition("-")[0]})
    said: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for match in _SAID.finditer(graph):
        said[match[1]][match[3].lower()].append(match[2])
    chosen = {
        subject: best
        for subject, texts in said.items()
        if (best := _best(texts, wanted)) is not None
    }
    names = {
        subject.split(" ")[0]: (said[subject][ENGLISH][0], said[subject][best][0])
        for subject, best in chosen.items()
        if subject.endswith(f" <{LABEL}>") and said[subject][ENGLISH]
    }
    phrased = _phrased(graph, said, names)
    lines: list[str] = []
    for line in graph.removesuffix("\n").split("\n"):
        text = _SAID.fullmatch(line)
        if text is None:
            lines.append(line)
        elif text[1] in phrased and text[1] not in chosen:
            lines.append(f'{text[1]} "{phrased[text[1]]}" .')
        elif text[1] not in chosen:
            lines.append(line)
        elif text[3].lower() == chosen[text[1]]:
            lines.append(f'{text[1]} "{text[2]}" .')
    return "\n".join([*lines, ""])


def _apart(graph: str, languages: Collection[str]) -> str:
    """Leave out what the compiler put into phrases of languages that nobody asks for."""
    return _PHRASED.sub(
        lambda match: match[0] if match[1].lower() in {ENGLISH, *languages} else "", graph
    )


def speaking(source: Source, language: str) -> Source:
    """Return a source that says the same, for those who take its English texts as its words.

    Texts in the language bear no tag, and the English ones that they stand in for have that of a
    private use. Every statement keeps its place, and the digest is another.

    Raises:
        IndicantError: the language is no language tag.
    """
    wanted = _checked(language)
    if wanted == ENGLISH:
        return source
    import pyoxigraph as ox

    said: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for _, subject, predicate, value in source.triples():
        if isinstance(value, ox.Literal) and value.language is not None:
            said[str(subject), str(predicate)][value.language.lower()].append(value.value)
    chosen = {key: best for key, texts in said.items() if (best := _best(texts, wanted))}

    def retold(quad: ox.Quad) -> ox.Quad:
        best, text = chosen.get((str(quad.subject), str(quad.predicate))), quad.object
        if best is None or not isinstance(text, ox.Literal):
            return quad
        tag = (text.language or "").lower()
        if tag == best:
            text = ox.Literal(text.value)
        elif tag == ENGLISH:
            text = ox.Literal(text.value, language=f"x-{ENGLISH}")
        return ox.Quad(quad.subject, quad.predicate, text, quad.graph_name)

    documents = tuple(
        replace(document, quads=tuple(map(retold, document.quads))) for document in source.documents
    )
    digest = hashlib.sha256(f"{source.digest} {wanted}".encode()).hexdigest()
    return replace(source, documents=documents, digest=digest)


def told_in(turtle: str, path: str, language: str) -> str:
    """Return Turtle in which a property says each thing in one language, as N-Triples.

    What there is in none of the language and of English stays.

    >>> told_in('<urn:a> <urn:b> "Schnee"@de , "snow"@en .', "urn:b", "de-AT").strip()
    '<urn:a> <urn:b> "Schnee"@de .'

    Raises:
        IndicantError: the language is no language tag.
    """
    import pyoxigraph as ox

    wanted = _checked(language)
    quads = list(ox.parse(turtle, format=ox.RdfFormat.TURTLE))
    said: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for quad in quads:
        if quad.predicate.value == path and isinstance(quad.object, ox.Literal):
            tag = (quad.object.language or ENGLISH).lower()
            said[str(quad.subject)][tag].append(quad.object.value)
    best = {node: _best(texts, wanted) or ENGLISH for node, texts in said.items()}

    def stays(quad: ox.Quad) -> bool:
        if quad.predicate.value != path or not isinstance(quad.object, ox.Literal):
            return True
        node, tag = str(quad.subject), (quad.object.language or ENGLISH).lower()
        return tag == best[node] or best[node] not in said[node]

    return "".join(f"{quad.triple} .\n" for quad in quads if stays(quad))


def is_tag(language: str) -> bool:
    """Tell whether a text is a language tag by its form."""
    return _TAG.fullmatch(language) is not None


def _checked(language: str) -> str:
    if not is_tag(language):
        raise IndicantError(
            f"'{language}' is no language tag", help="write it as in  de  or  pt-BR"
        )
    return language.lower()


def _best(texts: dict[str, list[str]], wanted: str) -> str | None:
    """Return the language to take, and none where that is English or nothing of use."""
    tag = wanted
    while tag:
        if tag == ENGLISH:
            return None
        if tag in texts:
            return tag
        regional = sorted(one for one in texts if one.startswith(f"{tag}-"))
        if regional and tag == wanted:
            return regional[0]
        tag = tag.rpartition("-")[0]
    return None


def _phrased(
    graph: str,
    said: dict[str, dict[str, list[str]]],
    names: dict[str, tuple[str, str]],
) -> dict[str, str]:
    """Return what the compiler put into words, with the names of the terms in the language."""
    if not names:
        return {}
    about: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for subject, predicate, value in _NODES.findall(graph):
        about[predicate[1:-1]][subject].append(value)
    facets, inner = about[f"{IND}facet"], about[f"{IND}innerFacet"]
    mentioned: dict[str, set[str]] = {}
    for existential, fillers in about[f"{IND}filler"].items():
        terms = set(fillers)
        queue = list(facets.get(existential, ()))
        while queue:
            facet = queue.pop()
            queue += inner.get(facet, ())
            for values in about.values():
                terms.update(values.get(facet, ()))
        mentioned[existential] = terms & names.keys()
    for literal, existentials in about[f"{IND}existential"].items():
        mentioned[literal] = set().union(*(mentioned.get(one, set()) for one in existentials))
    found: dict[str, str] = {}
    for subject, terms in mentioned.items():
        key = f"{subject} <{LABEL}>"
        text = next(iter(said[key][ENGLISH]), None) if key in said else None
        if text is None or not terms:
            continue
        words = dict(names[term] for term in sorted(terms))
        found[key] = _replaced(text, words)
    return found


def _replaced(text: str, words: dict[str, str]) -> str:
    """Replace words by others, the longest first and each once.

    >>> _replaced("wet snow with snow", {"snow": "S", "wet snow": "W"})
    'W with S'
    """
    longest = sorted(words, key=lambda one: (-len(one), one))
    either = "|".join(re.escape(one) for one in longest)
    return re.sub(rf"(?<!\w)(?:{either})(?!\w)", lambda match: words[match[0]], text)
