"""Recovery words: shown once, or written once to an owner-only file (DETAILS 4)."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from certmgr.cli import printer
from certmgr.errors import CertmgrError, RefusedError, UsageError

if TYPE_CHECKING:
    from certmgr.custody.secrets import Secret


def check_recovery_file(file: str | None) -> None:
    """Raise, before anything is made, where the words could not be written: they are shown once and kept nowhere."""
    if file is None:
        return
    place = Path(file)
    if place.exists() or place.is_symlink():
        raise RefusedError(f"{place} is there already and is not replaced.", hint="Name another file.")
    if not place.absolute().parent.is_dir():
        raise UsageError(f"The folder of {place} is not there.", hint="Make it, or name another file.")


def show_recovery(words: "Secret", file: str | None) -> None:
    """Show the words, and have one of them typed again so that they are on paper; or write them to the new `file`."""
    text = words.reveal().decode()
    if file is not None:
        from certmgr.files import write_private  # noqa: PLC0415

        try:
            write_private(Path(file), (text + "\n").encode(), replace=False)
        except CertmgrError as problem:
            # They exist nowhere else, so they are shown in spite of the option.
            printer.warn(problem.message)
        else:
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
