"""Take one translation to the blog: what `syndication.plan` says, step by step.

In: a post, one blog, what a person wished. Out: what became of it. Never: a decision about the
next step, a create sent twice, a change by who lost the lease, a person's words written over.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cxgreetz import syndication
from cxgreetz.errors import ProviderError
from cxgreetz.model import (
    Action,
    BlogPost,
    BlogRemote,
    BlogState,
    Head,
    Language,
    Posting,
    Step,
)
from cxgreetz.model import Post as GatheredPost
from cxgreetz.pieces import head_of
from cxgreetz.pieces.heads import share_of_runs, share_within
from cxgreetz.pieces.joining import SAME_TEXT
from cxgreetz.pipeline.mailing.campaign import find_patiently, look_for_lost
from cxgreetz.pipeline.posts.recognising import HARDLY
from cxgreetz.pipeline.workspace import DONE, FAILED, HELD, Workspace
from cxgreetz.ports import Blog, BlogCapabilities

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of one translation at the blog."""

    step: str
    why: str
    #: waiting (for a person), the post's own state there, none or unknown
    state: str
    remote_id: str | None = None
    url: str = ""
    edit_url: str = ""
    #: How what is there differs from what would be sent; "": not worth showing.
    difference: str = ""
    notes: Sequence[str] = field(default_factory=list)
    exit_code: int = DONE

    def as_json(self) -> dict[str, Any]:
        names = ("step", "state", "why", "remote_id", "url", "edit_url", "difference")
        return {name: getattr(self, name) for name in names} | {"notes": list(self.notes)}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person asked for beside the post itself."""

    dry_run: bool = False
    #: She looked where there was no clear answer, or wants one made again that was removed.
    again: bool = False
    #: What stands at the place of ours is none of ours any more.
    anew: bool = False


class Delivery:
    """Takes one post to the blog: asks `plan`, does it, keeps the receipt, asks again."""

    def __init__(
        self,
        workspace: Workspace,
        capabilities: BlogCapabilities,
        blog: Blog,
        name: str,
        piece: str,
        wait: Callable[[float], None],
        renew: Callable[[], None],
    ) -> None:
        #: `renew` comes before every call that changes something: whoever lost the lease
        #: meanwhile makes none.
        self._workspace, self._store, self._blog = workspace, workspace.store, blog
        self._capabilities, self._name, self._piece = capabilities, name, piece
        self._wait, self._renew = wait, renew

    def posting(self, language: Language) -> Posting | None:
        """The receipt of the piece in a language."""
        return self._store.posting(self._name, self._blog.site, self._piece, language)

    def inherit(self, post: BlogPost, pieces: Collection[str]) -> Posting | None:
        """The receipt of the same text as a piece that is none of `pieces` any more.

        Two pieces that turn out to be one text become one, and what went there stays one post.
        """
        runs = head_of_sent(post).runs
        for old in self._store.postings():
            here = (old.blog, old.site, old.language)
            if here != (self._name, self._blog.site, post.language) or old.piece in pieces:
                continue
            if share_of_runs(old.runs, runs) >= SAME_TEXT:
                moved = replace(old, piece=self._piece)
                self._store.save_posting(moved)
                self._store.drop_posting(old)
                return moved
        return None

    def run(self, post: BlogPost, wishes: Wishes) -> Posted:
        """Take the next steps until there is none.

        With `wishes.anew` what stands at our post's place is let go of, whatever it bears of
        ours, and a draft is made under another key. That holds only while hardly a word of what
        we sent stands there, else it is told how much does: said twice, it makes one.
        """
        notes, taken, kept, dry_run = [], "", "", wishes.dry_run
        column = head_of_sent(post).fingerprint
        # Create, adopt, update, confirm: no path to an end is longer.
        for turn in range(5):
            posting = self.posting(post.language)
            remotes = self._find(post, posting)
            there, left = _left_there(posting, remotes)
            let_go = wishes.anew and left < HARDLY
            if wishes.anew and there and not let_go and turn == 0:
                kept = f"{left:.0%} of what we sent stands there, so --anew does not let go of it"
            if let_go:
                post = replace(post, key=_next_key(post.key))
                remotes = self._blog.find(post.key, post.slug)
            text = self._blog.text_of(post)
            step = syndication.plan(
                post,
                None if let_go else posting,
                remotes,
                text,
                same_column=posting is not None and posting.column == column,
                lists_late=self._capabilities.lists_late,
                again=wishes.again and not taken,
            )
            _LOG.info("%s: %s, %s", post.key, step.action, step.why)
            remote = next((r for r in remotes if r.id == step.remote_id), None)
            if dry_run and step.action in (Action.CREATE, Action.UPDATE):
                notes = self._blog.plan(post)
            if dry_run or step.action in (Action.STOP, Action.NONE):
                if step.action is Action.NONE and posting and remote and not dry_run:
                    self._follow(posting, remote)
                ended = self._end(step, remote, text)
                if there and left < HARDLY and not let_go and remote == there:
                    ended = replace(ended, why=f"{ended.why}; {self._remedy(there)}")
                return _with(replace(ended, step=taken or step.action), notes, kept)
            taken = taken or (step.action if step.action is not Action.CONFIRM else "")
            if step.action is Action.CONFIRM:
                assert posting is not None and remote is not None
                self._keep(replace(posting, state="confirmed", remote_id=remote.id, url=remote.url))
                done = self._end(step, remote, text)
                return _with(replace(done, step=taken or Action.NONE), notes, kept)
            if step.action is Action.ADOPT:
                assert remote is not None
                sent = posting if posting and not let_go else self._receipt(post, text)
                self._keep(_left(replace(sent, state="created"), remote))
                continue
            self._renew()
            notes = self._blog.prepare(post)
            if (failed := self._write(post, text, posting, step)) is not None:
                return replace(failed, notes=notes)
        raise ProviderError(f"{self._name} does not keep what it was given; look at {post.key}")

    def _write(
        self, post: BlogPost, text: str, posting: Posting | None, step: Step
    ) -> Posted | None:
        """Create or update; gives the end of the matter when it cannot go on."""
        self._renew()
        # Kept before the call: whatever ends this run, the next one knows what was sent.
        intended = self._receipt(post, text)
        if step.action is Action.UPDATE and posting is not None:
            there = self._blog.look_up(step.remote_id or "")
            if there is None or there.mark != posting.left:
                return None  # a person was at it while its picture went up: judge it again
            intended = replace(
                intended, remote_id=step.remote_id, url=posting.url, left=posting.left
            )
        self._keep(intended)
        try:
            if step.action is Action.UPDATE:
                remote = self._blog.update(step.remote_id or "", post)
            else:
                remote = self._blog.create(post)
        except ProviderError as error:
            if step.action is Action.UPDATE:
                why = f"{error}; the draft there may be older than the translation, try again"
                return Posted("failed", why, "draft", step.remote_id, exit_code=FAILED)
            if not error.ambiguous:
                # It definitely did not happen: nothing must look as if it had.
                self._drop(intended, posting)
                raise
            return self._look_again(post, intended, error)
        self._keep(_left(replace(intended, state="created"), remote))
        return None

    def _look_again(self, post: BlogPost, sent: Posting, error: ProviderError) -> Posted | None:
        """Look for what a create without a clear answer made."""
        self._keep(replace(sent, state="unknown"))

        def look() -> bool:
            found = self._blog.find(post.key, post.slug)
            return any(remote.state is not BlogState.TRASHED for remote in found)

        told = look_for_lost(error, look, self._wait)
        if told is None:
            return None
        why = (
            f"{told}; it is not known whether {post.key} was made: look there, then syndicate "
            "again, with --again if nothing is there"
        )
        return Posted("create", why, "unknown", exit_code=FAILED)

    def _find(self, post: BlogPost, posting: Posting | None) -> list[BlogRemote]:
        """Look for our post; longer where it was made or may have been, and lists lag."""
        begun = posting is not None and posting.state in ("intended", "created")
        is_late = begun and self._capabilities.lists_late
        return find_patiently(lambda: self._look(post, posting), self._wait, is_late=is_late)

    def _look(self, post: BlogPost, posting: Posting | None) -> list[BlogRemote]:
        """What has our key, and what we know to be ours by its id whatever it is called now."""
        found = self._blog.find(post.key, posting.slug if posting else post.slug)
        known = posting.remote_id if posting else None
        if known and known not in {remote.id for remote in found}:
            there = self._blog.look_up(known)
            found += [there] if there else []
        return found

    def _end(self, step: Step, remote: BlogRemote | None, text: str) -> Posted:
        code = HELD if step.action is Action.STOP else DONE
        state = str(remote.state) if remote else "none"
        if step.is_unknown:
            code, state = FAILED, "unknown"
        shown = Posted(step.action, step.why, state, step.remote_id, exit_code=code)
        if remote is None:
            return shown
        worth = step.differs or step.action is Action.UPDATE
        differs = syndication.difference(remote.text, text) if worth else ""
        return replace(shown, url=remote.url, edit_url=remote.edit_url, difference=differs)

    def _receipt(self, post: BlogPost, text: str) -> Posting:
        head = head_of_sent(post)
        return Posting(
            self._name,
            self._blog.site,
            self._piece,
            post.language,
            "intended",
            post.fingerprint,
            post.key,
            post.slug,
            text,
            column=head.fingerprint,
            runs=head.runs,
        )

    def _remedy(self, stranger: BlogRemote) -> str:
        """What to do where somebody else's words stand at the place of ours."""
        return (
            f"hardly a word of ours is left there; if {stranger.id} is a post of its own by now: "
            f"cxgreetz syndicate {self._piece} --anew"
        )

    def _follow(self, posting: Posting, remote: BlogRemote) -> None:
        """Keep where it is now: a person who publishes or moves it gives it another address."""
        if (posting.remote_id, posting.url) != (remote.id, remote.url):
            self._keep(replace(posting, remote_id=remote.id, url=remote.url))

    def _keep(self, posting: Posting) -> None:
        self._store.save_posting(replace(posting, at=self._workspace.now()))

    def _drop(self, intended: Posting, before: Posting | None) -> None:
        if before is not None:
            self._store.save_posting(before)
        else:
            self._store.drop_posting(intended)


def head_of_sent(post: BlogPost) -> Head:
    """What a post is recognised by wherever it turns up: the column as it was sent."""
    sent = GatheredPost("https://cxgreetz.invalid/", post.title, None, post.blocks, "")
    return head_of(sent)


def _left_there(
    posting: Posting | None, remotes: Sequence[BlogRemote]
) -> tuple[BlogRemote | None, float]:
    """The one post at the place of ours, and which share of what we sent still stands in it.

    A blog whose database was put back gives its numbers anew, and an author may write over a draft.
    """
    live = [remote for remote in remotes if remote.state is not BlogState.TRASHED]
    if posting is None or posting.state not in ("created", "confirmed") or len(live) != 1:
        return None, 1.0
    (remote,) = live
    # Of what went there, not of what stands there: that may have grown by words of hers. What is
    # too short for a run says nothing.
    is_same = not posting.runs or syndication.same_words(remote.text, posting.text)
    return remote, 1.0 if is_same else share_within(posting.runs, remote.text)


def _with(posted: Posted, notes: Sequence[str], kept: str) -> Posted:
    """What became of it, with why it was not let go of where that was asked for."""
    if kept and posted.step in (Action.NONE, Action.STOP):
        return replace(posted, notes=notes, why=f"{posted.why}; {kept}")
    return replace(posted, notes=[*notes, *filter(None, [kept])])


def _next_key(key: str) -> str:
    """The name of a post that takes the place of one that was let go of."""
    own, _, number = key.rpartition(".")
    return f"{own}.{int(number) + 1}" if own and number.isdecimal() else f"{key}.2"


def _left(posting: Posting, remote: BlogRemote) -> Posting:
    """The receipt with what the blog held when we left it."""
    return replace(posting, remote_id=remote.id, url=remote.url, left=remote.mark)
