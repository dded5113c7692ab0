"""What a check did, could not do, or needs a person for."""

from certmgr.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that was done, could not be done, or needs a person."""

    what: str
    """One sentence."""
    done: bool
    """False: it needs a person, or failed and will be tried again."""
