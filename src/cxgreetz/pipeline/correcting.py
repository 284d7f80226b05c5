"""A letter that has gone out, corrected where it can still be: on the web.

In: a workspace and a month that was pushed. Out: pages in `web/<edition>/<language>/`, each
with the day of its correction, and the same kept for the site. Never: a change to a campaign,
a draft, a receipt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxgreetz.edition import edition_key
from cxgreetz.errors import UsageError
from cxgreetz.model import EditionKey
from cxgreetz.pipeline.drafting import stored_edition
from cxgreetz.pipeline.keeping import keep_letters, standing_approvals
from cxgreetz.pipeline.making import Press, with_provider
from cxgreetz.pipeline.workspace import DONE, Workspace
from cxgreetz.push import fit

#: A page on the web is left by closing it, and is its own web version.
_NO_TAGS = {"unsubscribe": "", "web_version": "", "first_name": ""}


@dataclass(frozen=True)
class CorrectReport:
    edition: EditionKey
    #: By email, the page that was written.
    pages: Mapping[str, Path]
    exit_code: int = DONE

    def as_json(self) -> dict[str, Any]:
        pages = {name: str(page) for name, page in self.pages.items()}
        return {"edition": self.edition, "corrected": pages}


def correct(workspace: Workspace, edition: str | None = None) -> CorrectReport:
    """Write the web version of the emails that were pushed, as their columns are today.

    Raises UsageError for an edition that no provider holds: that one is simply drafted again.
    """
    key = edition_key(edition, workspace.now(), workspace.config.zone)
    found = stored_edition(workspace.store, key)
    gone = with_provider(workspace.store, key)
    if not gone:
        raise UsageError(f"{key} has not gone out; change it and draft it again: cxgreetz draft")
    day = workspace.now().astimezone(workspace.config.zone).date()
    pages: dict[str, Path] = {}
    press = Press(workspace, found)
    made = press.make(found, corrected=day)
    fresh_views = {view.language: view for views, _email in made.values() for view in views}
    # By the email that went out, whatever layout the workspace file has now; one that has not
    # says what was approved.
    made_of = {
        name: [fresh_views[one] for one in name.split("+") if one in fresh_views] for name in gone
    }
    approvals = standing_approvals(workspace, found)
    keep_letters(workspace, press, found, made_of, approvals, workspace.now())
    out = {language for name in gone for language in name.split("+")}
    for name, (_views, email) in made.items():
        if out.isdisjoint(name.split("+")):
            continue
        page = workspace.folder / "web" / key / name / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        fresh = page.with_name(".index.html.new")
        fresh.write_text(fit(email, _NO_TAGS, ()).html, encoding="utf-8")
        pages[name] = fresh.replace(page)
    return CorrectReport(key, pages)
