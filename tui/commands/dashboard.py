"""The dashboard."""

from tui.commands.registry import Command, Scope

COMMANDS: tuple[Command, ...] = (
    Command(
        id="open-block",
        keys=("enter",),
        action="open",
        scope=Scope.DASHBOARD,
        title="Open the screen behind the block",
        label="open",
    ),
    Command(
        id="next-block", keys=("tab",), action="next(1)", scope=Scope.DASHBOARD, title="Next block", label="next block"
    ),
    Command(id="previous-block", keys=("shift+tab",), action="next(-1)", scope=Scope.DASHBOARD, title="Previous block"),
    Command(id="block-left", keys=("left", "h"), action="side(-1)", scope=Scope.DASHBOARD, title="Block at the left"),
    Command(id="block-right", keys=("right", "l"), action="side(1)", scope=Scope.DASHBOARD, title="Block at the right"),
)
