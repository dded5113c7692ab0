"""One entry of the journal (N5)."""

from certmgr.records import dataclass

JSON = str | int | bool | None | list["JSON"] | dict[str, "JSON"]
"""What an entry's data may hold: no floats, so that its canonical form is one (DETAILS 48)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry as it is hashed; `at` is text, to the microsecond, so that the hash covers what was written."""

    seq: int
    at: str
    actor: str
    os_uid: int
    action: str
    object: str
    """`kind:id`, such as `certificate:12`."""
    data: dict[str, JSON]
    prev: str
    """The hash of the entry before, hex; 64 zeros for the first."""
    hash: str
    login_uid: int | None = None
    """Who logged in, as the kernel's audit trail says (DETAILS 3); None: nobody, or not known."""
    v: int = 1
