"""Make the emails of an edition from the store, and have them looked at.

In: an edition, the store, the templates. Out: one email per language (or one with all) with
what it was made from and what the checks found. Never: a network; anything kept. The same
store and the same templates give the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import cast

from cxgreetz import checks
from cxgreetz import edition as editions
from cxgreetz.edition import Letterhead
from cxgreetz.model import (
    BlockKind,
    BlockView,
    Edition,
    Email,
    EmailView,
    Finding,
    ItemView,
    Language,
    Piece,
    Severity,
)
from cxgreetz.pipeline.editions.carried import carried_before
from cxgreetz.pipeline.editions.looking import answers_for, links_shown
from cxgreetz.pipeline.editions.pictures import known_pictures, with_facts
from cxgreetz.pipeline.words.translating import StoreMemory, detect_language, translations_of
from cxgreetz.pipeline.words.wording import findings_in, words_of
from cxgreetz.pipeline.workspace import Workspace
from cxgreetz.ports import ProviderPlugin, plugin
from cxgreetz.render import find_template, render
from cxgreetz.store import Store


@dataclass(frozen=True, slots=True)
class Built:
    """One email of an edition with what it was made from and what the checks say."""

    views: Sequence[EmailView]
    email: Email
    findings: Sequence[Finding]


#: The lease that a push holds: one at a time for the whole newsletter.
PUSH = "push"
#: An email before it was looked at: what it was made from, and what it became.
Made = tuple[Sequence[EmailView], Email]


class Press:
    """Everything that the emails of an edition are made of, read once."""

    def __init__(self, workspace: Workspace, edition: Edition) -> None:
        self._workspace = workspace
        wanted = {item.piece for item in edition.items}
        limits = {source.name: source.excerpt_limit for source in workspace.config.sources}
        self._every = workspace.store.pieces()
        pieces = [piece for piece in self._every if piece.key in wanted]
        named = workspace.config.plain_hosts()
        self._pictures = known_pictures(workspace, pieces)
        self._pieces = {
            piece.key: with_facts(with_rights(piece, limits), self._pictures, named)
            for piece in pieces
        }
        self._template = find_template(workspace.config.newsletter.template, workspace.folder)
        self._letterhead = _letterhead(workspace)
        memory = StoreMemory(workspace)
        self._told: dict[str, list[Finding]] = {one: [] for one in workspace.languages}
        self._translations = {
            one: translations_of(memory, self._pieces.values(), one, self._told[one])
            for one in workspace.languages
        }
        name = workspace.config.provider.name
        provider: ProviderPlugin = plugin("providers", name, "provider.name")
        self._overhead = provider.CAPABILITIES.link_overhead

    def fit(self, edition: Edition) -> Edition:
        """Put over to the next edition what would have the largest email cut off."""
        while (heaviest := self._heaviest(self.make(edition))) > checks.SIZE_ERROR:
            # A short read weighs less than its share of the whole, so these are never too many.
            share = 1 - checks.SIZE_ERROR / heaviest
            fitting = editions.put_over(edition, math.ceil(len(edition.shown) * share))
            if fitting == edition:
                break
            edition = fitting
        return edition

    def build(self, edition: Edition) -> dict[str, Built]:
        """Render the emails of an edition, and say of each what the checks find."""
        workspace, made = self._workspace, self.make(edition)
        # What came after it was pushed is no matter of an edition.
        gone = bool(with_provider(workspace.store, edition.key))
        alarms = {} if gone else _alarms(workspace)
        present = self._present(edition)
        carried = {} if gone else carried_before(workspace.store, present, self._every)
        words, dismissed = words_of(workspace), workspace.store.dismissals()
        built = {}
        for name, (own, email) in made.items():
            others = [view for views, _email in made.values() for view in views if view not in own]
            subject = checks.Subject(
                own,
                email,
                detect_language,
                alarms,
                answers=answers_for(workspace, links_shown(own, email)),
                pictures=self._pictures,
                carried=carried,
                sisters=others,
                link_overhead=self._overhead,
            )
            findings = checks.run_checks(subject)
            for view in own:
                findings += findings_in(view, self._translations[view.language], words)
                findings += self._told[view.language]
            looked_at = (
                replace(f, dismissal=dismissed.get(f.about)) if f.is_open else f for f in findings
            )
            built[name] = Built(own, email, checks.worst_first(looked_at))
        return built

    def whole_texts(self, edition: Edition, view: EmailView) -> tuple[ItemView, ...]:
        """The translated columns that `view` shows, each with all of its text that is believed:
        up to the first paragraph in which the checks find an error.
        """
        known = self._translations[view.language]
        items = editions.whole_texts(
            self._present(edition), view.language, self._pieces, known, self._letterhead
        )
        read = [replace(item, blocks=tuple(filter(_has_words, item.blocks))) for item in items]
        broken: dict[str | None, int] = {}
        for found in findings_in(
            replace(view, items=tuple(read)), known, words_of(self._workspace)
        ):
            if found.severity is Severity.ERROR:
                place = found.paragraph or 1
                broken[found.piece] = min(place, broken.get(found.piece, place))
        cut = (_cut_before(item, broken.get(item.key)) for item in items)
        return tuple(item for item in cut if item.blocks)

    def make(self, edition: Edition, corrected: date | None = None) -> dict[str, Made]:
        """Render the emails; with fewer words about the short reads where they grow too large.

        `corrected`: as they would be today, each saying that it was corrected on that day.
        """
        made = self._render(edition, brief=False, corrected=corrected)
        if self._heaviest(made) > checks.SIZE_WARNING:
            return self._render(edition, brief=True, corrected=corrected)
        return made

    def _render(
        self, edition: Edition, *, brief: bool, corrected: date | None = None
    ) -> dict[str, Made]:
        made: dict[str, Made] = {}
        present = self._present(edition)
        for name in self._workspace.config.editions():
            views = [
                editions.lay_out(
                    present,
                    language,
                    self._pieces,
                    self._translations[language],
                    self._letterhead,
                    brief=brief,
                    corrected=corrected,
                )
                for language in cast(Sequence[Language], name.split("+"))
            ]
            made[name] = views, render(views if len(views) > 1 else views[0], self._template)
        return made

    def _present(self, edition: Edition) -> Edition:
        """Without the pieces that are no longer there."""
        items = tuple(item for item in edition.items if item.piece in self._pieces)
        return replace(edition, items=items)

    def _heaviest(self, made: Mapping[str, Made]) -> int:
        return max(email.weight(self._overhead) for _views, email in made.values())


def _has_words(block: BlockView) -> bool:
    return block.kind is not BlockKind.PICTURE


def _cut_before(item: ItemView, paragraph: int | None) -> ItemView:
    """End an item before a paragraph, counted from 1 without pictures; None: nowhere."""
    if paragraph is None:
        return item
    places = [place for place, block in enumerate(item.blocks) if _has_words(block)]
    return replace(item, blocks=item.blocks[: places[paragraph - 1]], truncated=True)


def with_provider(store: Store, key: str) -> set[str]:
    """The emails of an edition that a provider holds, or may hold: they are never changed.

    One whose create a run is at now may be there in a moment. What a killed run intended is
    free: the next push finds what it made, and brings it up to date.
    """
    receipts = store.receipts(key)
    held = {r.language for r in receipts if r.remote_id or r.state == "unknown"}
    intended = {r.language for r in receipts if r.state == "intended"} - held
    return held | intended if intended and store.is_leased(PUSH) else held


def _letterhead(workspace: Workspace) -> Letterhead:
    config, newsletter = workspace.config, workspace.config.newsletter
    return Letterhead(
        newsletter.name,
        newsletter.sender,
        newsletter.languages,
        config.zone,
        signatures={str(language): text for language, text in newsletter.signature.items()},
        postal_address=newsletter.postal_address,
        web=config.web_address(),
        counted=newsletter.utm,
        events=[*config.event_list(), *workspace.store.events().values()],
    )


def with_rights(piece: Piece, limits: Mapping[str, int | None]) -> Piece:
    """A piece with the excerpt limits that the workspace file has now."""
    posts = tuple(
        replace(post, credit=replace(post.credit, excerpt_limit=limits[post.source]))
        if post.source in limits
        else post
        for post in piece.posts
    )
    return replace(piece, posts=posts)


def _alarms(workspace: Workspace) -> dict[str, tuple[str, bool]]:
    """What the last readings of the workspace's sources call for."""
    readings = workspace.store.readings()
    return {
        source.name: (row["alarm"], row.get("partial", False))
        for source in workspace.config.sources
        if (row := readings.get(source.name, {})).get("alarm")
    }
