"""Command groups whose commands are imported only when they run.

A group knows its commands by name, place and one line of help, so that `--help`, completion and the suggestion of a
near name import nothing.
"""

from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """A group over a table `name -> (module, one line of help)`; the module's `command` is the command."""

    def __init__(self, *args: Any, commands_by_name: dict[str, tuple[str, str]], **kwargs: Any) -> None:  # noqa: ANN401 - click's own signature
        """Keep the table; import nothing."""
        super().__init__(*args, **kwargs)
        self._table = commands_by_name

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table, which is the order of a day's work."""
        return [*self._table, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command; None for a name that is not in the table."""
        if cmd_name not in self._table:
            return super().get_command(ctx, cmd_name)
        command: click.Command = import_module(self._table[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's own signature
        """Write the table's names and lines, without importing a command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self._table.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve as click does, but find near names without importing every command."""
        if args and args[0] not in self._table and not args[0].startswith("-"):
            import difflib  # noqa: PLC0415 - only a misspelt command needs it

            near = difflib.get_close_matches(args[0], self._table, n=3)
            message = f"There is no command {args[0]!r}."
            if near:
                message += f" Did you mean {' or '.join(near)}?"
            raise click.UsageError(message, ctx)
        return super().resolve_command(ctx, args)
