"""`certmgr operator`: the slots of the people and machines who may act."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from certmgr.cli import printer
from certmgr.cli.groups import NounGroup
from certmgr.cli.invocation import ask_passphrase, invocation, read_passphrase_file
from certmgr.cli.recovery_text import check_recovery_file, show_recovery
from certmgr.errors import AttentionError, IntegrityError, UsageError
from certmgr.models.operators import Role

if TYPE_CHECKING:
    from certmgr.custody.secrets import Secret
    from certmgr.queries.operators import SlotState

SCHEMA = "certmgr.operators/1"
ADD_EPILOG = """\b
Roles:
  administrator  everything, the root included
  officer        issues, decides on applications, verifies and carries out revocations, publishes
  requester      applies for certificates, asks for revocations
  auditor        reads
  machine        issues by policy, renews, publishes; opened by a key file, for cron
  recovery       an administrator's second way in: words on paper

\b
Examples:
  certmgr --as alice operator add bob --role officer
  certmgr --as alice operator add recovery-2 --role recovery --recovery-file words.txt
"""
LIST_EPILOG = """\b
Examples:
  certmgr operator list
  certmgr operator list --all --json
"""
TEST_EPILOG = """\b
Examples:
  certmgr operator test bob
  certmgr operator test recovery
  certmgr operator test machine
"""
REMOVE_EPILOG = """\b
Every CA key that the slot holds gets a new data key. Copies of the key files that were taken earlier stay readable to
whoever leaves with one: make a new issuing CA if that matters.

\b
Example:
  certmgr --as alice operator remove bob --confirm bob
"""
CHANGE_EPILOG = """\b
Examples:
  certmgr operator change-passphrase bob
  certmgr --passphrase-file old operator change-passphrase bob --new-passphrase-file new
"""


@click.group("operator", cls=NounGroup, no_args_is_help=True)
def command() -> None:
    """Manage the slots of the people and machines who may act."""


@command.command("add", epilog=ADD_EPILOG)
@click.argument("name")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]), help="What the slot may do.")
@click.option("--new-passphrase-file", metavar="FILE", help="Read the new slot's passphrase from FILE's first line.")
@click.option("--machine-key", metavar="FILE", help="Where a machine's key file goes; outside the home.")
@click.option("--recovery-file", metavar="FILE", help="Write recovery words to this new file, not to the terminal.")
@click.option("--dry-run", is_flag=True, help="Say whether the slot can be made; unlock and write nothing.")
def add(  # noqa: PLR0913 - one parameter an option
    *,
    name: str,
    role: str,
    new_passphrase_file: str | None,
    machine_key: str | None,
    recovery_file: str | None,
    dry_run: bool,
) -> None:
    """Make the slot NAME and give it the CA keys that its role may hold."""
    from certmgr.operations import operators as operation  # noqa: PLC0415 - loads cryptography
    from certmgr.workspace import machine_key_file  # noqa: PLC0415

    call = invocation()
    workspace = call.workspace()
    wanted = Role(role)
    key_file = Path(machine_key).absolute() if machine_key else machine_key_file(workspace.config)
    if dry_run:
        passphrase = _no_passphrase(wanted, new_passphrase_file)
        operation.check_new(workspace, name=name, role=wanted, passphrase=passphrase, machine_key=key_file)
        printer.say(f"The slot {name} with the role {role} can be made; nothing was done.")
        return
    check_recovery_file(recovery_file)
    session = call.session(workspace, person=True)
    made = operation.add(
        workspace,
        session,
        name=name,
        role=wanted,
        passphrase=_new_passphrase(name, wanted, new_passphrase_file),
        machine_key=key_file,
    )
    printer.say(f"Added {name}, {role}; it opens: {', '.join(operation.keys_of(workspace, name)) or 'no CA key'}")
    if wanted is Role.MACHINE:
        printer.say(f"  Its key file: {key_file}")
    if made.words is not None:
        show_recovery(made.words, recovery_file)


def _new_passphrase(name: str, role: Role, file: str | None) -> "Secret | None":
    """Return the passphrase of a person's new slot; None for a slot that something else opens."""
    if role in {Role.MACHINE, Role.RECOVERY}:
        if file is not None:
            raise UsageError(f"A slot with the role {role} has no passphrase; leave out --new-passphrase-file.")
        return None
    if file is not None:
        return read_passphrase_file(Path(file))
    try:
        return ask_passphrase(f"New passphrase of {name}", confirm=True)
    except UsageError as problem:
        raise UsageError(problem.message, hint="Give --new-passphrase-file FILE.") from None


def _no_passphrase(role: Role, file: str | None) -> "Secret | None":
    """Return the passphrase that a dry run judges: the given one, else one that is good enough."""
    import secrets  # noqa: PLC0415 - a dry run alone needs it

    from certmgr.custody.secrets import Secret  # noqa: PLC0415

    if role in {Role.MACHINE, Role.RECOVERY} or file is not None:
        return _new_passphrase("-", role, file)
    return Secret(secrets.token_hex(16).encode())


@command.command("list", epilog=LIST_EPILOG)
@click.option("--all", "removed", is_flag=True, help="Also those that were removed.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(*, removed: bool, as_json: bool) -> None:
    """List the slots and the CA keys that each opens."""
    from certmgr.queries import operators  # noqa: PLC0415 - loads the store

    found = operators.every(invocation().workspace(), removed=removed)
    if as_json:
        printer.document(SCHEMA, operators=[_as_json(one) for one in found])
        return
    rows = [
        [
            one.operator.name,
            one.operator.role,
            "removed" if one.operator.removed_at else one.slot.kind if one.slot else "damaged",
            f"{one.operator.created_at:%Y-%m-%d}",
            ", ".join(one.keys) or "-",
        ]
        for one in found
    ]
    printer.table(["NAME", "ROLE", "OPENED BY", "SINCE", "CA KEYS"], rows)
    for one in found:
        if one.problem is not None:
            printer.warn(one.problem.message)


def _as_json(one: "SlotState") -> dict[str, Any]:
    from certmgr.cli.certificate_json import moment  # noqa: PLC0415

    return {
        "name": one.operator.name,
        "role": one.operator.role,
        "kind": one.slot.kind if one.slot else None,
        "slot_sha256": one.slot.fingerprint if one.slot else None,
        "created_at": moment(one.operator.created_at),
        "removed_at": moment(one.operator.removed_at),
        "keys": list(one.keys),
        "problem": one.problem.message if one.problem else None,
    }


@command.command("test", epilog=TEST_EPILOG)
@click.argument("name")
def test(name: str) -> int:
    """Unlock the slot NAME and say which CA keys it opens; nothing changes."""
    from certmgr.operations import operators as operation  # noqa: PLC0415 - loads cryptography

    call = invocation()
    call.operator = name
    workspace = call.workspace()
    session = call.session(workspace)
    printer.say(f"The slot {name} opens; its role is {session.actor.role}.")
    opened = operation.opened_by(workspace, session)
    for slug, problem in opened:
        printer.fields(slug, "opens" if problem is None else problem.message)
    if any(isinstance(problem, IntegrityError) for _, problem in opened):
        return IntegrityError.exit_code
    if not opened:
        printer.say("It opens no CA key.")
    return AttentionError.exit_code if any(problem is not None for _, problem in opened) else 0


@command.command("remove", epilog=REMOVE_EPILOG)
@click.argument("name")
@click.option("--confirm", metavar="NAME", help="The slot's name again, as the intent; asked for on a terminal.")
@click.option("--dry-run", is_flag=True, help="Say which CA keys would be sealed anew; unlock and write nothing.")
def remove(*, name: str, confirm: str | None, dry_run: bool) -> None:
    """Take every CA key from the slot NAME, and remove it."""
    from certmgr.operations import operators as operation  # noqa: PLC0415 - loads cryptography

    call = invocation()
    workspace = call.workspace()
    if dry_run:
        held = operation.check_removable(workspace, name)
        printer.say(f"{name} would be removed, and sealed anew: {', '.join(held) or 'no CA key'}; nothing was done.")
        return
    typed = confirm or _ask_name(name)
    held = operation.remove(workspace, call.session(workspace, person=True), name=name, confirm=typed)
    printer.say(f"Removed {name}; sealed anew without it: {', '.join(held) or 'no CA key'}")


def _ask_name(name: str) -> str:
    if not printer.is_terminal():
        raise UsageError(
            "This needs the slot's name as a confirmation, and there is no terminal to ask at.",
            hint=f"Add --confirm {name}",
        )
    return str(click.prompt("Type the slot's name to remove it", err=True))


@command.command("change-passphrase", epilog=CHANGE_EPILOG)
@click.argument("name")
@click.option("--new-passphrase-file", metavar="FILE", help="Read the new passphrase from the first line of FILE.")
@click.option("--dry-run", is_flag=True, help="Say whether the old one opens and the new one will do; write nothing.")
def change_passphrase(*, name: str, new_passphrase_file: str | None, dry_run: bool) -> None:
    """Seal the slot NAME under a new passphrase; what it opens stays the same."""
    from certmgr.operations import operators as operation  # noqa: PLC0415 - loads cryptography

    call = invocation()
    workspace = call.workspace()
    old = call.passphrase(f"Present passphrase of {name}")
    new = _new_passphrase(name, Role.ADMINISTRATOR, new_passphrase_file)
    if new is None:
        raise AssertionError(name)
    if dry_run:
        operation.check_change(workspace, name=name, old=old, new=new)
        printer.say(f"The slot {name} would have a new passphrase; nothing was done.")
        return
    operation.change_passphrase(workspace, name=name, old=old, new=new)
    printer.say(f"The slot {name} has a new passphrase.")
