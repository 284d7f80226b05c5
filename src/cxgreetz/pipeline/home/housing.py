"""Give the newsletter its home on the web: a folder of pages, as it should be today.

In: a workspace. Out: `site/`, brought up to date, and what was written, removed and held. Never:
a letter that nobody approved, a file of somebody else, an upload.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from cxgreetz.edition.excerpts import excerpt
from cxgreetz.model import (
    Approval,
    Block,
    BlockKind,
    EditionKey,
    ItemView,
    Language,
    Letter,
    TranslatedBlock,
)
from cxgreetz.pipeline.editions.keeping import keep_letters, standing_approvals
from cxgreetz.pipeline.editions.making import Press, with_provider, with_rights
from cxgreetz.pipeline.home.placing import Placed, place
from cxgreetz.pipeline.workspace import DONE, HELD, Workspace
from cxgreetz.render import find_template
from cxgreetz.site import Home, Public, build, faults_in

#: Seconds that a run may write before another one believes it dead.
_LEASE = 300.0

#: An address with a key of its own is read with it, and told to nobody.
_SECRET = re.compile(r"[?&;][^=&]*(?:key|token|secret|password|auth|sig)[^=&]*=", re.I)


@dataclass(frozen=True, slots=True)
class Lost:
    """An email that may be read on the web, and of which nothing was kept."""

    edition: EditionKey
    email: str
    #: True: a provider has it, so that it cannot be approved again.
    gone: bool

    def __str__(self) -> str:
        if self.gone:
            remedy = f"draft {self.edition} --correct, which shows what it says today for your yes"
        else:
            remedy = f"draft {self.edition}, and approve it"
        return (
            f"{self.edition} {self.email}: its columns have changed since it was approved, before "
            f"letters were kept; make its page with: cxgreetz {remedy}"
        )


@dataclass(frozen=True)
class SiteReport:
    """A site as it is now; with `dry_run` as it would become."""

    folder: Path
    home: Home
    files: Mapping[str, bytes]
    placed: Placed
    lost: Sequence[Lost]
    #: Links that lead nowhere, and the like.
    faults: Sequence[str]
    dry_run: bool = False

    @property
    def is_behind(self) -> bool:
        return bool(self.placed.written or self.placed.removed)

    @property
    def exit_code(self) -> int:
        waits = self.placed.held or self.lost or self.faults or (self.dry_run and self.is_behind)
        return HELD if waits else DONE

    def as_json(self) -> dict[str, Any]:
        home = self.home
        return {
            "folder": str(self.folder),
            "url": home.url,
            "letters": [
                {
                    "edition": public.edition,
                    "language": public.language,
                    "page": home.places.letter(public.language, public.edition),
                    "corrected": str(public.letter.view.corrected or "") or None,
                    "columns": [
                        {"piece": item.key, "whole": not item.truncated}
                        for item in public.letter.columns
                    ],
                }
                for public in home.letters
            ],
            "pages": sum(name.endswith((".html", ".htm")) for name in self.files),
            "written": list(self.placed.written),
            "removed": list(self.placed.removed),
            "unchanged": self.placed.same,
            "held": [
                *({"what": name, "why": why} for name, why in self.placed.held.items()),
                *({"what": f"{one.edition} {one.email}", "why": str(one)} for one in self.lost),
            ],
            "faults": list(self.faults),
            "checked_only": self.dry_run,
        }


def build_site(workspace: Workspace, *, dry_run: bool = False) -> SiteReport:
    """Bring the site's folder up to date with the letters that may be read.

    `dry_run` writes nothing, says what would be, and looks whether every link of the site leads
    somewhere. Raises UsageError where the folder's own list cannot be read, ConfigError for
    colours or words of the template that are wrong.
    """
    found = list(public_letters(workspace))
    limits = _limits(workspace)
    letters = [_within_rights(one, limits) for one in found if isinstance(one, Public)]
    lost = [one for one in found if isinstance(one, Lost)]
    home = _home(workspace, letters)
    files = build(home)
    folder = workspace.folder / workspace.config.site.folder
    if dry_run:
        placed = place(folder, files, dry_run=True)
        faults = [*_astray(home), *faults_in(files, home.url)]
    else:
        with workspace.store.lease("site", seconds=_LEASE) as renew:
            placed, faults = place(folder, files, progress=renew), _astray(home)
    return SiteReport(folder, home, files, placed, lost, faults, dry_run)


def public_letters(workspace: Workspace) -> Iterator[Public | Lost]:
    """Every letter that was approved as it stands or has gone out, oldest first; in each month
    the languages as the workspace file has them.

    A correction takes the place of what was sent. Where nothing was kept (the approval is
    older than this) a letter that comes out today as it was approved is kept now.
    """
    store = workspace.store
    approved = {edition.key: standing_approvals(workspace, edition) for edition in store.editions()}
    marks = [a.fingerprint for approvals in approved.values() for a in approvals.values()]
    known: dict[str, dict[Language, Letter]] = {}
    for letter in store.letters(marks):
        known.setdefault(letter.fingerprint, {})[letter.view.language] = letter
    spoken, first = workspace.config.newsletter.languages, store.first_letters()
    for key, approvals in approved.items():
        here: list[Public] = []
        for name, approval in approvals.items():
            kept = known.get(approval.fingerprint) or _kept_now(workspace, key, name, approval)
            languages = [language for language in spoken if language in name.split("+")]
            if all(language in kept for language in languages):
                for one in languages:
                    here.append(Public(kept[one], first.get((key, one), approval.at), approval.at))
            else:
                yield Lost(key, name, name in with_provider(store, key))
        yield from sorted(here, key=lambda public: spoken.index(public.language))


def _astray(home: Home) -> list[str]:
    """Say it where the emails link into the site to a place at which no page can stand."""
    if not home.url or not home.web.startswith(home.url):
        return []
    language, month = home.languages[0], "2026-11"
    named = home.web.format(edition=month, language=language)
    there = home.places.on_web(home.places.letter(language, month))
    if named.rstrip("/") == there.rstrip("/"):
        return []
    return [f"newsletter.web names {named}, where no page can stand; the letters are at {there}"]


def _limits(workspace: Workspace) -> dict[str, int | None]:
    """How much of each piece may be shown, as the workspace file has it now."""
    limits = {source.name: source.excerpt_limit for source in workspace.config.sources}
    return {
        piece.key: with_rights(piece, limits).credit.excerpt_limit
        for piece in workspace.store.pieces()
    }


def _within_rights(public: Public, limits: Mapping[str, int | None]) -> Public:
    """A letter as it was approved, and no more of a text than its source allows by now."""
    letter, view = public.letter, public.letter.view
    items = tuple(_within(item, limits.get(item.key)) for item in view.items)
    columns = tuple(_within(item, limits.get(item.key)) for item in letter.columns)
    return replace(public, letter=replace(letter, view=replace(view, items=items), columns=columns))


def _within(item: ItemView, limit: int | None) -> ItemView:
    if limit is None:
        return item
    texts = [block for block in item.blocks if block.kind is not BlockKind.PICTURE]
    whole = [TranslatedBlock(Block(b.kind, b.html, level=b.level), item.origin) for b in texts]
    shown = excerpt(whole, sys.maxsize, limit)
    # What is shown is never longer than the text.
    blocks = tuple(
        replace(block, html=one.block.html) for block, one in zip(texts, shown, strict=False)
    )
    return replace(item, blocks=blocks, truncated=item.truncated or blocks != tuple(texts))


def _kept_now(
    workspace: Workspace, key: EditionKey, name: str, approval: Approval
) -> dict[Language, Letter]:
    """Keep what an email was made of, if it still comes out as it was approved; by language."""
    edition = workspace.store.edition(key)
    if edition is None:
        return {}
    press = Press(workspace, edition)
    made = press.make(edition).get(name)
    if made is None or made[1].fingerprint != approval.fingerprint:
        return {}
    keep_letters(workspace, press, edition, {name: made[0]}, {name: approval})
    return {one.view.language: one for one in workspace.store.letters([approval.fingerprint])}


def _home(workspace: Workspace, letters: Sequence[Public]) -> Home:
    config, newsletter, site = workspace.config, workspace.config.newsletter, workspace.config.site
    return Home(
        newsletter.name,
        parseaddr(newsletter.sender)[0],
        newsletter.languages,
        url=site.url,
        since=min(workspace.store.first_letters().values(), default=None),
        web=config.web_address(),
        canonical=site.canonical,
        titles={str(one): title for one, title in site.title.items()},
        descriptions={str(one): told for one, told in site.description.items()},
        postal_address=newsletter.postal_address,
        letters=letters,
        sources=[one for one in config.source_list() if not _SECRET.search(one.url)],
        template=find_template(newsletter.template, workspace.folder),
    )
