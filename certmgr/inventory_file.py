"""An inventory as a CSV file: one line a server (DETAILS 12)."""

import csv
import io
from collections.abc import Sequence

from certmgr import intake
from certmgr.codes import Code
from certmgr.errors import Finding, UsageError
from certmgr.records import dataclass

COLUMNS = ("server", "dns", "ip", "owner", "contact", "purpose", "profile")
REQUIRED = frozenset(COLUMNS) - {"profile"}
MAX_LINES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of an inventory, as read."""

    number: int
    """As an editor counts; the header is line 1."""
    server: str
    wish: intake.Wish | None
    problems: tuple[Finding, ...] = ()
    ip: str = ""


def read_inventory(content: bytes, *, name: str) -> list[Line]:
    """Return the lines of a CSV file with the columns of COLUMNS, the last one optional.

    Raises UsageError, with every reason, for what is not such a file. A line that repeats a server is a problem of
    that line.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise UsageError(
            f"{name} is not UTF-8 text (byte {problem.start}).", hint="Save the inventory as CSV in UTF-8."
        ) from None
    if "\0" in text:
        raise UsageError(
            f"{name} holds a NUL byte, so it is not a CSV file.", hint="Save the inventory as CSV in UTF-8."
        )
    reader = csv.reader(io.StringIO(text), strict=True)
    lines: list[Line] = []
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        _check_header(header, name)
        seen: dict[str, int] = {}
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            lines.append(_line(reader.line_num, header, row, seen))
            if len(lines) > MAX_LINES:
                raise UsageError(f"{name} has more than {MAX_LINES} lines.", hint="Split it.")
    except csv.Error as problem:
        raise UsageError(f"{name}, line {reader.line_num}: {problem}.", hint="Check the quotes of that line.") from None
    return lines


def _check_header(header: Sequence[str], name: str) -> None:
    found = [
        Finding(code=Code.INVENTORY, field=column, message=f"The column {column!r} is missing.")
        for column in COLUMNS
        if column in REQUIRED and column not in header
    ]
    found += [
        Finding(code=Code.INVENTORY, field=column, message=f"The column {column[:40]!r} is unknown.")
        for column in header
        if column not in COLUMNS
    ]
    if len(set(header)) < len(header):
        found.append(Finding(code=Code.INVENTORY, message="A column stands there twice."))
    if found:
        raise UsageError(
            f"The first line of {name} is not the header of an inventory.",
            hint=f"It reads: {','.join(COLUMNS)} (the last column may be left out).",
            findings=found,
        )


def _line(number: int, header: Sequence[str], row: Sequence[str], seen: dict[str, int]) -> Line:
    if len(row) != len(header):
        message = f"Line {number} has {len(row)} cells, the header has {len(header)}."
        problem = Finding(code=Code.INVENTORY, message=message)
        return Line(number=number, server=row[0].strip() if row else "", wish=None, problems=(problem,))
    cells = {column: cell.strip() for column, cell in zip(header, row, strict=True)}
    server = cells["server"] or (cells["dns"].split() or [""])[0]
    problems: tuple[Finding, ...] = ()
    if server in seen:
        message = f"Line {number} repeats the server {server[:80]!r} of line {seen[server]}."
        problems = (Finding(code=Code.INVENTORY, field="server", value=server, message=message),)
    seen.setdefault(server, number)
    wish = intake.Wish(
        server=cells["server"] or None,
        dns=tuple(cells["dns"].split()),
        profile=cells.get("profile") or intake.DEFAULT_PROFILE,
        purpose=cells["purpose"],
        owner=cells["owner"],
        contact=cells["contact"],
        recorded_ip=cells["ip"],
    )
    return Line(number=number, server=server, wish=wish, problems=problems, ip=cells["ip"])
