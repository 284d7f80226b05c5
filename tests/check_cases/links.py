"""Links: followed, counted, named."""

from __future__ import annotations

from dataclasses import replace

from check_cases._base import Case, a_view, an_email, html, item, text
from cxgreetz.model import BlockView, EmailView, EventView, LinkAnswer
from samples import NOW, an_item

PAGE = "https://blog.example/koffie/"


def anchors(*hrefs: str) -> str:
    return "".join(f'<a href="{href}">Naar {n}</a>' for n, href in enumerate(hrefs))


def answers(*given: LinkAnswer) -> dict[str, object]:
    return {"answers": {answer.url: answer for answer in given}}


def answer(status: int | None, url: str = PAGE, **more: str) -> LinkAnswer:
    return LinkAnswer(url, status, NOW, **more)


def answered(status: int | None, finds: tuple[str, ...] = (), says: str = "", **more: str) -> Case:
    """One address with this answer, beside another that is well."""
    well = "https://blog.example/thee/"
    known = answers(answer(status, **more), answer(200, well))
    return Case("dead_link", None, html(anchors(PAGE, well)), finds, known, says)


def counted(query: str, url: str = PAGE) -> EmailView:
    return item(url=url, link=f"{url}{query}")


UTM = "utm_source=cx-greetz&utm_medium=email&utm_campaign=2026-11&utm_content=lead"
LINKED = UTM.replace("&", "&amp;")
BROKEN = (BlockView('<a href="http://">x</a>', "nl"),)

CASES = [
    Case("link"),
    Case("link", item(blocks=(BlockView('<a href="mailto:a@b.nl">mail</a>', "nl"),))),
    Case("link", email=html('<a href="https://a.example/x?y=1&amp;z=2">x</a>')),
    Case("link", email=html('<a href="#kort">kort</a><h2 id="kort">Kort</h2>')),
    Case("link", email=html('<a href="#kort">kort</a><a name="kort"></a>')),
    Case("link", item(url=""), finds=("error",)),
    Case("link", item(url="/relative"), finds=("error",)),
    Case("link", item(blocks=BROKEN), finds=("error",)),
    # Once, where it can be mended.
    Case("link", item(blocks=BROKEN), html('<a href="http://">x</a>'), finds=("error",)),
    Case("link", email=html('<a href="">x</a>'), finds=("error",)),
    Case("link", email=html('<a href="#">x</a>'), finds=("error",)),
    Case("link", email=html('<a href="#weg">x</a>'), finds=("error",), says="not in the email"),
    Case("link", email=html('<a href="https://[bad/">x</a>'), finds=("error",)),
    Case("dead_link"),
    answered(200),
    answered(204),
    # Where the email itself will stand.
    Case(
        "dead_link",
        a_view(web_version="https://a.example/nl/", sister="https://a.example/en/"),
        html(anchors("https://a.example/nl/", "https://a.example/en/")),
    ),
    # Followed without what counts readers, and linked with it.
    Case("dead_link", None, html(anchors(f"{PAGE}?{LINKED}")), known=answers(answer(200))),
    Case("dead_link", None, html(anchors("mailto:a@b.nl", "#kort"))),
    answered(404, ("error",), "is not there (it answered 404)"),
    answered(410, ("error",)),
    answered(451, ("error",)),
    answered(400, ("info",)),
    answered(401, ("info",), "lets no program look"),
    answered(403, ("info",)),
    answered(405, ("info",)),
    answered(429, ("info",)),
    answered(999, ("info",)),
    answered(500, ("warning",)),
    answered(503, ("warning",)),
    answered(None, ("warning",), "did not answer (it took too long)", problem="it took too long"),
    answered(
        200, ("info",), "moved for good, to https://new.example/", moved_to="https://new.example/"
    ),
    Case(
        "dead_link",
        None,
        html(anchors(PAGE, f"{PAGE}?{LINKED}", f"{PAGE}#slot")),
        ("error",),
        answers(answer(404)),
    ),
    Case(
        "dead_link",
        None,
        html(anchors(PAGE, "https://a.example/", "https://b.example/")),
        ("info",),
        answers(answer(None), answer(None, "https://a.example/")),
        "no link could be followed: no connection",
    ),
    Case(
        "dead_link",
        None,
        html(anchors(PAGE, "https://a.example/", f"{PAGE}?{LINKED}")),
        ("info",),
        says="2 links not followed yet",
    ),
    Case("utm"),
    Case("utm", counted(f"?{UTM}"), html(anchors(f"{PAGE}?{LINKED}"))),
    Case(
        "utm",
        counted(f"&{UTM}", f"{PAGE}?p=12"),
        html(
            anchors(f"{PAGE}?p=12&amp;{LINKED}", f"{PAGE}?p=12&amp;{LINKED.replace('lead', 'b')}")
        ),
    ),
    # Not counted: the link is the page's address.
    Case("utm", item(link=PAGE), html(anchors(PAGE))),
    # What an author links to within the text is her own.
    Case(
        "utm",
        replace(
            counted(f"?{UTM}"),
            items=(
                an_item(
                    link=f"{PAGE}?{UTM}",
                    blocks=(BlockView(f'<a href="{PAGE}">eerder</a>', "nl"),),
                ),
            ),
        ),
        html(anchors(PAGE, f"{PAGE}?{LINKED}")),
    ),
    Case(
        "utm",
        replace(
            counted(f"?{UTM}"),
            events=(EventView("book", "Het boek", url=f"https://boek.example/?{UTM}"),),
        ),
        html(anchors(f"https://boek.example/?{LINKED}")),
    ),
    Case("utm", counted(f"?{UTM}"), html(anchors(PAGE)), ("warning",), says="are not counted"),
    Case(
        "utm",
        counted(f"?{UTM}"),
        html(anchors(f"{PAGE}?{LINKED.replace('2026-11', '2026-10')}")),
        ("warning",),
    ),
    Case(
        "utm",
        counted(f"?{UTM}", f"{PAGE}?p=12"),
        html(anchors(f"{PAGE}?{LINKED}")),
        ("error",),
        says="has lost parameters of its own",
    ),
    Case(
        "utm",
        item(url=f"{PAGE}?p=12", link=f"{PAGE}?{UTM}"),
        html(anchors(f"{PAGE}?{LINKED}")),
        ("error",),
    ),
    Case("utm", email=html(f'<a href="cxgreetz:web_version?{LINKED}">x</a>'), finds=("error",)),
    Case("utm", email=html(anchors(f"https://a.example/?{LINKED}")), finds=("info",)),
    Case("duplicate_link_text"),
    Case("duplicate_link_text", email=html('<a href="https://a.example/">Kamer 214</a>')),
    Case(
        "duplicate_link_text",
        email=html(f'<a href="{PAGE}">Koffie</a><a href="{PAGE}?{LINKED}">Koffie</a>'),
    ),
    Case(
        "duplicate_link_text",
        email=html(f'<a href="{PAGE}"><img src="a.png" alt=""></a><a href="#a"><img src="b"></a>'),
    ),
    Case(
        "duplicate_link_text",
        email=html(f'<a href="{PAGE}">Lees meer</a>'),
        finds=("info",),
        says="does not say where it leads",
    ),
    Case("duplicate_link_text", email=html(f'<a href="{PAGE}">Click here →</a>'), finds=("info",)),
    Case(
        "duplicate_link_text",
        email=html(
            '<a href="https://a.example/">read more</a><a href="https://b.example/">Read more</a>'
        ),
        finds=("info",),
    ),
    Case(
        "duplicate_link_text",
        email=html(
            '<a href="https://a.example/">De rij</a><a href="https://b.example/">De rij</a>'
        ),
        finds=("info",),
        says="leads to 2 different pages",
    ),
    Case("unsubscribe_missing"),
    Case("unsubscribe_missing", email=html("<p>Dag</p>")),
    Case("unsubscribe_missing", email=an_email(text=text("Dag"))),
    Case("unsubscribe_missing", email=an_email(html="<p>Dag</p>"), finds=("error",)),
    Case("unsubscribe_missing", email=an_email(text="Dag"), finds=("error",)),
    Case(
        "unsubscribe_missing", email=an_email(html="<p>x</p>", text="x"), finds=("error", "error")
    ),
]
