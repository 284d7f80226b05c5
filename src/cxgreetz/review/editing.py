"""The forms of the edition page: each is one verb, called with what the form holds.

In: a form that the gate let through. Out: the verb's change, and the answer to it. Never: a
change without a name beside it; words overwritten that the editor has not seen.

A form carries the mark of what it shows (`pipeline.mark_of`): when that is another one now,
somebody was there meanwhile, and both versions are shown instead.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cxgreetz import pipeline
from cxgreetz.edition import edition_key
from cxgreetz.errors import HeldError, StaleError, UsageError
from cxgreetz.model import Change
from cxgreetz.pipeline import Workspace
from cxgreetz.pipeline.editions.undoing import UNDONE
from cxgreetz.review.editors import remember, who_sends
from cxgreetz.review.forms import done, is_live, local, read_form, refused, seals_in, text_of
from cxgreetz.review.gate import words_of
from cxgreetz.review.pages import OpenWorkspace, page

#: What a form asks for: the workspace, the edition, the editor's name.
Act = Callable[[Workspace, str, str], object]


class EditionForms:
    """The endpoints; each opens the workspace, calls its verb, and closes it again."""

    def __init__(self, open_workspace: OpenWorkspace) -> None:
        self._open = open_workspace
        #: Two clicks, or two editors, at once: the second waits, instead of being refused.
        self._turn = threading.Lock()

    def routes(self) -> list[Route]:
        """Every address that changes something in an edition."""
        places = {
            "letter": self.letter,
            "subject": self.subject,
            "order": self.order,
            "leave-out": self.leave_out,
            "take-in": self.take_in,
            "sentences": self.sentences,
            "dismiss": self.dismiss,
            "restore": self.restore,
            "approve": self.approve,
            "send-back": self.send_back,
            "draft": self.draft,
            "undo": self.undo,
        }
        return [
            Route("/editor", name_editor, methods=["POST"]),
            *(
                Route(f"/edition/{{edition}}/{place}", endpoint, methods=["POST"])
                for place, endpoint in places.items()
            ),
        ]

    def letter(self, request: Request) -> Response:
        language, text, mark = _fields(request, "language", "text", "mark")

        def write(workspace: Workspace, key: str, by: str) -> object:
            return pipeline.write_letter(workspace, key, language, text, by=by, expected=mark)

        return self._do(request, write, "letter_saved", f"letter-{language}")

    def subject(self, request: Request) -> Response:
        language, text, mark = _fields(request, "language", "text", "mark")

        def write(workspace: Workspace, key: str, by: str) -> object:
            return pipeline.write_subject(workspace, key, language, text, by=by, expected=mark)

        return self._do(request, write, "subject_saved", f"letter-{language}")

    def order(self, request: Request) -> Response:
        """One row moved (`piece` and `move`), or all rows as they were dragged (`pieces`)."""
        piece, move, mark = _fields(request, "piece", "move", "mark")
        dragged = text_of(request, "pieces").split()

        def arrange(workspace: Workspace, key: str, by: str) -> object:
            pieces = dragged or _moved(_shown(workspace, key), piece, move)
            return pipeline.arrange(workspace, key, pieces, by=by, expected=mark)

        return self._do(request, arrange, "order_saved", f"piece-{piece}" if piece else "columns")

    def leave_out(self, request: Request) -> Response:
        piece, reason, mark = _fields(request, "piece", "reason", "mark")
        t = words_of(request)
        if not reason.strip():
            return refused(request, t("reason_first"), 400)

        def leave(workspace: Workspace, key: str, by: str) -> object:
            why = reason.strip()
            return pipeline.leave_out(workspace, key, piece, why, by=by, expected=mark)

        return self._do(request, leave, "left_out_saved", "columns")

    def take_in(self, request: Request) -> Response:
        """A piece that was left out (its form has a mark), or one of another time."""
        piece, mark = _fields(request, "piece", "mark")

        def take(workspace: Workspace, key: str, by: str) -> object:
            if mark:
                return pipeline.leave_out(workspace, key, piece, None, by=by, expected=mark)
            return pipeline.take_in(workspace, key, piece, by=by)

        return self._do(request, take, "taken_in_saved", f"piece-{piece}")

    def sentences(self, request: Request) -> Response:
        """`most` sentences; "": as many as there is room for."""
        piece, most, mark = _fields(request, "piece", "most", "mark")
        if most and not most.isdecimal():
            return refused(request, words_of(request)("sentences_wrong", text=most), 400)
        number = int(most[:6]) if most else None

        def shorten(workspace: Workspace, key: str, by: str) -> object:
            return pipeline.shorten(workspace, key, piece, number, by=by, expected=mark)

        return self._do(request, shorten, "sentences_saved", f"piece-{piece}")

    def dismiss(self, request: Request) -> Response:
        findings = [str(one) for one in read_form(request).getlist("finding")]
        reason = text_of(request, "reason")
        if not reason.strip():
            return refused(request, words_of(request)("reason_first"), 400)

        def dismiss(workspace: Workspace, key: str, by: str) -> object:
            return pipeline.dismiss_findings(workspace, key, findings, reason=reason, by=by)

        return self._do(request, dismiss, "dismiss_saved", "findings")

    def restore(self, request: Request) -> Response:
        findings = [str(one) for one in read_form(request).getlist("finding")]

        def restore(workspace: Workspace, key: str, _by: str) -> object:
            return pipeline.restore_findings(workspace, key, findings)

        return self._do(request, restore, "restore_saved", "findings")

    def approve(self, request: Request) -> Response:
        """One email by its name, or all of them ("")."""
        language, t = text_of(request, "language") or None, words_of(request)
        seals = seals_in(request)
        # Of a rehearsal, as the page told of it when the button was shown.
        alone = text_of(request, "provider")

        def approve(workspace: Workspace, key: str, by: str) -> object:
            if language is not None and language not in workspace.config.editions():
                # Told as such, before anything is said of what was shown.
                return pipeline.approve(workspace, key, by=by, language=language)
            try:
                return pipeline.approve(
                    workspace, key, by=by, language=language, expected=seals, provider=alone
                )
            except StaleError:
                raise HeldError(t("approve_stale")) from None

        return self._do(request, approve, "approve_saved", "summary")

    def send_back(self, request: Request) -> Response:
        """The edition as it was shown, with a note to whoever is to change it."""
        note, t, seals = text_of(request, "note").strip(), words_of(request), seals_in(request)
        if not note:
            return refused(request, t("note_first"), 400)

        def reject(workspace: Workspace, key: str, by: str) -> object:
            try:
                return pipeline.answer(workspace, key, "reject", by=by, note=note, expected=seals)
            except StaleError:
                raise HeldError(t("send_back_stale")) from None

        return self._do(request, reject, "send_back_saved", "notes")

    def draft(self, request: Request) -> Response:
        def draft(workspace: Workspace, key: str, _by: str) -> object:
            return pipeline.draft(workspace, key)

        return self._do(request, draft, "draft_saved", "summary")

    def undo(self, request: Request) -> Response:
        """Take the last change back, if it is still the one that the form names."""
        shown, t = text_of(request, "change"), words_of(request)

        def undo(workspace: Workspace, key: str, by: str) -> object:
            # What is no number is no change's: "0" is none's either.
            number = int(shown) if re.fullmatch("[0-9]{1,18}", shown) else 0
            try:
                return pipeline.undo(workspace, key, by=by, expected=number)
            except StaleError:
                raise StaleError(t("undo_stale"), theirs="", mine="") from None

        return self._do(request, undo, "undo_saved", "history")

    def _do(self, request: Request, act: Act, notice: str, anchor: str) -> Response:
        """Call a verb in the editor's name, and lead back to where the form stands."""
        t, key = words_of(request), request.path_params["edition"]
        by = who_sends(request)
        if not by:
            return refused(request, t("name_first"), 400)
        with self._turn, self._open() as workspace:
            try:
                act(workspace, key, by)
            except StaleError as error:
                return _stale(request, workspace, error)
            # By email, which bytes it is now: the script shows those that are others.
            drafts = workspace.store.drafts(key)
            seals = {name: draft.fingerprint for name, draft in drafts.items()}
        answer = done(request, _back(request, anchor), t(notice), seals=seals)
        return remember(answer, by)


def name_editor(request: Request) -> Response:
    """Remember who edits on this browser."""
    t, by = words_of(request), who_sends(request) if text_of(request, "by").strip() else ""
    if not by:
        return refused(request, t("name_first"), 400)
    return remember(done(request, local(text_of(request, "back")), t("name_saved", by=by)), by)


def last_change(changes: Sequence[Change]) -> Change | None:
    """The change that `pipeline.undo` would take back."""
    return next((c for c in changes if not c.undone and c.kind != UNDONE), None)


# the answers


def _stale(request: Request, workspace: Workspace, error: StaleError) -> Response:
    """Both versions; the editor's words stay where she wrote them, or in a form of the page."""
    t, key = words_of(request), request.path_params["edition"]
    language = text_of(request, "language")
    mine = text_of(request, "text")
    is_text = bool(language)
    mark = pipeline.mark_of(error.theirs)
    if is_live(request):
        told = t("stale_told") if is_text else t("stale_other")
        answer = {"ok": False, "notice": "", "error": told, "redirect": ""}
        if is_text:
            answer |= {"stale": error.theirs, "mark": mark}
        return JSONResponse(answer, 409)
    return page(
        request,
        "stale.html",
        409,
        edition=key,
        newsletter=workspace.config.newsletter.name,
        action=request.url.path,
        language=language,
        theirs=error.theirs,
        mine=mine,
        mark=mark,
        is_text=is_text,
        undoing=not (error.theirs or error.mine),
        by=who_sends(request),
        back=_back(request, ""),
    )


def _back(request: Request, anchor: str) -> str:
    """The page that the form stands on, as it was shown, at the place it is about."""
    home = f"/edition/{quote(request.path_params['edition'])}"
    place = local(text_of(request, "back")).partition("#")[0]
    if place.partition("?")[0] != home:
        place = home
    return f"{place}#{quote(anchor)}" if anchor else place


# what a form holds


def _fields(request: Request, *names: str) -> list[str]:
    return [text_of(request, name) for name in names]


def _moved(shown: Sequence[str], piece: str, move: str) -> list[str]:
    """The pieces after one of them went up, down or to the top. Raises UsageError."""
    if piece not in shown:
        raise UsageError(f"{piece!r} is not shown in this edition")
    place = shown.index(piece)
    target = {"up": max(place - 1, 0), "down": place + 1, "lead": 0}.get(move)
    if target is None:
        raise UsageError(f"{move!r} is no way to move a column: up, down or lead")
    rest = [one for one in shown if one != piece]
    return [*rest[:target], piece, *rest[target:]]


def _shown(workspace: Workspace, key: str) -> Sequence[str]:
    edition = workspace.store.edition(edition_key(key, workspace.now(), workspace.config.zone))
    return edition.shown if edition else ()
