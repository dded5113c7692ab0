"""Dialogs."""

from tui.commands.registry import Command, Scope

COMMANDS: tuple[Command, ...] = (
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
)
