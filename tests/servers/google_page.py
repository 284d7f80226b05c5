"""The translation page that `deep-translator` reads, on loopback.

In: GET /m?q=…&sl=…&tl=…. Out: a page with the text in a `result-container`.
"""

from __future__ import annotations

import html
from urllib.parse import parse_qs, urlsplit

from servers.engine_server import EngineServer, Fault, Reply, Request, shout

#: The page's own limit.
MAX_CHARACTERS = 5_000


class GooglePage(EngineServer):
    """Shouts what it is asked; `say` may be replaced to answer otherwise (text in, text out)."""

    say = staticmethod(shout)

    @property
    def page(self) -> str:
        return f"{self.url}/m"

    @property
    def texts(self) -> list[str]:
        """What was asked so far."""
        return [_query(request)["q"] for request in self.requests]

    def respond(self, request: Request, fault: Fault | None) -> Reply:
        query = _query(request)
        if urlsplit(request.target).path != "/m" or request.method != "GET":
            return _page("Not found", 404)
        if not query.get("q") or not {query.get("sl"), query.get("tl")} <= {"nl", "en"}:
            return _page("Bad request", 400)
        if len(query["q"]) >= MAX_CHARACTERS:
            return _page("Too large", 413)
        if fault is Fault.FEW:
            return _page("<form>Before you continue</form>")
        # A page answers one text: it can only be that of an earlier caller.
        asked = self.texts[0] if fault is Fault.SWAP else query["q"]
        said = self.say(asked)
        said = {Fault.ECHO: query["q"], Fault.EMPTY: ""}.get(fault, said)
        # A page breaks its lines by <br> only where `say` wrote one of its own.
        inside = "<br>".join(html.escape(line) for line in said.split("\v"))
        return _page(f'<div class="result-container">{inside}</div>')


def _query(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(request.target).query).items()}


def _page(inside: str, status: int = 200) -> Reply:
    page = f"<!DOCTYPE html><html><head><title>T</title></head><body>{inside}</body></html>"
    return Reply(page.encode(), status, "text/html; charset=utf-8")
