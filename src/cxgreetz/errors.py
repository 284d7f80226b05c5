"""What can go wrong, by what a person can do about it.

In: nothing. Out: one small tree of exceptions. Never: a key, a password or a traceback
in a message.

Every message is one line that names the thing, the place and the remedy. The three
branches are the three exit codes of the command line: wrong input (2), the outside
world failed (3), and a step that a person must take first (1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


class CxGreetzError(Exception):
    """The root; `exit_code` is what the command line ends with."""

    exit_code: ClassVar[int] = 3


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file: where (`sources[2].url`), and what with its remedy."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class ConfigError(CxGreetzError):
    """The workspace file, or another file a person wrote, is wrong: every problem at once."""

    exit_code = 2

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self.file, self.problems = file, problems
        super().__init__("\n".join(f"{file}: {problem}" for problem in problems))


class UsageError(CxGreetzError):
    """What was asked cannot be done as asked (a wrong month, an unknown piece)."""

    exit_code = 2


class HeldError(CxGreetzError):
    """A person must act first: nothing is broken and nothing is lost."""

    exit_code = 1


class SourceError(CxGreetzError):
    """A source could not be read: unreachable, refused, or not what it was."""


class NetError(CxGreetzError):
    """An address did not answer usefully.

    `status` is the HTTP status where there was one; `retryable` says whether asking
    again later can help; `retry_after` is in seconds where the server named it. `sent` is
    False when the request definitely did not arrive.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        retryable: bool = False,
        retry_after: float | None = None,
        sent: bool = True,
    ) -> None:
        super().__init__(message)
        self.status, self.retryable, self.retry_after = status, retryable, retry_after
        self.sent = sent


class EngineError(CxGreetzError):
    """A translation engine did not do its work.

    `kind` is one of: left_to_editor (nothing was asked), auth, quota, rate_limit,
    unavailable, bad_request, bad_response, unsupported. `done` holds the translations
    that did arrive before the failure, in order, so that nothing is paid twice.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: str,
        retryable: bool = False,
        retry_after: float | None = None,
        done: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.kind, self.retryable, self.retry_after, self.done = kind, retryable, retry_after, done


class StaleError(HeldError):
    """What a person saw when she began is no longer so: somebody changed it meanwhile.

    Nothing was changed. `theirs` is how it stands now, `mine` what she would have made of it.
    """

    def __init__(self, message: str, *, theirs: str, mine: str) -> None:
        super().__init__(message)
        self.theirs, self.mine = theirs, mine


class ProviderError(CxGreetzError):
    """A mailing provider refused or failed.

    `ambiguous` is True when the call may have taken effect: a create must then never be
    repeated blindly. `status` is the HTTP status where there was one, `retry_after` the
    seconds the provider asks to wait.
    """

    def __init__(
        self,
        message: str,
        *,
        ambiguous: bool = False,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.ambiguous, self.status, self.retry_after = ambiguous, status, retry_after


class TemplateError(CxGreetzError):
    """A template of the workspace cannot be rendered: every problem at once.

    Each of `problems` names the file, the line and, where it is known, the column.
    """

    exit_code = 2

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class StoreError(CxGreetzError):
    """The database cannot be opened or brought up to date."""
