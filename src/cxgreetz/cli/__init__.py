"""The command line: a verb, a workspace, a report, an exit code.

In: what a person types. Out: a report on stdout (for people, or one JSON document), logs
and progress on stderr, the exit code of the contract. Never: Prefect; an import that
`--help` does not need; a traceback for what a person can mend.

Exit codes: 0 done; 1 done, but something is held and named; 2 wrong usage or
configuration; 3 the outside world failed, nothing is lost, run it again.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cxgreetz.cli._doing import (
    HERE,
    Edition,
    In,
    Json,
    Month,
    Report,
    act,
    act_plain,
    fail,
    guard,
    tell,
)
from cxgreetz.cli.asking import notify, reject, remind
from cxgreetz.cli.writing import event_app, write

if TYPE_CHECKING:
    from cxgreetz.pipeline import Workspace
    from cxgreetz.ports import Progress


app = typer.Typer(
    name="cxgreetz",
    help="Columns in two languages become one monthly email.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
memory_app = typer.Typer(help="The translation memory.", no_args_is_help=True)
piece_app = typer.Typer(
    help="Which posts are one text, and in which edition.", no_args_is_help=True
)
post_app = typer.Typer(help="What is held and not wanted.", no_args_is_help=True)
finding_app = typer.Typer(help="What the checks found.", no_args_is_help=True)
providers_app = typer.Typer(help="The mailing provider.", no_args_is_help=True)
template_app = typer.Typer(help="The look of the email.", no_args_is_help=True)
app.add_typer(memory_app, name="memory")
app.add_typer(piece_app, name="piece")
app.add_typer(event_app, name="event")
app.command()(write)
app.command()(reject)
app.command()(remind)
app.command()(notify)
app.add_typer(post_app, name="post")
app.add_typer(finding_app, name="finding")
app.add_typer(providers_app, name="providers")
app.add_typer(template_app, name="template")


def _version(wanted: bool) -> None:
    if wanted:
        from cxgreetz import __version__

        typer.echo(f"cxgreetz {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


# the month


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]")] = HERE,
    source: Annotated[
        list[str] | None, typer.Option(help="An address to gather from; may be given again.")
    ] = None,
    workspace: In = HERE,
    as_json: Json = False,
) -> None:
    """Write a commented starter workspace."""
    from cxgreetz.cli import starting

    place = folder if folder != HERE else workspace
    tell(as_json, lambda: starting.write_starter(place, source or []), starting.show_starter)


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]")] = Path("demo"),
    workspace: Annotated[Path | None, typer.Option("--workspace", metavar="DIR")] = None,
    as_json: Json = False,
) -> None:
    """The whole job on a bundled blog site: no key, no internet."""
    from cxgreetz.cli import show
    from cxgreetz.demo.job import run_demo

    def run_it() -> Report:
        with show.progress() as progress:
            return run_demo(workspace or folder, progress=progress)

    tell(as_json, run_it, show.demo)


@app.command()
def sources(
    opml_import: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Add the sources of an OPML file.")
    ] = None,
    opml_export: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the sources to an OPML file.")
    ] = None,
    workspace: In = HERE,
    as_json: Json = False,
) -> None:
    """Try each source: what it is, what it gives, what is wrong."""
    from cxgreetz.cli import show
    from cxgreetz.pipeline import export_sources, import_sources, try_sources

    if opml_import and opml_export:
        fail("--opml-import and --opml-export are two commands; give one of them", 2, as_json)
    elif opml_import:
        act(workspace, as_json, lambda w, _p: import_sources(w, opml_import), show.subscribed)
    elif opml_export:
        act_plain(
            workspace,
            as_json,
            lambda w: export_sources(w, opml_export),
            lambda done: f"{done['sources']} sources written to {done['file']}",
        )
    else:
        act(workspace, as_json, lambda w, p: try_sources(w, progress=p), show.sources)


@app.command()
def gather(
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="Look back to this day: 2026-09-01.")
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Read only this one; may be given again."),
    ] = None,
    workspace: In = HERE,
    as_json: Json = False,
) -> None:
    """Read what is new; account for every post seen."""
    from cxgreetz.cli import show
    from cxgreetz.edition import parse_when
    from cxgreetz.pipeline import gather as verb

    def run_it(w: Workspace, progress: Progress) -> Report:
        day = parse_when(since, w.config.zone) if since else None
        return verb(w, since=day, only=source or (), progress=progress)

    act(workspace, as_json, run_it, show.gather)


@app.command()
def translate(
    limit: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Send at most N segments to engines.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be sent to whom.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Ask again what was answered badly before.")
    ] = False,
    into: Annotated[
        list[str] | None,
        typer.Option(metavar="LANG", help="Only into this language; may be given again."),
    ] = None,
    workspace: In = HERE,
    as_json: Json = False,
) -> None:
    """Fill in the missing language from the memory, then from engines."""
    from cxgreetz.cli import show
    from cxgreetz.pipeline import estimate_translation
    from cxgreetz.pipeline import translate as verb

    if dry_run:
        act(
            workspace,
            as_json,
            lambda w, _p: estimate_translation(w, limit=limit, again=again, into=into or ()),
            show.estimate,
        )
    else:
        act(
            workspace,
            as_json,
            lambda w, p: verb(w, limit=limit, again=again, into=into or (), progress=p),
            show.translate,
        )


@app.command()
def draft(
    edition: Edition = None,
    closing: Annotated[
        str | None, typer.Option(metavar="WHEN", help="Take what was published up to then.")
    ] = None,
    correct: Annotated[
        bool,
        typer.Option("--correct", help="After it went out: what a corrected page would say."),
    ] = False,
    seen: Annotated[
        str,
        typer.Option("--approve", metavar="MARK", help="Of the correction that you saw: write it."),
    ] = "",
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who approves it.")] = "",
    drop: Annotated[
        bool, typer.Option("--drop", help="Forget an edition that was made by mistake.")
    ] = False,
    workspace: In = HERE,
    as_json: Json = False,
) -> None:
    """Assemble or refresh the edition (default: this month) and render it."""
    from cxgreetz.cli import show
    from cxgreetz.pipeline import correct as correct_it
    from cxgreetz.pipeline import draft as verb
    from cxgreetz.pipeline import drop as drop_it

    if drop and (edition is None or correct or closing):
        fail("--drop goes alone, and names the edition: cxgreetz draft 2026-12 --drop", 2, as_json)
    if drop and edition:
        act(workspace, as_json, lambda w, _p: drop_it(w, edition), show.dropped)
        return
    if correct:
        act(
            workspace,
            as_json,
            lambda w, _p: correct_it(w, edition, by=by, seen=seen),
            show.corrected,
        )
        return
    if seen or by:
        fail("--approve and --by go with --correct; an edition: cxgreetz approve", 2, as_json)
    act(workspace, as_json, lambda w, _p: verb(w, edition, closing=closing), show.edition)


@app.command()
def check(
    edition: Edition = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Follow every link again, also those just followed.")
    ] = False,
    workspace: In = HERE,
    as_json: Json = False,
) -> None:
    """The preflight: findings per language; links are followed."""
    from cxgreetz.cli import show
    from cxgreetz.demo.job import serve_site
    from cxgreetz.pipeline import preflight

    # The demo's links lead to its bundled site.
    with serve_site(workspace):
        act(
            workspace,
            as_json,
            lambda w, p: preflight(w, edition, fresh=fresh, progress=p),
            show.edition,
        )


@app.command()
def review(
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="0: any free one; else the file's.")
    ] = None,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Another one lets others in: with a password.")
    ] = "127.0.0.1",
    public_url: Annotated[
        str, typer.Option(metavar="URL", help="Where browsers reach it through a proxy.")
    ] = "",
    make_password: Annotated[
        bool, typer.Option("--make-password", help="Ask for one; print its environment line.")
    ] = False,
    workspace: In = HERE,
    as_json: Json = False,
) -> None:
    """The editor's page, for this machine alone unless told; Ctrl-C ends it."""
    from cxgreetz.cli import show
    from cxgreetz.config import load_config
    from cxgreetz.demo.job import serve_site
    from cxgreetz.ports import plugin
    from cxgreetz.review import serve
    from cxgreetz.review.password import make_line

    def run_it() -> None:
        if make_password:
            show.password_line(make_line(show.ask_password()), as_json)
            return
        page = load_config(workspace, plugin).review
        # The demo's pictures stand on its bundled site, which is up for as long as the page.
        with serve_site(workspace):
            serve(
                workspace,
                port=page.port if port is None else port,
                host=host,
                public_url=public_url or page.url,
                announce=lambda url: show.review(url, as_json),
                warn=lambda line: typer.echo(f"cxgreetz: {line}", err=True),
            )

    guard(as_json, run_it)


@app.command()
def up(
    workspaces: Annotated[
        list[Path] | None,
        typer.Option("--workspace", metavar="DIR", help="A workspace folder; may be given again."),
    ] = None,
    home: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where Prefect keeps its database, else .prefect there."),
    ] = None,
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Where Prefect's page answers.")
    ] = 4200,
    as_json: Json = False,
) -> None:
    """The month by itself: Prefect, its schedules and the editor's page, until Ctrl-C."""
    from cxgreetz.cli import show
    from cxgreetz.up.command import bring_up

    def run_it() -> None:
        bring_up(
            workspaces or [HERE],
            home=home,
            port=port,
            announce=lambda started: show.up(started, as_json),
            tell=lambda line: typer.echo(f"cxgreetz: {line}", err=True),
        )

    guard(as_json, run_it)


@app.command()
def approve(
    edition: Month,
    by: Annotated[str, typer.Option(metavar="NAME", help="Who approves.")],
    language: Annotated[str | None, typer.Option(metavar="L", help="Only this language.")] = None,
    workspace: In = HERE,
    as_json: Json = False,
) -> None:
    """Approve the bytes as they are now."""
    from cxgreetz.cli import show
    from cxgreetz.pipeline import approve as verb

    act(workspace, as_json, lambda w, _p: verb(w, edition, by=by, language=language), show.approve)


@app.command()
def push(
    edition: Month,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done.")
    ] = False,
    test: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Send a test mail.")] = None,
    schedule: Annotated[
        str | None, typer.Option(metavar="WHEN", help="Have it sent then: 2026-12-01T09:00.")
    ] = None,
    unschedule: Annotated[
        bool, typer.Option("--unschedule", help="Only take back the time it was to be sent.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="You looked: what was left unknown is not there.")
    ] = False,
    alone: Annotated[
        bool, typer.Option("--alone", help="It is meant that one language goes without the other.")
    ] = False,
    send: Annotated[
        bool, typer.Option("--send", help="Mail it to the whole list now (with smtp).")
    ] = False,
    language: Annotated[
        list[str] | None, typer.Option(metavar="L", help="Only this email; may be given again.")
    ] = None,
    provider: Annotated[
        str, typer.Option(metavar="NAME", help="Only write files to look at: outbox.")
    ] = "",
    workspace: In = HERE,
    as_json: Json = False,
) -> None:
    """One campaign per language at the provider, and no more than one."""
    from cxgreetz.cli import show
    from cxgreetz.pipeline import push as verb

    act(
        workspace,
        as_json,
        lambda w, _p: verb(
            w,
            edition,
            dry_run=dry_run,
            test=test,
            schedule=schedule,
            unschedule=unschedule,
            again=again,
            alone=alone,
            send=send,
            languages=language or (),
            provider=provider,
        ),
        show.push,
    )


@app.command()
def syndicate(
    piece: Annotated[
        str | None, typer.Argument(metavar="[PIECE]", help="A piece; else all that may go.")
    ] = None,
    edition: Annotated[
        str | None, typer.Option(metavar="EDITION", help="What this month shows: 2026-11.")
    ] = None,
    language: Annotated[
        list[str] | None, typer.Option(metavar="L", help="Only this one; may be given again.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done, and what differs.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="You looked: what was left unknown is not there.")
    ] = False,
    anew: Annotated[
        bool,
        typer.Option("--anew", help="Another post stands at its place: make a draft."),
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Also what differs, and what was done without.")
    ] = False,
    workspace: In = HERE,
    as_json: Json = False,
) -> None:
    """Approved translations go back to the blog, as one draft each."""
    from cxgreetz.cli import show
    from cxgreetz.pipeline import syndicate as verb

    act(
        workspace,
        as_json,
        lambda w, p: verb(
            w,
            piece,
            edition=edition,
            languages=language or (),
            dry_run=dry_run,
            again=again,
            anew=anew,
            progress=p,
        ),
        lambda report: show.syndicate(report, verbose=verbose),
    )


@app.command()
def run(edition: Edition = None, workspace: In = HERE, as_json: Json = False) -> None:
    """Gather, translate, draft and check: everything that needs no person."""
    from cxgreetz.cli import show
    from cxgreetz.pipeline import run as verb

    act(workspace, as_json, lambda w, p: verb(w, edition, progress=p), show.run)


@app.command()
def site(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing: what would change, what leads nowhere.")
    ] = False,
    workspace: In = HERE,
    as_json: Json = False,
) -> None:
    """The newsletter's home on the web: a folder of pages, brought up to date."""
    from cxgreetz.cli import show
    from cxgreetz.pipeline import build_site

    act(workspace, as_json, lambda w, _p: build_site(w, dry_run=check), show.site)


@app.command()
def status(workspace: In = HERE, as_json: Json = False) -> None:
    """Where everything stands."""
    from cxgreetz.cli import show
    from cxgreetz.pipeline import status as verb

    act(workspace, as_json, lambda w, _p: verb(w), show.status)


# smaller verbs


@memory_app.command("import")
def memory_import(
    file: Annotated[Path, typer.Argument(metavar="FILE.tmx")],
    workspace: In = HERE,
    as_json: Json = False,
) -> None:
    """Add the entries of a TMX file."""
    from cxgreetz.pipeline import import_memory

    act_plain(
        workspace,
        as_json,
        lambda w: import_memory(w, file),
        lambda done: (
            f"{done['entries']} entries taken in from {done['file']}"
            + (f"; {done['corrected']} of them corrected by you" if done["corrected"] else "")
            + "".join(f"; {count} left out: {why}" for why, count in done["skipped"].items())
        ),
    )


@memory_app.command("export")
def memory_export(
    file: Annotated[Path, typer.Argument(metavar="FILE.tmx")],
    waiting: Annotated[
        bool, typer.Option("--waiting", help="What waits for you instead, to be filled in.")
    ] = False,
    workspace: In = HERE,
    as_json: Json = False,
) -> None:
    """Write the whole memory as TMX, or what waits for a translation."""
    from cxgreetz.pipeline import export_memory

    act_plain(
        workspace,
        as_json,
        lambda w: export_memory(w, file, waiting=waiting),
        lambda done: f"{done['entries']} entries written to {done['file']}",
    )


@memory_app.command("align")
def memory_align(
    nl_url: Annotated[str, typer.Argument(metavar="NL_URL")],
    en_url: Annotated[str, typer.Argument(metavar="EN_URL")],
    accept: Annotated[
        str | None, typer.Option(metavar="NUMBERS", help="Keep these pairs: 1,3-7.")
    ] = None,
    accept_all: Annotated[bool, typer.Option("--accept-all", help="Keep every pair.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show them; neither ask nor keep anything.")
    ] = False,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Even if they do not look like one text.")
    ] = False,
    workspace: In = HERE,
    as_json: Json = False,
) -> None:
    """Learn from a column that its author translated herself."""
    from cxgreetz.cli import aligning

    choice = aligning.Choice(accept, accept_all, dry_run, quiet=as_json)
    act(
        workspace,
        as_json,
        lambda w, _p: aligning.run(w, nl_url, en_url, choice, anyway=anyway),
        aligning.show,
    )


@piece_app.command("split")
def piece_split(
    piece: str,
    url: Annotated[str, typer.Argument(help="The post that is another text.")],
    workspace: In = HERE,
    as_json: Json = False,
) -> None:
    """Say that one post of a piece is another text; it stays so."""
    from cxgreetz.pipeline import split_piece

    act_plain(
        workspace,
        as_json,
        lambda w: split_piece(w, piece, url),
        lambda done: f"{done['post']} is now {_its_piece(done['piece'])}",
    )


def _its_piece(key: str | None) -> str:
    return f"the piece {key}" if key else "in no piece: no source shows it by itself"


@piece_app.command("join")
def piece_join(first: str, second: str, workspace: In = HERE, as_json: Json = False) -> None:
    """Say that two pieces are one text; it stays so."""
    from cxgreetz.pipeline import join_pieces

    act_plain(
        workspace,
        as_json,
        lambda w: join_pieces(w, first, second),
        lambda done: f"{done['piece']} now has {len(done['posts'])} posts",
    )


@piece_app.command("leave-out")
def piece_leave_out(
    piece: str,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; it is kept.")],
    edition: Annotated[str | None, typer.Option(metavar="EDITION")] = None,
    workspace: In = HERE,
    as_json: Json = False,
) -> None:
    """Leave a piece out of an edition; it travels in a later one."""
    from cxgreetz.cli import show
    from cxgreetz.pipeline import leave_out

    act(workspace, as_json, lambda w, _p: leave_out(w, edition, piece, reason), show.edition)


@piece_app.command("take-in")
def piece_take_in(
    piece: str,
    edition: Annotated[str | None, typer.Option(metavar="EDITION")] = None,
    workspace: In = HERE,
    as_json: Json = False,
) -> None:
    """Take a piece that was left out in again."""
    from cxgreetz.cli import show
    from cxgreetz.pipeline import leave_out

    act(workspace, as_json, lambda w, _p: leave_out(w, edition, piece, None), show.edition)


@post_app.command("dismiss")
def post_dismiss(
    url: Annotated[str, typer.Argument(help="The address of the post.")],
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why; it is kept.")] = None,
    workspace: In = HERE,
    as_json: Json = False,
) -> None:
    """Say that a post that is held is not for this newsletter."""
    from cxgreetz.pipeline import dismiss_post

    act_plain(
        workspace,
        as_json,
        lambda w: dismiss_post(w, url, reason),
        lambda done: f"{done['post']} is held no more, until it changes",
    )


@post_app.command("restore")
def post_restore(
    url: Annotated[str, typer.Argument(help="The address of the post.")],
    workspace: In = HERE,
    as_json: Json = False,
) -> None:
    """Take back that a post was dismissed."""
    from cxgreetz.pipeline import restore_post

    act_plain(
        workspace,
        as_json,
        lambda w: restore_post(w, url),
        lambda done: f"{done['post']}: {done['reason']}",
    )


Findings = Annotated[
    list[str], typer.Argument(metavar="FINDING...", help="As `cxgreetz check` names them.")
]


@finding_app.command("dismiss")
def finding_dismiss(
    findings: Findings,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; it is kept.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who says so.")],
    edition: Annotated[str | None, typer.Option(metavar="EDITION")] = None,
    workspace: In = HERE,
    as_json: Json = False,
) -> None:
    """Let warnings stand, until the text they are about changes."""
    from cxgreetz.cli import show
    from cxgreetz.pipeline import dismiss_findings as verb

    act(
        workspace,
        as_json,
        lambda w, _p: verb(w, edition, findings, reason=reason, by=by),
        show.edition,
    )


@finding_app.command("restore")
def finding_restore(
    findings: Findings,
    edition: Annotated[str | None, typer.Option(metavar="EDITION")] = None,
    workspace: In = HERE,
    as_json: Json = False,
) -> None:
    """Take back that warnings were dismissed."""
    from cxgreetz.cli import show
    from cxgreetz.pipeline import restore_findings as verb

    act(workspace, as_json, lambda w, _p: verb(w, edition, findings), show.edition)


@providers_app.command("check")
def providers_check(workspace: In = HERE, as_json: Json = False) -> None:
    """Prove key, audience and rights without changing anything."""
    from cxgreetz.pipeline import check_provider

    act_plain(
        workspace,
        as_json,
        check_provider,
        lambda done: "\n".join([f"{done['provider']} is ready", *done["proved"]]),
    )


@template_app.command("new")
def template_new(name: str, workspace: In = HERE, as_json: Json = False) -> None:
    """Copy the built-in template to the workspace, to be changed there."""
    from cxgreetz.cli import starting

    tell(as_json, lambda: starting.copy_template(workspace, name), starting.show_template)


def main() -> None:
    """The entry point of the `cxgreetz` command."""
    for stream in (sys.stdout, sys.stderr):
        # A title may hold signs that an old console cannot write.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app()
