"""Files that a person names: a CSR, a path for what is written."""

from pathlib import Path

from certmgr.codes import Code
from certmgr.errors import Finding, UsageError

MAX_CSR_OCTETS = 1 << 20


def path_of(text: str) -> Path:
    """Return what was typed as an absolute path; `~` is the user's own folder."""
    try:
        return Path(text.strip() or ".").expanduser().absolute()
    except RuntimeError:
        return Path(text.strip()).absolute()


def csr_of(text: str) -> bytes:
    """Return the content of the CSR file that was named, at most 1 MiB and a byte; raises UsageError."""
    if not text.strip():
        raise _unreadable("The path of a CSR is needed.", text)
    path = path_of(text)
    if path.exists() and not path.is_file():
        raise _unreadable(f"{path} is not a file.", text)
    try:
        with path.open("rb") as file:
            return file.read(MAX_CSR_OCTETS + 1)
    except (OSError, ValueError) as problem:
        why = problem.strerror if isinstance(problem, OSError) and problem.strerror else "no such path"
        raise _unreadable(f"The CSR {path} cannot be read: {why}.", text) from None


def _unreadable(message: str, text: str) -> UsageError:
    finding = Finding(code=Code.CSR_UNREADABLE, message=message, field="csr", value=text)
    return UsageError(message, hint="Check the path.", findings=[finding], code=Code.CSR_UNREADABLE)
