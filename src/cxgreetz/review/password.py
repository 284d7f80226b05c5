"""The password of a page that others can reach: its hash, made and read. The one door to argon2.

In: a password; the hash in the environment. Out: a line for the environment; whether a password
is the right one. Never: a password or its hash in a file, a log, an error or an address.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from cxgreetz.errors import UsageError

VARIABLE = "CXGREETZ_REVIEW_PASSWORD_HASH"
#: NIST SP 800-63B, 5.1.1.2 asks for 8 at least; this page has one door and no second factor.
SHORTEST = 12
#: Longer ones would only make us work; nobody types them.
_LONGEST = 1000


def make_line(password: str) -> str:
    """Give the line that puts the hash of `password` into the environment.

    In single quotes, since the hash has dollar signs. Raises UsageError for one that is too
    short or too long.
    """
    import argon2

    if not SHORTEST <= len(password) <= _LONGEST:
        raise UsageError(f"a password for the page has {SHORTEST} to {_LONGEST} characters")
    return f"{VARIABLE}='{argon2.PasswordHasher().hash(password)}'"


def read_password() -> Callable[[str], bool]:
    """Give what says whether a password is the right one, by the hash in the environment.

    Raises UsageError, with the remedy, where there is no hash or what is there is none.
    """
    import argon2

    remedy = "make one with: cxgreetz review --make-password"
    kept = os.environ.get(VARIABLE, "").strip()
    if not kept:
        raise UsageError(
            f"others could reach this page, so it needs a password: {VARIABLE} is not set; {remedy}"
        )
    try:
        argon2.extract_parameters(kept)
    except argon2.exceptions.InvalidHashError:
        raise UsageError(f"{VARIABLE} holds no argon2 hash; {remedy}") from None
    hasher = argon2.PasswordHasher()

    def is_right(password: str) -> bool:
        try:
            return len(password) <= _LONGEST and hasher.verify(kept, password)
        except (argon2.exceptions.Argon2Error, argon2.exceptions.InvalidHashError):
            return False

    return is_right
