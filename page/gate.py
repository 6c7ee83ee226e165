"""Decide who may use the page: only this machine, or whoever has the password."""

import os
from collections.abc import Callable
from hmac import compare_digest

from fusion_style.page.config import DemoConfig

PASSWORD = "FUSION_DEMO_PASSWORD"  # the environment variable
SHORTEST = 8  # characters of a password


def gate(config: DemoConfig) -> Callable[[str, str], bool] | None:
    """Return the function that checks a user and a password; None if nobody must log in.

    Raises:
        ValueError: if a public page has no user or no password, or another page has one of
            them; the message says what to do.
    """
    if not config.public:
        if config.user or config.password_file:
            raise ValueError(
                "--user and --password_file are for --public. Without it, only this "
                "machine sees the page"
            )
        return None
    if not config.user:
        raise ValueError("a public page needs a name to log in with: --user NAME")
    user, password = config.user, read_password(config.password_file)

    def may_enter(name: str, word: str) -> bool:
        # Both are compared, in constant time, so that the time reveals nothing.
        known = compare_digest(name.encode(), user.encode())
        return compare_digest(word.encode(), password.encode()) and known

    return may_enter


def read_password(path: str | None) -> str:
    """Return the password from the first line of a file, or from the environment.

    There is no flag for it: other users can see command lines, and shells store them.

    Raises:
        ValueError: if there is no password, its file cannot be read, or it is too short.
    """
    if path is None:
        where, password = PASSWORD, os.environ.get(PASSWORD, "")
        if not password:
            raise ValueError(
                "a public page needs a password. Write it into a file that only you may "
                f"read, --password_file FILE, or set {PASSWORD}"
            )
    else:
        where = path
        try:
            with open(path, encoding="utf-8") as file:
                password = file.readline().rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"the password cannot be read from {path}: {error}") from None
    if len(password) < SHORTEST:
        raise ValueError(
            f"the password in {where} has {len(password)} characters. Choose one of at "
            f"least {SHORTEST}"
        )
    return password
