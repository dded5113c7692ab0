"""Every command of the interface, once: its keys, palette entry, footer, help and docs/keys.md come from here."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tui.commands import (
    applications,
    certificate_acts,
    certificates,
    dashboard,
    detail,
    dialogs,
    everywhere,
    moving,
    places,
    revocations,
    tables,
)
from tui.commands.registry import Command, Scope
from tui.key_names import shown

if TYPE_CHECKING:
    from textual.binding import Binding

__all__ = ["COMMANDS", "WRITING", "Command", "Scope", "bindings", "in_scope", "keys_page", "shown"]

COMMANDS: tuple[Command, ...] = (
    *places.COMMANDS,
    *moving.COMMANDS,
    *certificates.COMMANDS,
    *certificate_acts.COMMANDS,
    *applications.COMMANDS,
    *dashboard.COMMANDS,
    *detail.COMMANDS,
    *tables.COMMANDS,
    *revocations.COMMANDS,
    *dialogs.COMMANDS,
    *everywhere.COMMANDS,
)

WRITING = frozenset(command.action.split("(")[0].removeprefix("app.") for command in COMMANDS if command.writes)
"""The names of the actions that a read-only session does not have."""
_LIMIT = "; not with `--read-only`"
_NO_KEY = "none-"
"""Before the id of a command without a key: no keyboard sends it, and a configuration can replace it."""


def bindings(*scopes: Scope) -> "list[Binding]":
    """Return the bindings of the commands in `scopes`; each carries the command's id, so that it can be remapped."""
    from textual.binding import Binding  # noqa: PLC0415 - the registry is read where Textual is not loaded

    return [
        Binding(
            ",".join(command.keys) or f"{_NO_KEY}{command.id}",
            command.action,
            command.title,
            show=bool(command.label),
            id=command.id,
        )
        for command in COMMANDS
        if command.scope in scopes and not command.typed
    ]


def in_scope(*scopes: Scope) -> tuple[Command, ...]:
    """Return the commands of `scopes` in the order of the registry."""
    return tuple(command for command in COMMANDS if command.scope in scopes)


def keys_page() -> str:
    """Return docs/keys.md, in Markdown."""
    lines = [
        "# Keys of `certmgr tui`",
        "",
        "Made from the registry of commands; `?` shows the same in the program.",
        "",
    ]
    for scope in Scope:
        lines += [f"## {scope.value}", "", "| keys | what it does | name |", "|---|---|---|"]
        lines += [
            f"| {_keys(command.keys)} | {command.title}{_LIMIT if command.writes else ''} | `{command.id}` |"
            for command in in_scope(scope)
        ]
        lines.append("")
    return "\n".join(lines)


def _keys(keys: Iterable[str]) -> str:
    """Return keys as Markdown code, separated by commas."""
    return ", ".join(f"`{shown(key)}`" for key in keys)
