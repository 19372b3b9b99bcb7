"""Make a table of one's own of FHIR resources by a ViewDefinition that lies beside it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from indicant.errors import IndicantError
from indicant.files import bounded
from indicant.files.fence import Fence, real
from indicant.foreign import excerpt
from indicant.intake.decoding import Broken, Number
from indicant.intake.fhir import Resources
from indicant.intake.supply import Supply
from indicant.intake.views import View, ViewError, view_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indicant.intake.mapping import Mapped
    from indicant.intake.readings import Tables

_SEE: Final = "howto/tables.html"
_MOST_BYTES: Final = 1_000_000


class Viewed:
    """The rows that a view gives of the resources of a folder.

    ``columns`` are the names in lower case, with how the view writes them; ``partial`` says, when
    all rows were read, what of the resources was not viewed and may hold more.
    """

    def __init__(self, folder: str, one: Mapped, tables: Tables) -> None:
        self._one, self._resources = one, Resources(tables)
        fence = Fence((real(folder),))
        self._file = str(fence.follow(Path(folder, one.view), Path(folder)))
        self._source = str(fence.follow(Path(folder, one.resources), Path(folder)))
        self._view = self._read()
        self.columns = {name.lower(): name for name in self._view.columns}
        self.partial: list[str] = []

    def _read(self) -> View:
        text = bounded.text(self._file, _MOST_BYTES)
        try:
            return view_of(json.loads(text, parse_float=Number, parse_int=Number))
        except (ViewError, ValueError, RecursionError) as error:
            raise IndicantError(
                f"is no ViewDefinition that is read: {excerpt(str(error), 200)}",
                file=self._file,
                see=_SEE,
            ) from error

    def rows(self) -> Iterator[dict[str, str]]:
        """Yield the rows, each by the columns in lower case, without what is empty.

        Raises:
            IndicantError: the resources cannot be read, or the view does not fit one of them.
        """
        supply = Supply(self._source)
        left: dict[str, int] = {}
        for record in supply.records():
            if isinstance(record, Broken):
                raise IndicantError(
                    record.message, file=record.file, line=record.line, help="fetch the file again"
                )
            if record.content.get("resourceType") != self._view.resource:
                continue
            refusal = self._resources.refusal(record)
            if refusal is not None:
                left[refusal.reason] = left.get(refusal.reason, 0) + 1
                continue
            try:
                found = self._view.rows(record.content)
            except ViewError as error:
                raise IndicantError(
                    f"the view {excerpt(self._one.view)} does not fit a resource: {error}",
                    file=record.file,
                    line=record.line,
                    see=_SEE,
                ) from error
            for row in found:
                yield {
                    low: self._text(row[name], name)
                    for low, name in self.columns.items()
                    if row[name] is not None
                }
        self.partial = [
            f"{number} resources are not viewed by {excerpt(self._one.view)} ({reason})"
            for reason, number in sorted(left.items())
        ]
        self.partial += supply.missing()

    def _text(self, value: Any, name: str) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str):
            return str(value)
        raise IndicantError(
            f"the column {excerpt(name)} of {excerpt(self._one.view)} has more than one value",
            file=os.path.basename(self._file),
            help="have the view give a single value there: a text, a number, true or false",
        )
