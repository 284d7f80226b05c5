"""The workspace file: read whole, every problem at once, every option explained.

In: a folder with `cxgreetz.toml`, and the environment for secrets. Out: a Config, or a
ConfigError that lists each problem with its path (`sources[2].url`). Never: a network, a
secret in the file, a default that hides a misspelt key.

Each option carries its own explanation; the table in the README is made from them.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time
from difflib import get_close_matches
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from cxgreetz import toml_faults
from cxgreetz.errors import ConfigError, Problem, UsageError
from cxgreetz.model import LANGUAGES, Event, Language, Selectors, Source

FILE = "cxgreetz.toml"
#: The workspace's own rules of what is not the column; it need not be there.
RULES_FILE = "boilerplate.toml"
#: The tables that may be there several times.
_LISTS = ("sources", "events")
_SECRET = re.compile(r"(key|password|secret|token)$", re.I)


def _refuse(message: str) -> PydanticCustomError:
    return PydanticCustomError("cxgreetz", "{message}", {"message": message})


def _language(value: object) -> object:
    if value not in LANGUAGES:
        raise _refuse(f'{value!r} is neither Dutch nor English; write "nl" or "en"')
    return value


def _web_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        host = parts.hostname
    except ValueError:
        parts, host = None, None
    if parts is None or parts.scheme not in ("http", "https") or not host:
        raise _refuse("is not a web address; it starts with https:// (or http://)")
    if parts.username or parts.password:
        raise _refuse("holds a name or password; leave them out of the file")
    return value


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, strict=True)


class Newsletter(_Table):
    name: str = Field(min_length=1, description="What readers call it, for example `CX Greetz`.")
    sender: str = Field(alias="from", description="Who it comes from: `Name <address>`.")
    languages: list[Language] = Field(
        default=["nl", "en"], min_length=1, description="Which languages go out, in this order."
    )
    layout: Literal["per-language", "combined"] = Field(
        default="per-language",
        description="One email per language, or `combined`: both languages in one email.",
    )
    template: str = Field(
        default="newsletter",
        pattern=r"^[\w-]+$",
        description="A folder in the workspace's `templates/`, else the built-in one.",
    )
    timezone: str = Field(default="Europe/Amsterdam", description="In which months are counted.")
    start: date = Field(description="Nothing published before this day ever enters an edition.")
    signature: dict[Language, str] = Field(
        default={}, description='By language, who signs the letter: `{ nl = "...", en = "..." }`.'
    )
    postal_address: str = Field(
        default="", description="Where you can be written to on paper; it stands at the foot."
    )
    web: str = Field(
        default="",
        description="Where the letters stand on the web, if they do: "
        "`https://example.org/letters/{edition}/{language}/`; else where `[site] url` has them.",
    )
    utm: bool = Field(
        default=True,
        description="Whether links to columns and events tell your site's statistics which "
        "letter they stood in.",
    )

    @field_validator("web")
    @classmethod
    def _web(cls, value: str) -> str:
        if not value:
            return value
        lacking = [f"{{{n}}}" for n in ("edition", "language") if f"{{{n}}}" not in value]
        if lacking:
            raise _refuse(f"lacks {' and '.join(lacking)}, so all letters would have one address")
        filled = value.replace("{edition}", "2026-11").replace("{language}", "nl")
        if set("{}") & set(filled):
            raise _refuse("has other braces than {edition} and {language}")
        _web_address(filled)
        return value

    @field_validator("languages", mode="before")
    @classmethod
    def _languages(cls, value: object) -> object:
        if isinstance(value, list):
            for entry in value:
                _language(entry)
            if len(set(value)) != len(value):
                raise _refuse("names a language twice")
        return value

    @field_validator("name")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if not value.isprintable():
            raise _refuse("holds a line break or another sign that cannot be printed")
        return value

    @field_validator("start")
    @classmethod
    def _sensible_start(cls, value: date) -> date:
        if not 1990 <= value.year <= 9000:
            raise _refuse(f"{value} is no day that a newsletter starts")
        return value

    @field_validator("sender")
    @classmethod
    def _sender(cls, value: str) -> str:
        name, address = parseaddr(value)
        if (
            not value.isprintable()
            or not address.isascii()
            or not name
            or not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", address)
        ):
            raise _refuse(f"{value!r} is no sender; write it as Name <name@example.org>")
        return value

    @field_validator("timezone")
    @classmethod
    def _timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise _refuse(f"{value!r} is no time zone; for example Europe/Amsterdam") from None
        return value


class SelectorTable(_Table):
    entry: str | None = Field(default=None, min_length=1)
    title: str | None = Field(default=None, min_length=1)
    date: str | None = Field(default=None, min_length=1)
    author: str | None = Field(default=None, min_length=1)
    body: str | None = Field(default=None, min_length=1)
    older: str | None = Field(default=None, min_length=1)


class SourceTable(_Table):
    name: str = Field(min_length=1, description="Your own word for it; it appears in reports.")
    url: str = Field(description="A site, a feed or a tag archive: the kind is found out.")
    kind: str | None = Field(
        default=None, description="`feed`, `page` or `wordpress`, where finding out goes wrong."
    )
    author: str | None = Field(default=None, description="Only this author's posts.")
    tags: list[Annotated[str, Field(min_length=1)]] = Field(
        default=[], description="Only posts filed under one of these tags or categories."
    )
    selectors: SelectorTable = Field(
        default=SelectorTable(),
        description="CSS for what is not found on a page: "
        "`entry`, `title`, `date`, `author`, `body`, `older`.",
    )
    language: Annotated[Language | None, Field()] = Field(
        default=None, description="The language it is written in, where posts do not say so."
    )
    excerpt_limit: int | None = Field(
        default=None, ge=1, description="At most this many characters may be quoted."
    )
    expected_per_month: float | None = Field(
        default=None, gt=0, description="How many posts to expect; an alarm when it falls silent."
    )

    _url = field_validator("url")(_web_address)

    def source(self) -> Source:
        values = self.model_dump(exclude={"tags", "selectors"})
        selectors = Selectors(**self.selectors.model_dump())
        return Source(**values, tags=tuple(self.tags), selectors=selectors)

    @field_validator("language", mode="before")
    @classmethod
    def _one_language(cls, value: object) -> object:
        return value if value is None else _language(value)

    @field_validator("expected_per_month", mode="before")
    @classmethod
    def _whole_numbers_too(cls, value: object) -> object:
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


class TranslationTable(_Table):
    engines: list[str] = Field(
        default=[],
        description="Tried in this order after the memory; empty: the editor translates.",
    )
    glossary: str | None = Field(
        default=None,
        description="A CSV file of your terms, over those that come with the program.",
    )
    idioms: str | None = Field(
        default=None,
        description="A CSV file of your idioms, over those that come with the program.",
    )
    monthly_characters: int | None = Field(
        default=None, ge=0, description="At most this many a calendar month, to all engines."
    )
    address: Literal["je", "u"] = Field(
        default="je", description="How Dutch readers are addressed."
    )
    english: Literal["en-GB", "en-US"] = Field(
        default="en-GB", description="Which English is written: `en-GB` or `en-US`."
    )


class ProviderTable(_Table):
    name: str = Field(
        default="outbox", description="Who mails it; `outbox` writes files and needs no account."
    )
    audience: dict[Language, str] = Field(
        default={},
        description="The provider's list or segment for each language; for `smtp` a file of "
        "addresses.",
    )
    url: str | None = Field(default=None, description="The API's address (self-hosted, a proxy).")
    unsubscribe: str | None = Field(
        default=None,
        description="Where readers take their leave (https), for `outbox` and `smtp` (which "
        "puts the reader's address in the place of `{email}`); without it by a mail to you.",
    )

    @field_validator("unsubscribe")
    @classmethod
    def _https(cls, value: str | None) -> str | None:
        if value is not None and not _web_address(value).startswith("https://"):
            raise _refuse("does not start with https://, which mail programs ask for")
        return value

    @field_validator("url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        return value if value is None else _web_address(value)


class BlogTable(_Table):
    name: str = Field(
        default="",
        description="Where approved translations go back as drafts: `wordpress`, or `folder` for "
        "a static blog's Markdown; without it nowhere.",
    )
    url: str | None = Field(default=None, description="The blog's address, for `wordpress`.")
    folder: str = Field(
        default="blog", min_length=1, description="For `folder`: where its posts stand as files."
    )
    flavour: Literal["hugo", "jekyll", "astro"] = Field(
        default="hugo", description="For `folder`: `hugo`, `jekyll` or `astro`."
    )
    languages: list[Language] = Field(
        default=[], description="Which languages go back; empty: all those of the newsletter."
    )
    tags: dict[Language, dict[str, str]] = Field(
        default={},
        description="By language, the blog's tag for each word a source files a column under; "
        '`{ en = { klachten = "complaints", "*" = "cx blogs" } }`, where `*` is every column.',
    )
    categories: dict[Language, dict[str, str]] = Field(
        default={}, description="The same for categories, which must be there already."
    )
    sign_up: dict[Language, str] = Field(
        default={},
        description="By language, the line under every post; it may hold links: `<a href=...>`.",
    )
    publications: dict[str, str] = Field(
        default={},
        description="By source, what it is called in the credit line; "
        '`{ customerfirst = "CustomerFirst" }`.',
    )
    canonical: Literal["rights", "always", "never"] = Field(
        default="rights",
        description="When search engines are told that the original counts: `rights` where its "
        "source has an `excerpt_limit`, `always` or `never`.",
    )

    @field_validator("url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        return value if value is None else _web_address(value).rstrip("/")

    @field_validator("sign_up")
    @classmethod
    def _lines(cls, value: dict[Language, str]) -> dict[Language, str]:
        if any(not line.isprintable() for line in value.values()):
            raise _refuse("holds a line break or another sign that cannot be printed")
        return value


class NotifyTable(_Table):
    urls: list[str] = Field(
        default=[],
        description="Apprise addresses of those who want notices; one that holds a password goes "
        "into `CXGREETZ_NOTIFY_URLS`.",
    )
    second: list[str] = Field(
        default=[],
        description="Who is reminded from the third time on; or `CXGREETZ_NOTIFY_SECOND`.",
    )
    days: int = Field(
        default=5, ge=1, le=60, description="So many days a draft waits before the first reminder."
    )
    language: Language | None = Field(
        default=None, description="Of the notices; without it the newsletter's first."
    )

    @field_validator("language", mode="before")
    @classmethod
    def _known(cls, value: object) -> object:
        return value if value is None else _language(value)


class ReviewTable(_Table):
    port: int = Field(
        default=8765, ge=1, le=65535, description="Where the editor's page answers on this machine."
    )
    url: str = Field(
        default="",
        description="Where it is reached if a proxy serves it to others; "
        "`https://review.example.org`.",
    )

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        return _web_address(value).rstrip("/") if value else value


class SiteTable(_Table):
    url: str = Field(
        default="",
        description="Where the folder of `cxgreetz site` will stand on the web; "
        "`https://letters.example.org/`.",
    )
    folder: str = Field(
        default="site", min_length=1, description="Where `cxgreetz site` writes its pages."
    )
    canonical: Literal["original", "here"] = Field(
        default="original",
        description="Which page of a translated column counts for search engines.",
    )
    title: dict[Language, str] = Field(
        default={}, description="By language, what the site is called; else the newsletter's name."
    )
    description: dict[Language, str] = Field(
        default={}, description="By language, a sentence that says what the letters are about."
    )

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(_web_address(value))
        if parts.query or parts.fragment or set("{}") & set(value):
            raise _refuse("is more than the address of a folder; leave out ?, # and braces")
        return value.rstrip("/") + "/"

    @field_validator("folder")
    @classmethod
    def _own_folder(cls, value: str) -> str:
        if not {*Path(value).parts} - {"/"} or ".." in Path(value).parts or not value.isprintable():
            raise _refuse(f"{value!r} is no folder of its own; write one like site")
        return value

    @field_validator("title", "description")
    @classmethod
    def _lines(cls, value: dict[Language, str]) -> dict[Language, str]:
        for text in value.values():
            if not text.isprintable():
                raise _refuse("holds a line break or another sign that cannot be printed")
        return value


class EventTable(_Table):
    kind: Literal["masterclass", "keynote", "book", "event"] = Field(
        default="event", description="`masterclass`, `keynote`, `book` or `event`."
    )
    title: dict[Language, str] = Field(
        description='Its name; `{ nl = "...", en = "..." }` where it has two.'
    )
    day: date | None = Field(default=None, description="When it is; a book may have none.")
    note: dict[Language, str] = Field(
        default={}, description="The place, the hour, the publisher; by language or one for both."
    )
    link: dict[Language, str] = Field(
        default={}, description="Where more is told; by language or one for both."
    )
    until: date | None = Field(
        default=None, description="The last day it is told; without it: its own day, or for good."
    )

    @field_validator("title", "note", "link", mode="before")
    @classmethod
    def _for_both(cls, value: object) -> object:
        return dict.fromkeys(LANGUAGES, value) if isinstance(value, str) else value

    @field_validator("title", "note", "link")
    @classmethod
    def _texts(cls, value: dict[Language, str], info: ValidationInfo) -> dict[Language, str]:
        for text in value.values():
            if info.field_name == "title" and not text.strip():
                raise _refuse("is empty; say what it is called")
            if not text.isprintable():
                raise _refuse("holds a line break or another sign that cannot be printed")
            if text and info.field_name == "link":
                _web_address(text)
        return value

    def event(self) -> Event:
        titles, notes, links = (
            {str(language): text for language, text in texts.items()}
            for texts in (self.title, self.note, self.link)
        )
        return Event(self.kind, titles, self.day, notes, links, self.until)


class StoreTable(_Table):
    url: str = Field(
        default="sqlite:///cxgreetz.db",
        description="The database; or `postgresql+psycopg://...` (password by PGPASSWORD).",
    )

    @field_validator("url")
    @classmethod
    def _known(cls, value: str) -> str:
        if not re.match(r"^(sqlite:///|postgresql\+psycopg://)", value):
            raise _refuse("starts with neither sqlite:/// nor postgresql+psycopg://")
        if re.match(r"^postgresql[^/]*//[^/@]*:[^/@]+@|.*[?&]password=", value):
            raise _refuse("holds a password; leave it out and set PGPASSWORD in the environment")
        return value


class Config(_Table):
    newsletter: Newsletter
    sources: list[SourceTable] = Field(min_length=1)
    translation: TranslationTable = TranslationTable()
    provider: ProviderTable = ProviderTable()
    blog: BlogTable = BlogTable()
    notify: NotifyTable = NotifyTable()
    review: ReviewTable = ReviewTable()
    site: SiteTable = SiteTable()
    events: list[EventTable] = []
    store: StoreTable = StoreTable()
    #: The text of `RULES_FILE`: carried with every source, understood by those who read it.
    _boilerplate: str = PrivateAttr(default="")

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.newsletter.timezone)

    @property
    def start(self) -> datetime:
        """The first moment that counts, in UTC."""
        midnight = datetime.combine(self.newsletter.start, time.min, self.zone)
        return midnight.astimezone(UTC)

    def source_list(self) -> tuple[Source, ...]:
        return tuple(
            replace(table.source(), boilerplate=self._boilerplate) for table in self.sources
        )

    def event_list(self) -> tuple[Event, ...]:
        return tuple(table.event() for table in self.events)

    def private_hosts(self) -> frozenset[str]:
        """Hosts a person named here: only these may stand at a private address."""
        urls = [*(s.url for s in self.sources), self.provider.url, self.blog.url]
        return frozenset(host for u in urls if u and (host := urlsplit(u).hostname))

    def plain_hosts(self) -> frozenset[str]:
        """Hosts that a person named here with an http address, and so may have no other."""
        named = (urlsplit(source.url) for source in self.sources)
        return frozenset(url.hostname for url in named if url.scheme == "http" and url.hostname)

    def review_address(self, edition: str = "") -> str:
        """Where the editor's page is opened, or its page of one edition."""
        page = self.review.url or f"http://127.0.0.1:{self.review.port}"
        return f"{page}/edition/{edition}" if edition else f"{page}/"

    def notice_addresses(self, key: str = "urls") -> tuple[tuple[str, str], ...]:
        """Who gets notices (`key` "urls") or late reminders ("second").

        Each with the place it stands at; the address may hold a password.
        """
        variable, named = f"CXGREETZ_NOTIFY_{key.upper()}", getattr(self.notify, key)
        in_file = ((f"notify.{key}[{n}]", url.strip()) for n, url in enumerate(named))
        given = os.environ.get(variable, "").split()
        apart = ((f"{variable}[{n}]", url) for n, url in enumerate(given))
        return *in_file, *apart

    @property
    def notice_language(self) -> Language:
        return self.notify.language or self.newsletter.languages[0]

    def web_address(self) -> str:
        """Where the letters stand on the web, with {edition} and {language}; "": nowhere."""
        own = f"{self.site.url}{{language}}/{{edition}}/" if self.site.url else ""
        return self.newsletter.web or own

    def editions(self) -> tuple[str, ...]:
        """The emails a month has: one per language, or one with all of them."""
        languages = tuple(self.newsletter.languages)
        return ("+".join(languages),) if self.newsletter.layout == "combined" else languages


#: Finds a plug-in by shelf, name and the place that names it; raises ConfigError.
PluginFinder = Callable[[str, str, str], object]


def load_config(folder: Path, find_plugin: PluginFinder) -> Config:
    """Read `folder`/cxgreetz.toml; raises ConfigError with every problem there is.

    `find_plugin` proves the names of source kinds, engines and provider.
    """
    file = folder / FILE
    text = ""
    try:
        text = _text_of(file)
        raw = tomllib.loads(text)
    except FileNotFoundError:
        hint = (
            f"no newsletter here ({folder.resolve()}); go to its folder, name it with "
            f"--workspace DIR, or make one with: cxgreetz init DIR"
        )
        raise ConfigError(FILE, [Problem("", hint)]) from None
    except tomllib.TOMLDecodeError as error:
        told = toml_faults.explain(text, str(error), _LISTS)
        raise ConfigError(str(file), [Problem("", told)]) from None
    try:
        config = Config.model_validate(raw)
    except ValidationError as error:
        problems = [_placed(_problem(found), raw) for found in error.errors()]
        raise ConfigError(str(file), problems) from None
    if problems := [_placed(one, raw) for one in _crosswise(config, folder, find_plugin)]:
        raise ConfigError(str(file), problems)
    with suppress(FileNotFoundError):
        config._boilerplate = _text_of(folder / RULES_FILE)
    return config


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise
    except UnicodeDecodeError:
        raise ConfigError(str(file), [Problem("", "is not UTF-8 text; save it as UTF-8")]) from None
    except OSError as error:
        raise ConfigError(str(file), [Problem("", f"cannot be read: {error.strerror}")]) from None


def api_key(name: str) -> str | None:
    """The key of an engine or provider: `CXGREETZ_DEEPL_API_KEY` for "deepl"."""
    return os.environ.get(f"CXGREETZ_{_variable(name)}_API_KEY") or None


def service_url(name: str) -> str | None:
    """Another address for an engine: `CXGREETZ_DEEPL_URL` for "deepl"."""
    return os.environ.get(f"CXGREETZ_{_variable(name)}_URL") or None


def models_folder(name: str) -> str | None:
    """Where an engine's models lie: `CXGREETZ_LOCAL_MODELS` for "local"."""
    return os.environ.get(f"CXGREETZ_{_variable(name)}_MODELS") or None


def _variable(name: str) -> str:
    return re.sub(r"\W", "_", name.rpartition(".")[2]).upper()


def _placed(problem: Problem, raw: Mapping[str, Any]) -> Problem:
    """Name the source or event that a problem is of, counted as people count: from 1."""
    found = re.match(r"(source|event)s\[(\d+)\]", problem.path)
    if found is None:
        return problem
    kind, number = found[1], int(found[2])
    table = raw[f"{kind}s"][number]
    name = table.get("name" if kind == "source" else "title") if isinstance(table, dict) else None
    told = f', "{name}"' if isinstance(name, str) and 0 < len(name) <= 60 else ""
    return Problem(problem.path, f"{problem.message} ({kind} {number + 1}{told})")


def _problem(details: ErrorDetails) -> Problem:
    """Turn one of pydantic's errors into our one line with a path as people write it."""
    path = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in details["loc"]).lstrip(".")
    kind, given = details["type"], details["input"]
    if kind == "extra_forbidden" and _SECRET.search(path):
        return Problem(path, "secrets do not belong in this file; use the environment")
    if kind == "extra_forbidden":
        known = _known_keys(details["loc"])
        meant = get_close_matches(str(details["loc"][-1]).lower(), known, 1)
        hint = f"; did you mean {meant[0]}?" if meant else ""
        return Problem(path, f"unknown key; known here: {', '.join(known)}{hint}")
    if kind == "list_type" and path in _LISTS and isinstance(given, dict):
        return Problem(path, toml_faults.say_list(path))
    if kind == "missing":
        return Problem(path, f"is missing{_purpose(details['loc'])}")
    if kind == "date_type" and isinstance(given, str):
        return Problem(path, f"{given!r} is no day; write it without quotes, as 2026-01-31")
    if kind == "cxgreetz":
        return Problem(path, details["msg"])
    if kind == "literal_error":
        expected = details["ctx"]["expected"].replace("'", '"')
        return Problem(path, f"{given!r} is not one of {expected}")
    said = f"{details['msg'][0].lower()}{details['msg'][1:]}"
    # An address of a service may hold a password, even where a list was expected.
    may_be_told = details["loc"][0] in ("newsletter", "sources", "translation", "site", "events")
    return Problem(path, f"{said}, not {given!r}" if may_be_told else said)


def _table_at(loc: tuple[int | str, ...]) -> type[BaseModel] | None:
    table: Any = Config
    for part in loc:
        if isinstance(part, int):
            continue
        info = _by_key(table).get(part)
        inner = get_args(info.annotation) if info else ()
        table = (
            inner[0] if info and get_origin(info.annotation) is list else info and info.annotation
        )
        if not (isinstance(table, type) and issubclass(table, BaseModel)):
            return None
    return table if isinstance(table, type) else None


def _by_key(table: type[BaseModel]) -> dict[str, Any]:
    return {info.alias or name: info for name, info in table.model_fields.items()}


def _known_keys(loc: tuple[int | str, ...]) -> list[str]:
    table = _table_at(loc[:-1])
    return list(_by_key(table)) if table else list(LANGUAGES)


def _purpose(loc: tuple[int | str, ...]) -> str:
    table = _table_at(loc[:-1])
    info = _by_key(table).get(str(loc[-1])) if table else None
    text = info.description if info else None
    return f": {text[0].lower()}{text[1:].rstrip('.')}" if text else ""


def _crosswise(config: Config, folder: Path, find_plugin: PluginFinder) -> Iterator[Problem]:
    """What no single option can know."""
    names: dict[str, int] = {}
    for n, source in enumerate(config.sources):
        if source.name in names:
            first = names[source.name]
            yield Problem(f"sources[{n}].name", f"{source.name!r} is also sources[{first}]")
        names.setdefault(source.name, n)
        if source.kind not in (None, "page") and source.selectors != SelectorTable():
            message = 'are for a page; leave them out, or use kind = "page"'
            yield Problem(f"sources[{n}].selectors", message)
    wanted = [
        ("sources", s.kind, f"sources[{n}].kind") for n, s in enumerate(config.sources) if s.kind
    ]
    wanted += [
        ("engines", e, f"translation.engines[{n}]")
        for n, e in enumerate(config.translation.engines)
    ]
    wanted += [("providers", config.provider.name, "provider.name")]
    wanted += [("blogs", config.blog.name, "blog.name")] if config.blog.name else []
    for shelf_name, name, path in wanted:
        try:
            find_plugin(shelf_name, str(name), path)
        except ConfigError as error:
            yield from error.problems
    if unknown := sorted(config.blog.publications.keys() - names.keys()):
        yield Problem(f"blog.publications.{unknown[0]}", "is the name of no source")
    for n, one in enumerate(config.blog.languages):
        if one not in config.newsletter.languages:
            yield Problem(f"blog.languages[{n}]", f"{one!r} is no language of this newsletter")
    for n, event in enumerate(config.events):
        if lacking := [one for one in config.newsletter.languages if one not in event.title]:
            yield Problem(f"events[{n}].title", f"has no name in {', '.join(lacking)}")
    for key in ("glossary", "idioms"):
        file = getattr(config.translation, key)
        if file and not (folder / file).is_file():
            yield Problem(f"translation.{key}", f"there is no file {file} in the workspace")


def read_event(**values: object) -> Event:
    """Judge an event as one of the workspace file is; raises UsageError with what is wrong."""
    try:
        return EventTable.model_validate(values).event()
    except ValidationError as error:
        problems = (_problem(found) for found in error.errors())
        raise UsageError("; ".join(f"{p.path}: {p.message}" for p in problems)) from None


def option_table() -> str:
    """Every option as a Markdown table: where it stands, its default, what it does."""
    rows = ["| option | default | what it does |", "|---|---|---|"]
    for table_name, info in Config.model_fields.items():
        table = _table_at((table_name,))
        heading = f"[[{table_name}]]" if get_origin(info.annotation) is list else f"[{table_name}]"
        for key, option in _by_key(table).items() if table else ():
            default = "**required**" if option.is_required() else _toml(option.default)
            rows.append(f"| `{heading} {key}` | {default} | {option.description} |")
    return "\n".join(rows)


def _toml(value: object) -> str:
    if value is None:
        return "–"
    text = "{}" if isinstance(value, BaseModel) else repr(value).replace("'", '"')
    return f"`{text}`"
