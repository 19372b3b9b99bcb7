"""Find the term that a person means: by IRI, short name, local name or label."""

from __future__ import annotations

import difflib
import re
import unicodedata
from typing import TYPE_CHECKING, Final

from indicant.errors import IndicantError
from indicant.files.rdf import resolved
from indicant.terms import local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_PREFIX: Final = re.compile(
    r"^\s*@?(?:prefix\s+([\w.-]*):|(base))\s*<([^>]*)>", re.IGNORECASE | re.MULTILINE
)


def prefixes_in(texts: Iterable[str]) -> dict[str, str]:
    r"""Return the prefixes that texts in Turtle declare; the first one of a name counts.

    >>> prefixes_in(["@prefix a: <urn:a#> .\n@prefix b: <urn:b#> .", "@prefix a: <urn:c#> ."])
    {'a': 'urn:a#', 'b': 'urn:b#'}
    >>> prefixes_in(["@base <https://example.org/rain/> .\n@prefix r: <terms#> ."])
    {'r': 'https://example.org/rain/terms#'}
    """
    found: dict[str, str] = {}
    for text in texts:
        base = ""
        for name, is_base, iri in _PREFIX.findall(text):
            namespace = resolved(iri, base) if base else iri
            if is_base:
                base = namespace
            else:
                found.setdefault(name, namespace)
    return found


class Names:
    """Terms of one kind, by everything that they are called.

    >>> names = Names("finding", {"https://example.org/NeckPain": ["neck pain"]}, {})
    >>> names.find("Neck pain"), names.find("NeckPain")
    ('https://example.org/NeckPain', 'https://example.org/NeckPain')
    """

    def __init__(
        self, kind: str, labels: Mapping[str, Iterable[str]], prefixes: Mapping[str, str]
    ) -> None:
        """Take what to call the kind in an error, the labels of each IRI, and known prefixes."""
        self._kind = kind
        self._prefixes = prefixes
        self._by_name: dict[str, dict[str, None]] = {}
        self._terms = {iri: tuple(names) for iri, names in labels.items()}
        for iri, names in self._terms.items():
            for name in (local_name(iri), *names):
                self._by_name.setdefault(_key(name), {})[iri] = None

    def find(self, text: str) -> str:
        """Return the IRI of the term that a text names.

        Raises:
            IndicantError: there is none, with the nearest ones, or there are several.
        """
        found = self.search(text)
        if len(found) == 1:
            return found[0]
        if found:
            raise IndicantError(
                f"'{text}' is ambiguous",
                help="write one of: " + ", ".join(self.short(iri) for iri in found),
            )
        nearest = self.nearest(text)
        raise IndicantError(
            f"no {self._kind} is called '{text}'",
            help=f"did you mean {_either(nearest)}?" if nearest else None,
        )

    def search(self, text: str) -> list[str]:
        """Return every term that a text names, the exact spelling before the likely one."""
        iri = self.expanded(text)
        if iri is not None:
            return [iri] if iri in self._terms else []
        found = sorted(self._by_name.get(_key(text), ()))
        wanted = composed(text)
        exact = [
            one for one in found if wanted in map(composed, (local_name(one), *self._terms[one]))
        ]
        return exact if len(exact) == 1 else found

    def nearest(self, text: str) -> list[str]:
        """Return the short names of the terms whose names come nearest to a text."""
        key = _key(local_name(text).rsplit(":", 1)[-1])
        close = difflib.get_close_matches(key, list(self._by_name), n=3, cutoff=0.7)
        if len(key) > 3:
            close += sorted(
                (name for name in self._by_name if key in name and name not in close), key=len
            )[: 3 - len(close)]
        return list(dict.fromkeys(self.short(iri) for name in close for iri in self._by_name[name]))

    def short(self, iri: str) -> str:
        """Return the shortest name that means one term only."""
        name = local_name(iri)
        if self.search(name) == [iri]:
            return name
        for prefix, namespace in self._prefixes.items():
            if iri.startswith(namespace) and "/" not in iri[len(namespace) :]:
                return f"{prefix}:{iri[len(namespace) :]}"
        return f"<{iri}>"

    def expanded(self, text: str) -> str | None:
        """Return the IRI that a text is or abbreviates, if it has the form of one."""
        if text.startswith("<") and text.endswith(">"):
            return text[1:-1]
        prefix, colon, rest = text.partition(":")
        if not colon:
            return None
        if rest.startswith("//") or prefix == "urn":
            return text
        return self._prefixes[prefix] + rest if prefix in self._prefixes else None


def composed(text: str) -> str:
    r"""Return a text in the form that keyboards write, NFC, whatever form it was saved in.

    >>> composed("Fie\u0300vre") == "Fi\u00e8vre"
    True
    """
    return unicodedata.normalize("NFC", text)


def _key(name: str) -> str:
    """Return a name without what people vary: case, spaces, hyphens and how accents are saved.

    Marks are part of the letter that they stand on.
    """
    return "".join(
        one
        for one in composed(composed(name).casefold())
        if one.isalnum() or unicodedata.category(one).startswith("M")
    )


def _either(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
