"""`certmgr revocation request`: one request, one with a proof of possession, or one for each of many certificates."""

from typing import TYPE_CHECKING, Any

import click

from certmgr.cli import printer
from certmgr.cli.invocation import Invocation, invocation
from certmgr.cli.revoke import CAUSES, ask_name, parse_moment, report, takes_line, tell_line
from certmgr.errors import UsageError
from certmgr.models.revocations import Cause

if TYPE_CHECKING:
    from certmgr.operations.bulk_revocations import Found
    from certmgr.operations.compromises import Proof
    from certmgr.workspace import Workspace

EPILOG = """\b
The request is recorded and its clocks start; a person decides on it with `certmgr revocation verify` or `reject`. To do
all of it at once, use `certmgr revoke`. The causes are explained by `certmgr help causes`; most want --evidence.

\b
A compromised key takes every certificate of that key along. With a proof that the key is held, a signature over the
challenge that `certmgr revocation challenge` prints or the private key itself, the request is verified at once.

\b
For many certificates at once, name them by a filter, a list of serials, an owner, an issuer or a profile. Without
--carry-out they are only listed; with it, --confirm repeats their number. All of them are decided together.

\b
Examples:
  certmgr revocation request portal.corp.internal --cause key-lost --confirm portal.corp.internal
  certmgr revocation request portal.corp.internal --cause key-compromise --proof proof.sig \\
    --confirm portal.corp.internal
  certmgr revocation request --owner 'Web team' --cause no-longer-needed
  certmgr revocation request --all-of 'ca:issuing-2026-1 key:rsa' --cause issued-in-error \\
    --evidence 'weak keys, ticket 4711' --carry-out --confirm 12
"""
_SELECTORS = ("all_of", "serials", "owner", "issuer", "profile")
_SHOWN = 20


@click.command("request", epilog=EPILOG)
@click.argument("reference", required=False)
@click.option(
    "--cause",
    required=True,
    type=click.Choice([*CAUSES, "ca-compromise", "suspended"]),
    metavar="CAUSE",
    help="Why; see `certmgr help causes`.",
)
@click.option("--confirm", metavar="NAME", help="The server's name, typed as the intent; the number, for many.")
@click.option("--evidence", default="", metavar="TEXT", help="What it rests on; most causes need it.")
@click.option("--note", default="", help="A note for the record.")
@click.option("--compromised-since", metavar="DATE", help="Since when the key may be known: 2026-11-21 or with a time.")
@click.option("--also-line", is_flag=True, help="With key-compromise: predecessors and successors as well.")
@click.option("--proof", metavar="FILE", help="A signature over the challenge, by the certificate's key.")
@click.option("--private-key", metavar="FILE", help="The private key itself, not kept; - for standard input.")
@click.option("--all-of", metavar="FILTER", help="All that the filter lets through; see `certmgr help filters`.")
@click.option("--serials", metavar="FILE", help="All with a serial number in FILE, one a line; - for standard input.")
@click.option("--owner", metavar="TEXT", help="All with that in their owner.")
@click.option("--issuer", metavar="NAME", help="All of that issuing CA.")
@click.option("--profile", metavar="NAME", help="All under that profile.")
@click.option("--carry-out", is_flag=True, help="With a selection: record the requests, do not just list them.")
@click.option("--dry-run", is_flag=True, help="Say what would be requested; unlock and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the requests as JSON.")
def command(**options: Any) -> int:  # noqa: ANN401 - one keyword an option, as click gives them
    """Record a request to revoke the certificate REFERENCE, or each of a selection, and start its clocks."""
    call = invocation()
    workspace = call.workspace()
    chosen = [name for name in _SELECTORS if options[name] is not None]
    if bool(options["reference"]) == bool(chosen):
        raise UsageError(
            "A request is about one certificate or about a selection.",
            hint="Name a certificate, or give --all-of, --serials, --owner, --issuer or --profile.",
        )
    if chosen:
        return _request_many(call, workspace, options)
    if options["carry_out"]:
        raise UsageError("--carry-out goes with a selection.", hint="Leave it out, or use `certmgr revoke`.")
    return _request_one(call, workspace, options)


def _request_one(call: Invocation, workspace: "Workspace", options: dict[str, Any]) -> int:
    from certmgr.cli.revocation_text import print_requests  # noqa: PLC0415
    from certmgr.operations import compromises  # noqa: PLC0415 - loads cryptography
    from certmgr.operations import revocations as operation  # noqa: PLC0415
    from certmgr.queries import certificates  # noqa: PLC0415

    found = certificates.resolve(workspace, options["reference"], one_live=True)
    cause = Cause(options["cause"])
    also_line = takes_line(cause, also_line=options["also_line"])
    proof = _proof(options, cause)
    facts = {"evidence": options["evidence"], "compromised_since": parse_moment(options["compromised_since"])}
    if options["dry_run"]:
        for subject in operation.rehearse(
            workspace, certificate=found.id, cause=cause, also_line=also_line, proved=proof is not None, **facts
        ):
            printer.fields(subject.server, subject.serial, cause)
        tell_line(workspace, found, cause, also_line=also_line)
        printer.say("Nothing was recorded.")
        return 0
    confirm = options["confirm"] or ask_name(found)
    shared = {"certificate": found.id, "confirm": confirm, "note": options["note"], "also_line": also_line, **facts}
    if proof is not None:
        done = compromises.report(workspace, call.session(workspace), proof=proof, **shared)
        if options["as_json"]:
            print_requests((done.revocation, *done.others), workspace.now())
        tell_line(workspace, found, cause, also_line=also_line)
        return report(done)
    opened = operation.request(workspace, call.session(workspace), cause=cause, **shared)
    if options["as_json"]:
        print_requests(opened, workspace.now())
    for one in opened:
        printer.say(f"Recorded the revocation request {one.id} for {one.server} (serial {one.serial}).")
    tell_line(workspace, found, cause, also_line=also_line)
    printer.say(f"Next: certmgr --as NAME revocation verify {opened[0].id}")
    return 0


def _proof(options: dict[str, Any], cause: Cause) -> "Proof | None":
    """Return what was given to show that the key is held; raises UsageError where it does not fit."""
    if options["proof"] is None and options["private_key"] is None:
        return None
    if options["proof"] is not None and options["private_key"] is not None:
        raise UsageError("Give --proof or --private-key, not both.")
    if cause is not Cause.KEY_COMPROMISE:
        raise UsageError("A proof of possession goes with --cause key-compromise.")
    from certmgr.cli.output import read_file  # noqa: PLC0415
    from certmgr.custody.secrets import Secret  # noqa: PLC0415
    from certmgr.operations.compromises import Proof  # noqa: PLC0415

    if options["proof"] is not None:
        return Proof(signature=read_file(options["proof"], "proof", limit=1 << 16))
    return Proof(private_key=Secret(read_file(options["private_key"], "private key", limit=1 << 16)))


def _request_many(call: Invocation, workspace: "Workspace", options: dict[str, Any]) -> int:
    from certmgr.cli.revocation_text import print_requests  # noqa: PLC0415
    from certmgr.operations import bulk_revocations as operation  # noqa: PLC0415 - loads cryptography
    from certmgr.revoking import Asked  # noqa: PLC0415

    if options["proof"] or options["private_key"] or options["also_line"]:
        raise UsageError("A proof or --also-line goes with one certificate, not with a selection.")
    selection = operation.Selection(
        filter_text=options["all_of"] or "",
        serials=_serials(options["serials"]),
        owner=options["owner"],
        issuer=options["issuer"],
        profile=options["profile"],
    )
    asked = Asked(
        cause=Cause(options["cause"]),
        by="",
        note=options["note"],
        evidence=options["evidence"],
        compromised_since=parse_moment(options["compromised_since"]),
    )
    if not options["carry_out"] or options["dry_run"]:
        _tell_found(operation.find(workspace, selection, asked), asked.cause, as_json=options["as_json"])
        return 0
    if not str(options["confirm"] or "").isdecimal():
        number = len(operation.find(workspace, selection, asked).certificates)
        raise UsageError(
            f"This is about {number} certificates, and their number is the confirmation.",
            hint=f"Look at them without --carry-out; then add --confirm {number}.",
        )
    opened = operation.request(workspace, call.session(workspace), selection, asked, confirm=int(options["confirm"]))
    if options["as_json"]:
        print_requests(opened, workspace.now())
    printer.say(f"Recorded {len(opened)} revocation requests, {opened[0].id} to {opened[-1].id}.")
    printer.say(f"Next: certmgr --as NAME revocation verify {opened[0].id}")
    return 0


def _serials(name: str | None) -> tuple[str, ...] | None:
    """Return the lines of a list of serial numbers, without empty ones and what follows a #."""
    if name is None:
        return None
    from certmgr.cli.output import read_file  # noqa: PLC0415

    text = read_file(name, "list of serials").decode("utf-8", "replace")
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return tuple(line for line in lines if line)


def _tell_found(found: "Found", cause: Cause, *, as_json: bool) -> None:
    if as_json:
        printer.document(
            "certmgr.selection/1",
            certificates=[{"server": one.server, "serial": one.serial} for one in found.certificates],
            passed_over=[
                {"server": one.server, "serial": one.serial, "reason": reason} for one, reason in found.passed_over
            ],
        )
    else:
        for one in found.certificates:
            printer.fields(one.server, one.serial, cause)
    for one, reason in found.passed_over[:_SHOWN]:
        printer.say(f"Passed over {one.server} (serial {one.serial}): {reason}")
    if len(found.passed_over) > _SHOWN:
        printer.say(f"and {len(found.passed_over) - _SHOWN} more")
    number = len(found.certificates)
    printer.say(f"{number} would be requested; nothing was recorded. To do it: --carry-out --confirm {number}")
