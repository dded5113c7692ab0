"""What can be completed: every command with its options and arguments, read once from the commands themselves."""

from collections.abc import Iterator
from enum import StrEnum

import click

from certmgr.cli.groups import sentence_of
from certmgr.cli.help import TOPICS
from certmgr.cli.root import COMMANDS, root
from certmgr.models.certificates import State
from certmgr.records import dataclass


class Kind(StrEnum):
    """What a value is."""

    TEXT = "text"
    """Nothing that could be offered."""
    CHOICE = "choice"
    FILE = "file"
    FOLDER = "folder"
    SERVER = "server"
    """A reference to a certificate; the servers on record are asked for at that very Tab."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What is offered for a value."""

    kind: Kind = Kind.TEXT
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option of a command."""

    names: tuple[str, ...]
    help: str
    value: Value | None = None
    """None: it takes no value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One command; the program itself has the empty path."""

    path: str
    """The words behind `certmgr`: `ca show`."""
    children: tuple[tuple[str, str], ...]
    """Names and lines of help of the commands below it."""
    options: tuple[Option, ...]
    argument: Value | None
    """What is offered for every positional word; None: there is none."""


_FILES = frozenset({"FILE", "PATH"})
_FILE_OPTIONS = frozenset({"--csr", "--from", "--passphrase-file", "--second-passphrase-file", "--recovery-file"})
_FOLDER_OPTIONS = frozenset({"--out", "--publish-dir"})
_STATES = tuple(state.value for state in State)
_CAS = ("root", "issuing")
_ARGUMENTS = {
    "ca show": Value(kind=Kind.CHOICE, choices=_CAS),
    "ca export": Value(kind=Kind.CHOICE, choices=(*_CAS, "chain")),
    "crl show": Value(kind=Kind.CHOICE, choices=_CAS),
    "ca complete": Value(kind=Kind.FILE),
    "journal verify": Value(kind=Kind.FILE),
    "list": Value(kind=Kind.CHOICE, choices=tuple(f"state:{state}" for state in _STATES)),
    "help": Value(kind=Kind.CHOICE, choices=(*TOPICS, *COMMANDS)),
}


def tree() -> tuple[Node, ...]:
    """Return every command, the program itself first; imports every command, and with it no library but click."""
    return tuple(_walk(root, "", click.Context(root, info_name="certmgr")))


def _walk(command: click.Command, path: str, context: click.Context) -> Iterator[Node]:
    below = {}
    if isinstance(command, click.Group):
        names = command.list_commands(context)
        below = {name: found for name in names if (found := command.get_command(context, name)) is not None}
    lines = {name: COMMANDS[name][1] if not path else sentence_of(found) for name, found in below.items()}
    options = [item for item in command.get_params(context) if isinstance(item, click.Option) and not item.hidden]
    arguments = [item for item in command.params if isinstance(item, click.Argument)]
    yield Node(
        path=path,
        children=tuple(lines.items()),
        options=tuple(_option(item) for item in options),
        argument=_argument(path, arguments[0]) if arguments else None,
    )
    for name, found in below.items():
        yield from _walk(found, f"{path} {name}".strip(), click.Context(found, info_name=name, parent=context))


def _option(item: click.Option) -> Option:
    names = tuple(item.opts + item.secondary_opts)
    text = " ".join((item.help or "").split())
    if item.is_flag or item.count:
        return Option(names=names, help=text)
    return Option(names=names, help=text, value=_value(names[0], item))


def _value(name: str, item: click.Option) -> Value:
    if isinstance(item.type, click.Choice):
        return Value(kind=Kind.CHOICE, choices=tuple(str(choice) for choice in item.type.choices))
    if name == "--status":
        return Value(kind=Kind.CHOICE, choices=_STATES)
    if item.metavar in _FILES or name in _FILE_OPTIONS:
        return Value(kind=Kind.FILE)
    if item.metavar == "DIR" or name in _FOLDER_OPTIONS:
        return Value(kind=Kind.FOLDER)
    return Value()


def _argument(path: str, item: click.Argument) -> Value:
    if isinstance(item.type, click.Choice):
        return Value(kind=Kind.CHOICE, choices=tuple(str(choice) for choice in item.type.choices))
    return _ARGUMENTS.get(path, Value(kind=Kind.SERVER) if item.name == "reference" else Value())
