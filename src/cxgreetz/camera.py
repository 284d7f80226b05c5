"""What readers will see, as a picture: the one door to the system's Chromium.

In: an email's HTML, its pictures inside it. Out: a PNG of it on a desk and on a phone, side by
side; or why there is none. Never: a request that leaves, a script of the email, a browser that
is downloaded.
"""

from __future__ import annotations

import html as escaping
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

#: Nothing but the page: no calls home, no network at all, letters drawn alike everywhere.
_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--no-first-run",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=127.0.0.1:9",
)
#: Pixels: of a mail program on a desk and on a phone, between them, and the longest picture.
_DESK, _PHONE, _GAP, _LONGEST = 640, 375, 24, 6000
_WIDTH = _DESK + _PHONE + 3 * _GAP
#: Seconds that one start of the browser may take, on a busy machine.
_PATIENCE = 60.0
_NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    """The path of the Chromium or Chrome of this system; None: it has none."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


def photograph(html: str) -> bytes | str:
    """Give a PNG of an email on a desk and on a phone; else, in words, why there is none.

    What the email does not hold itself is not shown: nothing is fetched.
    """
    chromium = find_chromium()
    if chromium is None:
        return "Chromium is not installed"
    try:
        with tempfile.TemporaryDirectory(prefix="cxgreetz-", ignore_cleanup_errors=True) as folder:
            return _shoot(chromium, html, Path(folder))
    except subprocess.TimeoutExpired:
        return f"Chromium took longer than {_PATIENCE:.0f} s"
    except OSError as error:
        return f"Chromium made no picture ({error.strerror or error})"


def _shoot(chromium: str, html: str, folder: Path) -> bytes:
    page, picture = folder / "page.html", folder / "picture.png"
    page.write_text(_side_by_side(html), encoding="utf-8")
    flags = [*_FLAGS, f"--user-data-dir={folder}/profile"]
    if os.geteuid() == 0:
        flags.append("--no-sandbox")  # Chromium refuses to run as root with it
    told = _run([chromium, *flags, "--dump-dom", page.as_uri()])
    found = re.search(r"<title>(\d+)</title>", told)
    height = min(int(found[1]) if found else 2000, _LONGEST)
    size = f"--window-size={_WIDTH},{height}"
    _run([chromium, *flags, size, f"--screenshot={picture}", page.as_uri()])
    return picture.read_bytes()


def _run(command: list[str]) -> str:
    done = subprocess.run(  # noqa: S603 - the system's browser, and files of our own
        command, capture_output=True, timeout=_PATIENCE, check=False
    )
    return done.stdout.decode("utf-8", "replace")


def _side_by_side(html: str) -> str:
    """A page with the email at both widths, which gives its own height as its title.

    The frames may be measured from outside; what is in them may run nothing.
    """
    inside = escaping.escape(html)
    frames = "".join(
        f'<iframe sandbox="allow-same-origin" style="width:{width}px" srcdoc="{inside}"></iframe>'
        for width in (_DESK, _PHONE)
    )
    return (
        f'<!doctype html><meta charset="utf-8"><title></title><style>body{{margin:{_GAP}px;'
        f"background:#d9d9d6;display:flex;gap:{_GAP}px;align-items:flex-start}}"
        "iframe{border:0;background:#fff;flex:none}</style>"
        f"{frames}<script>addEventListener('load',()=>{{let most=0;"
        "for(const f of document.querySelectorAll('iframe')){"
        "const h=f.contentDocument.documentElement.scrollHeight;f.style.height=h+'px';"
        f"most=Math.max(most,h)}}document.title=most+{2 * _GAP}}})</script>"
    )
