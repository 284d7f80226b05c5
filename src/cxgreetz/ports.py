"""The three sockets, and how a name becomes a plug-in.

In: a shelf ("sources", "engines", "providers") and a name from the workspace file.
Out: the plug-in, which satisfies the socket by its shape and inherits nothing.
Never: a registry; the file on the shelf is the registration.

A plug-in is a module on the shelf. A name with a dot or colon is an import path, so a
third party's plug-in needs no change here.
"""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from cxgreetz.errors import ConfigError, Problem
from cxgreetz.model import (
    BlogPost,
    BlogRemote,
    Email,
    Language,
    Post,
    Remote,
    Seen,
    Segment,
    Source,
)

if TYPE_CHECKING:
    from cxgreetz.net import Net

#: Reports progress: what is being done, how much is done, how much there is (0: unknown).
Progress = Callable[[str, int, int], None]


def no_progress(_label: str, _done: int, _total: int) -> None:
    """The progress of whoever does not want to know."""


class SourcePlugin(Protocol):
    """A shelf file `sources/NAME.py`."""

    def read(self, source: Source, net: Net, since: datetime | None) -> Iterable[Post]:
        """Give every post of `source` published at or after `since` (None: all it shows).

        Older posts may be given too, undated ones are given. The body is the whole text,
        not a teaser. Raises SourceError in one line; posts already given stay given.
        """
        ...


#: Whether the post with this key (`model.address_key`) was read before.
Known = Callable[[str], bool]


def nothing_known(_key: str) -> bool:
    """What is known when a source is read for the first time, or as a whole."""
    return False


@dataclass(frozen=True, slots=True)
class PageMemo:
    """A page that was read before: the marks of its entries that are recent, and where older
    ones are."""

    entries: tuple[str, ...]
    older: str | None


class Memo:
    """What was made of a source's entries before, and what is made of them now.

    A *mark* (`mark_of`) stands for an entry or a page just as it was received: as long as it
    is the same, so is what comes of it, and need not be made again.
    """

    def __init__(
        self,
        known: Known = nothing_known,
        made: Mapping[str, str] | None = None,
        pages: Mapping[str, PageMemo] | None = None,
    ) -> None:
        """`made` and `pages` are the `made_now` and `pages_now` of an earlier reading."""
        self.known = known
        self._made, self._pages = dict(made or {}), dict(pages or {})
        #: By the mark of an entry: the key of its post; "": it is none that is wanted.
        self.made_now: dict[str, str] = {}
        self.pages_now: dict[str, PageMemo] = {}

    def recall(self, mark: str) -> str | None:
        """Give what was made of an entry: the key of a post, "", or None: nothing yet."""
        key = self._made.get(mark)
        if key is not None:
            self.made_now[mark] = key
        return key

    def is_made(self, mark: str) -> bool:
        """Whether something was made of an entry before."""
        return mark in self._made

    def has_page(self, mark: str) -> bool:
        """Whether something was made of every entry of a page before."""
        page = self._pages.get(mark)
        return page is not None and all(entry in self._made for entry in page.entries)

    def recall_page(self, mark: str) -> PageMemo | None:
        """Give a page's entries if something was made of each of them."""
        if not self.has_page(mark):
            return None
        page = self.pages_now[mark] = self._pages[mark]
        return page

    def note(self, mark: str, key: str) -> None:
        """Keep what was made of an entry."""
        self.made_now[mark] = key

    def note_page(self, mark: str, page: PageMemo) -> None:
        """Keep what stood on a page, if something was made of all of it."""
        if all(entry in self.made_now for entry in page.entries):
            self.pages_now[mark] = page


def mark_of(*parts: str | bytes) -> str:
    """Give a short hash of what was received."""
    digest = hashlib.blake2b(digest_size=12)
    for part in parts:
        digest.update(part.encode("utf-8", "replace") if isinstance(part, str) else part)
        digest.update(b"\0")
    return digest.hexdigest()


@runtime_checkable
class ReadsNew(Protocol):
    """Optional ability of a source: nothing twice, no older page than where all is known."""

    def read_new(
        self, source: Source, net: Net, since: datetime | None, memo: Memo
    ) -> Iterable[Post | Seen]:
        """Like `read`; of a page that was looked at every post is given, or told as Seen.

        Whoever has to look at each post's own page gives it every time.
        """
        ...


@dataclass(frozen=True, slots=True)
class EngineCapabilities:
    #: "none": coded placeholders travel as text; "xml": as real tags.
    tags: str = "none"
    max_texts: int = 1
    max_bytes: int = 4000
    formality: bool = False
    glossary: bool = False
    #: `EngineOptions.context` is read: a call then holds texts of one piece only.
    context: bool = False
    #: Nothing is sent to anybody: a person translates.
    by_hand: bool = False
    needs_key: bool = False
    leaves_this_machine: bool = True


@dataclass(frozen=True, slots=True)
class GlossaryPairs:
    """Terms with their translations as plain data, for an engine that keeps a glossary."""

    #: Whose they are: the newsletter's name.
    name: str
    #: Of the terms; another one when they change.
    fingerprint: str
    #: By direction: term -> translation.
    terms: Mapping[tuple[Language, Language], Mapping[str, str]] = field(repr=False)


#: Takes one line for a person: what an engine did without.
Note = Callable[[str], None]


def no_note(_line: str) -> None:
    """The note of whoever does not want to know."""


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What an engine may be told beyond the texts."""

    #: "je" or "u"
    address: str = "je"
    #: From the environment, `CXGREETZ_<ENGINE>_API_KEY`; never printed.
    api_key: str | None = field(default=None, repr=False)
    #: Another address of the service (a proxy, a server one runs oneself).
    url: str | None = None
    #: Seconds for one call, all in.
    time_limit: float = 30.0
    #: Neighbouring text that may help and is not translated.
    context: str | None = None
    #: A folder of models on this machine, for an engine that asks nobody else.
    models: str | None = None
    #: "en-GB" or "en-US", for engines that know the difference.
    english: str = "en-GB"
    #: For engines that keep one themselves (`EngineCapabilities.glossary`).
    glossary: GlossaryPairs | None = None
    #: Told when something asked for here could not be had and was done without.
    note: Note = no_note


class EnginePlugin(Protocol):
    """A shelf file `engines/NAME.py`."""

    CAPABILITIES: EngineCapabilities

    def translate(
        self,
        segments: Sequence[Segment],
        source_language: Language,
        target_language: Language,
        options: EngineOptions,
    ) -> list[str]:
        """Give as many translations as segments, in order, or raise EngineError."""
        ...


@dataclass(frozen=True, slots=True)
class Usage:
    """What an account at an engine has used of what it may use, in characters."""

    count: int
    #: None where there is no limit, or none is told.
    limit: int | None


@runtime_checkable
class ReportsUsage(Protocol):
    """Optional ability of an engine: how much of the account's characters is used."""

    def usage(self, options: EngineOptions) -> Usage:
        """Ask the service, within `options.time_limit`; raises EngineError."""
        ...


@dataclass(frozen=True, slots=True)
class ProviderCapabilities:
    test_mail: bool
    schedule: bool
    #: It only writes files: what was removed there may be made again.
    only_files: bool = False
    #: A campaign made just now may not be found at once.
    lists_late: bool = True
    #: Bytes that it adds to every link when it counts clicks.
    link_overhead: int = 200
    #: A time that was set can be taken back (`Unschedules`).
    unschedule: bool = False
    #: It mails by itself, at once, when a person says so (`Sends`).
    sends: bool = False
    #: A text part of ours, a preheader of ours are taken; else they are in the HTML alone.
    text_part: bool = True
    preheader: bool = True
    #: What it gives back is not byte for byte what it was given.
    rewrites_html: bool = False
    #: Nothing is made without `provider.audience` for the language.
    needs_audience: bool = False
    #: Of the HTML; None: no limit is known.
    max_bytes: int | None = None
    #: It sends at whole steps of the hour only: 15 for :00 :15 :30 :45.
    schedule_step_minutes: int = 1


@dataclass(frozen=True, slots=True)
class Account:
    """What a provider needs to know to act for one newsletter."""

    #: The newsletter's name and its sender, "Name <address>".
    newsletter: str
    sender: str
    #: By the language of an email ("nl", "nl+en"); empty for providers without audiences.
    audience: Mapping[str, str] = field(default_factory=dict)
    url: str | None = None
    #: Where readers take their leave, https; None: by a mail to the sender.
    unsubscribe: str | None = None
    api_key: str | None = field(default=None, repr=False)
    #: The address of a server, from the environment (`CXGREETZ_<PROVIDER>_URL`); it may hold a
    #: password.
    server: str | None = field(default=None, repr=False)
    #: The workspace folder, for providers that write files.
    folder: str = "."
    #: The moment of this push.
    at: datetime | None = None
    #: Waits so many seconds; what waits for a provider waits by this.
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False, compare=False)


class ProviderPlugin(Protocol):
    """A shelf file `providers/NAME.py`."""

    CAPABILITIES: ProviderCapabilities

    def open(self, account: Account, net: Net) -> Campaigns:
        """Make ready to act; makes no call. Raises ConfigError for a missing key or audience."""
        ...


class Campaigns(Protocol):
    """One account at a provider."""

    #: How it spells unsubscribe, web_version, first_name; "" where it has none.
    tags: Mapping[str, str]
    #: Beginnings of its tag syntax: text of a blog that looks like one is escaped.
    tag_openers: Sequence[str]

    def find(self, key: str) -> list[Remote]:
        """Every campaign with our key, in every state. Safe to repeat.

        Each with what it holds (`Remote.held`), or the fingerprint of that where it is known.
        """
        ...

    def create(self, key: str, email: Email) -> Remote:
        """Make a draft. Sent once, never repeated by itself; ProviderError says if ambiguous.

        Where content goes by a call of its own that is left to `update`, which is asked for
        next: whatever fails after the campaign was made must not look as if it was not.
        """
        ...

    def update(self, remote_id: str, email: Email) -> Remote:
        """Make the draft hold `email`, audience and all. Safe to repeat."""
        ...

    def schedule(self, remote_id: str, when: datetime) -> Remote:
        """Have the provider send it at `when`."""
        ...


@runtime_checkable
class SendsTest(Protocol):
    """Optional ability: a test mail of a draft."""

    def send_test(self, remote_id: str, address: str) -> None: ...


@runtime_checkable
class Sends(Protocol):
    """Optional ability: mail a draft to its whole audience, now."""

    def send(self, remote_id: str) -> Remote:
        """Mail it to whoever has not got it yet, waiting between two by `Account.sleep`.

        The state is "sent" when nobody waits for it any more; else `Remote.note` says why.
        Safe to repeat: nobody is mailed twice.
        """
        ...


@runtime_checkable
class Unschedules(Protocol):
    """Optional ability: make a draft again of what was to be sent at a time."""

    def unschedule(self, remote_id: str) -> Remote: ...


@runtime_checkable
class LooksUp(Protocol):
    """Optional ability: a campaign by its id, which shows at once and whatever it is called."""

    def look_up(self, remote_id: str) -> Remote | None:
        """Give it like `find`; None: it is gone."""
        ...


@runtime_checkable
class ChecksAccount(Protocol):
    """Optional ability: prove key, audience and rights without changing anything."""

    def check_account(self) -> list[str]:
        """Give one line per thing proved; raises ProviderError or ConfigError for what fails."""
        ...


@dataclass(frozen=True, slots=True)
class BlogCapabilities:
    #: A post made just now may not be found at once, or its making may still be under way.
    lists_late: bool = True
    #: It needs `blog.url`, a key of its own.
    needs_url: bool = False


@dataclass(frozen=True, slots=True)
class BlogAccount:
    """What a blog needs to know to act for one newsletter."""

    #: `blog.url`; None: it names none.
    url: str | None = None
    #: `blog.folder` and `blog.flavour`, for blogs that are files.
    folder: str = ""
    flavour: str = ""
    api_key: str | None = field(default=None, repr=False)
    #: The moment of this run.
    at: datetime | None = None
    #: Waits so many seconds; what waits for a blog waits by this.
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False, compare=False)


class BlogPlugin(Protocol):
    """A shelf file `blogs/NAME.py`."""

    CAPABILITIES: BlogCapabilities

    def open(self, account: BlogAccount, net: Net) -> Blog:
        """Make ready to act; makes no call. Raises ConfigError for a missing key or address."""
        ...


class Blog(Protocol):
    """One blog that drafts go to."""

    #: Its address or folder, spelled in one way: what receipts are kept under.
    site: str

    def knock(self) -> None:
        """See that it is there and lets us in; ProviderError says in a line what to mend."""
        ...

    def find(self, key: str, slug: str) -> list[BlogRemote]:
        """Every post with our key, in every state, the bin included. Safe to repeat.

        `slug` is the one it was made with, or would be.
        """
        ...

    def look_up(self, remote_id: str) -> BlogRemote | None:
        """Give one by its id, whatever it is called now; None: it is gone."""
        ...

    def text_of(self, post: BlogPost) -> str:
        """Title and words of a post as `BlogRemote.text` has them; asks nobody."""
        ...

    def prepare(self, post: BlogPost) -> list[str]:
        """Make what the post needs there: tags, its picture. Safe to repeat, however it ends.

        Gives a line for each thing that could not be had and is done without.
        """
        ...

    def plan(self, post: BlogPost) -> list[str]:
        """The same lines, and what `prepare` would make; changes nothing."""
        ...

    def create(self, post: BlogPost) -> BlogRemote:
        """Make a draft, whole. Sent once; ProviderError says if ambiguous."""
        ...

    def update(self, remote_id: str, post: BlogPost) -> BlogRemote:
        """Make the draft hold `post`. Safe to repeat."""
        ...


#: What a plug-in of each shelf must have.
_PROOF = {"sources": "read", "engines": "translate", "providers": "open", "blogs": "open"}


@lru_cache
def shelf(name: str) -> tuple[str, ...]:
    """The names on a shelf, sorted: `shelf("engines")` -> ("deepl", "google", ...)."""
    package = importlib.import_module(f"cxgreetz.{name}")
    names = (module.name for module in pkgutil.iter_modules(package.__path__))
    return tuple(sorted(name for name in names if name[0] != "_"))


def plugin(shelf_name: str, name: str, path: str) -> Any:
    """Find the plug-in `name` on a shelf, or by import path; `path` is where it was asked for.

    Raises ConfigError that names the place and lists the shelf.
    """
    names = shelf(shelf_name)
    target = f"cxgreetz.{shelf_name}.{name}" if name in names else name
    if name in names or re.fullmatch(r"\w+(\.\w+)+(:\w+)?|\w+:\w+", name):
        module, _, attribute = target.partition(":")
        try:
            found = importlib.import_module(module)
            found = getattr(found, attribute) if attribute else found
            getattr(found, _PROOF[shelf_name])
            return found
        except (ImportError, AttributeError) as error:
            reason = f"{name!r} cannot be used ({error}); the shelf has: {', '.join(names)}"
    else:
        reason = f"{name!r} is unknown; the shelf has: {', '.join(names)}"
    raise ConfigError("cxgreetz.toml", [Problem(path, reason)])
