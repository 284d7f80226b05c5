"""Who edits on this browser: asked once, remembered in a cookie, told beside every change.

In: a request; an answer. Out: a name; the answer with the name's cookie. Never: a proof of who
it is (the gate lets people in; a name only says whom to ask).
"""

from __future__ import annotations

from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

from cxgreetz.review.forms import text_of

_COOKIE = "cxgreetz-editor"
_YEAR = 365 * 24 * 3600
#: Characters of a name.
_LONGEST = 80


def editor_of(request: Request) -> str:
    """The name that was remembered; "" when nobody has said who she is."""
    return unquote(request.cookies.get(_COOKIE, ""))


def who_sends(request: Request) -> str:
    """Whose form it is: the name in it, else the one remembered; "" for neither."""
    return " ".join(text_of(request, "by").split())[:_LONGEST] or editor_of(request)


def remember(answer: Response, name: str) -> Response:
    answer.set_cookie(_COOKIE, quote(name), _YEAR, httponly=True, samesite="strict")
    return answer
