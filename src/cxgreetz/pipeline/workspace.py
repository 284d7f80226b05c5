"""What every verb works in: a folder, its configuration, database, network and clock.

In: a folder. Out: a Workspace, closed at the end. Never: a verb.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from cxgreetz.config import RULES_FILE, Config, load_config
from cxgreetz.markup import check_own_rules
from cxgreetz.model import Language
from cxgreetz.net import Net
from cxgreetz.ports import plugin
from cxgreetz.store import Store, open_store

if TYPE_CHECKING:
    from cxgreetz.glossary import Glossary, Idioms

#: What a report's exit code says: done, a person must look, the outside world failed.
DONE, HELD, FAILED = 0, 1, 3


@dataclass
class Workspace:
    """A folder with its configuration, database, network and clock."""

    folder: Path
    config: Config
    store: Store
    net: Net
    now: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep
    #: The terms of the workspace's own glossary file; None: it names none.
    terms: Glossary | None = None
    #: The idioms of its own file; None: it names none.
    own_idioms: Idioms | None = None

    @cached_property
    def glossary(self) -> Glossary:
        """The program's terms, with those of the workspace before them."""
        from cxgreetz.glossary import starter_glossary

        return starter_glossary().merge(self.terms) if self.terms else starter_glossary()

    @cached_property
    def idioms(self) -> Idioms:
        """The program's idioms, with those of the workspace before them."""
        from cxgreetz.glossary import starter_idioms

        return starter_idioms().merge(self.own_idioms) if self.own_idioms else starter_idioms()

    @property
    def languages(self) -> Sequence[Language]:
        return self.config.newsletter.languages


@contextmanager
def open_workspace(
    folder: Path, *, now: Callable[[], datetime] | None = None
) -> Iterator[Workspace]:
    """Open the workspace in `folder`; raises ConfigError or StoreError."""
    config = load_config(folder, plugin)
    check_own_rules(config.source_list(), str(folder / RULES_FILE))
    terms, idioms = _words(folder, config)
    store = open_store(config.store.url, folder)
    try:
        clock = now or (lambda: datetime.now(UTC))
        net = Net(config.private_hosts(), cache=store, pauses=store, now=clock)
        yield Workspace(folder, config, store, net, clock, terms=terms, own_idioms=idioms)
    finally:
        store.close()


def _words(folder: Path, config: Config) -> tuple[Glossary | None, Idioms | None]:
    """Read the lists that the workspace file names; raises ConfigError with every bad row."""
    named = config.translation
    if not (named.glossary or named.idioms):
        return None, None
    from cxgreetz.glossary import load_glossary, load_idioms

    return (
        load_glossary(folder / named.glossary) if named.glossary else None,
        load_idioms(folder / named.idioms) if named.idioms else None,
    )
