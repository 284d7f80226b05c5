"""A person's word about posts: what is one text, what is another, what is not wanted.

In: a workspace, the addresses or pieces that somebody names. Out: what became of them.
Never: a word of a person's overruled by what is gathered later.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from cxgreetz import pieces
from cxgreetz.errors import UsageError
from cxgreetz.model import Piece, address_key
from cxgreetz.pipeline.workspace import Workspace
from cxgreetz.store import Store, StoredPost

_SPLIT_OFF = "a person said that it is another text than the one that names it"

_Verdict = TypeVar("_Verdict", bound=Callable[..., dict[str, Any]])


def _alone(verdict: _Verdict) -> _Verdict:
    """Let no gathering store at the same time: either writes back what it has read."""

    @wraps(verdict)
    def said(workspace: Workspace, *words: Any) -> dict[str, Any]:
        with workspace.store.lease("gather", seconds=60):
            return verdict(workspace, *words)

    return cast("_Verdict", said)


@_alone
def dismiss_post(workspace: Workspace, url: str, reason: str | None = None) -> dict[str, Any]:
    """Say that a post that is held is not for this newsletter; it stays so until it changes."""
    store = workspace.store
    post = _post_at(store, url)
    if post.decision != pieces.HELD:
        said = f"it is {post.decision} ({post.reason})"
        more = "; to leave its piece out of an edition: `cxgreetz piece leave-out`"
        raise UsageError(
            f"{url} is not held: {said}" + (more if post.decision == pieces.TAKEN else "")
        )
    told = f"{pieces.DISMISSED}: {reason}" if reason else pieces.DISMISSED
    store.decide_post(post.post.key, pieces.SKIPPED, told)
    return {"post": post.post.url, "decision": pieces.SKIPPED, "reason": told}


@_alone
def restore_post(workspace: Workspace, url: str) -> dict[str, Any]:
    """Take back that a post was dismissed; the next gather judges it afresh."""
    store = workspace.store
    post = _post_at(store, url)
    if not pieces.is_dismissed(post.reason):
        raise UsageError(f"{url} was not dismissed: it is {post.decision} ({post.reason})")
    told = "taken back; gather to have it judged again"
    store.decide_post(post.post.key, pieces.HELD, told)
    return {"post": post.post.url, "decision": pieces.HELD, "reason": told}


@_alone
def split_piece(workspace: Workspace, piece_key: str, url: str) -> dict[str, Any]:
    """Say that the post at `url` is another text than the rest of its piece; it stays so."""
    store = workspace.store
    post, rest = _member(store, piece_key, url)
    if not rest:
        raise UsageError(f"{piece_key!r} has only this one post; there is nothing to split")
    for other in rest:
        store.save_verdict(post.post.key, other.post.key, same=False)
    if post.decision == pieces.SKIPPED:  # it was there as a version only
        store.decide_post(post.post.key, pieces.SKIPPED, _SPLIT_OFF)
        return {"post": post.post.url, "piece": None, "was": piece_key}
    stored = {k.key: k for k in store.known_posts(pieces.head_of)}
    head = stored.pop(post.post.key).head
    known = {key: (k.head, k.piece) for key, k in stored.items() if k.piece}
    join = pieces.join_posts([head], known, store.verdicts(), store.carried())
    new_key = join.pieces[head.key]
    whole = Piece(piece_key, tuple(s.post for s in (post, *rest)))
    shown = {p.key for language in workspace.languages if (p := whole.post(language))}
    if piece_key in store.carried() and post.post.key in shown:
        # What went out stays gone; what was hidden behind it has not been read by anyone.
        kept = bool(shown - {post.post.key})
        store.move_carried(piece_key, new_key, keep=kept)
    store.move_posts({head.key: new_key})
    if all(other.decision == pieces.SKIPPED for other in rest):  # nothing that they are versions of
        for other in rest:
            store.decide_post(other.post.key, pieces.SKIPPED, _SPLIT_OFF)
    return {"post": post.post.url, "piece": new_key, "was": piece_key}


@_alone
def join_pieces(workspace: Workspace, first: str, second: str) -> dict[str, Any]:
    """Say that two pieces are one text: the first takes the second's posts."""
    store = workspace.store
    a, b = _posts_of(store, first), _posts_of(store, second)
    if first == second:
        raise UsageError(f"{first!r} is one piece already")
    for one in a:
        for other in b:
            store.save_verdict(one.post.key, other.post.key, same=True)
    store.move_carried(second, first, keep=True)
    store.move_posts({s.post.key: first for s in b})
    return {"piece": first, "posts": [s.post.url for s in (*a, *b)]}


def _posts_of(store: Store, piece_key: str) -> list[StoredPost]:
    found = [s for s in store.posts() if s.piece == piece_key]
    if not found:
        raise UsageError(f"there is no piece {piece_key!r}; `cxgreetz gather --json` lists them")
    return found


def _post_at(store: Store, url: str) -> StoredPost:
    found = store.posts([_key(url)])
    if not found:
        raise UsageError(f"no post at {url} was ever gathered; `cxgreetz gather --json` lists them")
    return found[0]


def _key(url: str) -> str:
    try:
        return address_key(url)
    except ValueError:
        raise UsageError(f"{url!r} is not a web address") from None


def _member(store: Store, piece_key: str, url: str) -> tuple[StoredPost, list[StoredPost]]:
    members, key = _posts_of(store, piece_key), _key(url)
    mine = [s for s in members if s.post.key == key]
    if not mine:
        addresses = ", ".join(s.post.url for s in members)
        raise UsageError(f"{url} is not in the piece {piece_key!r}; its posts are: {addresses}")
    return mine[0], [s for s in members if s is not mine[0]]
