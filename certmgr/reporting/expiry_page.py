"""The report of expiry as an HTML page."""

from collections.abc import Iterator

from certmgr.reporting.charts import Bar, bars, text
from certmgr.reporting.facts import ExpiryReport
from certmgr.reporting.figures import weeks
from certmgr.reporting.page import page, table
from certmgr.reporting.wording import utc


def expiry(report: ExpiryReport) -> str:
    """Return the whole page: a bar for each week, and every certificate, the first to expire first."""
    return page(f"Certificates of {report.organisation} that end within {report.days} days", _body(report))


def _body(report: ExpiryReport) -> Iterator[str]:
    many = "1 certificate ends" if len(report.rows) == 1 else f"{len(report.rows)} certificates end"
    yield f"<p>{many} within {report.days} days from {report.today} ({text(report.zone)}).</p>"
    yield f'<p class="soft">Made at {utc(report.made_at)} UTC. A certificate that has a successor is not counted.</p>'
    yield "<h2>By week</h2>"
    yield bars(
        "Certificates that end in each week",
        [
            Bar(label=str(one.monday), parts=(("plain", float(one.count)),), words=str(one.count))
            for one in weeks(report)
        ],
    )
    if report.rows:
        yield "<h2>Every certificate</h2>"
        rows = [
            [
                one.server,
                str(one.expires_on),
                str(one.days_left),
                one.state,
                str(one.window_on),
                one.owner or "-",
                one.profile,
                one.serial,
            ]
            for one in report.rows
        ]
        headings = ("Server", "Ends on", "Days", "State", "Renewal from", "Owner", "Profile", "Serial")
        yield table("The first to end first.", headings, rows, right=(2,), bad="due")
