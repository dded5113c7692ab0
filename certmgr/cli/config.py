"""`certmgr config`: show and check the configuration."""

import tomllib
from datetime import date

import click

from certmgr.cli import printer
from certmgr.cli.groups import NounGroup
from certmgr.cli.invocation import invocation
from certmgr.errors import AttentionError, Severity, UsageError

SHOW_EPILOG = """\b
Examples:
  certmgr config show
  certmgr config show --json
"""
CHECK_EPILOG = """\b
Exit codes: 0 nothing is wrong; 2 the file, or a profile in it, cannot be used; 3 something is doubtful.

\b
Example:
  certmgr config check
"""


@click.group("config", cls=NounGroup, no_args_is_help=True)
def command() -> None:
    """Show and check the configuration, certmgr.toml."""


@command.command("show", epilog=SHOW_EPILOG)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(*, as_json: bool) -> None:
    """Print every value in effect, and whether it is the default."""
    from certmgr.config import items  # noqa: PLC0415 - `--help` needs none of it

    workspace = invocation().workspace()
    file = workspace.home / "certmgr.toml"
    values = items(workspace.config)
    if as_json:
        printer.document(
            "certmgr.config/1",
            home=str(workspace.home),
            file=str(file),
            values=[{"key": key, "value": _value(text), "default": default} for key, text, default in values],
        )
        return
    printer.data(f"# home: {workspace.home}")
    printer.data(f"# file: {file}")
    for key, text, default in values:
        shown = f"{key} = {text}" if text else f"# {key} is not set"
        printer.data(f"{shown}  # default" if default and text else shown)


def _value(text: str) -> object:
    """Return a value of the file as JSON has it; None where it is not set."""
    if not text:
        return None
    return _plain(tomllib.loads(f"value = {text}")["value"])


def _plain(value: object) -> object:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


@command.command("check", epilog=CHECK_EPILOG)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def check(*, as_json: bool) -> int:
    """Say what is wrong or doubtful, and where the file allows what the CA certificates do not."""
    from certmgr.queries import configuration  # noqa: PLC0415 - loads cryptography
    from tui.keymap import check_keymap  # noqa: PLC0415 - only the interface knows its commands; loads no Textual

    workspace = invocation().workspace()
    file = workspace.home / "certmgr.toml"
    found = (*configuration.findings(workspace), *check_keymap(workspace.config.tui.keys, file=str(file)))
    if as_json:
        printer.document(
            "certmgr.config-check/1", file=str(file), findings=[printer.finding_document(item) for item in found]
        )
    else:
        for item in found:
            mark = "" if item.severity is Severity.ERROR else f"{item.severity}: "
            printer.data(f"{mark}{item.message} [{item.code}]")
        if not found:
            printer.say(f"{file} is in order.")
    if any(item.severity is Severity.ERROR for item in found):
        return UsageError.exit_code
    return AttentionError.exit_code if any(item.severity is Severity.WARNING for item in found) else 0
