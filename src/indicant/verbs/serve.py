"""The verb ``serve``: guidelines as a service over HTTP."""

from __future__ import annotations

import argparse
import ipaddress
import sys
from typing import TYPE_CHECKING, Final

from indicant.command.arguments import count, seconds
from indicant.command.cases import check_as_of
from indicant.errors import IndicantError

if TYPE_CHECKING:
    from indicant.command.arguments import Verbs
    from indicant.serve.app import Service

MOST_PROCESSES: Final = 64
_EPILOG: Final = """\
examples:
  indicant serve                                    the guideline that ships, on this machine alone
  indicant serve --guideline policy --timezone America/New_York
  indicant serve --lang de --lang en                pages and cards in German, or English
  indicant serve --guideline a --guideline b --port 9000 --as-of 2026-11-22
  indicant serve --processes 4                      four that answer, and share the guidelines
  indicant serve --jwks keys.json --base-url https://cds.hospital.example --feedback feedback.ndjson

A request is assessed for the day on which it arrives in --timezone (UTC), which every answer
states; --as-of, or an asOf in the request, answers for another one. Nothing of a request is kept
or written anywhere. SIGTERM ends it once what was begun is answered. It needs indicant[serve].
"""


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "serve",
        help="guidelines as a service: a page that asks, CDS Hooks, assessments, SPARQL",
        description="Answer over HTTP: a page that asks about one patient, CDS Hooks 2.0, what "
        "assess, why, next and whatif print, and SPARQL queries of the published graph.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument(
        "--guideline",
        action="append",
        metavar="NAME",
        help="a guideline by name, folder or file (the one that ships); may be repeated",
    )
    verb.add_argument(
        "--host", default="127.0.0.1", metavar="ADDRESS", help="where to listen (127.0.0.1)"
    )
    verb.add_argument("--port", type=int, default=8000, metavar="N", help="the port (8000)")
    verb.add_argument(
        "--lang",
        action="append",
        metavar="TAG",
        help="a language to answer in (en); may be repeated: clients get the one that they accept "
        "by Accept-Language, and else the first",
    )
    _add_reading(verb)
    _add_limits(verb)
    _add_clients(verb)
    verb.set_defaults(run=run)


def _add_reading(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--as-of", metavar="DATE", help="answer for this day, not for the one of a request"
    )
    verb.add_argument(
        "--timezone",
        metavar="ZONE",
        help="where the day of a request and of an instant in records counts, as in Europe/Berlin",
    )
    verb.add_argument(
        "--codes",
        action="append",
        default=[],
        metavar="TABLE",
        help="an SSSOM table of your own, beside those of the guideline; may be repeated",
    )
    verb.add_argument(
        "--completeness",
        action="append",
        default=[],
        metavar="FILE",
        help="what the records have without a gap, and who says so, in Turtle; with several "
        "guidelines NAME=FILE, for each",
    )


def _add_limits(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--max-body", type=count, default=8, metavar="MB", help="the largest request (8)"
    )
    verb.add_argument(
        "--timeout", type=seconds, default=30.0, metavar="N", help="seconds to an answer (30)"
    )
    verb.add_argument(
        "--processes",
        type=count,
        default=1,
        metavar="N",
        help="how many processes answer, which share the guidelines (1); --concurrency and the "
        "thousand connections are for each of them",
    )
    verb.add_argument(
        "--stuck",
        type=seconds,
        default=None,
        metavar="N",
        help="of several processes, seconds after which one that shows no sign of life is ended "
        "and replaced (60)",
    )
    verb.add_argument(
        "--concurrency",
        type=count,
        default=4,
        metavar="N",
        help="how many are answered at once, by each process; four times as many may wait (4)",
    )
    verb.add_argument(
        "--rate",
        type=seconds,
        default=None,
        metavar="N",
        help="how many requests a second one address may make (any number)",
    )


def _add_clients(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--base-url", metavar="URL", help="how clients call it (http://ADDRESS:PORT)")
    verb.add_argument(
        "--jwks", metavar="FILE", help="ask for a token of CDS Hooks, signed with one of these keys"
    )
    verb.add_argument(
        "--issuer",
        action="append",
        default=[],
        metavar="URL",
        help="who may sign tokens (whoever has a key); may be repeated",
    )
    verb.add_argument(
        "--proxy-key",
        metavar="FILE",
        help="let a proxy that signs people in open the pages, by the key of this file in its "
        "header Indicant-Proxy-Key",
    )
    verb.add_argument("--feedback", metavar="FILE", help="add feedback on cards to this file")
    verb.add_argument(
        "--feedback-comments", action="store_true", help="keep also what users write in it"
    )
    verb.add_argument(
        "--allow-origin",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="let web pages of this origin ask; may be repeated",
    )


def run(options: argparse.Namespace) -> int:
    """Run the service until it is asked to end."""
    from indicant.command.output import tell_language
    from indicant.guideline.languages import ENGLISH
    from indicant.intake.patients import zone_of
    from indicant.serve.running import run as run_service
    from indicant.serve.running import taken, url_of
    from indicant.serve.settings import STUCK, Settings

    check_as_of(options)
    if options.processes > MOST_PROCESSES:
        raise IndicantError(f"--processes takes at most {MOST_PROCESSES}")
    if options.stuck is not None and options.processes == 1:
        raise IndicantError(
            "--stuck needs --processes", help="one process alone has nobody to replace it"
        )
    languages = tuple(dict.fromkeys(options.lang or [ENGLISH]))
    for language in languages:
        tell_language(language)
    if options.timezone is not None:
        zone_of(options.timezone)
    if options.issuer and options.jwks is None:
        raise IndicantError("--issuer needs --jwks", help="name the file of keys")
    if options.proxy_key and options.jwks is None:
        raise IndicantError(
            "--proxy-key needs --jwks", help="without it nobody is asked for anything"
        )
    if options.feedback_comments and options.feedback is None:
        raise IndicantError("--feedback-comments needs --feedback", help="name the file")
    with taken(options.host, options.port) as sock:
        settings = Settings(
            as_of=options.as_of,
            timezone=options.timezone,
            codes=tuple(options.codes),
            completeness=tuple(options.completeness),
            max_body=options.max_body * 1_000_000,
            seconds=options.timeout,
            concurrency=options.concurrency,
            processes=options.processes,
            stuck=options.stuck or STUCK,
            rate=options.rate or 0.0,
            base_url=(options.base_url or url_of(sock)).rstrip("/"),
            jwks=options.jwks,
            proxy_key=options.proxy_key,
            issuers=tuple(options.issuer),
            feedback=options.feedback,
            comments=options.feedback_comments,
            origins=tuple(options.allow_origin),
            languages=languages,
        )
        if not _is_loopback(options.host) and options.jwks is None:
            print(
                "indicant: whoever reaches this address can ask: --jwks FILE asks for tokens",
                file=sys.stderr,
            )
        run_service(options.guideline or [None], settings, sock, _tell)
    return 0


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _tell(service: Service) -> None:
    """Tell what can be opened, and for which day requests are answered."""
    from indicant.foreign import plain
    from indicant.guideline.wording import Words
    from indicant.serve.front import routes

    settings = service.settings
    day = settings.as_of or f"the day on which they arrive in {settings.timezone or 'UTC'}"
    print(f"serves {', '.join(one.label for one in service.guidelines.each.values())}")
    print(plain(f"requests are answered for {day}"))
    print(plain(f"  {settings.base_url}/  what there is"))
    for route, said in routes(Words()).items():
        print(plain(f"  {settings.base_url}{route}  {said}"))
    sys.stdout.flush()
