"""``indicant new``: a template in the right file."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from indicant.command.arguments import add_outside, count, day
from indicant.errors import IndicantError

if TYPE_CHECKING:
    from indicant.command.arguments import Verbs

_KINDS: Final = {
    "recommendation": "advice for or against an intervention",
    "criterion": "a class of patient cases that advice is for",
    "finding": "what a patient may have",
    "intervention": "what can be done for a patient",
    "course": "an intervention that lasts and that a case records once",
    "property": "what can be measured or chosen of a finding or an intervention",
    "values": "a set of values that a property chooses from",
    "passage": "a stretch of the source, by position and digest",
    "document": "the source, by its digest",
    "case": "a patient to fill in, for assess or among the tests",
    "guideline": "a folder of its own, which an editor of ontologies opens",
}
_EPILOG: Final = (
    "kinds:\n"
    + "".join(f"  {kind:<16}{meaning}\n" for kind, meaning in _KINDS.items())
    + """
examples:
  indicant new guideline rain
  indicant new document leaflet --in rain --from leaflet.txt 'dcterms:title "On rain"@en'
  indicant new passage s01 --in rain --from leaflet.txt --quote 'Take an umbrella'
  indicant new passage s02 --in rain --from leaflet.txt --quote umbrella --nth 2
  indicant new finding WetHair --in rain 'skos:definition "hair that holds water"@en'
  indicant new course Drying --in rain
  indicant new values Wetness Damp Soaked --in rain
  indicant new property wetness --in rain 'rdfs:range :Wetness' 'ind:question "How wet is it?"@en'
  indicant new property degrees --in rain 'rdfs:range xsd:integer'
  indicant new criterion Caught --in rain
  indicant new recommendation take-an-umbrella --in rain 'ind:strength "should"@en'
  indicant new case mine --in rain --as-of 2026-11-22 'ind:hasFinding [ a rain:WetHair ]'
  indicant new case take-an-umbrella-fires-in-rain --in rain --tests tests

Names are in UpperCamelCase for what is a class, in lowerCamelCase for properties, and in kebab-case
for all others. A PROPERTY is written in Turtle, as a predicate with its objects, and replaces what
the template says with the same predicate. What nobody can know for you is left out or has a place
to fill in: a definition is "...", and what is to be named ends in ToBeNamed. Until all of it is
said,  indicant check  tells what is missing.
"""
)


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
    verb.add_argument("kind", choices=tuple(_KINDS), metavar="KIND", help="what it is: see below")
    verb.add_argument("name", metavar="NAME", help="what to call it, at the end of its IRI")
    verb.add_argument(
        "property",
        nargs="*",
        metavar="PROPERTY",
        help="what else to say of it: a predicate with its objects, in Turtle; of a set of values "
        "the names of these",
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
        help="the words of a passage, of which only the position and the digest are kept; lines, "
        "spaces and indents may be others",
    )
    verb.add_argument(
        "--nth",
        type=count,
        metavar="N",
        help="which of several places with these words the passage is, from 1",
    )
    verb.add_argument(
        "--as-of", type=day, metavar="DATE", help="the date of a case, YYYY-MM-DD (today)"
    )
    verb.add_argument(
        "--tests",
        metavar="FOLDER",
        help="the folder of cases with what is expected of them in which a case is to be one "
        "(without it, the case is a file in this folder)",
    )
    add_outside(verb)
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Add it, and say where it stands."""
    import sys
    from pathlib import Path

    from indicant.api.guideline import Guideline
    from indicant.author.scaffold import place_of
    from indicant.command.output import tell_recovered
    from indicant.foreign import plain

    _demand_fitting(options)
    if options.kind == "guideline":
        tell_recovered(place_of(options.kind, options.place) / options.name)
    if options.tests is not None:
        tell_recovered(Path(options.tests) / options.name)
    added = Guideline.new(
        options.kind,
        options.name,
        *options.property,
        place=options.place,
        iri=options.iri,
        source=options.source,
        quote=options.quote,
        nth=options.nth,
        tests=options.tests,
        as_of=options.as_of,
        allow_outside=options.outside,
    )
    for note in added.notes:
        print(plain(f"indicant: {note}"), file=sys.stderr)
    print(plain(f"{added.path}:{added.line}: {options.kind} {options.name}"))
    return 0


def _demand_fitting(options: argparse.Namespace) -> None:
    """Refuse options that say nothing of the kind."""
    for given, name, kinds in (
        (options.iri, "--iri is", ("guideline",)),
        (options.source, "--from is", ("passage", "document")),
        (options.quote, "--quote is", ("passage",)),
        (options.nth, "--nth is", ("passage",)),
        (options.as_of, "--as-of is", ("case",)),
        (options.tests, "--tests is", ("case",)),
    ):
        if given is not None and options.kind not in kinds:
            raise IndicantError(
                f"{name} for a new {' or '.join(kinds)}, not for a {options.kind}",
                help="indicant new --help",
            )
