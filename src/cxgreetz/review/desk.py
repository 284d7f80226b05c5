"""The overview's endpoints: the page, the verdicts about posts, and what takes a while.

In: a way to open the workspace. Out: routes. Never: a decision; the verbs are the pipeline's.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from cxgreetz import pipeline
from cxgreetz.review.forms import done, text_of
from cxgreetz.review.gate import words_of
from cxgreetz.review.jobs import VERBS, Job, Jobs, tell_end, tell_step
from cxgreetz.review.overview import read_overview
from cxgreetz.review.pages import OpenWorkspace, page
from cxgreetz.review.words import Words


def routes(open_workspace: OpenWorkspace) -> Sequence[BaseRoute]:
    """The addresses of the overview and of what can be done there."""
    desk = _Desk(open_workspace)
    return [
        Route("/", desk.overview),
        Route("/work", desk.start, methods=["POST"]),
        Route("/work.json", desk.progress),
        Route("/post/dismiss", desk.dismiss, methods=["POST"]),
        Route("/post/restore", desk.restore, methods=["POST"]),
    ]


class _Desk:
    def __init__(self, open_workspace: OpenWorkspace) -> None:
        self._open, self._jobs = open_workspace, Jobs(open_workspace)

    def overview(self, request: Request) -> Response:
        t = words_of(request)
        with self._open() as workspace:
            shown = read_overview(workspace, t)
            zone = workspace.config.zone
        work = _told(self._jobs.latest(), t)
        return page(request, "overview.html", page=shown, zone=zone, work=work, verbs=VERBS)

    def start(self, request: Request) -> Response:
        """Start a verb in the background; a second one while it runs is refused."""
        t = words_of(request)
        self._jobs.start(text_of(request, "verb"), t)
        return done(request, "/#work", t("work_started"))

    def progress(self, request: Request) -> Response:
        """How far the job is, for the page's script."""
        return JSONResponse(_told(self._jobs.latest(), words_of(request)))

    def dismiss(self, request: Request) -> Response:
        url, reason = text_of(request, "url"), " ".join(text_of(request, "reason").split())
        with self._open() as workspace:
            pipeline.dismiss_post(workspace, url, reason or None)
        return done(request, "/#tasks", words_of(request)("post_dismissed"))

    def restore(self, request: Request) -> Response:
        with self._open() as workspace:
            pipeline.restore_post(workspace, text_of(request, "url"))
        return done(request, "/#tasks", words_of(request)("post_restored"))


def _told(job: Job | None, t: Words) -> dict[str, object]:
    """A job as the page and its script show it."""
    if job is None:
        return {"verb": "", "running": False, "failed": False, "step": "", "lines": []}
    return {
        "verb": job.verb,
        "running": job.running,
        "failed": bool(job.error or job.fault),
        "step": tell_step(job, t) if job.running else "",
        "done": job.done,
        "total": job.total,
        "lines": [] if job.running else tell_end(job, t),
    }
