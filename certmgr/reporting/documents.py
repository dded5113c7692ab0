"""Reports as JSON documents, each with a schema name."""

import json
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any, Final

from certmgr.reporting.facts import CommitmentsReport, ExpiryReport, KindFigures, Promise
from certmgr.reporting.figures import weeks
from certmgr.reporting.wording import iso

COMMITMENTS: Final = "certmgr.commitments-report/1"
EXPIRY: Final = "certmgr.expiry-report/1"
RECORD: Final = "certmgr.record/1"


def commitments(report: CommitmentsReport) -> str:
    """Return the figures of every kind, every promise, and the requests that they are about."""
    return document(
        COMMITMENTS,
        organisation=report.organisation,
        timezone=report.zone,
        month=report.month,
        since=report.since,
        until=report.until,
        as_of=report.as_of,
        made_at=report.made_at,
        journal={"seq": report.journal_seq, "hash": report.journal_hash},
        kinds=[_kind(one) for one in report.kinds],
        commitments=[_promise(one) for one in report.promises],
        revocations=[asdict(one) for one in report.revocations],
    )


def expiry(report: ExpiryReport) -> str:
    """Return the certificates that end soon, and how many end in each week."""
    return document(
        EXPIRY,
        organisation=report.organisation,
        timezone=report.zone,
        made_at=report.made_at,
        today=report.today,
        days=report.days,
        weeks=[{"monday": one.monday, "count": one.count} for one in weeks(report)],
        certificates=[asdict(one) for one in report.rows],
    )


def document(schema: str, **fields: object) -> str:
    """Return a document whose first key names its schema; ASCII, times in UTC, spans in whole seconds."""
    return json.dumps({"schema": schema, **fields}, indent=2, ensure_ascii=True, default=_plain) + "\n"


def _kind(one: KindFigures) -> dict[str, Any]:
    facts = asdict(one)
    facts["used_s"], facts["used_percent"] = facts.pop("seconds"), facts.pop("percent")
    facts["least_left_s"] = facts.pop("least_left")
    return facts


def _promise(one: Promise) -> dict[str, Any]:
    facts = asdict(one)
    facts["used_s"], facts["allowed_s"] = facts.pop("used"), one.allowed
    facts["used_percent"], facts["left_s"] = one.used_percent, one.left
    return facts


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    raise TypeError(f"{type(value).__name__} has no place in a document")
