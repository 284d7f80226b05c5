"""Pictures: described, shown, light."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from check_cases._base import Case, html, item
from cxgreetz.model import BlockKind, BlockView, Image, PictureFacts
from samples import NOW, PICTURE

SRC = PICTURE.src
BARE = Image("https://a.example/x.png")
SHOWN = html(f'<img src="{SRC}" alt="" width="536">')


def facts(src: str = SRC, **changes: Any) -> dict[str, dict[str, PictureFacts]]:
    values: dict[str, Any] = {"kind": "png", "width": 1072, "height": 536, "size": 90_000}
    return {"pictures": {src: PictureFacts(src, NOW, **{**values, **changes})}}


def many(count: int, size: int) -> Case:
    srcs = [f"https://a.example/{n}.png" for n in range(count)]
    known = {src: facts(src, size=size)["pictures"][src] for src in srcs}
    page = html("".join(f'<img src="{src}" alt="">' for src in srcs))
    over = count * size > 800_000
    return Case("picture", None, page, ("info",) if over else (), {"pictures": known})


CASES = [
    Case("image_alt"),
    Case("image_alt", item(image=PICTURE)),
    Case("image_alt", item(image=replace(PICTURE, alt=""))),
    Case("image_alt", item(image=BARE)),
    Case(
        "image_alt",
        item(image=BARE),
        html('<img src="https://a.example/x.png" alt="">'),
        finds=("warning",),
    ),
    # In the column, and as its picture: one picture.
    Case(
        "image_alt",
        item(image=BARE, blocks=(BlockView("", "nl", BlockKind.PICTURE, image=BARE),)),
        html(
            '<img src="https://a.example/x.png" alt=""><img src="https://a.example/x.png" alt="">'
        ),
        finds=("warning",),
    ),
    # No attribute at all: the template's fault, told once.
    Case("image_alt", item(image=BARE), html(f'<img src="{BARE.src}">'), finds=("error",)),
    Case("image_alt", email=html('<img src="x.png">'), finds=("error",)),
    Case("image_alt", email=html('<img src="x.png"><img src="y.png">'), finds=("error", "error")),
    Case("picture"),
    Case("picture", email=SHOWN, known=facts()),
    Case("picture", email=SHOWN, known=facts(kind="gif", size=200_000)),
    Case("picture", email=SHOWN, known=facts(kind="jpeg", width=536)),
    Case("picture", email=SHOWN, known=facts(kind="jpeg", size=None, width=None)),
    many(4, 199_000),
    many(5, 199_000),
    Case(
        "picture", email=SHOWN, known=facts(kind="webp"), finds=("info",), says="Outlook on Windows"
    ),
    Case("picture", email=SHOWN, known=facts(kind="avif"), finds=("info",)),
    Case("picture", email=SHOWN, known=facts(kind="svg"), finds=("warning",)),
    # Never fetched: its name says it.
    Case("picture", email=html('<img src="https://a.example/x.WEBP?v=2" alt="">'), finds=("info",)),
    Case("picture", email=SHOWN, known=facts(size=200_001), finds=("info",), says="weighs 200 KB"),
    Case(
        "picture",
        email=SHOWN,
        known=facts(kind="", status=404, problem="its site answered 404"),
        finds=("error",),
    ),
    Case("picture", email=SHOWN, known=facts(kind="", problem="it took too long"), finds=("info",)),
    Case("picture", email=SHOWN, known=facts(width=535), finds=("info",), says="blurred"),
    Case("picture", email=html('<img src="http://a.example/x.png" alt="">'), finds=("info",)),
    # Shown twice, told once; it is more than all together should be, which is no second fault.
    Case(
        "picture",
        email=html(f'<img src="{SRC}" alt=""><img src="{SRC}" alt="">'),
        known=facts(size=1_000_001),
        finds=("warning",),
    ),
]
