"""Read to what each patient belongs: a site, a ward, a quarter."""

from __future__ import annotations

import csv
import io
from typing import Final

from indicant.errors import IndicantError
from indicant.files import bounded
from indicant.foreign import excerpt

COLUMNS: Final = ("patient", "stratum")
MOST_BYTES: Final = 1_000_000_000
MOST_STRATA: Final = 1_000


def read_strata(path: str) -> dict[str, str]:
    """Return the stratum of each patient, from a table with the columns of both.

    Raises:
        IndicantError: it cannot be read, lacks a column, or says two things of one patient.
    """
    text = bounded.text(path, MOST_BYTES).removeprefix("\ufeff")
    reader = csv.reader(io.StringIO(text), strict=True)
    found: dict[str, str] = {}
    strata: set[str] = set()
    try:
        head = [one.strip() for one in next(reader, [])]
        if any(head.count(one) != 1 for one in COLUMNS):
            raise IndicantError(
                f"the first line shall name the columns {' and '.join(COLUMNS)}",
                file=path,
                line=1,
                help="write it as  patient,stratum",
            )
        places = [head.index(one) for one in COLUMNS]
        for row in reader:
            if not row:
                continue
            if len(row) != len(head):
                raise IndicantError(
                    f"the line has {len(row)} values, and the first one {len(head)}",
                    file=path,
                    line=reader.line_num,
                )
            patient, stratum = (row[place] for place in places)
            if found.setdefault(patient, stratum) != stratum:
                raise IndicantError(
                    f"patient {excerpt(patient)} is in two strata",
                    file=path,
                    line=reader.line_num,
                    help="keep the line that is so",
                )
            strata.add(stratum)
            if len(strata) > MOST_STRATA:
                raise IndicantError(
                    f"holds more than {MOST_STRATA:,} strata",
                    file=path,
                    line=reader.line_num,
                    help="name what many patients have in common",
                )
    except csv.Error as error:
        raise IndicantError(str(error), file=path, line=reader.line_num) from error
    return found
