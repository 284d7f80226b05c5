"""The text part says what the HTML says."""

from __future__ import annotations

from check_cases._base import Case, a_view, html, item, text
from samples import an_item

URL = "https://blog.example/koffie/"
COLUMN = f'<h2><a href="{URL}">Koffie op perron 4</a></h2>'
SAID = f"Koffie op perron 4\nDoor Marijke van der Veen\n\nLees verder:\n<{URL}>"
TWO = a_view(
    an_item(), an_item(key="rij", title="De rij", url="https://blog.example/rij", author="Anna Bos")
)
RIJ = '<h2><a href="https://blog.example/rij">De rij</a></h2><p>Door Anna Bos</p>'
RIJ_SAID = "De rij\nDoor Anna Bos\nhttps://blog.example/rij."

CASES = [
    Case("text_parity"),
    Case("text_parity", email=html(COLUMN, text=text(SAID))),
    # Wrapped, in capitals, and counted in the HTML alone.
    Case(
        "text_parity",
        email=html(
            COLUMN.replace(URL, f"{URL}?utm_source=x") + "<h3>Kort gelezen</h3>",
            text=text(SAID.replace("op perron", "op\nperron") + "\n\nKORT GELEZEN"),
        ),
    ),
    Case("text_parity", TWO, html(COLUMN + RIJ, text=text(f"{SAID}\n\n{RIJ_SAID}"))),
    # A heading may hold a link, whose address the text tells in its midst, and a line break.
    Case(
        "text_parity",
        email=html(
            '<h3>Meer over <a href="https://x.example/">de rij</a>,<br>en waarom</h3>'
            '<h3>Mail naar <a href="mailto:anna@x.example">anna@x.example</a></h3>',
            text=text(
                "Meer over de rij <https://x.example/>,\nen waarom\n\nMail naar <anna@x.example>"
            ),
        ),
    ),
    # What the HTML does not say, the text need not either.
    Case("text_parity", email=html("<p>Dag</p>", text=text("Dag"))),
    Case("text_parity", email=html('<h2 style="display:none">Verborgen</h2>')),
    Case(
        "text_parity",
        email=html(COLUMN, text=text(f"Door Marijke van der Veen\n<{URL}>")),
        finds=("error",),
        says="the title “Koffie op perron 4” is not in the text part",
    ),
    Case(
        "text_parity",
        email=html(COLUMN, text=text(SAID.replace(URL, "https://blog.example/koffie/2"))),
        finds=("error",),
        says="the link to “Koffie op perron 4” is not",
    ),
    Case(
        "text_parity",
        email=html(COLUMN, text=text(SAID.replace("Door Marijke van der Veen", ""))),
        finds=("error",),
        says="the name Marijke van der Veen at “Koffie op perron 4”",
    ),
    # Named, but at another column.
    Case(
        "text_parity",
        TWO,
        html(
            COLUMN + RIJ,
            text=text(f"{SAID}\nen Anna Bos\n\n{RIJ_SAID.replace('Door Anna Bos', '')}"),
        ),
        finds=("error",),
        says="the name Anna Bos at “De rij”",
    ),
    Case(
        "text_parity",
        item(publication="Vakblad"),
        html(f"{COLUMN}<p>voor Vakblad</p>", text=text(SAID)),
        finds=("error",),
    ),
    Case(
        "text_parity",
        email=html(f"{COLUMN}<h3>Kort gelezen</h3>", text=text(SAID)),
        finds=("error",),
        says="the heading “Kort gelezen” is not",
    ),
]
