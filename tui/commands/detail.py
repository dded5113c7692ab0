"""What is only looked at: the sections of one certificate, its endpoints, what can be copied of it."""

from tui.commands.registry import Command, Scope

COMMANDS: tuple[Command, ...] = (
    Command(
        id="copy",
        keys=("y",),
        action="copy",
        scope=Scope.LIST,
        title="Copy name, serial, fingerprint, PEM or folder",
        palette=True,
    ),
    Command(
        id="next-section",
        keys=("tab", "right_square_bracket"),
        action="section(1)",
        scope=Scope.DETAIL,
        title="Next section",
        label="section",
    ),
    Command(
        id="previous-section",
        keys=("shift+tab", "left_square_bracket"),
        action="section(-1)",
        scope=Scope.DETAIL,
        title="Previous section",
    ),
    Command(
        id="look",
        keys=("p",),
        action="look",
        scope=Scope.DETAIL,
        title="Look at what the server's endpoints show now",
        label="look",
        palette=True,
    ),
    Command(
        id="copy-this",
        keys=("y",),
        action="copy",
        scope=Scope.DETAIL,
        title="Copy its name, serial, fingerprint, PEM or folder",
        label="copy",
        palette=True,
    ),
)
