"""``indicant whatif``: what would change if a case were otherwise."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from indicant.command.arguments import add_case, add_told, check_case
from indicant.command.output import tell_of_case

if TYPE_CHECKING:
    from collections.abc import Iterable

    from indicant.assess.assessor import Assessor
    from indicant.command.arguments import Verbs
    from indicant.files.rdf import Document

_EPILOG: Final = """\
examples:
  indicant whatif case.ttl +Cough -Fever
  indicant whatif --example +Cough              of the example case of the guideline
  indicant whatif case.ttl ~Radiograph "shortness of breath:severity=Mild"
  indicant whatif case.ttl Bandage:weeks=3 asOf=2027-01-31

edits:
  +Term                  it is present, or was received; what excludes it is taken back
  -Term                  it is excluded; nodes of it, or of a class below, are taken back
  ~Term                  whether there is one, or ever was, is not known
  +ever:Term             the finding was there at some time
  -ever:Term             it never was; nodes of it are taken back, those of the past as well
  Term:property=value    the node of the class, or the named node, has this value; one is added
                         where there is none; a finding that gets an end is no longer present;
                         "88 umol/L" is in a unit of its own
  asOf=DATE              the case is as of another date

A term is an IRI, a name with a prefix, a local name or a label. Edits never take back one another:
a case that contradicts itself once it is edited is a finding. The file is left as it is.
"""


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "whatif",
        help="what would change if a case were otherwise",
        description="Apply edits to a copy of a case, and say for which interventions the status "
        "would be another, and why.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_case(verb)
    verb.add_argument("edit", nargs="*", metavar="EDIT", help="+Term, -Term, ~Term, …")
    add_told(verb)
    verb.edits = True
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks for and return the exit code."""
    edits = options.edit
    if options.example and options.case is not None:
        options.case, edits = None, [options.case, *edits]
    check_case(options)
    from indicant.explain import whatif
    from indicant.guideline.wording import Words

    def told(assessor: Assessor, document: Document) -> Iterable[tuple[object, str]]:
        found = whatif.what_if(assessor, document, [one.strip() for one in edits])
        words = Words(assessor.language)
        return ((record, whatif.as_text(record, words)) for record in found)

    return tell_of_case(options, told)
