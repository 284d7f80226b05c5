"""What every verb works in: a folder, its configuration, database, network and clock.

In: a folder. Out: a Workspace, closed at the end. Never: a verb.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cxgreetz.config import RULES_FILE, Config, load_config
from cxgreetz.markup import check_own_rules
from cxgreetz.model import Language
from cxgreetz.net import Net
from cxgreetz.ports import plugin
from cxgreetz.store import Store, open_store

if TYPE_CHECKING:
    from cxgreetz.glossary import Glossary

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
    terms = _terms(folder, config)
    store = open_store(config.store.url, folder)
    try:
        clock = now or (lambda: datetime.now(UTC))
        net = Net(config.private_hosts(), cache=store, pauses=store, now=clock)
        yield Workspace(folder, config, store, net, clock, terms=terms)
    finally:
        store.close()


def _terms(folder: Path, config: Config) -> Glossary | None:
    """Read the glossary that the workspace file names; raises ConfigError with every bad row."""
    if config.translation.glossary is None:
        return None
    from cxgreetz.glossary import load_glossary

    return load_glossary(folder / config.translation.glossary)
