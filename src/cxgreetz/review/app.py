"""The pages: addresses in, HTML out. The one door to Starlette, and to Jinja2 for pages.

In: a way to open the workspace, and the token. Out: an ASGI application that only reads.
Never: a script in an email's frame, blog text as markup, a traceback for what a person can
mend.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from email.policy import SMTP
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from markupsafe import Markup, escape
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from cxgreetz import pipeline
from cxgreetz.errors import CxGreetzError, UsageError
from cxgreetz.model import Email
from cxgreetz.pipeline import Workspace
from cxgreetz.ports import Account
from cxgreetz.providers import outbox
from cxgreetz.review import preview
from cxgreetz.review.edition_page import read_edition
from cxgreetz.review.gate import HEADERS, Gate
from cxgreetz.review.overview import read_overview
from cxgreetz.review.rows import count, language_name, web_address

OpenWorkspace = Callable[[], AbstractContextManager[Workspace]]

#: An email runs nothing and loads nothing but pictures. Its links open real pages, which
#: may run their own scripts: without the escape they would look broken.
_EMAIL_POLICY = (
    "default-src 'none'; img-src http: https: data:; style-src 'unsafe-inline'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox; frame-ancestors 'self'"
)
_HERE = Path(__file__).parent


def make_app(open_workspace: OpenWorkspace, token: str) -> Starlette:
    """Make the review page of a workspace, which is opened afresh for every request.

    `token` lets a browser in: `/?token=...` leaves a cookie and leads on.
    """
    room = _Room(open_workspace)
    return Starlette(
        routes=[
            Route("/", room.overview),
            Route("/edition/{edition}", room.edition),
            Route("/edition/{edition}/{name}.{kind}", room.file),
            Mount("/static", StaticFiles(directory=_HERE / "static")),
        ],
        middleware=[Middleware(Gate, token=token, refuse=_refusal)],
        exception_handlers={
            HTTPException: _http_error,
            CxGreetzError: _known_error,
            Exception: _unknown_error,
        },
    )


class _Room:
    """The endpoints; each opens the workspace, reads, and closes it again."""

    def __init__(self, open_workspace: OpenWorkspace) -> None:
        self._open = open_workspace

    def overview(self, _request: Request) -> Response:
        with self._open() as workspace:
            page = read_overview(workspace)
            return _page("overview.html", page=page, zone=workspace.config.zone)

    def edition(self, request: Request) -> Response:
        key = request.path_params["edition"]
        with self._open() as workspace:
            try:
                page = read_edition(workspace, key)
            except UsageError as error:
                raise HTTPException(404, str(error)) from error
            names = {pane.row.name: pane.row.language for pane in page.panes}
            choices = preview.choices(request.query_params, names)
            return _page("edition.html", page=page, choices=choices, zone=workspace.config.zone)

    def file(self, request: Request) -> Response:
        """The stored draft of one email: `nl.html`, `nl.txt` or `nl.eml`."""
        key, name, kind = (request.path_params[part] for part in ("edition", "name", "kind"))
        with self._open() as workspace:
            draft = workspace.store.drafts(key).get(name)
            if draft is None or kind not in _FILES:
                raise HTTPException(404, f"There is no {name}.{kind} in an edition {key}.")
            return _FILES[kind](workspace, workspace.store.email(draft.fingerprint), request)


def _html_file(workspace: Workspace, email: Email, request: Request) -> Response:
    html = email.html
    if "framed" in request.query_params:
        html = preview.framed(_as_pushed(workspace, email).html)
    if request.query_params.get("images") == "off":
        html = preview.without_images(html)
    return HTMLResponse(html, headers={"Content-Security-Policy": _EMAIL_POLICY})


def _text_file(workspace: Workspace, email: Email, _request: Request) -> Response:
    return Response(_as_pushed(workspace, email).text, media_type="text/plain")


def _as_pushed(workspace: Workspace, email: Email) -> Email:
    """What readers will get; where the provider cannot be asked yet, with neutral links."""
    try:
        return pipeline.as_pushed(workspace, email)
    except CxGreetzError:
        return email


def _eml_file(workspace: Workspace, email: Email, _request: Request) -> Response:
    """The message as the outbox would write it, to be opened in a mail program."""
    account = Account(
        workspace.config.newsletter.name, workspace.config.newsletter.sender, at=workspace.now()
    )
    fitted = _as_pushed(workspace, email)
    name = f"{email.edition}-{email.language.replace('+', '-')}.eml"
    return Response(
        outbox.message_of(fitted, account).as_bytes(policy=SMTP),
        media_type="message/rfc822",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


_FILES = {"html": _html_file, "txt": _text_file, "eml": _eml_file}


# pages


def _page(template: str, status: int = 200, **context: Any) -> HTMLResponse:
    return HTMLResponse(_templates().get_template(template).render(context), status, HEADERS)


def _refusal(status: int, sentence: str) -> Response:
    return _page("message.html", status, title="This page is not open to you", text=sentence)


def _http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title = "There is no such page" if error.status_code == 404 else "That cannot be done here"
    said = error.detail
    if said == HTTPStatus(error.status_code).phrase:
        said = "look at the overview for what there is."
    text = said[:1].upper() + said[1:]
    return _page("message.html", error.status_code, title=title, text=text)


def _known_error(_request: Request, error: Exception) -> Response:
    title = "This cannot be shown at the moment"
    return _page("message.html", 500, title=title, text=str(error))


def _unknown_error(_request: Request, _error: Exception) -> Response:
    text = "It is not your doing. The terminal of “cxgreetz review” says what happened."
    return _page("message.html", 500, title="Something went wrong", text=text)


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "command": _command,
        "count": count,
        "language": language_name,
        "web": web_address,
        "when": _when,
    }
    return environment


def _when(moment: datetime | str | None, zone: ZoneInfo) -> str:
    """A moment as people write it, in the newsletter's zone: "22 November 2026, 05:12"."""
    if moment is None:
        return ""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    local = moment.astimezone(zone)
    return f"{local.day} {local:%B %Y, %H:%M}"


def _command(text: str) -> Markup:
    """Mark the command with which one of our sentences ends."""
    before, sign, command = text.partition(": cxgreetz ")
    return Markup("{}: <code>cxgreetz {}</code>").format(before, command) if sign else escape(text)
