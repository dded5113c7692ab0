"""Reports as CSV (RFC 4180), safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from certmgr.printable import printable
from certmgr.reporting.facts import CommitmentsReport, ExpiryReport
from certmgr.reporting.wording import iso

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet may take for a formula."""
Cell = str | int | float | None


def commitments(report: CommitmentsReport) -> str:
    """Return one line a promise, with its times (UTC) and spans in seconds."""
    headings = (
        *("id", "kind", "about", "subject", "status", "carried", "opened_at", "due_at", "met_at", "voided_at"),
        *("used_s", "allowed_s", "used_percent", "left_s"),
    )
    return _sheet(
        headings,
        (
            (
                *(one.id, one.kind, one.about, one.subject, one.status, int(one.carried)),
                *(iso(one.opened_at), iso(one.due_at), iso(one.met_at), iso(one.voided_at)),
                *(int(one.used.total_seconds()), int(one.allowed.total_seconds()), one.used_percent),
                None if one.left is None else int(one.left.total_seconds()),
            )
            for one in report.promises
        ),
    )


def expiry(report: ExpiryReport) -> str:
    """Return one line a certificate, the first to expire first."""
    headings = (
        *("server", "expires_on", "days_left", "state", "window_on", "not_after", "window_opens"),
        *("profile", "owner", "authority", "dns", "ip", "serial", "sha256"),
    )
    return _sheet(
        headings,
        (
            (
                *(one.server, str(one.expires_on), one.days_left, one.state, str(one.window_on)),
                *(iso(one.not_after), iso(one.window_opens), one.profile, one.owner, one.authority),
                *(" ".join(one.dns), " ".join(one.ip), one.serial, one.sha256),
            )
            for one in report.rows
        ),
    )


def defused(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula, and no terminal for a command."""
    return printable(f"'{text}" if text.startswith(_FORMULA) else text)


def _sheet(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows([defused(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue()
