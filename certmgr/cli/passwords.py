"""Passwords of files that certmgr makes for others: from a file, a descriptor or a prompt, never from an argument."""

from pathlib import Path
from typing import TYPE_CHECKING

from certmgr.cli.invocation import ask_passphrase, read_passphrase_fd, read_passphrase_file
from certmgr.errors import UsageError

if TYPE_CHECKING:
    from certmgr.custody.secrets import Secret


def read_password(file: str | None, descriptor: int | None, question: str) -> "Secret":
    """Return the password: the first line of `file`, of `descriptor`, or what is typed twice on the terminal."""
    if file is not None and descriptor is not None:
        raise UsageError("Give --password-file or --password-fd, not both.")
    if file is not None:
        return read_passphrase_file(Path(file))
    if descriptor is not None:
        return read_passphrase_fd(descriptor)
    try:
        return ask_passphrase(question, confirm=True)
    except UsageError as problem:
        hint = "Give --password-file FILE or --password-fd N."
        raise UsageError(problem.message, hint=hint) from None
