"""`certmgr journal`: the tamper-evident record of every change."""

from typing import TYPE_CHECKING, Any

import click

from certmgr.cli import printer
from certmgr.cli.groups import NUMBER, NounGroup
from certmgr.cli.invocation import invocation
from certmgr.errors import Finding, IntegrityError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certmgr.models.journal import Entry

LIST_EPILOG = """\b
Objects are kind:id: certificate:12, revocation:3, authority:2, operator:alice.

\b
Examples:
  certmgr journal list
  certmgr journal list --object certificate:12 --json
"""
VERIFY_EPILOG = """\b
Every entry is compared with its own hash and with the entry before it. The last line is worth keeping elsewhere: an
export that does not contain it was cut.

\b
Examples:
  certmgr journal verify
  certmgr journal verify journal.jsonl
"""
EXPORT_EPILOG = """\b
One entry a line, in the form that its hash covers. `certmgr journal verify FILE` needs nothing but that file.

\b
Example:
  certmgr journal export > journal.jsonl
"""
_SHOWN = 20


@click.group("journal", cls=NounGroup, no_args_is_help=True)
def command() -> None:
    """Read, prove and export the tamper-evident record of every change."""


@command.command("list", epilog=LIST_EPILOG)
@click.option("--limit", type=NUMBER, default=50, show_default=True, help="At most so many.")
@click.option("--object", "subject", metavar="KIND:ID", help="Only entries about this object, all of them.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(*, limit: int, subject: str | None, as_json: bool) -> None:
    """List the newest entries, the newest first."""
    from certmgr.queries import journal  # noqa: PLC0415 - loads the store

    if subject is not None and not all(subject.partition(":")):
        raise UsageError(f"{subject[:80]!r} is not of the form kind:id.", hint="Write it as certificate:12.")
    workspace = invocation().workspace()
    found = journal.newest(workspace, limit=limit) if subject is None else journal.about(workspace, subject)
    if as_json:
        printer.document("certmgr.journal/1", entries=[_as_json(entry) for entry in found])
        return
    rows = [[str(entry.seq), f"{entry.at[:19]}Z", entry.actor, entry.action, entry.object] for entry in found]
    if rows:
        printer.table(["SEQ", "AT", "ACTOR", "ACTION", "OBJECT"], rows, right=[0])
    else:
        printer.say("There is no such entry.")


def _as_json(entry: "Entry") -> dict[str, Any]:
    return {
        "v": entry.v,
        "seq": entry.seq,
        "at": entry.at,
        "actor": entry.actor,
        "os_uid": entry.os_uid,
        "login_uid": entry.login_uid,
        "action": entry.action,
        "object": entry.object,
        "data": entry.data,
        "prev": entry.prev,
        "hash": entry.hash,
    }


@command.command("verify", epilog=VERIFY_EPILOG)
@click.argument("file", required=False, metavar="[FILE]")
def verify(file: str | None) -> None:
    """Prove that no entry was changed, removed or put in; FILE is an export (- reads standard input)."""
    if file is None:
        from certmgr.queries import journal  # noqa: PLC0415 - loads the store

        found, last = journal.verify(invocation().workspace())
        what = "The journal"
    else:
        found, last = _verify_export(file)
        what = f"The export {file}" if file != "-" else "The export"
    if found:
        raise IntegrityError(
            f"{what} is not whole: {found[0].message}",
            hint="Compare it with an earlier export or a backup, and find out who could write the home.",
            findings=found,
            code=found[0].code,
        )
    if last is None:
        printer.say(f"{what} is empty.")
        return
    printer.data(f"{last.seq} {last.hash}")
    printer.say(f"{what} is whole: {last.seq} entries, the newest from {last.at[:19]}Z.")


def _verify_export(file: str) -> "tuple[tuple[Finding, ...], Entry | None]":
    """Return what is wrong with an export, and its last entry."""
    from certmgr import journal as form  # noqa: PLC0415 - `--help` needs none of it

    newest: list[Entry] = []

    def entries() -> "Iterator[Entry]":
        for entry in _read(file):
            newest[:] = [entry]
            yield entry

    found = form.verify(entries())
    return found, newest[0] if newest else None


def _read(file: str) -> "Iterator[Entry]":
    from certmgr.journal import entry_from_json  # noqa: PLC0415

    try:
        with click.open_file(file, encoding="utf-8", errors="strict") as stream:
            for line in stream:
                yield entry_from_json(str(line).rstrip("\n"))
    except OSError as problem:
        raise UsageError(f"The export {file} cannot be read: {problem.strerror}.", hint="Check the path.") from None
    except UnicodeDecodeError:
        raise UsageError(f"The export {file} is not UTF-8 text.") from None


@command.command("export", epilog=EXPORT_EPILOG)
def export() -> None:
    """Print every entry as canonical JSON, one a line, for a proof without this home."""
    from certmgr.journal import to_json  # noqa: PLC0415
    from certmgr.queries import journal  # noqa: PLC0415 - loads the store

    for entry in journal.every(invocation().workspace()):
        printer.raw(to_json(entry) + "\n")
