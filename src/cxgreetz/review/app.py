"""The pages: addresses in, HTML out. The one door to Starlette.

In: a way to open the workspace, and how visitors come in. Out: an ASGI application. Never: a
script in an email's frame, blog text as markup, a traceback for what a person can mend.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from cxgreetz import pipeline
from cxgreetz.errors import CxGreetzError, UsageError
from cxgreetz.model import Email
from cxgreetz.pipeline import Workspace
from cxgreetz.ports import Account
from cxgreetz.providers._letters import bytes_of, message_of
from cxgreetz.review import desk, preview, texts_desk
from cxgreetz.review.editing import EditionForms
from cxgreetz.review.edition_page import read_edition
from cxgreetz.review.editors import editor_of
from cxgreetz.review.forms import is_live, local, refused, text_of, what_was_written
from cxgreetz.review.gate import LANGUAGE_COOKIE, Door, Faces, Gate, words_of
from cxgreetz.review.pages import OpenWorkspace, message, page
from cxgreetz.review.sending import SendingForms
from cxgreetz.review.words import LANGUAGES

#: An email runs nothing and loads nothing but pictures. Its links open real pages, which
#: may run their own scripts: without the escape they would look broken.
_EMAIL_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src http: https: data:; style-src 'unsafe-inline'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox; frame-ancestors 'self'"
    ),
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
}
_HERE = Path(__file__).parent
_YEAR = 365 * 24 * 3600


def make_app(
    open_workspace: OpenWorkspace,
    token: str = "",
    *,
    is_password: Callable[[str], bool] | None = None,
    public_url: str = "",
) -> Starlette:
    """Make the review page of a workspace, which is opened afresh for every request.

    `token` lets a browser in: `/?token=...` leaves a cookie and leads on. With `is_password`
    only a password does. `public_url` is where browsers reach the page, if not on this machine.
    """
    room = _Room(open_workspace)
    door = Door(token, is_password, public_url)
    app = Starlette(
        routes=[
            *desk.routes(open_workspace),
            Route("/language", _language, methods=["POST"]),
            Route("/edition/{edition}", room.edition),
            *EditionForms(open_workspace).routes(),
            *SendingForms(open_workspace).routes(),
            Route("/edition/{edition}/{name}.{kind}", room.file),
            *texts_desk.routes(open_workspace),
            Mount("/static", StaticFiles(directory=_HERE / "static")),
        ],
        middleware=[Middleware(Gate, door=door, faces=Faces(_refusal, _login))],
        exception_handlers={
            HTTPException: _http_error,
            CxGreetzError: _known_error,
            Exception: _unknown_error,
        },
    )
    # An address is right as it is or it is none: nobody is led on to another.
    app.router.redirect_slashes = False
    return app


class _Room:
    """The endpoints; each opens the workspace, reads, and closes it again."""

    def __init__(self, open_workspace: OpenWorkspace) -> None:
        self._open = open_workspace

    def edition(self, request: Request) -> Response:
        key, t = request.path_params["edition"], words_of(request)
        with self._open() as workspace:
            try:
                shown = read_edition(workspace, key, t)
            except UsageError as error:
                raise HTTPException(404, str(error)) from error
            names = [pane.row.name for pane in shown.panes]
            choices = preview.choices(request.query_params, names, t)
            zone, editor = workspace.config.zone, editor_of(request)
            return page(
                request, "edition.html", page=shown, choices=choices, zone=zone, editor=editor
            )

    def file(self, request: Request) -> Response:
        """The stored draft of one email: `nl.html`, `nl.txt` or `nl.eml`."""
        key, name, kind = (request.path_params[part] for part in ("edition", "name", "kind"))
        with self._open() as workspace:
            draft = workspace.store.drafts(key).get(name)
            if draft is None or kind not in _FILES:
                told = words_of(request)("no_file", file=f"{name}.{kind}", edition=key)
                raise HTTPException(404, told)
            return _FILES[kind](workspace, workspace.store.email(draft.fingerprint), request)


def _language(request: Request) -> Response:
    """Remember in which language the page speaks."""
    chosen = text_of(request, "language")
    answer = RedirectResponse(local(text_of(request, "back")), 303)
    if chosen in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, chosen, _YEAR, httponly=True, samesite="strict")
    return answer


# the emails


def _html_file(workspace: Workspace, email: Email, request: Request) -> Response:
    html = email.html
    if "framed" in request.query_params:
        html = preview.framed(_as_pushed(workspace, email).html, request.query_params.get("at", ""))
    if request.query_params.get("images") == "off":
        html = preview.without_images(html)
    return HTMLResponse(html, headers=_EMAIL_HEADERS)


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
    config = workspace.config
    account = Account(
        config.newsletter.name,
        config.newsletter.sender,
        unsubscribe=config.provider.unsubscribe,
        at=workspace.now(),
    )
    fitted = _as_pushed(workspace, email)
    name = f"{email.edition}-{email.language.replace('+', '-')}.eml"
    return Response(
        bytes_of(message_of(fitted, account)),
        media_type="message/rfc822",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


_FILES = {"html": _html_file, "txt": _text_file, "eml": _eml_file}


# what is told instead of a page


def _refusal(request: Request, status: int, sentence: str) -> Response:
    if is_live(request):
        return refused(request, sentence, status)
    title = words_of(request)("closed_title")
    return message(request, status, title, sentence, what_was_written(request))


def _login(request: Request, status: int, wrong: str, back: str) -> Response:
    return page(request, "login.html", status, wrong=wrong, back=back)


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    t = words_of(request)
    said = error.detail
    if said == HTTPStatus(error.status_code).phrase:
        said = t("not_here")
    text = said[:1].upper() + said[1:]
    if is_live(request):
        return refused(request, text, error.status_code)
    title = t("not_found_title" if error.status_code == 404 else "not_here_title")
    return message(request, error.status_code, title, text)


def _known_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, CxGreetzError)
    if request.method == "POST":
        return refused(request, error)
    return message(request, 500, words_of(request)("not_shown_title"), str(error))


def _unknown_error(request: Request, _error: Exception) -> Response:
    t = words_of(request)
    if is_live(request):
        return refused(request, t("fault"), 500)
    return message(request, 500, t("fault_title"), t("fault"))
