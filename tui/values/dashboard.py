"""What the dashboard shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from certmgr.models.revocations import Revocation
from tui.views import Count

if TYPE_CHECKING:
    from certmgr.queries.overview import Endings, Overview


class Block(StrEnum):
    """A part of the dashboard, in the order in which tab goes through them; the text is its heading."""

    PROMISES = "PROMISES"
    EXPIRY = "EXPIRY"
    AUTHORITIES = "CAS AND CRLS"
    JOBS = "JOBS"
    WAITING = "WAITING"
    FAILURES = "FAILURES"
    CERTIFICATES = "CERTIFICATES"


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Everything on the dashboard at one moment; what has not been read yet is None."""

    overview: "Overview | None" = None
    endings: "Endings | None" = None
    states: Mapping[str, Count] = field(default_factory=dict)
    """How many certificates are in each state, by its word; empty: not counted yet."""
    requests: tuple[Revocation, ...] = ()
    """The open revocation requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where enter leads from a block."""

    place: str
    filter_text: str = ""
