"""One tree of errors: facts in attributes, a hint with the next step, an exit code on the class.

The exit codes are those that `certmgr help exit-codes` prints (docs/errors.md):
0 done; 1 failed; 2 usage; 3 attention; 4 refused; 5 not found; 6 locked or denied; 7 integrity.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import ClassVar

from certmgr.codes import Code
from certmgr.records import dataclass


class Severity(StrEnum):
    """How much a finding matters; only an error stops anything."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One reason or observation, of policy, lint, configuration, doctor or a self-test."""

    code: Code
    message: str
    """One sentence in plain words; it names the thing."""
    severity: Severity = Severity.ERROR
    field: str | None = None
    """What the finding is about: an option, a column, a configuration key, an extension."""
    value: str | None = None
    """The offending text as it was given, never a secret."""


class CertmgrError(Exception):
    """Something that the user is told in one sentence; the root of the tree. Exit code 1."""

    exit_code: ClassVar[int] = 1
    default_code: ClassVar[Code] = Code.FAILED

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        findings: Iterable[Finding] = (),
        code: Code | None = None,
    ) -> None:
        """Keep the sentence, the next step (`hint`), every reason and the code."""
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.findings = tuple(findings)
        self.code = code or self.default_code


class UsageError(CertmgrError):
    """The input is not what it was given as; nothing was recorded. Exit code 2."""

    exit_code = 2
    default_code = Code.USAGE


class AttentionError(CertmgrError):
    """The work was done as far as it can be and needs a person. Exit code 3."""

    exit_code = 3
    default_code = Code.ATTENTION


class ReviewError(AttentionError):
    """The application is on record and waits for its reviewers; `application` is its id. Exit code 3."""

    default_code = Code.APPLICATION_WAITS

    def __init__(self, message: str, *, application: int, hint: str | None = None) -> None:
        """Keep the application's id."""
        super().__init__(message, hint=hint)
        self.application = application


class RefusedError(CertmgrError):
    """The request was understood and policy refuses it. Exit code 4."""

    exit_code = 4
    default_code = Code.REFUSED


class NotFoundError(CertmgrError):
    """Nothing answers to the reference. Exit code 5."""

    exit_code = 5
    default_code = Code.NOT_FOUND


class AmbiguousError(NotFoundError):
    """Several things answer to the reference; `candidates` names them. Exit code 5."""

    default_code = Code.AMBIGUOUS

    def __init__(self, message: str, *, candidates: Iterable[str], hint: str | None = None) -> None:
        """Keep the candidates, one line of text each."""
        super().__init__(message, hint=hint)
        self.candidates = tuple(candidates)


class LockedError(CertmgrError):
    """Locked, busy or no permission: a wrong passphrase, a held lock, another user's home. Exit code 6."""

    exit_code = 6
    default_code = Code.BUSY


class IntegrityError(CertmgrError):
    """A record does not match its own proof; nothing was changed. Exit code 7."""

    exit_code = 7
    default_code = Code.INTEGRITY
