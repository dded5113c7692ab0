"""What the interface remembers of its last session: screen, order, filter, theme. Pure; a file of its own per home.

It is a convenience: whatever is wrong with the file, and whatever stands in it, the interface starts, with what it
understood and its defaults for the rest.
"""

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType

from certmgr.errors import CertmgrError
from certmgr.files import PRIVATE_FOLDER_MODE, write_private

VERSION = 1
_MAX_FILE = 1 << 16
_MAX_TEXT = 200
_MAX_LISTS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMemory:
    """How a list was looked at."""

    sort: str = ""
    descending: bool = False
    show_hidden: bool = False
    filter_text: str = ""
    pane: bool | None = None
    """Whether the pane beside the list was shown; None: nobody has said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is remembered."""

    theme: str = ""
    """Empty: as configured."""
    place: str = ""
    """The screen that was left last; empty: the first."""
    lists: Mapping[str, ListMemory] = field(default_factory=lambda: MappingProxyType({}))
    """By the name of the place."""


def path_for(home: Path, environment: Mapping[str, str]) -> Path | None:
    """Return the file for a home, under XDG_STATE_HOME or ~/.local/state; None where there is no such place."""
    state = environment.get("XDG_STATE_HOME", "")
    if not state.startswith("/"):
        user = environment.get("HOME", "")
        if not user.startswith("/"):
            return None
        state = f"{user}/.local/state"
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    return Path(state) / "certmgr" / f"tui-{digest}.json"


def load(path: Path | None) -> Memory:
    """Return what is remembered at `path`; of what cannot be read or understood, nothing."""
    data: object = None
    with suppress(OSError, ValueError, RecursionError):
        data = json.loads(_read(path)) if path is not None else None
    if not isinstance(data, dict) or data.get("version") != VERSION:
        return Memory()
    lists = data.get("lists")
    found = {
        name: _list_memory(one)
        for name, one in (lists.items() if isinstance(lists, dict) else ())
        if _is_text(name) and isinstance(one, dict)
    }
    return Memory(
        theme=_text(data.get("theme")),
        place=_text(data.get("place")),
        lists=MappingProxyType(dict(list(found.items())[:_MAX_LISTS])),
    )


def save(path: Path | None, memory: Memory) -> bool:
    """Write what is to be remembered, whole and owner-only; returns whether that was possible."""
    if path is None:
        return False
    lists = {name: asdict(one) for name, one in memory.lists.items()}
    data = {"version": VERSION, "theme": memory.theme, "place": memory.place, "lists": lists}
    try:
        path.parent.mkdir(mode=PRIVATE_FOLDER_MODE, parents=True, exist_ok=True)
        write_private(path, json.dumps(data, indent=1).encode(), sync=False)
    except (OSError, CertmgrError):
        return False
    return True


def _read(path: Path) -> str:
    """Return the file's text; raises OSError or ValueError for anything but a small regular file of this user's."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.geteuid() or facts.st_size > _MAX_FILE:
            raise ValueError("not a file of this program")
        return file.read(_MAX_FILE).decode()


def _list_memory(data: dict[str, object]) -> ListMemory:
    """Return how a list was looked at, as far as it can be understood."""
    pane = data.get("pane")
    return ListMemory(
        sort=_text(data.get("sort")),
        descending=data.get("descending") is True,
        show_hidden=data.get("show_hidden") is True,
        filter_text=_text(data.get("filter_text")),
        pane=pane if isinstance(pane, bool) else None,
    )


def _text(value: object) -> str:
    """Return a short, printable text; empty for anything else."""
    return value if isinstance(value, str) and _is_text(value) else ""


def _is_text(value: str) -> bool:
    return len(value) <= _MAX_TEXT and value.isprintable()
