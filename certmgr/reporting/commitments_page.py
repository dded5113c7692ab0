"""The report of commitments as an HTML page."""

from collections.abc import Iterator
from typing import Final

from certmgr.reporting.charts import Bar, Mark, bars, text
from certmgr.reporting.facts import STATUSES, CommitmentsReport, KindFigures
from certmgr.reporting.page import page, table
from certmgr.reporting.wording import percent, span, utc

_DUE: Final = 100
"""Percent of the promised time."""
_LONGEST: Final = 200
"""Where a bar ends: one late promise would else make all others too small to see."""


def commitments(report: CommitmentsReport) -> str:
    """Return the whole page: figures, charts, every promise, every request with its seven times."""
    return page(f"Commitments of {report.organisation}, {report.month}", _body(report))


def _body(report: CommitmentsReport) -> Iterator[str]:
    breached = sum(one.breached for one in report.kinds)
    verdict = "No promise was breached." if not breached else f"{breached} breached."
    yield f"<p>{len(report.promises)} promises ran in this month ({text(report.zone)}). <strong>{verdict}</strong></p>"
    yield (
        f'<p class="soft">As everything stood at {utc(report.as_of)} UTC, made at {utc(report.made_at)} UTC from'
        f" journal entry {report.journal_seq}, <code>{text(report.journal_hash)}</code>.</p>"
    )
    shown = [one for one in report.kinds if one.carried + one.opened]
    if shown:
        yield "<h2>How they ended</h2>"
        yield bars("Promises by kind and how they ended", [_counts(one) for one in shown])
        used = [one for one in shown if one.percent is not None]
        if used:
            yield "<h2>How much of the time was used</h2>"
            yield f'<p class="soft">The 95th percentile; a bar ends at {_LONGEST}%, whatever its figure.</p>'
            yield bars(
                "The 95th percentile of the time used, in percent of the time promised",
                [_used(one) for one in used],
                mark=Mark(at=_DUE, label="due"),
            )
    yield "<h2>Figures</h2>"
    yield _figures(report)
    if report.promises:
        yield "<h2>Every promise</h2>"
        yield _promises(report)
    if report.revocations:
        yield "<h2>Every revocation request</h2>"
        yield _revocations(report)


def _counts(one: KindFigures) -> Bar:
    counts = (("met", one.met), ("breached", one.breached), ("open", one.open), ("void", one.void))
    return Bar(
        label=one.kind,
        parts=tuple((name, float(count)) for name, count in counts),
        words=", ".join(f"{count} {name}" for name, count in counts if count),
    )


def _used(one: KindFigures) -> Bar:
    if one.percent is None:
        raise AssertionError(one.kind)
    found = one.percent
    return Bar(
        label=one.kind,
        parts=(("breached" if found.p95 > _DUE else "met", min(found.p95, _LONGEST)),),
        words=f"half {percent(found.p50)}, 95% {percent(found.p95)}, all {percent(found.p100)}",
    )


def _figures(report: CommitmentsReport) -> str:
    rows = [
        [
            one.kind,
            *(str(count) for count in (one.carried, one.opened, one.met, one.breached, one.open, one.void)),
            *((span(one.seconds.p50), span(one.seconds.p95), span(one.seconds.p100)) if one.seconds else ("-",) * 3),
            percent(one.percent.p100 if one.percent else None),
            span(one.least_left),
        ]
        for one in report.kinds
    ]
    headings = (
        *("Kind", "Carried over", "Opened", "Met", "Breached", "Open", "Void"),
        *("50th percentile", "95th", "100th", "100th, of the time", "Least time left"),
    )
    caption = "Carried over and opened make met, breached, open and void. Percentiles are of the time used, by nearest"
    caption += " rank; a breach that goes on counts with the time that has run."
    return table(caption, headings, rows, right=range(1, 12))


def _promises(report: CommitmentsReport) -> str:
    rows = [
        [
            str(one.id),
            one.kind,
            f"{one.subject} ({one.about})" if one.subject else one.about,
            one.status,
            utc(one.opened_at),
            utc(one.due_at),
            utc(one.met_at or one.voided_at),
            span(one.used),
            percent(one.used_percent),
            span(one.left),
        ]
        for one in report.promises
    ]
    headings = ("No.", "Kind", "About", "Status", "Opened", "Due", "Ended", "Used", "Of the time", "Left")
    return table("Times in UTC.", headings, rows, right=(0, 7, 8, 9), bad=STATUSES[1])


def _revocations(report: CommitmentsReport) -> str:
    rows = [
        [
            str(one.id),
            one.server,
            one.cause,
            one.state,
            utc(one.received_at),
            utc(one.acknowledged_at),
            utc(one.verified_at),
            utc(one.revoked_at),
            utc(one.signed_at),
            utc(one.published_at),
            utc(one.unseen_after),
        ]
        for one in report.revocations
    ]
    headings = (
        *("No.", "Server", "Cause", "State", "Received", "Acknowledged", "Verified", "Revoked", "CRL signed"),
        *("Published", "Unseen after"),
    )
    return table("Times in UTC.", headings, rows, right=(0,))
