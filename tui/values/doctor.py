"""What is shown of an examination of the home."""

from dataclasses import dataclass

from certmgr.errors import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """One line of what the doctor found."""

    id: int
    """Its place in the examination."""
    severity: Severity
    code: str
    message: str
    field: str
    value: str
    examined_at: str
    """When the examination began, in the organisation's zone."""
