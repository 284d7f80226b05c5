"""Make the README's picture of the email: the demo's outbox, as Chromium shows it.

In: the folder of a demo. Out: docs/email.png. Never: a picture of anything else.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cxgreetz.demo.job import serve_site

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--hide-scrollbars",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=4000",
)


def main(demo: Path, target: Path) -> None:
    """Photograph the newest Dutch and English emails of `demo` side by side."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        sys.exit("Chromium is not installed; it makes the picture")
    edition = max((demo / "outbox").iterdir())
    with serve_site(demo), tempfile.TemporaryDirectory() as profile:
        frames = "".join(
            f'<iframe src="{(edition / language / "email.html").resolve().as_uri()}"></iframe>'
            for language in ("nl", "en")
        )
        page = Path(profile) / "both.html"
        page.write_text(
            "<style>body{margin:0;background:#fbf7f1;display:flex;gap:12px}"
            f"iframe{{border:0;width:640px;height:1500px}}</style>{frames}"
        )
        subprocess.run(
            [
                browser,
                *FLAGS,
                f"--user-data-dir={profile}/chromium",
                "--window-size=1292,1500",
                f"--screenshot={target.resolve()}",
                page.as_uri(),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    print(target)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
