"""The endpoints of the texts' page: it is read, and its forms are answered, at one address.

In: a way to open the workspace. Out: routes. Never: a decision; the verbs are the pipeline's.

A form says in `do` what it wants (mend, accept, dismiss, restore, name), carries the passage's
`slot` and the `mark` of what it showed, and the editor's name. What cannot be kept comes back
in the page with the reason and what was typed; nobody's words are overwritten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from cxgreetz import pipeline
from cxgreetz.errors import HeldError, StaleError, UsageError
from cxgreetz.pipeline import Workspace
from cxgreetz.review.editors import remember, who_sends
from cxgreetz.review.forms import done, is_live, refused, text_of
from cxgreetz.review.gate import words_of
from cxgreetz.review.pages import OpenWorkspace, page
from cxgreetz.review.texts import Typed, address_of, anchor_of, read_texts


def routes(open_workspace: OpenWorkspace) -> Sequence[BaseRoute]:
    """The address of a column's texts in a language."""
    desk = _Desk(open_workspace)
    place = "/edition/{edition}/{language}/{piece:path}"
    return [
        Route(place, desk.show),
        Route(place, desk.act, methods=["POST"]),
    ]


class _Desk:
    def __init__(self, open_workspace: OpenWorkspace) -> None:
        self._open = open_workspace
        self._verbs: Mapping[str, Callable[[Workspace, Request, str], str]] = {
            "mend": self._mend,
            "accept": self._accept,
            "dismiss": self._dismiss,
            "restore": self._restore,
        }

    def show(self, request: Request) -> Response:
        with self._open() as workspace:
            return _shown(workspace, request)

    def act(self, request: Request) -> Response:
        t = words_of(request)
        by = who_sends(request)
        slot = text_of(request, "slot")
        where = address_of(*_place(request)) + (f"#{anchor_of(slot)}" if slot else "")
        verb = self._verbs.get(text_of(request, "do"))
        if text_of(request, "do") == "name" and by:
            return remember(done(request, where, t("texts_named", by=by)), by)
        with self._open() as workspace:
            try:
                if not by:
                    raise UsageError(t("texts_name_first"))
                if verb is None:
                    raise UsageError(t("not_here"))
                told = verb(workspace, request, by)
            except StaleError as error:
                return _kept_open(workspace, request, t("texts_stale"), error)
            except (UsageError, HeldError) as error:
                return _kept_open(workspace, request, str(error))
        return remember(done(request, where, told), by)

    def _mend(self, workspace: Workspace, request: Request, by: str) -> str:
        edition, language, piece = _place(request)
        slot, text, mark = (text_of(request, name) for name in ("slot", "text", "mark"))
        pipeline.mend_passage(workspace, edition, language, piece, slot, text, by=by, expected=mark)
        return words_of(request)("texts_mended")

    def _accept(self, workspace: Workspace, request: Request, by: str) -> str:
        edition, language, piece = _place(request)
        slot, mark = text_of(request, "slot"), text_of(request, "mark")
        pipeline.accept_passage(workspace, edition, language, piece, slot, by=by, expected=mark)
        return words_of(request)("texts_accepted")

    def _dismiss(self, workspace: Workspace, request: Request, by: str) -> str:
        if not (reason := text_of(request, "reason").strip()):
            raise UsageError(words_of(request)("texts_reason_first"))
        named = [text_of(request, "finding")]
        pipeline.dismiss_findings(workspace, _place(request)[0], named, reason=reason, by=by)
        return words_of(request)("texts_dismissed")

    def _restore(self, workspace: Workspace, request: Request, _by: str) -> str:
        pipeline.restore_findings(workspace, _place(request)[0], [text_of(request, "finding")])
        return words_of(request)("texts_restored")


def _shown(
    workspace: Workspace, request: Request, typed: Typed | None = None, status: int = 200
) -> Response:
    t = words_of(request)
    asked = request.query_params.get("help", "")
    try:
        read = read_texts(workspace, *_place(request), t, helped=asked, typed=typed)
    except UsageError as error:
        raise HTTPException(404, str(error)) from error
    return page(
        request,
        "texts.html",
        status,
        page=read,
        helped=asked,
        editor=who_sends(request),
        zone=workspace.config.zone,
    )


def _kept_open(
    workspace: Workspace, request: Request, told: str, stale: StaleError | None = None
) -> Response:
    """Say why something was not done, with what was typed and, if so, what stands there now."""
    slot, text = text_of(request, "slot"), text_of(request, "text")
    status = 400 if stale is None else 409
    if is_live(request):
        answer = {"ok": False, "notice": "", "error": told, "redirect": ""}
        if stale is not None:
            found = pipeline.read_passages(workspace, *_place(request)).rows
            mark = next((row.mark for row in found if row.slot == slot), "")
            answer |= {"stale": stale.theirs, "mark": mark}
        return JSONResponse(answer, status)
    if text_of(request, "do") != "mend":
        return refused(request, told, status)
    typed = Typed(slot, text, told, stale.theirs if stale else None)
    return _shown(workspace, request, typed, status)


def _place(request: Request) -> tuple[str, str, str]:
    """The edition, language and piece that the address names."""
    path = request.path_params
    return path["edition"], path["language"], path["piece"]
