"""Forms that change something: what was sent, and the answer to it.

In: a request that the gate let through. Out: what a person wrote, and one answer that suits a
plain form and our script alike. Never: a change on a GET, an address of another site.

How a form is made here:

    <form method="post" action="/edition/2026-11/subject" data-live data-refresh="emails findings">
    {{ form_guard() }} ... <button>...</button></form>

    def subject(self, request: Request) -> Response:
        form = read_form(request)
        try:
            ...the verb...
        except CxGreetzError as error:
            return refused(request, error)
        return done(request, "/edition/2026-11#emails", words_of(request)(KEY))

- The gate has already looked at Host, Origin, session and `csrf`; an endpoint only reads.
- Without scripts: `done` leads on (303) and the notice stands on the next page, once;
  `refused` is a page with the reason and with what was written, so that nothing is lost.
- `data-live`: review.js sends the form, shows the notice or the error, and replaces the parts
  of the page whose ids `data-refresh` names by those of a fresh GET of the same address, focus
  and scroll kept. Without `data-refresh` it goes where `done` leads. The answer it gets:
  {"ok", "notice", "error", "redirect"}.
- An endpoint may leave a CxGreetzError alone: app.py answers it with `refused` too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from cxgreetz.errors import CxGreetzError, HeldError, UsageError
from cxgreetz.review.gate import session_of, words_of
from cxgreetz.review.pages import message

#: What a person writes, other than the form's own small fields, has at least so many characters.
_WORTH_KEEPING = 12
_OUR_OWN = ("csrf", "back", "password")


#: What was sent: `form["name"]`, `form.get("name", "")`, `form.getlist("name")`, all text.
Form = ImmutableMultiDict[str, str]


def read_form(request: Request) -> Form:
    """What was sent; lines end with "\\n"."""
    return cast("Form", getattr(request.state, "form", None) or Form())


def text_of(request: Request, name: str) -> str:
    """One field of the form, "" where it was not sent."""
    return read_form(request).get(name, "")


def is_live(request: Request) -> bool:
    """Whether our script asks, which wants JSON."""
    return request.headers.get("x-requested-with") == "cxgreetz"


def done(
    request: Request, where: str, notice: str = "", *, seals: Mapping[str, str] | None = None
) -> Response:
    """It was done: lead on to `where`, a place of this page, and tell `notice` there once.

    `seals` tells a script that shows emails which ones there are now, by their names.
    """
    where = local(where)
    if is_live(request):
        answer = {"ok": True, "notice": notice, "error": "", "redirect": where}
        return JSONResponse(answer | ({"seals": dict(seals)} if seals else {}))
    session = session_of(request)
    if session and notice:
        session.notices.append(notice)
    return RedirectResponse(where, 303)


def seals_in(request: Request) -> dict[str, str]:
    """By email, which bytes the page showed that a form stands on."""
    form = read_form(request)
    return {
        name.removeprefix("seal-"): str(form[name]) for name in form if name.startswith("seal-")
    }


def refused(request: Request, error: CxGreetzError | str, status: int | None = None) -> Response:
    """It was not done, and why; without scripts with what was written, to be kept."""
    if status is None:
        status = 409 if isinstance(error, HeldError) else 400
        if isinstance(error, CxGreetzError) and not isinstance(error, HeldError | UsageError):
            status = 502 if error.exit_code == 3 else 400
    if is_live(request):
        answer = {"ok": False, "notice": "", "error": str(error), "redirect": ""}
        return JSONResponse(answer, status)
    title = words_of(request)("refused_title")
    return message(request, status, title, str(error), what_was_written(request))


def what_was_written(request: Request) -> dict[str, str]:
    """The fields of the form that took somebody time: what would be a pity to lose."""
    return {
        name: value
        for name, value in read_form(request).multi_items()
        if name not in _OUR_OWN and len(value) >= _WORTH_KEEPING
    }


def local(where: str) -> str:
    """`where` if it is an address of this page, else the overview.

    Two slashes, or a backslash, which browsers read as one, would name another site.
    """
    fine = where.startswith("/") and not where.startswith("//")
    return where if fine and "\\" not in where and where.isprintable() else "/"
