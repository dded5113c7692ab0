"""The examination of the home, and the check that does all that is due."""

from collections.abc import Callable

from certmgr.errors import CertmgrError, Finding, NotFoundError, Severity
from certmgr.models.steps import Step
from certmgr.operations import check, doctor
from certmgr.workspace import MachineCredential, Session, unlock
from tui.backend.core import Core
from tui.backend.keyset import Whole
from tui.values.doctor import FindingRow
from tui.views import Query

_WORST_FIRST = (Severity.ERROR, Severity.WARNING, Severity.NOTICE)


class Doctor(Whole[FindingRow]):
    """What the last examination found, the worst first; nothing before the first."""

    def __init__(self, core: Core) -> None:
        """Examine the core's workspace."""
        self._core = core
        self._found: tuple[FindingRow, ...] = ()
        super().__init__(
            self._read,
            text=lambda row: f"{row.severity} {row.code} {row.message}",
            sorts={"severity": lambda row: (_WORST_FIRST.index(row.severity), row.id), "examined": lambda row: row.id},
        )

    def examine(self, each: Callable[[], None]) -> tuple[FindingRow, ...]:
        """Examine the home, call `each` when there is one finding more, and return all; changes nothing.

        Raises LockedError where the store cannot be opened.
        """
        at = f"{self._core.now().astimezone(self._core.workspace.zone):%Y-%m-%d %H:%M %Z}"
        self._found = ()
        for number, finding in enumerate(doctor.examine(self._core.workspace), 1):
            self._found = (*self._found, _row(number, finding, at))
            each()
        return self._found

    def detail(self, finding: int) -> FindingRow:
        """Return one finding of the last examination; raises NotFoundError."""
        for row in self._found:
            if row.id == finding:
                return row
        raise NotFoundError("The home has been examined again, and this was not found.", hint="Go back to the list.")

    def _read(self, query: Query) -> list[FindingRow]:
        found = list(self._found)
        return found if query.sort else sorted(found, key=lambda row: (_WORST_FIRST.index(row.severity), row.id))


class Checks:
    """The check that cron runs, run by hand."""

    def __init__(self, core: Core) -> None:
        """Run it in the core's workspace."""
        self._core = core
        self._machine: Session | None = None

    def ready(self) -> bool:
        """Open the machine's slot where its key file is here, and tell whether it opened: then no person is needed."""
        try:
            self._machine = unlock(self._core.workspace, MachineCredential())
        except CertmgrError:
            # Whether a person's slot does instead is told when it is tried.
            self._machine = None
        return self._machine is not None

    def run(self, each: Callable[[Step], None]) -> tuple[Step, ...]:
        """Do all that is due as the machine, or as whoever has unlocked a slot; call `each` with every step.

        Raises LockedError while another check runs, RefusedError for a role that may not.
        """
        steps = []
        for step in check.check(self._core.workspace, self._machine or self._core.session()):
            steps.append(step)
            each(step)
        return tuple(steps)


def _row(number: int, finding: Finding, at: str) -> FindingRow:
    return FindingRow(
        id=number,
        severity=finding.severity,
        code=finding.code.value,
        message=finding.message,
        field=finding.field or "",
        value=finding.value or "",
        examined_at=at,
    )
