"""The certificate list and one certificate."""

from tui.commands.registry import Command, Scope

COMMANDS: tuple[Command, ...] = (
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
        id="pane",
        keys=("full_stop",),
        action="pane",
        scope=Scope.LIST,
        title="Show or hide the detail pane (from 150 columns)",
        palette=True,
    ),
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
)
