"""Text, Markdown, a page and JSON show one screen, word for word, at every detail."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import reading_back
import told
from assessed import QUICK, SOURCES, assessed, few
from indicant.command.output import Output
from indicant.guideline.wording import Words
from indicant.screen.records import DETAILS
from indicant.site.casepage import CasePage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indicant.screen.records import Detail, ScreenRecord

RULES = {"text": f"\n{'-' * 72}\n\n", "markdown": "\n---\n\n"}


def printed(form: str, screens: Sequence[ScreenRecord]) -> str:
    """Return what the command prints of screens."""
    stream = io.StringIO()
    output = Output(form, stream)
    output.screens(list(screens), Words())
    output.close()
    return stream.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("detail", DETAILS)
@pytest.mark.parametrize("source", SOURCES)
def test_every_form_says_what_the_screen_says(source: str, detail: Detail) -> None:
    ones = few(source)
    screens = [one.screen(detail) for one in ones]
    assert screens
    for form in ("text", "markdown"):
        parts = printed(form, screens).split(RULES[form])
        read = reading_back.text if form == "text" else reading_back.markdown
        assert [read(part) for part in parts] == [told.shown(one, form) for one in screens]
    assert json.loads(printed("json", screens)) == screens
    page = CasePage(ones[0].assessor, io.StringIO(), detail=detail)
    for one in ones:
        page.document(one.document)
    found = reading_back.cases(page.text())
    shown = [replace(each, pictures=[]) for each in found]
    assert shown == [told.shown(one, "html") for one in screens]


@pytest.mark.slow
@pytest.mark.parametrize("source", QUICK)
def test_what_does_not_apply_is_shown_where_it_was_asked_for(source: str) -> None:
    ones = assessed(source)
    page = CasePage(ones[0].assessor, io.StringIO(), everything=True)
    for one in ones:
        page.document(one.document)
    screens = [one.screen("full", everything=True) for one in ones]
    assert any(one["rest"] for one in screens)
    for one, screen in zip(ones, screens, strict=True):
        named = {each["term"] for line in screen["rest"] for each in line["actions"]}
        actions = one.record["actions"]
        assert named == {each["action"] for each in actions if told.group_of(each) == TITLE}
    found = reading_back.cases(page.text())
    shown = [replace(each, pictures=[]) for each in found]
    assert shown == [told.shown(one, "html") for one in screens]


TITLE = told.TITLES["rest"]


@pytest.mark.slow
@pytest.mark.parametrize("source", QUICK)
def test_a_sign_never_stands_alone(source: str) -> None:
    """Neither colour nor a sign says anything that a word does not say as well."""
    ones = assessed(source)
    page = CasePage(ones[0].assessor, io.StringIO())
    for one in ones:
        page.document(one.document)
    lines = reading_back.signed(reading_back.page(page.text()))
    assert lines
    other = {"undetermined": {told.PRESSING}, "recommended": {*told.STANDS.values()}}
    for kind, sign, word in lines:
        assert sign == told.SIGNED[kind]
        assert word in {told.SAID.get(kind, kind), *other.get(kind, ())}
