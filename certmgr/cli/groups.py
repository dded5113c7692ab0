"""The group behind a noun, such as `certmgr ca`: its verbs with whole sentences, and near names for a misspelt one."""

import difflib
from typing import Final

import click

NUMBER: Final = click.IntRange(1, (1 << 63) - 1)
"""The number of something on record, or how many of it: as much as the store can hold."""


class NounGroup(click.Group):
    """A group whose help shows the first sentence of every verb, whatever the width of the terminal."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs and their sentences."""
        rows = [(name, sentence_of(self.commands[name])) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        """Return the verbs in the order in which they are written down."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve as click does; a misspelt verb gets the near ones."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], self.commands, n=3)
            message = f"There is no command {args[0]!r} under {ctx.info_name}."
            message += f" Did you mean {' or '.join(near)}?" if near else f" There are: {', '.join(self.commands)}."
            raise click.UsageError(message, ctx)
        return super().resolve_command(ctx, args)


class UsualVerbGroup(NounGroup):
    """A noun whose verb `run` may go unsaid: what begins neither with a verb nor with a request for help is its own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `run` where no verb stands."""
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["run", *args]
        return super().parse_args(ctx, args)


def sentence_of(command: click.Command) -> str:
    """Return the first paragraph of a command's help on one line."""
    return " ".join((command.help or "").split("\n\n")[0].replace("\b", "").split())
