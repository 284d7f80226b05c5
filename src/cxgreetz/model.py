"""The nouns: everything the rooms hand to each other.

In: plain values. Out: frozen dataclasses that know their own identity. Never: input,
output, a clock, a network, SQL, a foreign library.

*Key* is identity, *fingerprint* is a hash of content, *finding* comes from a check,
*receipt* is proof of what was done at a provider. Times are aware and in UTC.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Literal, NewType, get_args
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

Language = Literal["nl", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
#: What they are called in English, the language of reports.
LANGUAGE_NAMES: Mapping[str, str] = {"nl": "Dutch", "en": "English"}
#: A month as people and providers write it: "2026-11".
EditionKey = NewType("EditionKey", str)

#: Query parameters that only say how a reader came, never which page it is.
_TRACKING = re.compile(r"^(utm_\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|mkt_tok|igshid|_hs\w+)$")


def fingerprint(*parts: object) -> str:
    """Hash `parts` (anything JSON can write) into 64 hex digits: same parts, same hash."""
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def is_tracking(parameter: str) -> bool:
    """Whether a query parameter only says how a reader came, never which page it is."""
    return _TRACKING.match(parameter.lower()) is not None


def canonical_url(url: str) -> str:
    """Write `url` the one way we compare and keep it.

    Lower-case scheme and host, no fragment, no tracking parameters, no default port.
    `?p=12` stays: it is which page. Raises ValueError for what is no address at all.
    """
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").lower()
    if ":" in host:
        host = f"[{host}]"
    if parts.port and parts.port != {"http": 80, "https": 443}.get(parts.scheme):
        host = f"{host}:{parts.port}"
    query = [
        (k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not is_tracking(k)
    ]
    return urlunsplit((parts.scheme.lower(), host, parts.path or "/", urlencode(query), ""))


@lru_cache(maxsize=16384)  # a post is asked for its key far more often than it is made
def address_key(url: str) -> str:
    """The identity of a page: its canonical address without scheme, `www.` and end slash.

    A site that moves from http to https, or adds `www.`, keeps its posts.
    """
    parts = urlsplit(canonical_url(url))
    host, path = parts.netloc.removeprefix("www."), parts.path.rstrip("/")
    return f"{host}{path}" + (f"?{parts.query}" if parts.query else "")


class BlockKind(StrEnum):
    PARAGRAPH = "paragraph"
    HEADING = "heading"
    ITEM = "item"
    QUOTE = "quote"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True)
class Image:
    #: Absolute address.
    src: str
    #: None: the page gave no alt at all; "": the page says it is decoration.
    alt: str | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, list item, quotation or picture."""

    kind: BlockKind
    #: Well-formed inline HTML (a, strong, em, br, ...), already sanitised; of a picture
    #: its caption. Never a block element.
    html: str = ""
    #: None: too short to tell; the post's language then holds.
    language: Language | None = None
    #: Of a heading 2-6; of a list item 1 in a numbered list, else 0.
    level: int = 0
    #: Of a picture.
    image: Image | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """Text at the end of a post that is not part of the column: why, and what it said."""

    #: attribution, sign-up, bio, comments, series, or a workspace's own word
    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Credit:
    """Who wrote it and where it appeared first."""

    author: str | None = None
    #: "CustomerFirst"
    publication: str | None = None
    #: When it appeared there.
    published: datetime | None = None
    #: The address that counts as the original.
    link: str | None = None
    #: At most this many characters may be quoted; None: no limit.
    excerpt_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Selectors:
    """Where a page shows what, as CSS; None: it is found out."""

    entry: str | None = None
    #: In an entry of a list, and on a post's own page.
    title: str | None = None
    date: str | None = None
    author: str | None = None
    body: str | None = None
    #: The link to the page with older posts.
    older: str | None = None

    @property
    def is_set(self) -> bool:
        return self != Selectors()


@dataclass(frozen=True, slots=True)
class Source:
    """A place to read, as the workspace file names it."""

    name: str
    url: str
    kind: str | None = None
    author: str | None = None
    language: Language | None = None
    excerpt_limit: int | None = None
    expected_per_month: float | None = None
    #: Only posts filed under one of these; empty: all.
    tags: tuple[str, ...] = ()
    selectors: Selectors = Selectors()
    #: The workspace's own rules of what is not the column: the text of its boilerplate.toml.
    boilerplate: str = field(default="", repr=False)

    def is_by(self, author: str | None) -> bool | None:
        """Whether it asks for what `author` wrote; None: it asks, and nobody is named."""
        if not self.author:
            return True
        if not author:
            return None
        name = r"\s+".join(re.escape(part) for part in self.author.split())
        return re.search(rf"(?<!\w){name}(?!\w)", author, re.IGNORECASE) is not None


@dataclass(frozen=True, slots=True)
class Post:
    """One publication of a text at one address in one language."""

    url: str
    title: str
    language: Language | None
    blocks: tuple[Block, ...]
    source: str
    guid: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    image: Image | None = None
    credit: Credit = field(default_factory=Credit)
    tags: tuple[str, ...] = ()
    cuts: tuple[Cut, ...] = ()
    #: Addresses of this text in other languages, as the page itself says (hreflang).
    alternates: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        return address_key(self.url)

    @property
    def fingerprint(self) -> str:
        """Of what a reader sees: title, text, pictures."""
        return fingerprint(
            self.title,
            [[b.kind, b.html, b.level, b.image.src if b.image else None] for b in self.blocks],
        )


@dataclass(frozen=True, slots=True)
class Head:
    """A post without its text: what it is told by, and compared by with others."""

    url: str
    title: str
    language: Language | None
    source: str
    #: Of the post.
    fingerprint: str
    #: How many characters its text has.
    size: int
    #: Some of the five-word runs of its text, by hash: the smallest ones, in order.
    runs: tuple[int, ...]
    #: Numbers and names in its text, which survive translation, and how often they stand there.
    names: Mapping[str, int]
    guid: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    image: Image | None = None
    credit: Credit = field(default_factory=Credit)
    tags: tuple[str, ...] = ()
    cuts: tuple[Cut, ...] = ()
    alternates: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        return address_key(self.url)


@dataclass(frozen=True, slots=True)
class KnownPost:
    """What is stored of a post, but for its text."""

    head: Head
    #: None: held or skipped, so in no piece.
    piece: str | None
    #: taken, held, skipped
    decision: str
    reason: str
    #: The time that places it in a month: published, else first seen; None while held.
    effective: datetime | None
    first_seen: datetime

    @property
    def key(self) -> str:
        return self.head.key


@dataclass(frozen=True, slots=True)
class Seen:
    """A post that a source shows just as it did when it was made a post of."""

    key: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why two posts are held to be one text: by what, and the two addresses."""

    #: same-address, same-text, hreflang, attribution, names, editor
    by: str
    detail: str
    posts: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Piece:
    """One text, wherever and in whichever languages it was published."""

    key: str
    #: Oldest first; never empty.
    posts: tuple[Post, ...]
    evidence: tuple[Evidence, ...] = ()

    def post(self, language: Language) -> Post | None:
        """The author's own publication in `language`: the fullest one, else None."""
        found = [p for p in self.posts if p.language == language]
        return max(found, key=lambda p: len(p.blocks)) if found else None

    @property
    def origin(self) -> Post:
        """The publication to translate from: the first one that has a language."""
        return next((p for p in self.posts if p.language), self.posts[0])

    @property
    def credit(self) -> Credit:
        """The best that any of the posts says."""
        best: dict[str, Any] = {}
        for post in self.posts:
            for name in ("author", "publication", "published", "link", "excerpt_limit"):
                value = getattr(post.credit, name)
                if value is None:
                    continue
                strictest = name == "excerpt_limit" and name in best
                best[name] = min(value, best[name]) if strictest else best.get(name, value)
        return Credit(**best)


class Origin(StrEnum):
    """Where the words of a translated segment come from."""

    AUTHOR = "author"
    EDITOR = "editor"
    #: An engine's words, which a person has read and let stand.
    CHECKED = "checked"
    MEMORY = "memory"
    ENGINE = "engine"
    #: Nobody has translated it yet; the text shown is the original.
    WAITING = "waiting"


#: From most to least certain: an item shows the least certain of its segments.
ORIGIN_ORDER = (
    Origin.AUTHOR,
    Origin.EDITOR,
    Origin.CHECKED,
    Origin.MEMORY,
    Origin.ENGINE,
    Origin.WAITING,
)


def least_certain(origins: Iterable[Origin]) -> Origin:
    """The origin an item as a whole may claim; AUTHOR where there are no segments."""
    return max(origins, key=ORIGIN_ORDER.index, default=Origin.AUTHOR)


@dataclass(frozen=True, slots=True)
class Segment:
    """A block cut for translation.

    `text` is *coded*: escaped text in which the n-th inline element is written `<gN>...</gN>`
    and a void or opaque one `<xN/>`, N from 1. Attributes are never in it.
    """

    text: str
    source: Language
    target: Language

    @property
    def key(self) -> str:
        return _segment_key(self.text, self.source, self.target)


@lru_cache(maxsize=16384)  # a page that shows an edition asks each of its segments some ten times
def _segment_key(text: str, source: Language, target: Language) -> str:
    return fingerprint(text, source, target)


@dataclass(frozen=True, slots=True)
class TranslatedBlock:
    block: Block
    origin: Origin
    #: The block it was made from, when there is one.
    source: Block | None = None


@dataclass(frozen=True, slots=True)
class Translation:
    """A piece in one language, block by block, with the origin of each."""

    piece: str
    language: Language
    source_language: Language
    title: str
    title_origin: Origin
    blocks: tuple[TranslatedBlock, ...]
    #: Of the post it was made from.
    source_fingerprint: str
    source_title: str = ""

    @property
    def origin(self) -> Origin:
        return least_certain([self.title_origin, *(b.origin for b in self.blocks)])


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Dismissal:
    """A person's word that a warning may stand."""

    #: Of the finding: what it speaks of.
    about: str
    check: str
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check saw: where, how bad, and how to mend it."""

    check: str
    severity: Severity
    where: str
    message: str
    remedy: str = ""
    #: The key of the piece it concerns; None: the email as a whole.
    piece: str | None = None
    #: Which paragraph of it, from 1; None: its title, or none of them.
    paragraph: int | None = None
    #: The very words it is about.
    excerpt: str = ""
    #: Of everything it speaks of: when that changes, it is another finding.
    about: str = ""
    #: Who looked at it and let it be; None: nobody yet.
    dismissal: Dismissal | None = None

    @property
    def id(self) -> str:
        """The name it is told by, and dismissed by; the same until its text changes."""
        return (self.about or fingerprint(self.check, self.where, self.message))[:8]

    @property
    def is_open(self) -> bool:
        """True: a warning that nobody has dismissed yet."""
        return self.severity is Severity.WARNING and self.dismissal is None


@dataclass(frozen=True, slots=True)
class Change:
    """What a person changed in an edition: enough to tell it, and to take it back."""

    edition: EditionKey
    at: datetime
    by: str
    #: "letter", "subject", "order", ...
    kind: str
    #: What was changed: a language, a piece, a paragraph.
    subject: str
    #: As JSON, how it was and what it became.
    before: Any
    after: Any
    #: True: it was taken back.
    undone: bool = False
    #: Its number in the store; 0: not kept yet.
    id: int = 0


@dataclass(frozen=True, slots=True)
class LinkAnswer:
    """What came back when a link of an email was followed."""

    url: str
    #: The last answer's status; None: nobody answered.
    status: int | None
    at: datetime
    #: The address it led to in the end, where that is another one for good.
    moved_to: str = ""
    #: Why nobody answered, in one line.
    problem: str = ""


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What a picture turned out to be when it was fetched."""

    src: str
    at: datetime
    #: "png", "jpeg", "gif", "webp", "svg", ...; "": it could not be had, see `problem`.
    kind: str = ""
    width: int | None = None
    height: int | None = None
    #: Bytes; None: not known.
    size: int | None = None
    #: The last answer's status; None: nobody answered.
    status: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Carried:
    """That a text went out before, as another piece."""

    #: The edition that carried it, and the title it had there; where that is the same, the address.
    edition: str
    words: str
    #: False: only its title is the same, which the columns of a series have in common.
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Item:
    """A piece's place in an edition, with the editor's changes."""

    piece: str
    #: Why the editor left it out of this edition; None: it is in.
    left_out: str | None = None
    #: How many sentences of it are shown at most; None: as many as its place has room for.
    sentences: int | None = None


@dataclass(frozen=True, slots=True)
class Edition:
    """One month's newsletter."""

    key: EditionKey
    items: tuple[Item, ...]
    #: Everything published up to here belongs to it.
    closing: datetime
    subjects: Mapping[str, str] = field(default_factory=dict)
    greetings: Mapping[str, str] = field(default_factory=dict)
    #: True: a person named the closing time, and a refresh keeps it.
    closing_is_fixed: bool = False
    #: The order a person gave the pieces; those it does not name follow, the newest first.
    order: tuple[str, ...] = ()
    #: Pieces that a person took in though their time is another.
    added: tuple[str, ...] = ()
    #: The author's own words that a person mended for this edition: by `mend_key`, as HTML.
    mended: Mapping[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> tuple[str, ...]:
        """The keys of its pieces but for those left out, in order."""
        return tuple(item.piece for item in self.items if item.left_out is None)


def mend_key(language: str, text: str) -> str:
    """Name a text of an author in `Edition.mended`; another one when she changes it herself."""
    return f"{language}:{fingerprint(text)[:24]}"


# how an edition appears: every decision taken, nothing drawn yet


@dataclass(frozen=True, slots=True)
class BlockView:
    """A paragraph, heading, list item, quotation or picture as it shall be read."""

    #: Clean inline HTML; of a picture its caption.
    html: str
    #: Of these words, which may still be the original's.
    language: Language
    kind: BlockKind = BlockKind.PARAGRAPH
    #: Of a list item: 1 in a numbered list, else 0.
    level: int = 0
    #: True: nobody translated it yet, and this is the original.
    waiting: bool = False
    #: Of a picture.
    image: Image | None = None


@dataclass(frozen=True, slots=True)
class ItemView:
    """A piece as it stands in one language's email."""

    key: str
    title: str
    title_language: Language
    blocks: tuple[BlockView, ...]
    origin: Origin
    #: The page the title leads to, and the language of that page.
    url: str
    url_language: Language
    #: `url` as a reader follows it, with what the site's statistics count; "": just as it is.
    link: str = ""
    image: Image | None = None
    author: str | None = None
    #: Where it appeared first, if that is worth a word, in which language (None: not known), and
    #: when (in the newsletter's zone; None: not known). Without a publication: when it was posted.
    publication: str | None = None
    publication_language: Language | None = None
    published: date | datetime | None = None
    #: True: the page has more than the blocks given here.
    truncated: bool = True
    #: How many blocks below the ones given here nobody has translated yet.
    waiting_below: int = 0
    #: True: it appeared first in the other language, and the author put it into this one.
    own_translation: bool = False

    @property
    def waiting(self) -> bool:
        return self.origin is Origin.WAITING or any(block.waiting for block in self.blocks)


@dataclass(frozen=True, slots=True)
class Event:
    """Something the author holds or brings out: a masterclass, a keynote, a book."""

    kind: str
    #: By language, like the notes and links.
    titles: Mapping[str, str]
    #: None: it has no day, like a book that is out.
    day: date | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    #: The last day on which it is told; None: its own day, or for good.
    until: date | None = None


@dataclass(frozen=True, slots=True)
class EventView:
    """Something the author holds or brings out soon, as one language's email tells it."""

    #: "masterclass", "keynote", "book" or "event".
    kind: str
    title: str
    #: None: it has no day, like a book that is out.
    day: date | None = None
    #: Further words: the place, the publisher, the hour.
    note: str = ""
    #: Where more is told; "": nowhere.
    url: str = ""
    #: `url` as a reader follows it; "": just as it is.
    link: str = ""


@dataclass(frozen=True, slots=True)
class EmailView:
    """One edition in one language."""

    edition: EditionKey
    language: Language
    newsletter: str
    #: "Name <address>"
    sender: str
    subject: str
    preheader: str
    #: Any day of the edition's month.
    month: date
    #: First the lead, then three with a few sentences, the rest with one.
    items: tuple[ItemView, ...]
    #: Plain text; an empty line parts paragraphs. Empty: no letter.
    greeting: str = ""
    #: The language in which the newsletter also appears, apart from this email.
    other_language: Language | None = None
    #: The soonest first.
    events: tuple[EventView, ...] = ()
    #: Who signs the letter; "": nobody.
    signature: str = ""
    #: Where the sender can be written to on paper; "": not told.
    postal_address: str = ""
    #: Where this email, and the one in the other language, stand on the web; "": not known.
    web_version: str = ""
    sister: str = ""
    #: The short reads are told without their first sentence, for want of room.
    brief: bool = False
    #: When it was corrected after it had gone out; None: it was not.
    corrected: date | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """What a person approved in one language, as its page on the web tells it."""

    view: EmailView
    #: The columns it shows that were translated, with all of their text that may be shown.
    columns: tuple[ItemView, ...]
    #: Of the email that was approved.
    fingerprint: str
    #: When it was first approved just so; where `view.corrected` is set: when it was corrected.
    at: datetime


_FOLLOWED = re.compile(r"<a\b[^>]*\bhref=\"(?!mailto:|#)")
#: How a pushed email says which approved one it is, whatever a provider does to its links.
_MARKER = re.compile(r"<!-- cxgreetz ([0-9a-f]{64}) -->")


@dataclass(frozen=True, slots=True)
class Email:
    """The rendered message in one language ("nl", "en"; or "nl+en" in the combined layout)."""

    edition: EditionKey
    language: str
    subject: str
    preheader: str
    html: str
    text: str
    sender: str

    @property
    def fingerprint(self) -> str:
        """What an approval binds to: any changed character changes it."""
        head = (self.edition, self.language, self.sender, self.subject, self.preheader)
        return fingerprint(*head, self.html, self.text)

    def weight(self, link_overhead: int) -> int:
        """Give the bytes of the HTML as a reader's program gets it.

        `link_overhead` is what a provider adds to each link to count clicks.
        """
        return len(self.html.encode()) + link_overhead * len(_FOLLOWED.findall(self.html))

    def marked(self) -> Email:
        """The same email, saying in a comment which one it is."""
        marker = f"<!-- cxgreetz {self.fingerprint} -->"
        head, body, rest = self.html.rpartition("</body>")
        html = f"{head}{marker}{body}{rest}" if body else self.html + marker
        return replace(self, html=html)

    @property
    def approved_fingerprint(self) -> str:
        """The fingerprint it was marked with before it was fitted to a provider."""
        found = _MARKER.search(self.html)
        return found.group(1) if found else self.fingerprint


@dataclass(frozen=True, slots=True)
class Approval:
    edition: EditionKey
    language: str
    fingerprint: str
    by: str
    at: datetime
    #: The other provider that it is for alone, in a rehearsal; "": for the newsletter's own.
    provider: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """An approval that a person was asked for, and what became of it."""

    edition: EditionKey
    asked_at: datetime
    #: By email, the bytes it was asked for.
    fingerprints: Mapping[str, str]
    #: Who waits for the answer, in the words of whoever runs it; "": nobody.
    run: str = ""
    #: How often it was put to a person: once more for other bytes, or where an answer could not
    #: be taken. So no two questions of an edition have the same number.
    times: int = 1
    #: How often a person was reminded, and when last.
    reminded: int = 0
    reminded_at: datetime | None = None
    answered_at: datetime | None = None
    #: "approve", "reject", or "" as long as nobody has answered.
    decision: str = ""
    by: str = ""
    note: str = ""
    #: With an approval: when it is to be sent, as whoever approved it wrote it; "": she did not.
    send_at: str = ""
    #: The other provider that an answer is for alone, in a rehearsal; "": the newsletter's own.
    provider: str = ""

    @property
    def is_approved(self) -> bool:
        """Whether it may go to readers: a yes in a rehearsal is none to that."""
        return self.decision == "approve" and not self.provider


class RemoteState(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class Held:
    """What a provider gives back of a campaign; None: that it does not tell."""

    html: str | None = None
    text: str | None = None
    subject: str | None = None
    preheader: str | None = None
    audience: str | None = None
    #: The address that readers see, with a name or without.
    sender: str | None = None


@dataclass(frozen=True, slots=True)
class Remote:
    """What a provider says of a campaign."""

    id: str
    key: str
    state: RemoteState
    #: Of the email it holds, where the provider can tell; None: it cannot.
    fingerprint: str | None = None
    url: str | None = None
    #: What it holds, to be compared with what was approved; None: see `fingerprint`.
    held: Held | None = field(default=None, repr=False)
    #: How far it has gone out, and whom of its readers a person must look after; "": nobody.
    note: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What we know we did at a provider."""

    provider: str
    account: str
    edition: EditionKey
    language: str
    #: intended (written before the first call), created, confirmed, unknown
    state: str
    fingerprint: str
    remote_id: str | None = None
    at: datetime | None = None


class Action(StrEnum):
    """What is to be done so that exactly one thing of ours stands elsewhere."""

    CREATE = "create"
    #: Found by our key though we hold no id: a run was cut off after its create.
    ADOPT = "adopt"
    UPDATE = "update"
    #: It is there as it should be: nothing to do but say so.
    CONFIRM = "confirm"
    #: Done before: nothing to do at all.
    NONE = "none"
    #: A person must look.
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Step:
    """The next thing to do about a campaign or a post."""

    action: Action
    why: str
    remote_id: str | None = None
    #: Of a stop: nobody knows whether it was made.
    is_unknown: bool = False
    #: Of a stop: how what is there differs is worth showing.
    differs: bool = False


def campaign_key(edition: str, language: str) -> str:
    """Our name for a campaign at a provider: `cxgreetz-2026-11-nl`."""
    return f"cxgreetz-{edition}-{language.replace('+', '-')}"


# a translation that travels back to a blog


@dataclass(frozen=True, slots=True)
class BlogPost:
    """A translation as a post of a blog: every decision taken, in no blog's own markup."""

    #: Our name for it there: `cxgreetz-en-kamer-214`.
    key: str
    language: Language
    title: str
    #: The end of its address.
    slug: str
    blocks: tuple[Block, ...]
    #: Clean inline HTML, a paragraph each: the credit, the original, the sister, the sign-up.
    closing: tuple[str, ...] = ()
    image: Image | None = None
    tags: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    #: The address that counts as the original, where search engines are to be told; None: not.
    canonical: str | None = None
    #: The same text in the other language: that language, its address, and the name it is
    #: found by at the same blog ("": it stands elsewhere).
    sister_language: Language | None = None
    sister: str = ""
    #: In plain words, for a list of posts.
    summary: str = ""
    #: When the original appeared.
    published: date | None = None

    @property
    def fingerprint(self) -> str:
        """Of all that a blog is given."""
        told = {name: getattr(self, name) for name in self.__slots__}
        told["blocks"] = [[b.kind, b.html, b.level, _image(b.image)] for b in self.blocks]
        told |= {"image": _image(self.image), "published": str(self.published)}
        return fingerprint(told)


def _image(image: Image | None) -> list[object] | None:
    return [image.src, image.alt] if image else None


def blog_key(piece: str, language: str) -> str:
    """Our name for a translation at a blog: `cxgreetz-en-kamer-214`."""
    return f"cxgreetz-{language}-{piece}"


class BlogState(StrEnum):
    DRAFT = "draft"
    #: It waits for somebody's word, or for its hour.
    PENDING = "pending"
    SCHEDULED = "scheduled"
    PRIVATE = "private"
    PUBLISHED = "published"
    TRASHED = "trashed"


@dataclass(frozen=True, slots=True)
class BlogRemote:
    """What a blog says of a post with our key."""

    id: str
    state: BlogState
    #: A hash of all that an update would write: another one when a person changed any of it.
    mark: str
    #: Title and text, as plain lines.
    text: str
    url: str = ""
    #: Where a person edits it.
    edit_url: str = ""


@dataclass(frozen=True, slots=True)
class Posting:
    """What we know we did at a blog: the receipt of one translation."""

    blog: str
    #: The blog's address, or its folder.
    site: str
    piece: str
    language: Language
    #: intended (written before the first call), created, confirmed, unknown
    state: str
    #: Of the BlogPost that was sent.
    fingerprint: str
    #: As they were sent, whatever becomes of them there: our name for it, and its address.
    key: str
    slug: str
    #: Title and text as they were sent.
    text: str
    remote_id: str | None = None
    url: str = ""
    #: What the blog held when we left it (`BlogRemote.mark`).
    left: str = ""
    #: Of the column as it was sent, without its closing lines: its fingerprint, and the runs
    #: of words by which it is recognised wherever it turns up.
    column: str = ""
    runs: tuple[int, ...] = ()
    at: datetime | None = None


def iso(moment: datetime | None) -> str | None:
    """Write a time for JSON: UTC, seconds, `Z`."""
    if moment is None:
        return None
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
