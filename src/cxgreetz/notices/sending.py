"""The one door to Apprise, which knows how to reach mail, Slack, Teams and a hundred others.

In: a notice and one address. Out: None, or why it did not get there. Never: an address, or a
part of one, in what is given back, logged or raised: most of them hold a password or a token.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from apprise import Apprise, AppriseAsset, NotifyFormat

from cxgreetz.notices import Notice, Undelivered, service_of

#: Apprise adds neither pictures of its own nor emoji for what stands between colons.
_ASSET = AppriseAsset(
    app_id="cxgreetz",
    app_desc="cxgreetz",
    app_url="",
    image_url_mask="",
    image_url_logo="",
    interpret_emojis=False,
    interpret_escapes=False,
)
#: Whose log lines hold addresses: Apprise's own, and those of what it sends by.
_CARELESS = ("apprise", "urllib3", "requests", "requests_oauthlib", "oauthlib")
_STATUS = re.compile(r"error=([1-5]\d\d)\b")
_NO_LINE = re.compile(r"connection error|socket|timed? ?out|resolve", re.I)


class _Hush(logging.Filter):
    """Keeps what is said while this thread sends, and lets none of it out."""

    def __init__(self) -> None:
        super().__init__()
        self._here = threading.local()

    def filter(self, record: logging.LogRecord) -> bool:
        said = getattr(self._here, "said", None)
        if said is not None:
            said.append(record.getMessage())
        # Others use urllib3 too; Apprise speaks of nothing but what it was given.
        return said is None and record.name != "apprise"

    @contextmanager
    def listening(self) -> Iterator[list[str]]:
        """Give the list that all lines go to."""
        said: list[str] = []
        self._here.said = said
        self.watch()
        try:
            yield said
        finally:
            self._here.said = None

    def watch(self) -> None:
        """Stand before every careless logger that there is by now."""
        for name in list(logging.root.manager.loggerDict):
            if name.partition(".")[0] in _CARELESS:
                logging.getLogger(name).addFilter(self)


_HUSH = _Hush()


def judge(place: str, url: str) -> Undelivered | None:
    """Say of an address that no service takes it; None: one may. Nothing is sent."""
    with _HUSH.listening():
        known = Apprise.instantiate(url, asset=_ASSET, suppress_exceptions=True)
    return None if known else _unusable(place, url)


def _unusable(place: str, url: str) -> Undelivered:
    told = "is no address that notices can be sent to; see https://appriseit.com"
    return Undelivered(place, service_of(url), told, is_address=False)


def deliver(place: str, url: str, notice: Notice) -> Undelivered | None:
    """Send a notice to one address, once; None: the service took it."""
    service = service_of(url)
    with _HUSH.listening() as said:
        target = Apprise.instantiate(url, asset=_ASSET, suppress_exceptions=True)
        if target is None:
            return _unusable(place, url)
        if target.notify_format == NotifyFormat.HTML:
            # Made into HTML no line of it could be wrapped and no link be clicked.
            target.notify_format = NotifyFormat.TEXT
        _HUSH.watch()  # the service's own module has come, maybe with loggers of its own
        sender = Apprise(asset=_ASSET)
        sender.add(target)
        try:
            took = sender.notify(
                title=notice.subject, body=notice.body, body_format=NotifyFormat.TEXT
            )
        except Exception as error:  # a service's module that breaks is a failure like any other
            return Undelivered(place, service, f"broke ({type(error).__name__})")
    return None if took else Undelivered(place, service, _reason(said))


def _reason(said: Sequence[str]) -> str:
    """Why it was not taken, in our own words: what Apprise says may hold the address."""
    told = "\n".join(said)
    if found := _STATUS.search(told):
        return f"the service answered {found[1]}"
    if _NO_LINE.search(told):
        return "no connection to the service, or it refused the login"
    return "the service did not take it"
