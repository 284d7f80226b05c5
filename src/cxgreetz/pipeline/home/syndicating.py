"""Send approved translations back to the blog as drafts, each exactly once.

In: a workspace, the pieces that are meant. Out: what became of each, or what it waits for.
Never: words that no person approved, a text that the author wrote in that language herself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cxgreetz.config import api_key
from cxgreetz.edition import edition_key
from cxgreetz.errors import ConfigError, Problem, ProviderError, UsageError
from cxgreetz.model import (
    LANGUAGE_NAMES,
    Block,
    BlockView,
    Language,
    Origin,
    Piece,
    Severity,
    Translation,
)
from cxgreetz.pipeline.editions.drafting import stored_edition
from cxgreetz.pipeline.editions.keeping import approval_of
from cxgreetz.pipeline.editions.making import with_rights
from cxgreetz.pipeline.home.composing import compose, whole_text
from cxgreetz.pipeline.home.posting import Delivery, Posted, Wishes
from cxgreetz.pipeline.mailing.campaign import LEASE, wait_holding
from cxgreetz.pipeline.words.translating import StoreMemory, translations_of
from cxgreetz.pipeline.words.wording import findings_of, words_of
from cxgreetz.pipeline.workspace import DONE, FAILED, HELD, Workspace
from cxgreetz.ports import Blog, BlogAccount, BlogPlugin, Progress, no_progress, plugin
from cxgreetz.store import Store

#: Words that a person wrote, or read and let stand.
_BY_A_PERSON = (Origin.AUTHOR, Origin.EDITOR, Origin.CHECKED)


@dataclass(frozen=True, slots=True)
class Row:
    """One translation, and what became of it."""

    piece: str
    language: Language
    title: str
    posted: Posted


@dataclass(frozen=True)
class SyndicateReport:
    blog: str
    site: str
    rows: Sequence[Row]
    #: Why nothing could go there; "": it is there, or nothing was to go.
    closed: str = ""
    #: It was only asked what would be done.
    dry_run: bool = False

    @property
    def exit_code(self) -> int:
        return max((row.posted.exit_code for row in self.rows), default=DONE)

    def as_json(self) -> dict[str, Any]:
        return {
            "blog": self.blog,
            "site": self.site,
            "posts": [
                {"piece": row.piece, "language": row.language, "title": row.title}
                | row.posted.as_json()
                for row in self.rows
            ],
        }


def syndicate(
    workspace: Workspace,
    piece: str | None = None,
    *,
    edition: str | None = None,
    languages: Sequence[str] = (),
    dry_run: bool = False,
    again: bool = False,
    anew: bool = False,
    progress: Progress = no_progress,
) -> SyndicateReport:
    """Make translations drafts on the blog, and no more than one each.

    What goes: `piece`, or what `edition` shows; else all that some edition shows, and whatever
    else is a person's words throughout. `languages` narrows it (none: all that go back).
    `dry_run` only plans. `again`: a person looked where an earlier run got no clear answer, or
    wants one made anew that was removed. `anew`: what stands there at the place of `piece`
    is none of ours any more, so it is let go of. Raises UsageError for what there is not,
    ConfigError where no blog is named.
    """
    config, name = workspace.config, workspace.config.blog.name
    if not name:
        why = 'is not set; name where translations go back to: "wordpress" or "folder"'
        raise ConfigError("cxgreetz.toml", [Problem("blog.name", why)])
    if piece and edition:
        raise UsageError("name a piece or an edition, not both")
    if anew and not piece:
        raise UsageError("--anew is about one piece; name it")
    plugged: BlogPlugin = plugin("blogs", name, "blog.name")
    wanted = _languages(workspace, languages)
    with workspace.store.lease("syndicate", seconds=LEASE) as renew:
        wait = wait_holding(workspace, renew)
        account = BlogAccount(
            config.blog.url,
            str(workspace.folder / config.blog.folder),
            config.blog.flavour,
            api_key(name),
            workspace.now(),
            wait,
        )
        blog = plugged.open(account, workspace.net)
        found = _find(workspace, piece, edition, wanted)
        closed = _knock(blog) if any(one.may_go for one in found) else ""
        wishes = Wishes(dry_run, again, anew)
        rows, able = [], plugged.CAPABILITIES
        pieces = {one.key for one in workspace.store.pieces()}
        for number, one in enumerate(found):
            progress(f"syndicate {one.piece.key}", number, len(found))
            delivery = Delivery(workspace, able, blog, name, one.piece.key, wait, renew)
            if closed and one.may_go:
                posted = Posted("failed", closed, "unknown", exit_code=FAILED)
            else:
                posted = _post(workspace, one, delivery, pieces, wishes)
            rows.append(Row(one.piece.key, one.language, one.title, posted))
    return SyndicateReport(name, blog.site, rows, closed, dry_run)


def _knock(blog: Blog) -> str:
    """Look first: a wrong address or password is told once, and not for every piece."""
    try:
        blog.knock()
    except ProviderError as error:
        return str(error)
    return ""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A piece in a language in which it might go back."""

    piece: Piece
    language: Language
    #: None: the author published it in that language herself.
    translation: Translation | None
    #: Why it may not go; "": it may.
    why_not: str = ""

    @property
    def may_go(self) -> bool:
        return self.translation is not None and not self.why_not

    @property
    def title(self) -> str:
        own = self.piece.post(self.language)
        return own.title if own else self.translation.title if self.translation else ""


def _languages(workspace: Workspace, asked: Sequence[str]) -> list[Language]:
    """The languages that are meant; raises UsageError for one that does not go back."""
    there = workspace.config.blog.languages or list(workspace.languages)
    if unknown := [one for one in asked if one not in there]:
        told = f"nothing goes back to the blog in {unknown[0]!r}"
        raise UsageError(f"{told}; what does: {', '.join(there)}")
    return [one for one in there if not asked or one in asked]


def _find(
    workspace: Workspace, piece: str | None, edition: str | None, languages: Sequence[Language]
) -> list[_Candidate]:
    """What is meant, with why it may not go; raises UsageError for what there is not."""
    store, config = workspace.store, workspace.config
    limits = {source.name: source.excerpt_limit for source in config.sources}
    pieces = [with_rights(one, limits) for one in store.pieces()]
    if piece is not None and piece not in {one.key for one in pieces}:
        raise UsageError(f"there is no piece {piece!r}; cxgreetz gather --json names them")
    shown = {key for one in store.editions() for key in one.shown}
    if edition is not None:
        key = edition_key(edition, workspace.now(), config.zone)
        shown = set(stored_edition(store, key).shown)
    named = {piece} if piece is not None else shown
    memory, words = StoreMemory(workspace), words_of(workspace)
    found = []
    for language in languages:
        # Only of all there is, what no edition shows may go by itself.
        by_itself = piece is None and edition is None
        some = pieces if by_itself else [one for one in pieces if one.key in named]
        translations = translations_of(memory, some, language)
        approved = _approved(store, language)
        for one in some:
            translation = translations.get(one.key)
            if one.key not in named and (translation is None or not _is_by_a_person(translation)):
                continue
            why = ""
            if translation is not None:
                errors = [
                    f for f in findings_of(translation, words) if f.severity is Severity.ERROR
                ]
                why = _waiting(translation) or next(
                    (f"{f.where}: {f.message}; mend it on the editor's page" for f in errors), ""
                )
                why = why or _unread(translation, one.credit.excerpt_limit, approved)
            found.append(_Candidate(one, language, translation, why))
    return found


def _is_by_a_person(translation: Translation) -> bool:
    origins = [translation.title_origin, *(block.origin for block in translation.blocks)]
    return all(origin in _BY_A_PERSON for origin in origins)


def _waiting(translation: Translation) -> str:
    """Say what nobody has translated yet; "": all of it is there."""
    blocks = [n for n, b in enumerate(translation.blocks, 1) if b.origin is Origin.WAITING]
    places = ["its title"] if translation.title_origin is Origin.WAITING else []
    places += [f"{len(blocks)} of its {len(translation.blocks)} paragraphs"] if blocks else []
    return f"{' and '.join(places)} wait for a translation" if places else ""


def _unread(
    translation: Translation, limit: int | None, approved: Mapping[str, set[str] | None]
) -> str:
    """Say what no person approved, nor read; "": all of it was."""
    if _is_by_a_person(translation):
        return ""
    if translation.piece not in approved:
        return (
            f"nobody has approved the {LANGUAGE_NAMES[translation.language]} email that carries "
            "it, nor read all of its paragraphs"
        )
    known = approved[translation.piece]
    if known is None:
        return ""
    shown = whole_text(translation.blocks, limit)
    new = [
        one
        for one in shown
        if one.origin not in _BY_A_PERSON
        and not known.issuperset(filter(None, [one.block.html, _alt(one.block)]))
    ]
    told = [f"{len(new)} of its {len(shown)} paragraphs"] if new else []
    if translation.title_origin not in _BY_A_PERSON and translation.title not in known:
        told.insert(0, "its title")
    if not told:
        return ""
    return f"{' and '.join(told)} came after the approval; read them on the editor's page"


def _alt(block: Block | BlockView) -> str:
    return (block.image.alt or "") if block.image else ""


def _approved(store: Store, language: Language) -> dict[str, set[str] | None]:
    """The pieces that an approved email in `language` carries, each with the texts it had then.

    None: the approval is older than what is kept of it.
    """
    carrying: dict[str, tuple[str, ...]] = {}
    for edition in store.editions():
        drafts, approvals = store.drafts(edition.key), store.approvals(edition.key)
        for name, (approval, carried) in approvals.items():
            if language in name.split("+") and approval_of(drafts, approvals, name):
                carrying[approval.fingerprint] = carried
    then = {
        letter.fingerprint: {item.key: item for item in letter.columns}
        for letter in store.letters(carrying)
        if letter.view.language == language and not letter.view.corrected
    }
    found: dict[str, set[str] | None] = {}
    for mark, carried in carrying.items():
        for key in carried:
            known = found.setdefault(key, set())
            if mark not in then:
                found[key] = None
            elif known is not None and (item := then[mark].get(key)):
                known |= {item.title, *(b.html for b in item.blocks), *map(_alt, item.blocks)}
    return found


def _post(
    workspace: Workspace,
    one: _Candidate,
    delivery: Delivery,
    pieces: Collection[str],
    wishes: Wishes,
) -> Posted:
    """One translation; its failure is a value, so that the others go on."""
    if one.translation is None:
        own = one.piece.post(one.language)
        told = f"the author published it in {LANGUAGE_NAMES[one.language]} herself"
        return Posted("none", told, "own", url=own.url if own else "")
    if one.why_not:
        return Posted("wait", one.why_not, "waiting", exit_code=HELD)
    known = delivery.posting(one.language)
    composed = compose(workspace, one.piece, one.translation, known)
    if known is None and (known := delivery.inherit(composed.post, pieces)):
        composed = compose(workspace, one.piece, one.translation, known)
    try:
        posted = delivery.run(composed.post, wishes)
    except ProviderError as error:
        return Posted("failed", str(error), "unknown", exit_code=FAILED)
    return replace(posted, notes=[*composed.notes, *posted.notes])
