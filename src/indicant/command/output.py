"""Print what verbs found to the streams of the command, and mistakes beside it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    import os
    from collections.abc import Callable, Iterable
    from typing import TextIO

    import pyoxigraph

    from indicant.api.among import Among
    from indicant.assess.assessor import Assessor, InvalidCase
    from indicant.assess.records import CaseRecord
    from indicant.errors import IndicantError
    from indicant.files.rdf import Document
    from indicant.guideline.wording import Words
    from indicant.screen.records import ScreenRecord


def tell(error: IndicantError) -> None:
    """Tell a mistake, with what to do next, on standard error."""
    from indicant.foreign import plain

    sys.stdout.flush()
    print(plain(f"indicant: {error}"), file=sys.stderr)
    if error.help:
        print(plain(f"  help: {error.help}"), file=sys.stderr)
    if error.see:
        from indicant.errors import DOCUMENTATION

        print(f"  see:  {DOCUMENTATION}{error.see}", file=sys.stderr)


def tell_language(language: str) -> None:
    """Tell on standard error that there are no words in a language but those of a guideline."""
    from indicant.guideline.languages import ENGLISH, is_tag
    from indicant.guideline.wording import Words

    words = Words(language)
    if is_tag(language) and language.lower().split("-")[0] not in {ENGLISH, words.language}:
        print(f"indicant: note: {words('refused', 'no-words', tag=language)}", file=sys.stderr)


def tell_recovered(place: str | os.PathLike[str]) -> None:
    """Finish what a run that was killed had begun at a place, and tell it on standard error.

    Raises:
        IndicantError: it cannot be finished.
    """
    from pathlib import Path

    from indicant.files.staging import recover
    from indicant.foreign import plain

    for line in recover(Path(place)):
        print(plain(f"indicant: {line}"), file=sys.stderr)


def deliver_among(among: Among, form: str, output: str | None) -> int:
    """Print whom other guidelines answer otherwise, or write it whole, and return the exit code."""
    from indicant.foreign import as_json

    text = as_json(among.record) + "\n" if form == "json" else str(among)
    if output is None:
        sys.stdout.write(text)
    else:
        from indicant.files.atomic import write

        write(text.encode("utf-8", "backslashreplace"), output)
    return 0 if among.is_whole and not among.is_changed else 1


def tell_findings(error: InvalidCase, language: str = "en") -> int:
    """Tell what a case breaks on standard error, and return the exit code."""
    from indicant.assess.prose import finding_line
    from indicant.guideline.wording import Words

    words = Words(language)
    for finding in error.findings:
        print(finding_line(finding, words), file=sys.stderr)
    print(f"indicant: {error.told(words)}", file=sys.stderr)
    return error.exit_code


def tell_of_case(
    options: argparse.Namespace,
    told: Callable[[Assessor, Document], Iterable[tuple[object, str]]],
) -> int:
    """Print what is told of each case of a file, or what does not hold of it."""
    from indicant.assess.assessment import InvalidCase
    from indicant.assess.assessor import with_date
    from indicant.command.arguments import guideline_of
    from indicant.command.cases import cases_of, check_as_of

    check_as_of(options)
    guideline = guideline_of(options)
    found = []
    try:
        own = [guideline.example()] if options.example else None
        for case in own or cases_of(options, guideline, options.case):
            document = guideline.document(case)
            if options.as_of is not None:
                document = with_date(document, options.as_of)
            found += list(told(guideline.assessor, document))
    except InvalidCase as error:
        output = Output(options.format, sys.stdout, options.lang)
        output.invalid(error)
        output.close()
        return error.exit_code
    if options.format == "json":
        from indicant.foreign import as_json

        sys.stdout.write(as_json([record for record, _ in found]) + "\n")
    else:
        sys.stdout.write("\n".join(text for _, text in found))
    return 0


class Output:
    """Prints assessments one after the other in one format."""

    def __init__(self, form: str, stream: TextIO, language: str = "en") -> None:
        """Print in a form to a stream, and what is told beside it in a language."""
        from indicant.guideline.wording import Words

        self._words = Words(language)
        self._form = form
        self._stream = stream
        self._objects: list[object] = []
        self._triples: dict[object, None] = {}
        self._first = True
        self._dense = False

    def records(self, records: list[CaseRecord]) -> None:
        """Take the records of a file, for JSON in which each thing stands in its place."""
        self._objects.extend(records)

    def screens(self, screens: list[ScreenRecord], words: Words) -> None:
        """Take the screens of a file."""
        if self._form == "json":
            self._objects.extend(screens)
            self._dense = True
            return
        from indicant.screen.markdown import as_markdown
        from indicant.screen.text import as_text

        render = as_text if self._form == "text" else as_markdown
        for screen in screens:
            if not self._first:
                print(
                    "\n" + ("-" * 72 if self._form == "text" else "---") + "\n", file=self._stream
                )
            self._first = False
            self._stream.write(render(screen, words))

    def triples(self, triples: list[pyoxigraph.Triple]) -> None:
        """Take the assessment of a file as a graph."""
        self._triples.update(dict.fromkeys(triples))

    def invalid(self, error: InvalidCase) -> None:
        """Take what a case breaks that is not assessed."""
        from dataclasses import asdict

        from indicant.assess.prose import finding_line

        if self._form == "json":
            file = error.findings[0].file if error.findings else None
            findings = [asdict(finding) for finding in error.findings]
            self._objects.append({"file": file, "findings": findings})
        elif self._form == "turtle":
            for finding in error.findings:
                print(f"# {finding_line(finding, self._words)}", file=self._stream)
        else:
            for finding in error.findings:
                print(finding_line(finding, self._words), file=self._stream)
        self._stream.flush()
        print(f"indicant: {error.told(self._words)}", file=sys.stderr)

    def close(self) -> None:
        """Print what had to wait for the last file."""
        if self._form == "json":
            from indicant.foreign import as_dense_json, as_json

            written = as_dense_json if self._dense else as_json
            self._stream.write(written(self._objects) + "\n")
        elif self._triples:
            import pyoxigraph

            from indicant.foreign import as_rdf
            from indicant.terms import PREFIXES

            text = pyoxigraph.serialize(
                self._triples,  # type: ignore[arg-type]
                format=pyoxigraph.RdfFormat.TURTLE,
                prefixes=PREFIXES,
            )
            self._stream.write(as_rdf((text or b"").decode()))
