"""Where a command's bytes go: to standard output, or to a file that is there whole or not at all."""

import sys
from pathlib import Path

from certmgr.cli import printer
from certmgr.errors import UsageError


def write_binary(content: bytes) -> None:
    """Write bytes that are no text to standard output; raises UsageError where that is a terminal."""
    if sys.stdout.isatty():
        raise UsageError(
            "This is not text, and standard output is a terminal.", hint="Send it to a file, or pipe it on."
        )
    printer.raw(content)


def write_new(path: Path, content: bytes, *, private: bool) -> None:
    """Write a file that does not exist yet, 0600 or 0644; raises RefusedError where one does."""
    from certmgr.files import write_private, write_public  # noqa: PLC0415 - a listing writes no file

    if private:
        write_private(path, content, replace=False)
    else:
        write_public(path, content, replace=False)
    printer.say(f"Wrote {path}")


def read_file(name: str, what: str, *, limit: int = 1 << 26) -> bytes:
    """Return the content of a file, or of standard input for `-`; raises UsageError where it cannot be read."""
    if name == "-":
        return sys.stdin.buffer.read(limit)
    try:
        with Path(name).open("rb") as file:
            return file.read(limit)
    except OSError as problem:
        raise UsageError(f"The {what} {name} cannot be read: {problem.strerror}.", hint="Check the path.") from None
