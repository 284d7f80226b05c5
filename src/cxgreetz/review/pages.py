"""How a page is made: a template, the visitor's words, the notices that wait, the form guard.

In: a request and what a template needs. Out: HTML. Never: blog text as markup, a page without
its policy.

Every template has, besides what it is given: `t` (the words), `form_guard()` (the hidden field
of every form that changes something), `here` (the page's own address, for `back`), `inside`
(whether the visitor is let in), `notices` (what was just done, told once) and `login` (whether
there is a password, and so a way out). The one door to Jinja2 for pages.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from cxgreetz.pipeline import Workspace
from cxgreetz.review.gate import HEADERS, session_of, words_of
from cxgreetz.review.rows import shortened, web_address

#: Opens the workspace afresh for one request.
OpenWorkspace = Callable[[], AbstractContextManager[Workspace]]

_TEMPLATES = Path(__file__).parent / "templates"


def page(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """Render `template`; `context` comes on top of what every template has."""
    session = session_of(request)
    guard = Markup('<input type="hidden" name="csrf" value="{}">').format(
        session.csrf if session else ""
    )
    common = {
        "t": words_of(request),
        "form_guard": lambda: guard,
        "here": _address_of(request),
        "inside": session is not None,
        "login": session is not None and session.can_leave,
        "notices": session.take_notices() if session else [],
    }
    html = _templates().get_template(template).render(common | context)
    return HTMLResponse(html, status, HEADERS)


def message(
    request: Request, status: int, title: str, text: str, kept: dict[str, str] | None = None
) -> HTMLResponse:
    """A page that only says something; `kept` is what somebody wrote and must not lose."""
    return page(request, "message.html", status, title=title, text=text, kept=kept or {})


def _address_of(request: Request) -> str:
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "brief": shortened,
        "command": _command,
        "language": _language,
        "month": _month,
        "sentence": _sentence,
        "web": web_address,
        "when": _when,
    }
    return environment


@jinja2.pass_context
def _language(context: jinja2.runtime.Context, name: str) -> str:
    return str(context["t"].email(name))


@jinja2.pass_context
def _month(context: jinja2.runtime.Context, key: str) -> str:
    return str(context["t"].month(key))


def _sentence(text: str) -> str:
    """Begin with a capital: Dutch writes its months without."""
    return text[:1].upper() + text[1:]


@jinja2.pass_context
def _when(context: jinja2.runtime.Context, moment: Any, zone: ZoneInfo) -> str:
    return str(context["t"].moment(moment, zone))


def _command(text: str) -> Markup:
    """Mark the command with which one of our sentences ends."""
    before, sign, command = text.partition(": cxgreetz ")
    return Markup("{}: <code>cxgreetz {}</code>").format(before, command) if sign else escape(text)
