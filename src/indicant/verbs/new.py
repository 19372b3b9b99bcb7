"""``indicant new``: a template in the right file."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from indicant.command.arguments import add_outside, fence
from indicant.errors import IndicantError

if TYPE_CHECKING:
    from indicant.command.arguments import Verbs

_KINDS: Final = (
    "recommendation",
    "criterion",
    "finding",
    "intervention",
    "passage",
    "document",
    "guideline",
)
_EPILOG: Final = """\
examples:
  indicant new guideline rain
  indicant new document leaflet --in rain --from leaflet.txt 'dcterms:title "On rain"@en'
  indicant new passage s01 --in rain --from leaflet.txt --quote 'Take an umbrella'
  indicant new finding WetHair --in rain 'skos:definition "hair that holds water"@en'
  indicant new criterion Caught --in rain
  indicant new recommendation take-an-umbrella --in rain 'ind:strength "should"@en'

Findings, interventions and criteria have names in UpperCamelCase, all others in kebab-case. A
property is written in Turtle, as a predicate with its objects, and replaces what the template says
with the same predicate. Then  indicant check  says what is still missing.
"""


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "new",
        help="a recommendation, a finding or another part of a guideline, in the right file",
        description="Add something new to a guideline, in the file where its like stands. What is "
        "there already is never overwritten.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument("kind", choices=_KINDS, metavar="KIND", help=f"one of: {', '.join(_KINDS)}")
    verb.add_argument("name", metavar="NAME", help="what to call it, at the end of its IRI")
    verb.add_argument(
        "property",
        nargs="*",
        metavar="PROPERTY",
        help="what else to say of it: a predicate with its objects, in Turtle",
    )
    verb.add_argument(
        "--in",
        dest="place",
        metavar="PLACE",
        help="a guideline by name or folder, or one of its files (the guideline of this folder, "
        "else the one that ships); for a new guideline, the folder that holds its own (this one)",
    )
    verb.add_argument(
        "--iri", metavar="IRI", help="the namespace of a new guideline (https://example.org/NAME/)"
    )
    verb.add_argument(
        "--from", dest="source", metavar="FILE", help="the text that a document or a passage is of"
    )
    verb.add_argument(
        "--quote",
        metavar="WORDS",
        help="the words of a passage, of which only the position and the digest are kept",
    )
    add_outside(verb)
    verb.set_defaults(run=run)
    verb.mixed = True


def run(options: argparse.Namespace) -> int:
    """Add it, and say where it stands."""
    from pathlib import Path

    from indicant.author.scaffold import compose, put
    from indicant.command.output import tell_recovered
    from indicant.files.sources import GUIDELINE_FILE, resolve
    from indicant.foreign import plain

    if options.kind == "guideline":
        place = Path(options.place or ".")
    elif options.iri is not None:
        raise IndicantError("--iri is for a new guideline", help="indicant new --help")
    elif options.kind not in ("passage", "document") and (options.source or options.quote):
        raise IndicantError("--from and --quote are for passages", help="indicant new --help")
    elif options.place is None and Path(GUIDELINE_FILE).is_file():
        place = Path()
    else:
        place = resolve(options.place)
    if options.kind == "guideline":
        tell_recovered(place / options.name)
    added = compose(
        options.kind,
        options.name,
        options.property,
        place=place,
        iri=options.iri,
        source=options.source,
        quote=options.quote,
        fence=fence(options),
    )
    put(added)
    print(plain(f"{added.path}:{added.line}: {options.kind} {options.name}"))
    return 0
