"""One named check of a run."""

from certmgr.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was checked, what was found, whether it is as it should be."""

    name: str
    figure: str
    holds: bool


def share(some: int, whole: int) -> str:
    """Return `some of whole`."""
    return f"{some} of {whole}"
