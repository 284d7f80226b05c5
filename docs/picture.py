"""Make the README's picture of the email: the demo's outbox, as Chromium shows it.

In: the folder of a demo. Out: docs/email.png. Never: a picture of anything else.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from cxgreetz.demo.job import serve_site

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import browser as browsers


def main(demo: Path, target: Path) -> None:
    """Photograph the newest Dutch and English emails of `demo` side by side."""
    edition = max((demo / "outbox").iterdir())
    frames = "".join(
        f'<iframe src="{(edition / language / "email.html").resolve().as_uri()}"></iframe>'
        for language in ("nl", "en")
    )
    with serve_site(demo), tempfile.TemporaryDirectory() as folder:
        both = Path(folder) / "both.html"
        both.write_text(
            "<style>body{margin:0;background:#fbf7f1;display:flex;gap:12px}"
            f"iframe{{border:0;width:640px;height:1380px}}</style>{frames}"
        )
        with (
            browsers.open_browser() as browser,
            browsers.a_page(browser, width=1292, height=1380) as page,
        ):
            page.goto(both.as_uri())
            page.screenshot(path=target)
    print(target)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
    except FileNotFoundError as error:
        sys.exit(str(error))
