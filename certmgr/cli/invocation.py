"""One run of the command line: which home, who acts, and where the passphrase comes from."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from certmgr.cli import printer
from certmgr.codes import Code
from certmgr.errors import LockedError, UsageError
from certmgr.models.operators import Role

if TYPE_CHECKING:
    from certmgr.custody.secrets import Secret
    from certmgr.workspace import Session, Workspace

_MAX_PASSPHRASE = 1024
_TRIES = 3


@dataclass(slots=True, kw_only=True)
class Invocation:
    """The shared options of one command line, and what they open."""

    home: str | None
    operator: str | None
    passphrase_file: str | None
    passphrase_fd: int | None
    quiet: bool

    def workspace(self, *, as_root: bool = False) -> "Workspace":
        """Return the workspace that the options name; raises NotFoundError, LockedError or UsageError.

        With `as_root`, root may open another user's home, too.
        """
        from certmgr.workspace import find_home, open_workspace  # noqa: PLC0415 - `--help` needs none of it

        workspace = open_workspace(find_home(self.home), as_root=as_root)
        click.get_current_context().call_on_close(workspace.close)
        return workspace

    def session(self, workspace: "Workspace", *, person: bool = False) -> "Session":
        """Return a session for who acts: --as NAME, else operators.default, else a question, else the machine.

        With `person`, the machine is not enough (the root's key, administration). Raises UsageError where a
        passphrase would have to be asked for and there is no terminal.
        """
        from certmgr.workspace import MACHINE_SLOT, MachineCredential, PersonCredential, unlock  # noqa: PLC0415

        name = self.operator or self._unnamed(workspace, person=person)
        if name == MACHINE_SLOT or _is_machine(workspace, name):
            return unlock(workspace, MachineCredential(name=name))
        asked = self.passphrase_file is None and self.passphrase_fd is None
        for _ in range(_TRIES - 1 if asked and printer.is_terminal() else 0):
            try:
                return unlock(
                    workspace, PersonCredential(name=name, passphrase=ask_passphrase(f"Passphrase of {name}"))
                )
            except LockedError as problem:
                if problem.code is not Code.SLOT_WRONG_PASSPHRASE:
                    raise
                printer.say(problem.message)
        return unlock(workspace, PersonCredential(name=name, passphrase=self.passphrase(f"Passphrase of {name}")))

    def _unnamed(self, workspace: "Workspace", *, person: bool) -> str:
        """Return the slot to act as where --as names none (DETAILS 50)."""
        default = workspace.config.operators.default
        if self.passphrase_file is not None or self.passphrase_fd is not None:
            if default:
                return default
            raise UsageError("A passphrase is given, but not whose it is.", hint="Add --as NAME before the command.")
        if printer.is_terminal():
            return default or str(click.prompt("Act as (slot)", default=None if person else "machine", err=True))
        if person:
            raise UsageError(
                "This needs a person, and there is no terminal to ask at.",
                hint="Give --as NAME with --passphrase-file FILE or --passphrase-fd N, before the command.",
            )
        return "machine"

    def passphrase(self, question: str, *, confirm: bool = False) -> "Secret":
        """Return the passphrase from --passphrase-file, --passphrase-fd or a prompt on the terminal."""
        if self.passphrase_file is not None:
            return read_passphrase_file(Path(self.passphrase_file))
        if self.passphrase_fd is not None:
            return read_passphrase_fd(self.passphrase_fd)
        return ask_passphrase(question, confirm=confirm)


def _is_machine(workspace: "Workspace", name: str) -> bool:
    """Tell whether the slot is a machine's under a name of its own: a key file opens it, nobody is asked."""
    from certmgr.queries import operators  # noqa: PLC0415 - loads the store

    return any(one.name == name and one.role is Role.MACHINE for one in operators.recorded(workspace))


def ask_passphrase(question: str, *, confirm: bool = False) -> "Secret":
    """Ask on the terminal without echo; raises UsageError where there is none."""
    from certmgr.custody.secrets import Secret  # noqa: PLC0415

    if not printer.is_terminal():
        raise UsageError(
            f"{question}: there is no terminal to ask at.",
            hint="Give --passphrase-file FILE or --passphrase-fd N, before the command.",
        )
    return Secret.from_text(str(click.prompt(question, hide_input=True, confirmation_prompt=confirm, err=True)))


def read_passphrase_file(path: Path) -> "Secret":
    """Return the first line of an owner-only file; raises LockedError where others can read it."""
    try:
        mode = path.stat().st_mode
        content = path.read_bytes()[:_MAX_PASSPHRASE]
    except OSError as problem:
        raise UsageError(
            f"The passphrase file {path} cannot be read: {problem.strerror}.", hint="Check the path and its owner."
        ) from None
    if path.is_file() and mode & 0o077:
        raise LockedError(
            f"Others can read the passphrase file {path} (mode {mode & 0o777:04o}).", hint=f"chmod 600 {path}"
        )
    return _first_line(content, str(path))


def read_passphrase_fd(number: int) -> "Secret":
    """Return the first line that a file descriptor gives; raises UsageError where it cannot be read."""
    try:
        content = os.read(number, _MAX_PASSPHRASE)
    except OSError as problem:
        raise UsageError(f"File descriptor {number} cannot be read: {problem.strerror}.") from None
    return _first_line(content, f"file descriptor {number}")


def _first_line(content: bytes, source: str) -> "Secret":
    """Return the first line as the secret that the same keys make at a prompt; what is no UTF-8, as it is."""
    from certmgr.custody.secrets import Secret  # noqa: PLC0415

    line = content.split(b"\n", 1)[0].rstrip(b"\r")
    if not line:
        raise UsageError(f"There is no passphrase in the first line of {source}.")
    try:
        return Secret.from_text(line.decode())
    except UnicodeDecodeError:
        return Secret(line)


def invocation() -> Invocation:
    """Return the running command's invocation."""
    found: Invocation = click.get_current_context().obj
    return found
