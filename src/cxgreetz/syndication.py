"""Decide the next step towards exactly one post at a blog, and tell what a person changed.

In: the translation as it would be sent, our receipt, what the blog shows. Out: one Step at a
time; a difference as plain lines. Never: network, SQL, a clock; a step that writes over what a
person changed or published.

A blog knows no idempotency key, and people work in it. So: find by our key in all states,
create once; write again only what is still just as we left it.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence

from cxgreetz.model import Action, BlogPost, BlogRemote, BlogState, Posting, Step


def plan(
    post: BlogPost,
    posting: Posting | None,
    remotes: Sequence[BlogRemote],
    text: str,
    *,
    same_column: bool = False,
    lists_late: bool = True,
    again: bool = False,
) -> Step:
    """Give the next step for one translation, whose plain `text` is that of `post`.

    `posting` is what we know we did, `remotes` what the blog shows under our key, in every
    state. `same_column`: the column is the one that was sent, and at most its closing lines,
    tags and the like are others by now: no matter of what is published. `lists_late`: what was
    made may not be shown yet.
    `again`: a person looked, and wants it made anew.
    """
    live = [remote for remote in remotes if remote.state is not BlogState.TRASHED]
    if len(live) > 1:
        ids = ", ".join(sorted(remote.id for remote in live))
        return Step(
            Action.STOP, f"the blog holds {len(live)} posts with our key: {ids}; remove all but one"
        )
    if not live:
        return _without(posting, remotes, lists_late, again)
    remote = live[0]
    if posting is None:
        if same_words(remote.text, text):
            return Step(Action.ADOPT, "it is there already, word for word", remote.id)
        return Step(
            Action.STOP,
            f"post {remote.id} has our key and other words, and this database knows nothing of "
            "it; it stays as it is",
            remote.id,
            differs=True,
        )
    # Its id may be another by now: a file that a person moved is still the one with our key.
    known = posting.state in ("created", "confirmed")
    untouched = bool(posting.left) and remote.mark == posting.left
    if not known and not (untouched and posting.remote_id == remote.id):
        # Made, or written again, by a run that was cut off before it kept the answer.
        if same_words(remote.text, posting.text):
            return Step(Action.ADOPT, "it was written by a run that was cut off", remote.id)
        return _leave(remote, "it is not what was sent: a person changed it there")
    draft = remote.state is BlogState.DRAFT
    if known and posting.fingerprint == post.fingerprint:
        there = "it is there, as a draft" if draft else f"it is {remote.state}"
        if not untouched and not same_words(remote.text, posting.text):
            there += ", with a person's changes"
        done = posting.state == "confirmed"
        return Step(Action.NONE if done else Action.CONFIRM, there, remote.id)
    if not draft:
        if same_column or same_words(remote.text, text):
            return Step(Action.NONE, f"it is {remote.state}, and the column is the same", remote.id)
        return _leave(remote, f"it is {remote.state} there")
    if not untouched:
        return _leave(remote, "a person changed it there")
    return Step(Action.UPDATE, "the draft there is older than the translation", remote.id)


def _without(
    posting: Posting | None,
    trashed: Sequence[BlogRemote],
    lists_late: bool,
    again: bool,
) -> Step:
    """The next step where the blog shows none that is alive."""
    if again or (posting is None and not trashed):
        return Step(Action.CREATE, "there is no post yet")
    if trashed:
        told = f"a person put post {trashed[0].id} into the bin; it is not made again"
        return Step(Action.STOP, f"{told}, unless you say --again", trashed[0].id)
    assert posting is not None
    is_open = {"unknown", "intended"} if lists_late else {"unknown"}
    if posting.remote_id is None and posting.state in is_open:
        return Step(
            Action.STOP,
            "it is not known whether an earlier run made it; look there, and if there is "
            "nothing, syndicate with --again",
            is_unknown=True,
        )
    if posting.remote_id:
        return Step(
            Action.STOP,
            f"post {posting.remote_id} was there and is gone, so it is not made again; if that "
            "was a mistake, syndicate with --again",
        )
    return Step(Action.CREATE, "there is no post yet")


def _leave(remote: BlogRemote, why: str) -> Step:
    return Step(Action.STOP, f"{why}, so it stays as it is", remote.id, differs=True)


def same_words(one: str, other: str) -> bool:
    """Whether two texts read the same, however their white space stands."""
    return _bare(one) == _bare(other)


def _bare(text: str) -> str:
    return re.sub(r"[\s\u200b-\u200d\u2060\ufeff\u00ad]+", "", unicodedata.normalize("NFC", text))


def difference(there: str, ours: str) -> str:
    """What our text would change of what is there, as a unified diff; "": nothing."""
    lines = difflib.unified_diff(there.splitlines(), ours.splitlines(), "there", "ours", "", "", 1)
    return "\n".join(line.rstrip("\n") for line in lines)
