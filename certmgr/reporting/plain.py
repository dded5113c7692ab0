"""Reports as plain text: for a terminal, a mail, a pager."""

from collections.abc import Iterator, Sequence
from typing import Final

from certmgr.printable import printable, width
from certmgr.reporting.facts import CommitmentsReport, ExpiryReport, KindFigures
from certmgr.reporting.figures import weeks
from certmgr.reporting.wording import percent, span, utc

_BAR: Final = 50
"""The cells of the longest bar."""
_KIND_HEADINGS: Final = (
    *("KIND", "CARRIED", "OPENED", "MET", "BREACHED", "OPEN", "VOID"),
    *("P50", "P95", "P100", "P100 %", "LEAST LEFT"),
)


def commitments(report: CommitmentsReport) -> str:
    """Return the figures of every kind, then every promise with its times."""
    lines = [
        f"Commitments of {report.organisation}, {report.month} ({report.zone})",
        f"as they stood at {utc(report.as_of)} UTC; journal entry {report.journal_seq} {report.journal_hash}",
        "",
        *_table(_KIND_HEADINGS, [_figures(one) for one in report.kinds], right=range(1, 12)),
        "",
    ]
    rows = [
        [
            str(one.id),
            one.kind,
            one.about,
            one.subject or "-",
            one.status,
            utc(one.opened_at),
            utc(one.due_at),
            utc(one.met_at or one.voided_at),
            span(one.used),
            percent(one.used_percent),
        ]
        for one in report.promises
    ]
    headings = (
        "ID",
        "KIND",
        "ABOUT",
        "SUBJECT",
        "STATUS",
        "OPENED (UTC)",
        "DUE (UTC)",
        "ENDED (UTC)",
        "USED",
        "USED %",
    )
    lines += _table(headings, rows, right=(0, 8, 9)) if rows else ["No commitment ran in this month."]
    return _text(lines)


def _figures(one: KindFigures) -> list[str]:
    seconds = one.seconds
    return [
        one.kind,
        *(str(count) for count in (one.carried, one.opened, one.met, one.breached, one.open, one.void)),
        *((span(seconds.p50), span(seconds.p95), span(seconds.p100)) if seconds else ("-", "-", "-")),
        percent(one.percent.p100 if one.percent else None),
        span(one.least_left),
    ]


def expiry(report: ExpiryReport, *, ascii_only: bool) -> str:
    """Return a histogram by week; with `ascii_only` it is drawn with number signs."""
    found = weeks(report)
    block, most = "#" if ascii_only else "\u2588", max((one.count for one in found), default=0)
    each = max(1, -(-most // _BAR))
    lines = [f"{len(report.rows)} end within {report.days} days from {report.today} ({report.zone})"]
    if each > 1:
        lines.append(f"{block} is up to {each} certificates")
    lines += [
        f"{one.monday}  {block * -(-one.count // each)}{' ' * bool(one.count)}{one.count or '.'}" for one in found
    ]
    return _text(lines)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int]) -> Iterator[str]:
    cells = [[printable(cell) for cell in row] for row in (headings, *rows)]
    widths = [max(width(row[column]) for row in cells) for column in range(len(headings))]
    for row in cells:
        padded = (
            f"{' ' * (widths[at] - width(cell))}{cell}" if at in right else f"{cell}{' ' * (widths[at] - width(cell))}"
            for at, cell in enumerate(row)
        )
        yield "  ".join(padded).rstrip()


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{printable(line)}\n" for line in lines)
