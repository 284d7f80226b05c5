"""Photograph an edition's emails as they will be read, for those who approve elsewhere.

In: a workspace and an edition that was drafted. Out: a picture of each email, or why there is
none. Never: an address that the workspace's own rules of the network would not ask.
"""

from __future__ import annotations

import base64
import html as escaping
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from cxgreetz.camera import photograph
from cxgreetz.edition import edition_key
from cxgreetz.errors import ConfigError, NetError, ProviderError
from cxgreetz.markup.pictures import read_picture
from cxgreetz.pipeline.mailing.delivering import as_pushed
from cxgreetz.pipeline.workspace import Workspace

_IMG = re.compile(r'(<img\b[^>]*?\bsrc=")(https?://[^"]+)(")', re.I)
#: Seconds for one picture and for all of an email; bytes of one.
_SECONDS, _IN_ALL, _MOST = 5.0, 20.0, 4 * 1024 * 1024


@dataclass(frozen=True)
class Photographs:
    """By email ("nl"): its PNG, or in words why there is none."""

    pictures: Mapping[str, bytes | str]


def photograph_emails(workspace: Workspace, edition: str | None = None) -> Photographs:
    """Show each email of an edition on a desk and on a phone, its pictures put into it.

    It is shown as its provider will get it, where that can be told.
    """
    key = edition_key(edition, workspace.now(), workspace.config.zone)
    found: dict[str, bytes | str] = {}
    for name, draft in workspace.store.drafts(key).items():
        email = workspace.store.email(draft.fingerprint)
        with suppress(ConfigError, ProviderError):  # a key that is missing is told elsewhere
            email = as_pushed(workspace, email)
        found[name] = photograph(_whole(workspace, email.html))
    return Photographs(found)


def _whole(workspace: Workspace, html: str) -> str:
    """Put the pictures of an email into it; those that cannot be had stay away."""
    until, had = time.monotonic() + _IN_ALL, dict[str, str]()

    def put(found: re.Match[str]) -> str:
        url = escaping.unescape(found[2])
        if url not in had:
            had[url] = _inline(workspace, url) if time.monotonic() < until else ""
        return f"{found[1]}{had[url] or found[2]}{found[3]}"

    return _IMG.sub(put, html)


def _inline(workspace: Workspace, url: str) -> str:
    """A picture as a `data:` address; "": it could not be had, or is none."""
    try:
        look = workspace.net.look(url, seconds=_SECONDS, most=_MOST)
    except NetError:
        return ""
    picture = read_picture(look.start) if look.whole else None
    if picture is None or not re.fullmatch(r"[a-z0-9+.-]+", picture.kind):
        return ""
    return f"data:image/{picture.kind};base64,{base64.b64encode(look.start).decode('ascii')}"
