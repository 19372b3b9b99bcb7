"""Read a document of JSON that is a resource of FHIR, or a bundle of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from indicant.errors import IndicantError
from indicant.foreign import excerpt
from indicant.intake import decoding
from indicant.intake.decoding import (
    MODIFYING,
    Decoder,
    Record,
    TooManyError,
    skipped,
    why,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from indicant.intake.sieve import Entry, Sieve
    from indicant.intake.splitting import Parts

_LIST_IN: Final = 32
"""Of how many characters of a document, where it is a large one, one at most may begin a list."""
_BUNDLES: Final = frozenset(
    {"batch", "collection", "document", "message", "searchset", "transaction"}
)
_NO_RECORDS: Final = {
    "history": "holds several versions of each record",
    "batch-response": "answers a request, and holds no records",
    "transaction-response": "answers a request, and holds no records",
    "subscription-notification": "tells of a subscription, and holds no records",
}


class Document:
    """A resource or a bundle as JSON. Of a bundle the entries are read one by one."""

    def __init__(self, text: str, file: str, partial: list[str]) -> None:
        """Take its text, what it is called, and where to say why it may not be all."""
        self._text, self._file, self._partial = text, file, partial
        self._decoder = Decoder()
        self._top: dict[str, Any] = {}
        self._odd: list[str] = []
        self._entries = 0
        self._matches = 0
        self._withdrawn = False

    def records(self) -> Iterator[Record]:
        """Yield the records.

        Raises:
            IndicantError: it is no JSON, or no document with records.
        """
        at = self._skip(0)
        self._see_that_it_is_no_bomb()
        try:
            if self._text[at : at + 1] != "{":
                raise self._error("is no JSON object", at)
            at = self._skip(at + 1)
            while self._text[at : at + 1] != "}":
                key, at = self._decoder.value(self._text, at)
                at = self._skip(at)
                if not isinstance(key, str) or self._text[at : at + 1] != ":":
                    raise self._error("is no JSON: a name and a colon are expected", at)
                at = self._skip(at + 1)
                if key in self._top:
                    self._odd.append(f"{excerpt(key)} twice")
                if key in MODIFYING:
                    self._odd.append(key)
                if key == "entry" and self._text[at : at + 1] == "[":
                    self._top["entry"] = None
                    for record, behind in self._entry_by_entry(at):
                        at = behind
                        if record is not None:
                            yield record
                else:
                    self._top[key], at = self._decoder.value(self._text, at)
                    self._odd += self._decoder.oddities()
                at = self._separated(at, "}")
        except TooManyError as error:
            raise self._error(f"holds a record that is too large: {error}", at) from error
        except (json.JSONDecodeError, StopIteration) as error:
            at = getattr(error, "pos", at)
            reason = getattr(error, "msg", "a value is expected")
            raise self._error(f"is no JSON: {reason}", at) from error
        except RecursionError as error:
            raise self._error("is nested too deeply", at) from error
        if self._text[self._skip(at + 1) :]:
            raise self._error("is no JSON: something stands behind its end", at + 1)
        yield from self._finished()

    def sifted(self, sieve: Sieve, parts: Parts) -> Iterator[Record]:
        """Yield the records of a bundle that is split into its entries.

        Raises:
            IndicantError: it is no document with records.
        """
        self._see_that_it_is_no_bomb()
        try:
            top = self._decoder.whole(parts.rest)
        except ValueError:
            top = {}
        odd = self._decoder.oddities()
        if odd or top.get("entry") != []:
            yield from self.records()
            return
        for self._entries, data in enumerate(parts.entries, 1):
            passed = sieve.entry(data, plain=parts.plain)
            record = self._whole_entry(data) if passed is None else self._passed(data, *passed)
            if record is not None:
                yield record
        self._top = {**top, "entry": None}
        yield from self._finished()

    def _see_that_it_is_no_bomb(self) -> None:
        most = max(decoding.MOST_PARTS, len(self._text) // _LIST_IN)
        if len(self._text) > 2 * most and self._text.count("[") > most:
            raise self._error("holds lists, and hardly anything within them", self._skip(0))

    def _whole_entry(self, data: bytes) -> Record | None:
        text = data.decode("utf-8")
        try:
            return self._entry(self._decoder.value(text, 0)[0], lambda: self._text.find(text))
        except (ValueError, RecursionError) as error:
            told = f"holds a record that is too large: {error}"
            if not isinstance(error, TooManyError):
                told = f"is no JSON: {why(error)}"
            raise self._error(told, self._text.find(text)) from error

    def _passed(self, data: bytes, entry: Entry, content: dict[str, Any]) -> Record | None:
        """Return a record of which nothing counts."""
        record = self._record(entry.request, entry.search, content, entry.fullUrl)
        if record is not None:
            record.passed = data
        return record

    def _entry_by_entry(self, at: int) -> Iterator[tuple[Record | None, int]]:
        at = self._skip(at + 1)
        if self._text[at : at + 1] == "]":
            yield None, at + 1
            return
        while True:
            self._entries += 1
            start = at
            entry, at = self._decoder.value(self._text, at)
            record = self._entry(entry, lambda start=start: start)  # type: ignore[misc]
            at = self._separated(at, "]")
            if self._text[at : at + 1] == "]":
                yield record, at + 1
                return
            yield record, at

    def _entry(self, entry: Any, start: Callable[[], int]) -> Record | None:
        odd = self._decoder.oddities()
        if not isinstance(entry, dict):
            raise self._error(f"entry {self._entries} is no object", start())
        content = entry.get("resource")
        if content is not None and not isinstance(content, dict):
            raise self._error(f"the resource of entry {self._entries} is no object", start())
        record = self._record(
            entry.get("request"), entry.get("search"), content, entry.get("fullUrl")
        )
        if record is not None:
            record.odd = odd
        return record

    def _record(
        self, request: Any, search: Any, content: dict[str, Any] | None, url: Any
    ) -> Record | None:
        request = request if isinstance(request, dict) else {}
        method, target = str(request.get("method", "")), str(request.get("url", ""))
        mode = str(search.get("mode", "")) if isinstance(search, dict) else ""
        self._matches += mode in {"", "match"}
        if content is None and not method:
            self._partial.append(f"entry {self._entries} of {self._file} holds no record")
            return None
        if content and content.get("resourceType") == "Composition":
            self._withdrawn |= content.get("status") == "entered-in-error"
        return Record(
            content or {},
            self._file,
            None,
            f"entry {self._entries}",
            url if isinstance(url, str) else "",
            method,
            mode,
            target=target,
        )

    def _finished(self) -> Iterator[Record]:
        """Yield a document that is one record, and refuse a bundle that is none of those read."""
        top = self._top
        kind = top.get("resourceType")
        if not isinstance(kind, str):
            raise IndicantError(
                "is no FHIR: it has no resourceType",
                file=self._file,
                help="a bundle or a resource of FHIR R4 or R5 is read, as JSON",
            )
        if kind != "Bundle":
            if self._entries:
                raise IndicantError(f"a {excerpt(kind)} has no entries", file=self._file)
            yield Record(top, self._file, 1, "", odd=tuple(self._odd))
            return
        form = str(top.get("type", ""))
        if form not in _BUNDLES:
            reason = _NO_RECORDS.get(form, "is of no type that is read")
            raise IndicantError(
                f"the bundle of type '{excerpt(form)}' {reason}",
                file=self._file,
                help=f"one of: {', '.join(sorted(_BUNDLES))}",
            )
        if self._odd:
            raise IndicantError(
                f"the bundle has {', '.join(self._odd)}: what it holds may mean something else",
                file=self._file,
                help="ask its sender for a bundle without it",
            )
        if form == "document" and self._withdrawn:
            raise IndicantError(
                "the document was entered in error",
                file=self._file,
                help="ask its sender for the one that holds",
            )
        total = top.get("total")
        if form == "searchset" and total is not None and str(total) != str(self._matches):
            told = excerpt(str(total))
            self._partial.append(f"{self._file} has {self._matches} of {told} records")
        links = top.get("link")
        for link in links if isinstance(links, list) else []:
            if isinstance(link, dict) and link.get("relation") == "next":
                self._partial.append(f"{self._file} is one page of several")

    def _skip(self, at: int) -> int:
        return skipped(self._text, at)

    def _separated(self, at: int, end: str) -> int:
        """Return where the next one begins, or the end stands, behind a value."""
        at = self._skip(at)
        if self._text[at : at + 1] == ",":
            at = self._skip(at + 1)
            if self._text[at : at + 1] != end:
                return at
        elif self._text[at : at + 1] == end:
            return at
        raise self._error(f"is no JSON, or cut off: a comma or {end} is expected", at)

    def _error(self, message: str, at: int) -> IndicantError:
        line = self._text.count("\n", 0, at) + 1
        column = at - (self._text.rfind("\n", 0, at) + 1) + 1
        return IndicantError(
            message,
            file=self._file,
            line=line,
            column=column,
            help="fetch the document again, or give it as it was sent",
        )
