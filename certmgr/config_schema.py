"""What a section of certmgr.toml and a key in it are."""

from typing import Any

from certmgr import config_values as values
from certmgr.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of a section."""

    name: str
    read: values.Reader[Any]
    comment: str
    """What the file says above the key."""
    example: str = ""
    """TOML shown behind the comment sign where the key has no value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One table of the file."""

    name: str
    """As in the file: `authority.root`."""
    attribute: str
    """As in `Config`."""
    kind: type[Any]
    """Its class; a field's default is the key's."""
    comment: str
    keys: tuple[Key, ...]
