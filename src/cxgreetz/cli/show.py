"""Reports as lines for people, and progress while they wait.

In: reports. Out: lines. Never: a decision, an exit code.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cxgreetz import pipeline
    from cxgreetz.demo.job import DemoReport
    from cxgreetz.ports import Progress
    from cxgreetz.up.command import Started


@contextmanager
def progress() -> Iterator[Progress]:
    """A bar per task where stderr is a terminal; a plain line per task elsewhere."""
    if not sys.stderr.isatty():
        yield _plain_lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def show(label: str, done: int, total: int) -> None:
            verb = label.partition(" ")[0]
            if verb not in tasks:
                tasks[verb] = bars.add_task(label, total=total or None)
            bars.update(tasks[verb], description=label[:24], completed=done, total=total or None)

        yield show


def _plain_lines() -> Progress:
    """One line when a task begins a new tenth, so that a log stays readable."""
    said: dict[str, int] = {}

    def show(label: str, done: int, total: int) -> None:
        verb = label.partition(" ")[0]
        tenth = done * 10 // total if total else 0
        if done and said.get(verb) != tenth:
            said[verb] = tenth
            print(f"{label}: {done} of {total}", file=sys.stderr, flush=True)

    return show


def sources(report: pipeline.SourcesReport) -> Iterator[str]:
    for row in report.as_json()["sources"]:
        if row["error"]:
            yield f"✗ {row['name']}: {row['error']}"
        if row["posts"] or not row["error"]:
            languages = ", ".join(row["languages"]) or "no language"
            yield f"{'·' if row['error'] else '✓'} {row['name']}: {row['kind']} {row['url']}"
            days = f", {row['oldest'][:10]} to {row['newest'][:10]}" if row["newest"] else ""
            yield f"  by {row['rung']}: {row['note']}"
            yield f"  {_count(row['posts'], 'post')} ({languages}){days}"
            if len(names := row["authors"]) > 1:
                others = " and others" if len(names) > 4 else ""
                yield f'  by {", ".join(names[:4])}{others}; for one of them only: author = "..."'
        elif row["note"]:
            yield f"  {row['note']}"
        if row["before_start"]:
            yield (
                f"  all of it is from before your start; the newest is of "
                f"{(row['newest_before_start'] or 'no date')[:10]}: put an earlier day at start"
            )
        if row["undated"]:
            yield f"  {_count(row['undated'], 'post')} without a date"


def subscribed(report: pipeline.Subscribed) -> Iterator[str]:
    yield f"{_count(len(report.added), 'source')} added from {report.file}"
    yield from (f"✓ {one.name}: {one.url}" for one in report.added)
    yield from (f"· skipped {one.url}: {reason}" for one, reason in report.skipped)


def gather(report: pipeline.GatherReport) -> Iterator[str]:
    for row in report.sources:
        counts = ", ".join(f"{row[k]} {k}" for k in ("new", "edited", "held", "skipped") if row[k])
        mark = "✗" if row["error"] else "!" if row["held"] or row["alarm"] else "✓"
        yield f"{mark} {row['name']}: {row['seen']} seen" + (f" ({counts})" if counts else "")
        if not row["seen"] and not row["alarm"]:
            yield "  nothing since your start; `cxgreetz sources` tells what it shows"
        for told in filter(None, (row["alarm"], row["note"])):
            yield f"  {told}"
    tied: set[frozenset[str]] = set()
    for decision in report.decisions:
        head = decision.head
        if decision.decision == "held":
            yield f"! held: {head.title} ({head.url}): {decision.reason}"
            yield f"  not for this newsletter? `cxgreetz post dismiss {head.url}`"
        if decision.decision == "taken" and not decision.edited:
            for tie in report.ties(decision):
                if (pair := frozenset((head.key, tie["with"]))) not in tied:
                    yield f"  {head.url} is one text with {tie['with']}: {tie['detail']}"
                tied.add(pair)


def translate(report: pipeline.TranslateReport) -> Iterator[str]:
    yield (
        f"{_count(report.segments, 'segment')}: {report.from_author} by the author, "
        f"{report.from_memory} from the memory, {report.from_engine} by engines "
        f"({report.characters_sent} characters sent)"
    )
    if report.month and (report.month["limit"] is not None or report.characters_sent):
        yield f"  {_month(report.month)}"
    for engine, usage in report.usage.items():
        yield f"  {engine}: {_used(usage)}"
    yield from _idioms(report.idioms)
    for row in report.rewritten:
        yield f"· figures rewritten in “{row['title']}”: {row['translation']}"
    yield from (f"! {note}" for note in report.notes)
    waiting: dict[tuple[str, str], list[Any]] = {}
    for row in report.held:
        waiting.setdefault((row["title"], row["language"]), []).append(row)
    for (title, language), rows in waiting.items():
        reason = next((row["reason"] for row in rows if row["reason"]), "")
        yield (
            f"! waiting for the editor: {_count(len(rows), 'text')} of “{title}” into {language}"
            + (f" ({reason})" if reason else "")
        )


def estimate(report: pipeline.EstimateReport) -> Iterator[str]:
    yield (
        f"{_count(report.segments, 'segment')}: {report.from_author} by the author, "
        f"{report.exact} from the memory as they are, {report.masked} with other figures, "
        f"{report.waiting} to translate. Nothing was sent."
    )
    for share in report.engines:
        texts = _count(share.texts, "text")
        yield f"  {share.engine} would get {texts}, {share.characters:,} characters"
    yield f"  {_month(report.month)}"
    yield from _idioms(report.idioms)
    if report.over_limit:
        yield f"! {_count(report.over_limit, 'text')} would pass the limit, and wait"
    if report.unsent:
        yield f"! {_count(report.unsent, 'text')} would wait for the editor"
    if report.beyond:
        yield f"! {_count(report.beyond, 'text')} beyond this run's limit"


def _idioms(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for row in rows:
        english = " or ".join(f"“{one}”" for one in row["english"][:2])
        yield f"· an idiom in “{row['title']}”: “{row['text']}” means {row['meaning']}, {english}"


def _month(month: Mapping[str, Any]) -> str:
    of = f" of {month['limit']:,}" if month["limit"] is not None else ""
    return f"{month['month']}: {month['characters']:,}{of} characters counted for engines"


def _used(usage: dict[str, Any]) -> str:
    """What an account has used, before and after."""
    if "error" in usage:
        return f"what the account has used is not known ({usage['error']})"
    before, after = usage["before"], usage["after"]
    of = f" of {after['limit']:,}" if after["limit"] is not None else ""
    return f"{after['count']:,}{of} characters of the account used, {before['count']:,} before"


def edition(report: pipeline.EditionReport) -> Iterator[str]:
    yield f"Edition {report.edition.key}: {report.state}"
    for language, built in report.built.items():
        yield f"{language}  {built.email.subject}   [{built.email.fingerprint[:12]}]"
        for view in built.views:
            yield from (f"    {item.origin:8} {item.title}" for item in view.items)
        for finding in built.findings:
            mark = {"error": "✗", "warning": "!", "info": "·"}[finding.severity]
            told = finding.remedy
            if word := finding.dismissal:
                mark, told = "✓", f"dismissed by {word.by}: {word.reason}"
            yield f"  {mark} {finding.id} {finding.where}: {finding.message}; {told}"
    for item in report.edition.items:
        if item.left_out is not None:
            yield f"    left out {item.piece}: {item.left_out}"
    yield from (f"! {note}" for note in report.notes)
    if report.state != "draft" or report.exit_code or report.behind:
        return
    if found := report.open_warnings:
        yield (
            f"{_count(len(found), 'warning')} to mend or to dismiss before it can be approved: "
            f"cxgreetz finding dismiss {found[0].id} --edition {report.edition.key} "
            '--reason WHY --by "Your Name"'
        )
    else:
        yield "Look at it with: cxgreetz review. Then: " + (
            f'cxgreetz approve {report.edition.key} --by "Your Name"'
        )


def events(report: pipeline.EventsReport) -> Iterator[str]:
    rows = report.as_json()["events"]
    for row in rows:
        names = " / ".join(dict.fromkeys(row["title"].values()))
        place = f"{row['id']}" if row["id"] is not None else "in cxgreetz.toml"
        yield f"{place}: {row['kind']}, {row['day'] or 'no day'}: {names}"
    if not rows:
        yield "nothing is announced; announce something with: cxgreetz event add"
    yield from (f"! {note}" for note in report.notes)


def dropped(report: pipeline.DropReport) -> Iterator[str]:
    yield f"{report.edition} is forgotten; its columns are as they were"


def corrected(report: pipeline.CorrectReport) -> Iterator[str]:
    if not report.changes:
        yield f"{report.edition} says what it says on the web already; there is nothing to correct"
        return
    if not report.by:
        for name, differs in report.changes.items():
            yield f"! {report.edition} {name}: what may be read of it would change"
            yield from (f"  {line}" for line in differs.splitlines())
        for name, differs in report.on_pages.items():
            yield f"! {report.edition} {name}: beside that, its page would say"
            yield from (f"  {line}" for line in differs.splitlines())
        yield (
            "Nothing is written yet. If this is right: "
            f"cxgreetz draft {report.edition} --correct --approve {report.mark} "
            '--by "Your Name"'
        )
        return
    for name, page in report.pages.items():
        yield f"✓ {report.edition} {name}: approved by {report.by}, {page}"
    yield (
        "put these pages where your letters stand on the web, or bring your site up to date: "
        "cxgreetz site; what was sent stays as it was"
    )


def approve(report: pipeline.ApproveReport) -> Iterator[str]:
    for language, approval in report.approvals.items():
        bytes_of = approval.fingerprint[:12]
        alone = f" for {approval.provider} alone" if approval.provider else ""
        yield f"{report.edition} {language}: approved by {approval.by}{alone} [{bytes_of}]"
    if any(approval.provider for approval in report.approvals.values()):
        waits = f", and waits for {', '.join(report.waits_for)} still" if report.waits_for else ""
        told = "approve it once more, and it is for your readers"
        yield f"A rehearsal was waiting for that{waits}; {told}."
        return
    yield f"Send it on with: cxgreetz push {report.edition}"


def push(report: pipeline.PushReport) -> Iterator[str]:
    for language, one in report.pushed.items():
        mark = "✗" if one.exit_code else "✓"
        yield f"{mark} {report.edition} {language}: {one.step} at {report.provider}: {one.why}"
        if where := one.url or (one.remote_id and f"campaign {one.remote_id}"):
            yield f"  {where}"
    for language, where in report.not_asked.items():
        yield f"· {report.edition} {language}: {where}; it was not asked for"


#: What was done with a translation at a blog, in words; else the reason says it.
_POSTED = {
    "create": "a draft was made",
    "adopt": "its draft was found and is known again",
    "update": "its draft was brought up to date",
}
_PLANNED = {
    "create": "a draft would be made",
    "adopt": "its draft would be known again",
    "update": "its draft would be brought up to date",
}


def syndicate(report: pipeline.SyndicateReport, *, verbose: bool = False) -> Iterator[str]:
    if not report.rows:
        yield f"nothing to bring back to {report.blog} yet: no edition shows a translation"
    if report.closed:
        yield f"✗ {report.closed}"
    own = kept_back = untold = 0
    for row in report.rows:
        one = row.posted
        if one.state == "own" and not verbose:
            own += 1
        elif report.closed and one.why == report.closed:
            kept_back += 1
        else:
            mark = "✗" if one.exit_code else "✓"
            words = _PLANNED if report.dry_run else _POSTED
            # What was begun and not done has its reason, and what to do, in `why` alone.
            said = one.why if one.exit_code else words.get(one.step, one.why)
            where = one.edit_url or one.url
            yield f"{mark} {row.piece} {row.language}: {said}" + (f"; {where}" if where else "")
            details = [*one.notes, *one.difference.splitlines()]
            if verbose:
                why = [one.why] if said != one.why else []
                yield from (f"  {told}" for told in (*why, *details))
            else:
                untold += bool(details)
    if kept_back:
        yield f"  {_count(kept_back, 'translation')} stayed here for that reason"
    if own:
        yield f"· {_count(own, 'column')} the author published in both languages herself"
    if untold:
        yield f"· {_count(untold, 'post')} with more to say: --verbose tells what"


def run(report: pipeline.RunReport) -> Iterator[str]:
    yield from gather(report.gathered)
    yield from translate(report.translated)
    yield from edition(report.drafted)


def site(report: pipeline.SiteReport) -> Iterator[str]:
    placed, home = report.placed, report.home
    letters, columns = _count(len(home.letters), "letter"), _count(len(home.columns), "column")
    yield f"{report.folder}: {letters}, {columns} in translation"
    would = "to be " if report.dry_run else ""
    yield (
        f"{_count(len(placed.written), 'file')} {would}written, {len(placed.removed)} "
        f"{would}removed, {placed.same} as they should be"
    )
    for name, why in placed.held.items():
        yield f"✗ {report.folder / name}: {why}"
    for one in (*report.lost, *report.faults):
        yield f"✗ {one}"
    if not home.letters and not report.lost:
        yield "no letter is approved yet; a draft never comes here"
    if not home.url:
        yield "feeds and a sitemap need an address: [site] url says where the folder will stand"


def status(report: pipeline.StatusReport) -> Iterator[str]:
    for row in report.sources:
        when = f"{row['status']}, last read {row['at']}" if row["at"] else "never read"
        yield f"{'✗' if row['error'] else '✓' if row['at'] else '·'} {row['name']}: {when}"
        for told in filter(None, (row["error"], row.get("note"))):
            yield f"  {told}"
    if not report.editions:
        yield "no edition yet; make one with: cxgreetz run"
    for row in report.editions:
        yield f"Edition {row['edition']}: {row['state']}, {_count(row['items'], 'piece')}"
        for language, one in row["languages"].items():
            by = f"approved by {one['approved_by']}" if one["approved_by"] else "not approved"
            if alone := one["rehearsed"]:
                by = f"approved by {alone['by']} for {alone['provider']} alone, in a rehearsal"
            receipt = one["receipt"]
            where = f", {receipt['state']} at {receipt['provider']}" if receipt else ""
            yield f"  {language} [{one['fingerprint'][:12]}] {by}{where}"
        asked = row["request"]
        if asked and asked["decision"] == "reject":
            yield f"  sent back by {asked['by']}: {asked['note']}"


def demo(report: DemoReport) -> Iterator[str]:
    yield from gather(report.month.gathered)
    yield from translate(report.month.translated)
    yield ""
    for piece, reason in report.left_out.items():
        yield f"Left out of {report.edition}, to travel later: {piece} ({reason})"
    for language, one in report.pushed.pushed.items():
        email = report.month.drafted.built[language].email
        yield f"{language}: “{email.subject}”, {one.state} in {report.outbox / language}"
    yield ""
    yield "Look at both emails on the editor's page, and open the address it prints:"
    yield f"    {report.review_command}"
    yield "    (on this machine: http://127.0.0.1:8765/)"


def review(url: str, as_json: bool) -> None:
    """Say where the page is; flushed, since the command then stays."""
    if as_json:
        print(json.dumps({"url": url}), flush=True)
    else:
        print(f"The editor's page: {url}\nCtrl-C ends it.", flush=True)


def up(started: Started, as_json: bool) -> None:
    """Say where everything is and how to get in; flushed, since the command then stays."""
    if as_json:
        print(json.dumps(started.as_json(), ensure_ascii=False), flush=True)
        return
    setup = started.setup
    login = setup.login if started.is_new else "cxgreetz: and what CXGREETZ_PREFECT_PASSWORD holds"
    lines = [f"Prefect's page: {setup.address}", f"  log in with: {login}"]
    for one in setup.newsletters:
        lines += [f"{one.name}, the editor's page: {started.pages[one.slug]}"]
        lines += [f"  in Prefect as {one.slug}; {one.folder}"]
    lines += started.notes
    lines += [f"Kept in {setup.home}, logs too. Ctrl-C stops it all; the next start goes on."]
    print("\n".join(lines), flush=True)


def ask_password() -> str:
    """Ask for a password twice, unseen; the asking is no output."""
    import typer

    said: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return said


def password_line(line: str, as_json: bool) -> None:
    """Print the line for the environment, alone, so that it can go into a file as it is."""
    print(json.dumps({"environment": line}) if as_json else line)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
