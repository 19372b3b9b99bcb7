"""What a service of CDS Hooks asks for and how it tells, by the rows of ``hooks.ttl``."""

from __future__ import annotations

from docparts.markup import plain, table
from indicant.serve.rows import hook_rows


def levels() -> str:
    """Return how pressing a card is, the row that counts first above the others."""
    rows = [
        (
            "; ".join(
                f"`{name}` {' or '.join(f'`{one}`' for one in sorted(values))}"
                for name, values in level.when
            ),
            f"`{level.indicator}`",
        )
        for level in hook_rows().levels
    ]
    return table(("where", "indicator"), rows)


def overrides() -> str:
    """Return the reasons that a clinician may choose who does not follow a card."""
    return table(
        ("code", "reason"), [(f"`{code}`", plain(said)) for code, said in hook_rows().overrides]
    )


def searches() -> str:
    """Return how records of each type are asked for."""
    rows = [
        (f"`{one.record_type}`", f"`{one.template}`", f"`{one.narrowed}`" if one.narrowed else "")
        for one in hook_rows().searches
    ]
    return table(("type", "template", "narrowed by"), rows)
