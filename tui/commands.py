"""Every command of the interface, once: its keys, palette entry, footer, help and docs/keys.md come from here."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding


class Scope(StrEnum):
    """Where a command can be given; the text is its heading in the help."""

    EVERYWHERE = "Everywhere"
    MOVEMENT = "Moving about"
    LIST = "Certificate list"
    DETAIL = "One certificate"
    FILTER = "Filter line"
    DIALOG = "Dialogs"
    REVOKE = "Revocation dialog"
    PAGE = "Help and messages"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One thing that can be done from the keyboard."""

    id: str
    """Stable: a configuration may give the command other keys by this name."""
    keys: tuple[str, ...]
    """In Textual's spelling; the first is the one that is shown."""
    action: str
    scope: Scope
    title: str
    """What the palette and the help say."""
    label: str = ""
    """The word in the footer; empty: not shown there."""
    palette: bool = False
    writes: bool = False
    """Not available with `--read-only`."""
    typed: bool = False
    """Handled by the field that has the focus; listed for the help only."""


COMMANDS: tuple[Command, ...] = (
    Command(
        id="open", keys=("enter", "l"), action="open", scope=Scope.LIST, title="Open the certificate", label="open"
    ),
    Command(
        id="filter",
        keys=("slash",),
        action="filter",
        scope=Scope.LIST,
        title="Filter the list",
        label="filter",
        palette=True,
    ),
    Command(
        id="revoke",
        keys=("x",),
        action="revoke",
        scope=Scope.LIST,
        title="Revoke the certificate",
        label="revoke",
        palette=True,
        writes=True,
    ),
    Command(
        id="hidden",
        keys=("a",),
        action="hidden",
        scope=Scope.LIST,
        title="Show or hide superseded and long expired ones",
        label="all",
        palette=True,
    ),
    Command(
        id="pane",
        keys=("full_stop",),
        action="pane",
        scope=Scope.LIST,
        title="Show or hide the detail pane (from 150 columns)",
        palette=True,
    ),
    Command(id="clear", keys=("escape",), action="clear", scope=Scope.LIST, title="Clear the filter", palette=True),
    Command(id="back", keys=("escape", "h"), action="back", scope=Scope.DETAIL, title="Back to the list", label="back"),
    Command(
        id="revoke-this",
        keys=("x",),
        action="revoke",
        scope=Scope.DETAIL,
        title="Revoke this certificate",
        label="revoke",
        palette=True,
        writes=True,
    ),
    Command(id="leave", keys=("escape", "h"), action="back", scope=Scope.PAGE, title="Back", label="back"),
    Command(id="down", keys=("j", "down"), action="move(1)", scope=Scope.MOVEMENT, title="Down"),
    Command(id="up", keys=("k", "up"), action="move(-1)", scope=Scope.MOVEMENT, title="Up"),
    Command(id="first", keys=("g", "home"), action="first", scope=Scope.MOVEMENT, title="To the first"),
    Command(id="last", keys=("G", "end"), action="last", scope=Scope.MOVEMENT, title="To the last"),
    Command(id="half-down", keys=("ctrl+d",), action="half(1)", scope=Scope.MOVEMENT, title="Half a page down"),
    Command(id="half-up", keys=("ctrl+u",), action="half(-1)", scope=Scope.MOVEMENT, title="Half a page up"),
    Command(id="page-down", keys=("pagedown", "ctrl+f"), action="page(1)", scope=Scope.MOVEMENT, title="A page down"),
    Command(id="page-up", keys=("pageup", "ctrl+b"), action="page(-1)", scope=Scope.MOVEMENT, title="A page up"),
    Command(id="filter-keep", keys=("enter",), action="", scope=Scope.FILTER, title="Keep the filter", typed=True),
    Command(id="filter-clear", keys=("escape",), action="", scope=Scope.FILTER, title="Clear the filter", typed=True),
    Command(
        id="cause",
        keys=("1", "2", "3", "4", "5", "6", "7", "8", "9", "0"),
        action="",
        scope=Scope.REVOKE,
        title="Choose a cause by its number (enter chooses the highlighted one)",
        typed=True,
    ),
    Command(
        id="next-field",
        keys=("tab", "shift+tab"),
        action="",
        scope=Scope.DIALOG,
        title="Next or previous field",
        typed=True,
    ),
    Command(id="cancel", keys=("escape",), action="cancel", scope=Scope.DIALOG, title="Cancel"),
    Command(
        id="cancel-n", keys=("n",), action="cancel", scope=Scope.DIALOG, title="Cancel, where nothing is being typed"
    ),
    Command(
        id="help",
        keys=("question_mark", "f1"),
        action="app.help",
        scope=Scope.EVERYWHERE,
        title="Help",
        label="help",
        palette=True,
    ),
    Command(
        id="messages",
        keys=("exclamation_mark",),
        action="app.messages",
        scope=Scope.EVERYWHERE,
        title="Messages of this session",
        label="messages",
        palette=True,
    ),
    Command(
        id="refresh",
        keys=("ctrl+r",),
        action="app.refresh_now",
        scope=Scope.EVERYWHERE,
        title="Read the store again",
        palette=True,
    ),
    Command(
        id="lock",
        keys=("ctrl+l",),
        action="app.lock",
        scope=Scope.EVERYWHERE,
        title="Lock: forget the unlocked slot",
        palette=True,
    ),
    Command(
        id="palette",
        keys=("ctrl+p", "colon"),
        action="app.command_palette",
        scope=Scope.EVERYWHERE,
        title="Command palette",
    ),
    Command(
        id="suspend",
        keys=("ctrl+z",),
        action="app.suspend_process",
        scope=Scope.EVERYWHERE,
        title="Go to the background; fg comes back",
    ),
    Command(
        id="quit",
        keys=("q", "ctrl+c", "ctrl+q"),
        action="app.quit",
        scope=Scope.EVERYWHERE,
        title="Quit",
        label="quit",
        palette=True,
    ),
)

_LIMIT = "; not with `--read-only`"
_SHOWN = {
    "question_mark": "?",
    "exclamation_mark": "!",
    "slash": "/",
    "full_stop": ".",
    "colon": ":",
    "escape": "esc",
    "pagedown": "pgdn",
    "pageup": "pgup",
}


def bindings(*scopes: Scope) -> list[Binding]:
    """Return the bindings of the commands in `scopes`; each carries the command's id, so that it can be remapped."""
    return [
        Binding(",".join(command.keys), command.action, command.title, show=bool(command.label), id=command.id)
        for command in COMMANDS
        if command.scope in scopes and not command.typed
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
