"""A mailing provider in memory that can fail at every call; named in a file by import path.

In: emails. Out: campaigns, which a test may count. Never: more than one process.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from cxgreetz.errors import ProviderError
from cxgreetz.model import Email, Remote, RemoteState
from cxgreetz.net import Net
from cxgreetz.ports import Account, ProviderCapabilities

CAPABILITIES = ProviderCapabilities(test_mail=True, schedule=True, unschedule=True)


class Killed(BaseException):
    """The process ends here; nothing after this line runs."""


@dataclass
class World:
    """What the provider holds, and which of the next calls go wrong.

    `faults` gives what happens at the n-th call: "before" or "after" kills the caller
    before or after the call took effect, "lost" loses the answer to a create that worked,
    "refused" loses the request itself, "no" is a definite refusal.
    """

    campaigns: dict[str, Remote] = field(default_factory=dict)
    emails: dict[str, Email] = field(default_factory=dict)
    tests: list[tuple[str, str]] = field(default_factory=list)
    faults: dict[int, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    #: How many of the next looks do not yet see what was made.
    blind: int = 0

    def call(self, name: str) -> str:
        """Note a call; give its fault."""
        fault = self.faults.get(len(self.calls), "")
        self.calls.append(name)
        if fault == "before":
            raise Killed
        if fault == "refused":
            raise ProviderError("the line dropped", ambiguous=True)
        if fault == "no":
            raise ProviderError("the provider says no")
        return fault


WORLD = World()


def open(account: Account, net: Net) -> Campaigns:
    return Campaigns(WORLD)


class Campaigns:
    tag_openers = ("{{",)

    def __init__(self, world: World) -> None:
        self.tags = {"unsubscribe": "{{ unsubscribe }}", "web_version": "", "first_name": ""}
        self._world = world

    def find(self, key: str) -> list[Remote]:
        fault = self._world.call("find")
        found = [r for r in self._world.campaigns.values() if r.key == key]
        if found and self._world.blind:
            self._world.blind -= 1
            return []
        self._end(fault)
        return found

    def create(self, key: str, email: Email) -> Remote:
        fault = self._world.call("create")
        remote = Remote(str(len(self._world.campaigns) + 1), key, RemoteState.DRAFT)
        made = self._put(remote, email)
        if fault == "lost":
            raise ProviderError("the answer was lost", ambiguous=True)
        self._end(fault)
        return made

    def update(self, remote_id: str, email: Email) -> Remote:
        fault = self._world.call("update")
        made = self._put(self._world.campaigns[remote_id], email)
        self._end(fault)
        return made

    def schedule(self, remote_id: str, when: datetime) -> Remote:
        self._world.call("schedule")
        remote = replace(self._world.campaigns[remote_id], state=RemoteState.SCHEDULED)
        self._world.campaigns[remote_id] = remote
        return remote

    def unschedule(self, remote_id: str) -> Remote:
        self._world.call("unschedule")
        remote = replace(self._world.campaigns[remote_id], state=RemoteState.DRAFT)
        self._world.campaigns[remote_id] = remote
        return remote

    def send_test(self, remote_id: str, address: str) -> None:
        self._world.call("send_test")
        self._world.tests.append((remote_id, address))

    def _put(self, remote: Remote, email: Email) -> Remote:
        made = replace(remote, fingerprint=email.approved_fingerprint)
        self._world.campaigns[remote.id] = made
        self._world.emails[remote.id] = email
        return made

    @staticmethod
    def _end(fault: str) -> None:
        if fault == "after":
            raise Killed
