"""What is shown of the journal."""

from dataclasses import dataclass

from certmgr.models.journal import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRow:
    """One line of the journal."""

    id: int
    """Its number in the chain."""
    at: str
    """In UTC, to the second, as the entry holds it."""
    actor: str
    action: str
    object: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalDetail:
    """One entry and the one before it."""

    entry: Entry
    before: Entry | None
    matches: bool
    """Whether the entry's hash is what its fields give."""
    follows: bool
    """Whether it names the hash of the entry before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What came of comparing the whole chain."""

    entries: int
    head: str
    """The hash of the newest entry; empty without one."""
    newest_at: str
    problems: tuple[str, ...]
