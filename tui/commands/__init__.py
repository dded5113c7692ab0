"""Every command of the interface, once: its keys, palette entry, footer, help and docs/keys.md come from here."""

from collections.abc import Iterable

from textual.binding import Binding

from tui.commands import certificates, dialogs, everywhere, moving, places
from tui.commands.registry import Command, Scope

__all__ = ["COMMANDS", "WRITING", "Command", "Scope", "bindings", "in_scope", "keys_page", "shown"]

COMMANDS: tuple[Command, ...] = (
    *places.COMMANDS,
    *moving.COMMANDS,
    *certificates.COMMANDS,
    *dialogs.COMMANDS,
    *everywhere.COMMANDS,
)

WRITING = frozenset(command.action.split("(")[0].removeprefix("app.") for command in COMMANDS if command.writes)
"""The names of the actions that a read-only session does not have."""
_LIMIT = "; not with `--read-only`"
_SHOWN = {
    "question_mark": "?",
    "exclamation_mark": "!",
    "slash": "/",
    "full_stop": ".",
    "colon": ":",
    "asterisk": "*",
    "escape": "esc",
    "pagedown": "pgdn",
    "pageup": "pgup",
}


def bindings(*scopes: Scope) -> list[Binding]:
    """Return the bindings of the commands in `scopes`; each carries the command's id, so that it can be remapped."""
    return [
        Binding(",".join(command.keys), command.action, command.title, show=bool(command.label), id=command.id)
        for command in COMMANDS
        if command.scope in scopes and command.keys and not command.typed
    ]


def in_scope(*scopes: Scope) -> tuple[Command, ...]:
    """Return the commands of `scopes` in the order of the registry."""
    return tuple(command for command in COMMANDS if command.scope in scopes)


def shown(key: str) -> str:
    """Return how a key is written for people: `?`, `esc`, `ctrl+d`."""
    return _SHOWN.get(key, key)


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
