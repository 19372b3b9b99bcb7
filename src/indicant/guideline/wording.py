"""The words of the program around what a guideline says, in a language."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from indicant.files import bounded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ENGLISH: Final = "en"
FOLDER: Final = Path(__file__).parent / "words"


class Words:
    """What the program says beside a guideline; what a language has no words for is English.

    >>> Words("en")("step", "after", phases="the first")
    'only after the first have failed'
    >>> Words("en").count("line", "agrees", 1), Words("de-AT").language
    ('1 agrees', 'de')
    """

    def __init__(self, language: str = ENGLISH) -> None:
        """Take the words of a language, or of the language that it is a region's kind of."""
        tag = language.lower()
        while tag and tag not in languages():
            tag = tag.rpartition("-")[0]
        self.language = tag or ENGLISH
        self._own = table(self.language)
        self._english = table(ENGLISH)

    def __call__(self, part: str, key: str, **values: object) -> str:
        """Return what is said, with values in its places; of what nobody knows, the key."""
        own = self._own.get(part, {}).get(key)
        text = own if own is not None else self._english.get(part, {}).get(key, key)
        return text.format(**values) if values else text

    def count(self, part: str, key: str, n: int, **values: object) -> str:
        """Return how many there are of something."""
        return self(part, f"{key}-{'one' if n == 1 else 'many'}", n=self.number(n), **values)

    def number(self, number: int) -> str:
        """Return how many there are of something as the language writes it.

        >>> Words("en").number(12345), Words("de").number(12345)
        ('12,345', '12.345')
        """
        return f"{number:,}".replace(",", self("number", "thousands"))

    def decimal(self, number: str) -> str:
        """Return a number of a fact as the language writes it, in no groups.

        >>> Words("en").decimal("1200.5"), Words("de").decimal("1200.5")
        ('1200.5', '1200,5')
        """
        return number.replace(".", self("number", "decimal"))

    def case(self, record: Mapping[str, object]) -> str:
        """Return which case a record is about, and as of which date."""
        return self("heading", "case", case=record["case"], date=record["asOf"])

    def entered(self, part: str, failing: Sequence[str]) -> str:
        """Say of a later stage which ones have to have failed, or that it has its own conditions.

        >>> Words("en").entered("step", ["rest", "tea"]), Words("de").entered("path", ["Ruhe"])
        ('only after rest and tea have failed', 'hat Ruhe versagt?')
        """
        if not failing:
            return self(part, "later")
        return self(part, "after" if failing[1:] else "after-one", phases=self.listed(failing))

    def listed(self, names: Sequence[str]) -> str:
        """Return names as a list in a sentence.

        >>> Words("en").listed(["rest", "tea", "exercise"]), Words("de").listed(["Ruhe", "Tee"])
        ('rest, tea and exercise', 'Ruhe und Tee')
        """
        *first, last = names
        return f"{', '.join(first)} {self('step', 'and')} {last}" if first else last

    def settled(self, status: str, labels: Sequence[str], more: int = 0) -> str:
        """Return what becomes of interventions; of some of them only how many there are is said.

        >>> Words("en").settled("not-applicable", ["rest"])
        'nothing for or against rest'
        >>> Words("en").settled("recommended", ["rest"], 2)
        'rest and 2 more recommended'
        """
        named = ", ".join(labels)
        if more and named:
            named = f"{named} {self('step', 'and')} {self('line', 'more', n=more)}"
        return self.count("settled", status, len(labels) + more, labels=named or more)

    def graded(self, strength: str | None, certainty: str | None) -> str:
        """Return how strong advice is by GRADE, and how certain what it rests on.

        >>> Words("en").graded("conditional", "very low"), Words("de").graded(None, "high")
        ('conditional recommendation, very low certainty', 'hohe Evidenzqualität')
        """
        given = (("strength", strength), ("certainty", certainty))
        keys = [f"{kind}-{one.replace(' ', '-')}" for kind, one in given if one]
        return ", ".join(self("grade", key) for key in keys)

    def padded(self, part: str, key: str, among: Iterable[str]) -> str:
        """Return a label as wide as the widest of those that it stands among."""
        width = max(len(self(part, one)) for one in among)
        return self(part, key).ljust(width)


@functools.cache
def languages() -> tuple[str, ...]:
    """Return the languages that there are words of, English first."""
    found = sorted(path.stem for path in FOLDER.glob("*.toml"))
    return (ENGLISH, *(one for one in found if one != ENGLISH))


@functools.cache
def table(language: str) -> Mapping[str, Mapping[str, str]]:
    """Return the words of a language that there is a file of, by part and key."""
    return tomllib.loads(bounded.text(FOLDER / f"{language}.toml"))
