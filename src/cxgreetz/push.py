"""Decide the next step towards exactly one campaign, and fit an email to a provider.

In: the approved fingerprint, our receipt, what the provider shows. Out: one Step at a
time; an Email in the provider's own words; whether a provider holds it. Never: network,
SQL, a clock.

No provider has an idempotency key for campaigns. So: find by our key in all states, create
once, keep the id at once; what may have happened is looked up, never repeated.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from email.utils import parseaddr
from html.parser import HTMLParser
from urllib.parse import quote, urlsplit

from cxgreetz.model import Action, Email, Held, Receipt, Remote, RemoteState, Step

#: Elements whose words nobody reads; a title is told as the subject.
_HIDDEN = frozenset({"style", "script", "title"})
#: How a template writes what only the provider knows: `href="cxgreetz:unsubscribe"`.
TOKEN = re.compile(r"cxgreetz:(unsubscribe|web_version|first_name)")
_ADDRESS = re.compile(r"""\b(?:href|src|background)=(?:"[^"]*"|'[^']*')""", re.I)
_STYLE = re.compile(r"<style\b.*?</style>", re.I | re.S)


def plan(
    fingerprint: str,
    receipt: Receipt | None,
    remotes: Sequence[Remote],
    *,
    may_be_remade: bool = False,
    lists_late: bool = True,
    elsewhere: str = "",
    again: bool = False,
) -> Step:
    """Give the next step for one language.

    `fingerprint` is of the approved email, `receipt` what we know we did, `remotes` what
    the provider shows under our key, in every state. `may_be_remade`: what was removed
    there was only files. `lists_late`: what was made may not be shown yet. `elsewhere`: where
    the same readers have it already, or may have it. `again`: a person looked, and says that
    nothing is there. Asked again after each step until it says confirm, none or stop.
    """
    if len(remotes) > 1:
        ids = ", ".join(sorted(remote.id for remote in remotes))
        return Step(
            Action.STOP,
            f"the provider holds {len(remotes)} campaigns with our key: {ids}; remove all but one",
        )
    if not remotes:
        # A run that was killed at its create got no clear answer either.
        is_open = {"unknown", "intended"} if lists_late else {"unknown"}
        if receipt and receipt.state in is_open and not again:
            return Step(
                Action.STOP,
                "it is not known whether an earlier run made it; look there, and if there is "
                "nothing, push with --again",
                is_unknown=True,
            )
        if receipt and receipt.state == "confirmed" and not (may_be_remade or again):
            return Step(
                Action.STOP,
                f"campaign {receipt.remote_id} was there and is gone; it may have been sent and "
                "archived, so none is made again: if you removed it unsent, push with --again",
            )
        if receipt and receipt.state == "created" and not (may_be_remade or again):
            return Step(
                Action.STOP,
                f"campaign {receipt.remote_id} was made and is not shown; look there, and if it "
                "is gone, push with --again",
            )
        if receipt is None and elsewhere and not again:
            return Step(
                Action.STOP,
                f"{elsewhere} has this edition, or may have it, and readers would get it twice; "
                "take it away there, then push with --again",
            )
        return Step(Action.CREATE, "there is no campaign yet")
    remote = remotes[0]
    same = remote.fingerprint == fingerprint
    if remote.state != RemoteState.DRAFT:
        if same or (receipt and receipt.fingerprint == fingerprint and remote.fingerprint is None):
            return Step(Action.CONFIRM, f"it is {remote.state} with the approved bytes", remote.id)
        return Step(
            Action.STOP,
            f"campaign {remote.id} is already {remote.state} with other content; it stays as it is",
            remote.id,
        )
    if receipt is None and not same:
        return Step(
            Action.STOP,
            f"campaign {remote.id} has our key and other content, and this database knows "
            "nothing of it; it stays as it is",
            remote.id,
        )
    if receipt is None or receipt.remote_id != remote.id:
        return Step(Action.ADOPT, "it was made by a run that was cut off", remote.id)
    if not same:
        return Step(Action.UPDATE, "the draft there holds other content", remote.id)
    if receipt.state == "confirmed" and receipt.fingerprint == fingerprint:
        return Step(Action.NONE, "it is there, as approved", remote.id)
    return Step(Action.CONFIRM, "it is there, as approved", remote.id)


def fit(email: Email, tags: Mapping[str, str], openers: Sequence[str]) -> Email:
    """Put a provider's tags in the place of our tokens.

    First whatever in the text looks like the beginning of one of the provider's tags
    (`openers`) is broken, so that it is only text, whoever writes the HTML anew; then
    `cxgreetz:unsubscribe` and the like become what `tags` says. An empty tag takes the link,
    and the line of the text, away; that of a first name only itself.
    """
    html, text = email.html, email.text
    subject, preheader = email.subject, email.preheader
    for opener in openers:
        html = _break_in_html(html, opener)
        text, subject, preheader = (
            _break(told, opener, "\u200b") for told in (text, subject, preheader)
        )
    for name, tag in tags.items():
        token = f"cxgreetz:{name}"
        if name == "first_name":  # it stands in the text, and leads nowhere
            html = html.replace(token, tag) if tag else re.sub(rf"\s*{token}", "", html)
            spelled = tag.replace("\\", r"\\")
            text = re.sub(rf"<?{token}>?" if tag else rf"\s*<?{token}>?", spelled, text)
        elif tag:
            html = html.replace(f'"{token}"', f'"{_escape(tag)}"')
            text = text.replace(f"<{token}>", f"<{tag}>" if ":" in tag else tag)
        else:
            html = re.sub(rf'<a\b[^>]*href="{token}"[^>]*>(.*?)</a>', "", html, flags=re.S)
            text = "\n".join(line for line in text.split("\n") if f"<{token}>" not in line)
    return replace(email, html=html, text=text, subject=subject, preheader=preheader)


def _break(text: str, opener: str, sign: str) -> str:
    """Put a sign into each `opener`; of `{{{` into both that it holds."""
    first, rest = map(re.escape, (opener[0], opener[1:]))
    return re.sub(f"{first}(?={rest})", lambda found: found.group() + sign, text)


def _break_in_html(html: str, opener: str) -> str:
    # Signs written as character references would be tags again where a provider reads the HTML
    # and writes it anew. An address has an escape of its own, and styles know neither.
    coded = "".join(sign if sign == "%" else quote(sign, safe="") for sign in opener)
    html = _ADDRESS.sub(lambda found: found.group().replace(opener, coded), html)
    html = _STYLE.sub(lambda found: _break(found.group(), opener, " "), html)
    return _break(html, opener, "&#8203;")


def _escape(tag: str) -> str:
    # `&` of an address is escaped, a tag's own signs are not: `*|UNSUB|*`, `{{ unsubscribe }}`.
    return re.sub(r"&(?!\w+;|#\d+;)", "&amp;", tag).replace('"', "&quot;")


def is_held(email: Email, held: Held, audience: str = "", *, rewritten: bool = False) -> bool:
    """Whether a provider holds this email, as it was fitted, for this audience.

    What it does not tell (None) is not held against it. The HTML must be the very same,
    or, where the provider is one that rewrites (`rewritten`), say the same: our marker in it,
    and before the marker the same letters, the same pictures and the same links. Below the
    marker a provider may add what is its own. Links may all have been led through one host
    that counts clicks; a single one that differs is another link.
    """
    told = [
        (held.subject, email.subject),
        (held.preheader, email.preheader),
        (held.audience, audience),
        (None if rewritten else held.text, email.text),
        (None if held.sender is None else _mailbox(held.sender), _mailbox(email.sender)),
    ]
    if any(theirs is not None and _bare(theirs) != _bare(ours) for theirs, ours in told):
        return False
    if rewritten and held.text is not None and _bare(email.text) not in _bare(held.text):
        return False
    if held.html is None or _lines(held.html) == _lines(email.html):
        return True
    if not rewritten:
        return False
    ours, theirs = _Gist(email), _Gist(replace(email, html=held.html))
    return (
        ours.marker == theirs.marker
        and _bare("".join(ours.words)) == _bare("".join(theirs.words))
        and _same_addresses(ours.links, theirs.links)
        and _same_addresses(ours.pictures, theirs.pictures)
    )


class _Gist(HTMLParser):
    """What a reader gets of HTML: words, links and pictures, up to our marker."""

    def __init__(self, email: Email) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.pictures: list[str] = []
        self.marker = ""
        self._hidden = 0
        self.feed(email.html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in _HIDDEN:
            self._hidden += 1
        elif self.marker:
            return
        elif tag == "a" and values.get("href"):
            self.links.append(values["href"] or "")
        elif tag == "img":
            self.pictures.append(values.get("src") or "")
            self.words.append(values.get("alt") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)

    def handle_data(self, data: str) -> None:
        if not (self._hidden or self.marker):
            self.words.append(data)

    def handle_comment(self, data: str) -> None:
        if found := re.fullmatch(r"\s*cxgreetz ([0-9a-f]{64})\s*", data):
            self.marker = self.marker or found.group(1)


def _same_addresses(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether these are the same addresses, perhaps all led through one host that counts."""
    if len(ours) != len(theirs):
        return False
    pairs = list(zip(map(_address, ours), map(_address, theirs), strict=True))
    changed = {(mine, yours) for mine, yours in pairs if not _is_same(mine, yours)}
    if not changed:
        return True
    hosts = {urlsplit(yours).hostname for _mine, yours in changed}
    # Of a page's own links none is left as it was: a hand that changed one leaves the others.
    # A mail's address and a provider's own tag are nothing that is counted.
    web = {mine for mine, _yours in pairs if mine.startswith(("http://", "https://"))}
    return (
        {mine for mine, _yours in changed} == web
        and len(web) > 1
        and len(hosts) == 1
        and not hosts & {urlsplit(mine).hostname for mine in web}
    )


def _is_same(mine: str, yours: str) -> bool:
    """Whether an address is ours, perhaps with something added to its query for statistics.

    A provider that is a site as well spells its own addresses as its settings have them: with
    https, where we link to it by http.
    """
    if mine.startswith("http://") and yours.startswith("https://"):
        mine = f"https{mine.removeprefix('http')}"
    return yours == mine or yours.startswith(f"{mine}{'&' if '?' in mine else '?'}")


def _mailbox(sender: str) -> str:
    return parseaddr(sender)[1].casefold()


def _address(written: str) -> str:
    """Spell it in one way; a site's bare name is its front page (RFC 3986, 6.2.3)."""
    address = written.strip().replace(" ", "%20")
    return re.sub(r"^(https?://[^/?#]+)(?=[?#]|$)", r"\1/", address)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _bare(text: str) -> str:
    """Only what is seen, for white space moves when markup is written anew."""
    return re.sub(r"[\s\u200b-\u200d\u2060\ufeff\u00ad]+", "", unicodedata.normalize("NFC", text))
