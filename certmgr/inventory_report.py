"""What became of each line of an inventory, and why (DETAILS 18)."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from certmgr.codes import Code
from certmgr.errors import Finding
from certmgr.inventory_file import Line
from certmgr.models.certificates import Certificate, Order, Stage
from certmgr.records import dataclass


class Outcome(StrEnum):
    """What became of one line."""

    ISSUED = "issued"
    SKIPPED = "skipped"
    """Its server has a live certificate for the same names."""
    REFUSED = "refused"
    WAITING = "waiting"
    """Its application is on record and waits for reviewers (R2.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineReport:
    """What became of one line, durably."""

    number: int
    server: str
    outcome: Outcome
    serial: str | None = None
    folder: Path | None = None
    findings: tuple[Finding, ...] = ()
    application: int | None = None
    """What waits for reviewers."""


def refused(line: Line, findings: Sequence[Finding]) -> LineReport:
    """Return the report for a line that is refused, with every reason."""
    return LineReport(number=line.number, server=line.server, outcome=Outcome.REFUSED, findings=tuple(findings))


def waiting(line: Line, server: str, application: int | None) -> LineReport:
    """Return the report for a line that reviewers decide on; `application` is None in a rehearsal."""
    return LineReport(number=line.number, server=server, outcome=Outcome.WAITING, application=application)


def repeated(line: Line, server: str, first: int) -> Finding:
    """Return why a line is refused whose server stood in the line `first`."""
    message = f"Line {line.number} repeats the server {server} of line {first}."
    return Finding(code=Code.INVENTORY, field="server", value=server, message=message)


def retired(line: Line, order: Order) -> LineReport:
    """Return the report for a line whose server is out of service."""
    message = f"The server {order.server} is out of service; take it back with `certmgr server add`."
    return refused(line, [Finding(code=Code.SERVER_RETIRED, field="server", value=order.server, message=message)])


def already(line: Line, order: Order, live: Certificate) -> LineReport:
    """Return the report for a line whose server has a live certificate, or one that is being made."""
    if live.stage is Stage.INTENT:
        message = (
            f"A certificate for {order.server} is being made already (serial {live.serial}); "
            "if that was cut off, `certmgr check` finishes it."
        )
        return refused(line, [Finding(code=Code.ALREADY_ISSUED, field="server", value=order.server, message=message)])
    if set(live.dns) == set(order.dns) and set(live.ip) == {str(one) for one in order.ip}:
        return LineReport(number=line.number, server=order.server, outcome=Outcome.SKIPPED, serial=live.serial)
    message = f"The server {order.server} has a certificate for other names (serial {live.serial})."
    return refused(line, [Finding(code=Code.ALREADY_ISSUED, field="server", value=order.server, message=message)])
