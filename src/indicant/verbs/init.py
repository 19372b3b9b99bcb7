"""``indicant init``: the repository of an institution, from nothing."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from indicant.command.arguments import add_guideline, day

if TYPE_CHECKING:
    from indicant.command.arguments import Verbs

_EPILOG: Final = """\
examples:
  indicant init policy --namespace https://example.org/policy/
  indicant init policy --namespace https://example.org/policy/ --name "Riverside Hospital"
  cd policy && make test

It writes an overlay with one rule to replace, its policy in prose, a copy of the published
guideline pinned by version and digest, cases with what has to be answered, a Makefile and a
workflow. The folder appears whole or not at all; one that holds something is left alone.
"""


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "init",
        help="the repository of an institution: a published guideline, pinned, and an overlay",
        description="Found the repository of an institution that follows a published guideline "
        "and lays a local policy over it.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument("directory", metavar="DIR", help="a folder that is empty or not there yet")
    verb.add_argument(
        "--namespace", required=True, metavar="IRI", help="where its own terms live, with / or #"
    )
    verb.add_argument("--name", default="Local policy", help="what to call it (Local policy)")
    verb.add_argument(
        "--date", type=day, metavar="DATE", help="when it was decided, YYYY-MM-DD (today)"
    )
    verb.add_argument(
        "--package",
        metavar="REQUIREMENT",
        help="where it installs Indicant from, pinned: 'indicant[reasoner] @ URL-of-a-wheel#sha256="
        "DIGEST' or 'indicant[reasoner] @ git+URL@COMMIT'; without it, the file indicant.txt says "
        "what to fill in, and the workflow fails until that is done",
    )
    add_guideline(verb, outside=False)
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Found it, and say what to do next."""
    import shlex

    from indicant.api.repository import Repository
    from indicant.command.output import tell_recovered
    from indicant.foreign import plain

    tell_recovered(options.directory)
    founded = Repository.found(
        options.directory,
        options.namespace,
        guideline=options.guideline,
        label=options.name,
        date=options.date,
        requirement=options.package,
    ).founded
    assert founded is not None  # noqa: S101 - it has just been
    published = founded.published
    print(plain(f"{options.directory}: {len(founded.files)} files"))
    print(plain(f"  follows <{published.iri}> {published.version}"))
    print(plain(f"  pinned  sha256 {published.digest}"))
    if options.package is None:
        print("  missing indicant.txt does not say yet where to install Indicant from")
    print(plain(f"next: cd {shlex.quote(options.directory)} && make test"))
    return 0
