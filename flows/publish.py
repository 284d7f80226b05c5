"""The flow that takes approved emails to the mailing provider.

In: a workspace. Out: one campaign for each approved email. Never: an email that nobody
approved, a second try at a create (the pipeline looks for what the first one made).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from _asking import wake_answered
from _shared import (
    DONE,
    FLOW,
    STEP,
    Delivery,
    State,
    Steps,
    Told,
    count,
    do,
    done,
    flow,
    link,
    page,
    run_as_script,
    table,
    task,
    text,
)
from cxgreetz import pipeline


@task(name="See what is approved", tags=["edition"], **STEP)
def see_approvals(workspace: Path) -> State[dict[str, Any]]:
    """Look where every edition stands."""
    return do(pipeline.status, workspace, tell=tell_of_approvals, artifact="approvals")


@task(
    name="Push what is approved",
    tags=["provider"],
    task_run_name="Push what is approved: {edition}",
    **STEP,
)
def push_approved(workspace: Path, edition: str, month: Delivery) -> State[dict[str, Any]]:
    """Make the approved emails of an edition campaigns at the provider, and tell of it."""
    return do(
        push_and_tell,
        workspace,
        edition,
        tell=tell_of_dry_run if month.dry_run else tell_of_push,
        artifact="push",
        languages=month.languages,
        provider=month.provider,
        dry_run=month.dry_run,
        test=month.test_address or None,
    )


def push_and_tell(
    workspace: pipeline.Workspace, edition: str, **options: Any
) -> pipeline.PushReport:
    """Push an edition, to be sent when a person said, and send the notice of what that changed."""
    # Files to look at have no time.
    is_real = options["provider"] in ("", workspace.config.provider.name)
    when = pipeline.time_to_send(workspace, edition) if is_real else ""
    report = pipeline.push(workspace, edition, schedule=when or None, **options)
    if not options["dry_run"]:
        pipeline.tell_pushed(workspace, report)
    return report


@task(name="Tell what is owed", tags=["notices"], **STEP)
def tell_owed(workspace: Path) -> State[dict[str, Any]]:
    """Send the notices of what was pushed that an earlier run was cut off from sending."""
    return do(pipeline.tell_owed, workspace, tell=tell_of_owed)


@task(name="Remind who was asked", tags=["notices"], **STEP)
def remind(workspace: Path) -> State[dict[str, Any]]:
    """Send the reminders that are due; nothing ever goes to readers by itself."""
    return do(pipeline.remind, workspace, tell=tell_of_reminders)


@task(name="Wake runs that wait", tags=["edition"], **STEP)
def wake(workspace: Path) -> State[dict[str, Any]]:
    """Resume the runs whose edition was approved or sent back elsewhere."""
    woken, failures = wake_answered([workspace])
    told = [f"woken: {', '.join(woken)}"] if woken else []
    # Whatever it is, what is approved goes out all the same.
    told += [f"not woken: {failure}" for failure in failures]
    return done("; ".join(told) or "nobody to wake", quiet=not told)


@task(name="Write the newsletter's pages", tags=["site"], **STEP)
def write_pages(workspace: Path) -> State[dict[str, Any]]:
    """Bring the site's folder up to date, if the workspace names a site."""
    idle = "no site is named"
    return do(build_named_site, workspace, tell=tell_of_site, artifact="site", idle=idle)


def build_named_site(workspace: pipeline.Workspace) -> pipeline.SiteReport | None:
    """Build the site that the workspace file says the address of; None: it names none."""
    return pipeline.build_site(workspace) if workspace.config.site.url else None


def push_due(steps: Steps, month: Delivery, edition: str = "") -> None:
    """Push what is approved and not there yet; its pages are written before its links go out.

    Pages that cannot be written are told, and keep no email back.
    """
    due = to_push(steps.take(see_approvals(month.workspace)), edition, month.provider)
    if due and not month.dry_run:
        steps.note(write_pages(month.workspace))
    for approved in due:
        steps.take(push_approved(month.workspace, approved, month))


def to_push(report: dict[str, Any], edition: str = "", provider: str = "") -> list[str]:
    """The editions (or the one named) with an approved email the provider does not hold yet.

    What was approved in a rehearsal is due for that `provider` alone.
    """
    return [
        row["edition"]
        for row in report["editions"]
        if edition in ("", row["edition"])
        and any(
            email["due"] or (provider and provider == _rehearsed_for(email))
            for email in row["languages"].values()
        )
    ]


def _rehearsed_for(email: dict[str, Any]) -> str:
    return str((email["rehearsed"] or {}).get("provider", ""))


def tell_of_approvals(report: dict[str, Any]) -> Told:
    """Say who approved what, and what of it the provider holds."""
    due = to_push(report)
    rows = [
        [
            row["edition"],
            language,
            text(_approved_by(email)),
            (email["receipt"] or {}).get("state", "not pushed"),
        ]
        for row in report["editions"]
        for language, email in row["languages"].items()
    ]
    alone = [
        f"{row['edition']} is approved for {', '.join(sorted(names))} alone (a rehearsal), and "
        "waits to be approved for readers"
        for row in report["editions"]
        if (names := set(map(_rehearsed_for, row["languages"].values())) - {""})
    ]
    return Told(
        "; ".join([f"approved and not pushed: {', '.join(due) or 'nothing'}", *alone]),
        page(
            (
                "Approvals",
                table(["edition", "language", "approved by", "at the provider"], rows)
                or "There is no edition yet.",
            )
        ),
        quiet=not due and not alone,
    )


def _approved_by(email: dict[str, Any]) -> str:
    if email["rehearsed"]:
        return f"{email['rehearsed']['by']}, for {_rehearsed_for(email)} alone"
    return email["approved_by"] or "nobody yet"


def tell_of_push(report: dict[str, Any], done: str = "") -> Told:
    """Say what became of each email at the provider."""
    emails = report["languages"]
    rows = [
        [
            language,
            text(email["provider"]),
            email["step"],
            email["state"],
            link(email["remote_id"], email["url"]) if email["remote_id"] else "",
            text(email["why"]),
        ]
        for language, email in emails.items()
    ]
    steps = [f"{language} {email['step']} ({email['why']})" for language, email in emails.items()]
    steps += [
        f"{language} was not asked for ({why})" for language, why in report["not_asked"].items()
    ]
    return Told(
        f"{report['edition']}{done}: {', '.join(steps)}",
        page(
            (
                f"{report['edition']}{done}",
                table(["language", "provider", "step", "state", "campaign", "why"], rows),
            )
        ),
    )


def tell_of_site(report: dict[str, Any]) -> Told:
    """Say which pages of the site are new."""
    written = report["written"]
    held = [f"{one['what']}: {one['why']}" for one in report["held"]] + report["faults"]
    line = f"{count(len(written), 'file')} of the site written"
    rows = [[text(name)] for name in written]
    faults = [[text(one)] for one in held]
    return Told(
        f"{line}, {len(held)} to look at" if held else line,
        page(("Written", table(["file"], rows)), ("To look at", table(["what"], faults))),
        quiet=not written,
    )


def tell_of_reminders(report: dict[str, Any]) -> Told:
    """Say of what people were reminded, and whom that did not reach."""
    lines = [
        f"reminder {row['number']} of {row['edition']}{missed}"
        for row in report["reminded"]
        for missed in ["".join(f"; {failure}" for failure in row["undelivered"])]
    ]
    return Told("; ".join(lines) or "nobody to remind", "", quiet=not lines)


def tell_of_owed(report: dict[str, Any]) -> Told:
    """Say what people were told only now; whom it did not reach keeps no email back."""
    lines = [f"told: {subject}" for subject in report["told"]]
    lines += [
        f"{one['place']} ({one['service']}): {one['error']}"
        for one in report["addresses"]
        if one["error"]
    ]
    return Told("; ".join(lines) or "no notice is owed", "", quiet=not lines, exit_code=DONE)


def tell_of_dry_run(report: dict[str, Any]) -> Told:
    """Say what would become of each email."""
    return tell_of_push(report, " (dry run)")


@flow(name="publish", **FLOW)
def publish(month: Delivery = Delivery()) -> State[dict[str, Any]]:  # noqa: B008 - it is frozen
    """Push whatever is approved and not pushed yet, of one month or, left empty, of all."""
    with Steps() as steps:
        steps.take(wake(month.workspace))
        if not month.dry_run:
            steps.note(tell_owed(month.workspace))
        push_due(steps, month, month.edition)
        steps.take(remind(month.workspace))
    return steps.state()


if __name__ == "__main__":
    run_as_script(publish, Delivery)
