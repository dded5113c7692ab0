"""What can be done on every screen."""

from tui.commands.registry import Command, Scope

COMMANDS: tuple[Command, ...] = (
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
        keys=("ctrl+p",),
        action="app.command_palette",
        scope=Scope.EVERYWHERE,
        title="Command palette",
    ),
    *(
        Command(
            id=f"theme-{name}",
            keys=(),
            action=f"app.theme('{name}')",
            scope=Scope.EVERYWHERE,
            title=f"Theme: {title}",
            palette=True,
        )
        for name, title in (
            ("dark", "dark"),
            ("light", "light"),
            ("colour-blind", "distinct without red and green"),
        )
    ),
    Command(
        id="mouse",
        keys=(),
        action="app.mouse",
        scope=Scope.EVERYWHERE,
        title="Mouse: leave it to the terminal, or take it again",
        palette=True,
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
