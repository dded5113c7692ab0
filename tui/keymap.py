"""Which keys give which command: those of the registry, or those of [tui.keys] in the configuration. Pure."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from certmgr.codes import Code
from certmgr.config_sections import Table
from certmgr.errors import Finding, UsageError
from certmgr.names import shown as quoted
from tui.commands import COMMANDS
from tui.commands.registry import Command, meet
from tui.key_names import UnreadableKeyError, parse_key, shown

_BY_ID = {command.id: command for command in COMMANDS}
_SECTION = "tui.keys"


@dataclass(frozen=True, slots=True)
class Keymap:
    """The keys in effect."""

    changes: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """By the command's id, those that have other keys than the registry says."""

    def of(self, command: Command) -> Command:
        """Return the command with the keys that give it."""
        keys = self.changes.get(command.id)
        return command if keys is None else replace(command, keys=keys)

    def shown(self, name: str) -> str:
        """Return the first key of the command with the id `name`, as people write it; empty where it has none."""
        keys = self.of(_BY_ID[name]).keys
        return shown(keys[0]) if keys else ""

    def for_textual(self) -> dict[str, str]:
        """Return the changes as `App.set_keymap` takes them."""
        return {name: ",".join(keys) for name, keys in self.changes.items()}


def check_keymap(table: Table | None, *, file: str) -> tuple[Finding, ...]:
    """Return everything that is wrong with [tui.keys]; `file` is what messages call the configuration."""
    return _read(table, file)[1]


def read_keymap(table: Table | None, *, file: str) -> Keymap:
    """Return the keys in effect; raises UsageError with everything that is wrong with [tui.keys]."""
    keymap, findings = _read(table, file)
    if findings:
        many = f"The configuration {file} cannot be used for {len(findings)} reasons."
        message = findings[0].message if len(findings) == 1 else many
        raise UsageError(message, hint="Correct the file; certmgr config check reads it again.", findings=findings)
    return keymap


def _read(table: Table | None, file: str) -> tuple[Keymap, tuple[Finding, ...]]:
    """Return the keys in effect and what is wrong."""
    findings: list[Finding] = []
    changes: dict[str, tuple[str, ...]] = {}

    def add(name: str, reason: str, *, value: str | None = None, code: Code = Code.CONFIG_VALUE) -> None:
        key = f"{_SECTION}.{quoted(name)}"
        findings.append(Finding(code=code, message=f"{file}: {key}: {reason}.", field=key, value=value))

    for name, text in table.entries if table else ():
        command = _BY_ID.get(name)
        if command is None:
            near = difflib.get_close_matches(name, _BY_ID, n=1)
            hint = f"; {near[0]} may be meant" if near else "; docs/keys.md lists them"
            add(name, f"is not the name of a command{hint}", code=Code.CONFIG_UNKNOWN_KEY)
            continue
        if command.typed:
            add(name, "belongs to the field that has the focus and cannot have other keys")
            continue
        keys, reasons = _keys(text)
        for word, reason in reasons:
            add(name, f"{quoted(word) or 'an empty text'} {reason}", value=quoted(word))
        changes[name] = keys
    keymap = Keymap(MappingProxyType(changes))
    for name, key, other in _clashes(keymap):
        add(name, f"{shown(key)} is taken by {other} on the same screen", value=shown(key), code=Code.CONFIG_CONFLICT)
    return keymap, tuple(findings)


def _keys(text: str) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
    """Return the keys that a value writes, and each that cannot be read with the reason."""
    keys: list[str] = []
    reasons = []
    for word in text.split(","):
        try:
            key = parse_key(word)
        except UnreadableKeyError as error:
            reasons.append((word.strip(), str(error)))
            continue
        if key not in keys:
            keys.append(key)
    return tuple(keys), reasons


def _clashes(keymap: Keymap) -> Iterator[tuple[str, str, str]]:
    """Yield command, key and the command that has the key already, where both can be given on one screen."""
    for position, name in enumerate(keymap.changes):
        later = set(list(keymap.changes)[position + 1 :])
        for other in COMMANDS:
            # Of two changed commands the second is told.
            if other.id != name and other.id not in later and meet(_BY_ID[name].scope, other.scope):
                taken = keymap.of(other).keys
                yield from ((name, key, other.id) for key in keymap.changes[name] if key in taken)


def in_effect(keymap: Keymap, commands: Iterable[Command]) -> tuple[Command, ...]:
    """Return the commands with the keys that give them."""
    return tuple(keymap.of(command) for command in commands)
