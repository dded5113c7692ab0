"""Recovery words: shown once, or written once to an owner-only file (DETAILS 4)."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from certmgr.cli import printer

if TYPE_CHECKING:
    from certmgr.custody.secrets import Secret


def show_recovery(words: "Secret", file: str | None) -> None:
    """Show the words, and have one of them typed again so that they are on paper; or write them to the new `file`."""
    text = words.reveal().decode()
    if file is not None:
        from certmgr.files import write_private  # noqa: PLC0415

        write_private(Path(file), (text + "\n").encode(), replace=False)
        printer.say(f"  Recovery words: {file} (print it, keep it apart from this machine, delete it)")
        return
    click.echo("\nRecovery words, shown this once. They open the root when the passphrase is lost:\n", err=True)
    click.echo(f"    {text}\n", err=True)
    if not printer.is_terminal():
        return
    parts = text.split()
    wanted = len(parts) // 2
    question = f"Write them down. Word {wanted + 1} again, to be sure"
    while click.prompt(question, err=True).strip().lower() != parts[wanted]:
        click.echo("That is not it.", err=True)
