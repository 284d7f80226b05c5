"""What takes a while, started from the page: one job at a time, and how far it is.

In: a way to open the workspace, and the name of a verb. Out: how far the job is, and what came
of it, in words. Never: two jobs at once, a failure without its sentence, a verb of its own.

Somebody else may be at work in the same workspace (the command line, the schedule): the store's
lease then says so, and that sentence is what came of the job. A job that is cut off loses
nothing: every verb can be started again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cxgreetz import pipeline
from cxgreetz.errors import CxGreetzError, HeldError, UsageError
from cxgreetz.model import Severity
from cxgreetz.pipeline import Workspace
from cxgreetz.ports import Progress
from cxgreetz.review.edition_page import count_findings
from cxgreetz.review.words import Words

_VERBS: Mapping[str, Callable[[Workspace, Progress], Any]] = {
    "run": lambda workspace, progress: pipeline.run(workspace, progress=progress),
    "gather": lambda workspace, progress: pipeline.gather(workspace, progress=progress),
    "translate": lambda workspace, progress: pipeline.translate(workspace, progress=progress),
    "draft": lambda workspace, _progress: pipeline.draft(workspace),
    "check": lambda workspace, progress: pipeline.preflight(workspace, progress=progress),
}
#: What can be started, the usual first.
VERBS = tuple(_VERBS)


@dataclass(frozen=True)
class Job:
    """One job: under way, or what came of it."""

    verb: str
    #: What is being done, how much is done, how much there is (0: unknown); the verb's own word.
    label: str = ""
    done: int = 0
    total: int = 0
    running: bool = True
    at: datetime | None = None
    #: The verb's own report; None while it runs, and where it failed.
    report: Any = None
    error: str = ""
    #: A fault of ours, of which only the terminal says more.
    fault: bool = False


class Jobs:
    """The one place of a workspace where something is done that takes a while."""

    def __init__(self, open_workspace: Callable[[], AbstractContextManager[Workspace]]) -> None:
        self._open, self._lock = open_workspace, threading.Lock()
        self._job: Job | None = None

    def latest(self) -> Job | None:
        """The job that runs, else the last one; None: there was none."""
        return self._job

    def start(self, verb: str, t: Words) -> None:
        """Start `verb`; raises HeldError while another runs, UsageError for what is none."""
        if verb not in _VERBS:
            raise UsageError(t("work_unknown", verb=verb))
        with self._lock:
            if self._job and self._job.running:
                raise HeldError(t("work_busy", verb=t(f"work_{self._job.verb}")))
            self._job = Job(verb)
        # It may not keep the program from ending: what is done is kept, the rest begun again.
        threading.Thread(target=self._do, args=(verb,), daemon=True, name=f"job-{verb}").start()

    def _do(self, verb: str) -> None:
        ended: dict[str, Any]
        try:
            with self._open() as workspace:
                self._note(at=workspace.now())
                ended = {"report": _VERBS[verb](workspace, self._progress)}
        except CxGreetzError as error:
            ended = {"error": str(error)}
        except Exception:
            logging.getLogger("cxgreetz").exception("%s, started from the page, failed", verb)
            ended = {"fault": True}
        self._note(running=False, **ended)

    def _progress(self, label: str, done: int, total: int) -> None:
        self._note(label=label, done=done, total=total)

    def _note(self, **changes: Any) -> None:
        with self._lock:
            if self._job:
                self._job = replace(self._job, **changes)


def tell_step(job: Job, t: Words) -> str:
    """What is being done now, in a line."""
    verb, _, rest = job.label.partition(" ")
    if verb == "gather" and rest:
        step = t("work_step_source", name=rest)
    elif verb in ("gather", "translate", "following"):
        step = t(f"work_step_{verb}")
    else:
        step = t("work_step")
    return f"{step} ({t('work_of', done=job.done, total=job.total)})" if job.total else step


def tell_end(job: Job, t: Words) -> list[str]:
    """What came of a job, in lines; the first says whether it was done."""
    if job.error:
        return [t("work_failed"), *job.error.splitlines()]
    if job.fault:
        return [t("work_failed"), t("fault")]
    if job.report is None:
        return []
    parts = (
        (job.report.gathered, job.report.translated, job.report.drafted)
        if job.verb == "run"
        else (job.report,)
    )
    verbs = ("gather", "translate", "draft") if job.verb == "run" else (job.verb,)
    lines = [line for verb, part in zip(verbs, parts, strict=True) for line in _TELL[verb](part, t)]
    return [t("work_done"), *lines]


def _tell_gathered(report: pipeline.GatherReport, t: Words) -> Iterator[str]:
    for row in report.sources:
        told = [t(f"count_{name}", n=row[name]) for name in ("seen", "new")]
        told += [t(f"count_{name}", n=row[name]) for name in ("edited", "held") if row[name]]
        yield f"{row['name']}: {', '.join(told)}"
        if alarm := row["alarm"] or row["error"]:
            yield f"{row['name']}: {alarm}"


def _tell_translated(report: pipeline.TranslateReport, t: Words) -> Iterator[str]:
    yield t(
        "work_translated",
        n=report.segments,
        author=report.from_author,
        memory=report.from_memory,
        engine=report.from_engine,
    )
    if report.held:
        yield t("work_waiting", n=len(report.held))
    yield from report.notes


def _tell_drafted(report: pipeline.EditionReport, t: Words) -> Iterator[str]:
    month = t.month(report.edition.key)
    for name, built in report.built.items():
        counts = count_findings(built.findings)
        found = t("errors", n=counts[Severity.ERROR]), t("warnings", n=counts[Severity.WARNING])
        yield f"{month[:1].upper()}{month[1:]}, {t.email(name)}: {', '.join(found)}"


_TELL: Mapping[str, Callable[[Any, Words], Iterator[str]]] = {
    "gather": _tell_gathered,
    "translate": _tell_translated,
    "draft": _tell_drafted,
    "check": _tell_drafted,
}
