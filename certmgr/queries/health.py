"""What an examination of the home tells: areas, each in order or with its problems; and when the last check ran."""

from datetime import datetime
from pathlib import Path

from certmgr.codes import Code
from certmgr.errors import Finding, Severity
from certmgr.records import dataclass
from certmgr.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """What came of looking at one area."""

    well: str
    """One sentence that holds where there are no problems."""
    problems: tuple[Finding, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The problems, or one notice that the area is in order."""
        return self.problems or (Finding(code=Code.WELL, severity=Severity.NOTICE, message=self.well),)


def damage(code: Code, message: str, *, field: str | None = None, value: str | None = None) -> Finding:
    """Return a finding that something does not match its own proof: exit 7."""
    return Finding(code=code, message=message, field=field, value=value)


def worry(code: Code, message: str, *, field: str | None = None, value: str | None = None) -> Finding:
    """Return a finding that needs a person: exit 3."""
    return Finding(code=code, severity=Severity.WARNING, message=message, field=field, value=value)


def last_check_file(workspace: Workspace) -> Path:
    """Return the file whose content is the time at which the last check ended."""
    return workspace.home / "log" / "last-check"


def last_check(workspace: Workspace) -> datetime | None:
    """Return when the last check ended; None: never."""
    try:
        return datetime.fromisoformat(last_check_file(workspace).read_text("ascii").strip())
    except (FileNotFoundError, ValueError):
        return None
