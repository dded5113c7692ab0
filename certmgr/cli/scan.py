"""`certmgr scan`: what is served on the network, and whose it is."""

from typing import TYPE_CHECKING, Any

import click

from certmgr.cli import printer
from certmgr.cli.groups import NUMBER, UsualVerbGroup
from certmgr.cli.invocation import invocation
from certmgr.errors import AttentionError, UsageError

if TYPE_CHECKING:
    from certmgr.models.revocations import Revocation
    from certmgr.operations.observations import Outcome
    from certmgr.queries.observations import Observed
    from certmgr.workspace import Workspace

RUN_SCHEMA = "certmgr.scan/1"
LIST_SCHEMA = "certmgr.observations/1"
EPILOG = """\b
Examples:
  certmgr scan 10.1.2.0/24 --port 443 --port 8443
  certmgr scan servers
  certmgr scan --import nmap.xml
  certmgr scan list --foreign
"""
RUN_EPILOG = """\b
Targets are addresses, networks, or the word servers: the recorded addresses and names of all servers in service. Only
loopback, [zones] networks and [observe] public are ever contacted; anything else is refused before the first packet.
Exit 3 when something needs a person: a certificate of ours that is revoked, expired or replaced, a foreign one, one of
ours outside the networks (a revocation for internet-use is proposed), a place that could not be looked at.

\b
Examples:
  certmgr scan 10.1.2.0/24 --port 443 --port 8443
  certmgr scan servers --json
  certmgr scan 10.1.0.0/16 --dry-run
  certmgr scan --import nmap.xml
"""
LIST_EPILOG = """\b
Examples:
  certmgr scan list
  certmgr scan list --foreign --json
"""
ADOPT_EPILOG = """\b
The server is named after the first name in the certificate, unless --name says otherwise. Its own certificate comes
from `certmgr issue`, as for any server.

\b
Example:
  certmgr scan adopt 12 --owner 'Web team' --purpose 'Staff portal'
"""


@click.group("scan", cls=UsualVerbGroup, no_args_is_help=True, epilog=EPILOG)
def command() -> None:
    """Look at what is served on the network: `certmgr scan TARGET...`."""


@command.command("run", epilog=RUN_EPILOG)
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--port", "ports", type=click.IntRange(1, 65535), multiple=True, help="A port to look at (repeatable).")
@click.option(
    "--timeout", type=click.FloatRange(0.1, 60), default=3.0, show_default=True, help="Seconds to wait for an answer."
)
@click.option(
    "--concurrency", type=click.IntRange(1, 256), default=32, show_default=True, help="So many looks at once."
)
@click.option(
    "--within",
    type=click.FloatRange(1, 86400),
    default=1800.0,
    show_default=True,
    help="Seconds after which no further look begins.",
)
@click.option("--import", "file", metavar="FILE", help="Record what nmap -oX FILE saw; contacts nothing.")
@click.option("--dry-run", is_flag=True, help="Say where it would look; contact, unlock and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def run(**options: Any) -> int:  # noqa: ANN401 - one keyword an option, as click gives them
    """Look at every TARGET and record the certificates that are served there; `certmgr scan TARGET` for short."""
    from certmgr.operations import observations as operation  # noqa: PLC0415 - loads cryptography

    targets, file = options["targets"], options["file"]
    if bool(targets) == bool(file):
        raise UsageError(
            "A scan needs targets, or a file to import, and not both." if targets else "A scan needs a target.",
            hint="certmgr scan 10.1.2.0/24, certmgr scan servers, or certmgr scan --import nmap.xml",
        )
    call = invocation()
    workspace = call.workspace()
    if file:
        return _import(workspace, file, dry_run=options["dry_run"], as_json=options["as_json"])
    if options["dry_run"]:
        _rehearse(workspace, targets, options["ports"])
        return 0
    outcome = operation.look(
        workspace,
        call.session(workspace),
        targets=targets,
        ports=options["ports"],
        timeout_s=options["timeout"],
        concurrency=options["concurrency"],
        within_s=options["within"],
    )
    return _report(outcome, as_json=options["as_json"])


def _rehearse(workspace: "Workspace", targets: tuple[str, ...], ports: tuple[int, ...]) -> None:
    from certmgr.queries import scan_plan  # noqa: PLC0415

    plan = scan_plan.plan(workspace, targets, ports)
    for place in plan.places:
        printer.fields(place.address, str(place.port), place.sni)
    printer.findings(plan.skipped)
    printer.say(f"{len(plan.places)} places would be looked at; nothing was contacted.")


def _import(workspace: "Workspace", file: str, *, dry_run: bool, as_json: bool) -> int:
    from certmgr.cli.output import read_file  # noqa: PLC0415
    from certmgr.net import nmap_xml  # noqa: PLC0415
    from certmgr.operations import observations as operation  # noqa: PLC0415

    content = read_file(file, "file", limit=nmap_xml.MAX_BYTES + 1)
    if dry_run:
        read = nmap_xml.parse(content)
        for one in read.found:
            printer.fields(one.address, str(one.port), one.subject)
        printer.findings(read.problems)
        printer.say(f"{len(read.found)} certificates would be recorded; nothing was.")
        return 0
    outcome = operation.import_nmap(workspace, invocation().session(workspace), content)
    return _report(outcome, as_json=as_json)


def _report(outcome: "Outcome", *, as_json: bool) -> int:
    if as_json:
        printer.document(
            RUN_SCHEMA,
            looked=outcome.looked,
            silent=outcome.silent,
            observations=[_as_json(one) for one in outcome.found],
            proposed=[_proposal(one) for one in outcome.proposed],
            findings=[printer.finding_document(item) for item in outcome.problems],
        )
    else:
        _print_table(outcome.found)
        for one in outcome.proposed:
            printer.warn(
                f"Revocation request {one.id} is proposed for {one.server} (serial {one.serial}): {one.cause}."
                f" Next: certmgr revocation verify {one.id}, or reject it."
            )
        printer.findings(outcome.problems)
        printer.say(f"Looked at {outcome.looked} places: {len(outcome.found)} certificates, {outcome.silent} silent.")
    return AttentionError.exit_code if outcome.needs_a_person else 0


@command.command("list", epilog=LIST_EPILOG)
@click.option("--foreign", is_flag=True, help="Only certificates of others.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(*, foreign: bool, as_json: bool) -> None:
    """List what was seen, the last seen first."""
    from certmgr.models.observations import Verdict  # noqa: PLC0415
    from certmgr.queries import observations  # noqa: PLC0415 - loads the store

    found = observations.every(invocation().workspace(), Verdict.FOREIGN if foreign else None)
    if as_json:
        printer.document(LIST_SCHEMA, observations=[_as_json(one) for one in found])
    elif found:
        _print_table(found)
    else:
        printer.say("Nothing was seen yet. Next: certmgr scan servers")


@command.command("adopt", epilog=ADOPT_EPILOG)
@click.argument("identity", metavar="OBSERVATION", type=NUMBER)
@click.option("--owner", help="The unit that answers for the server; asked for on a terminal.")
@click.option("--purpose", help="What the server is for; asked for on a terminal.")
@click.option("--name", default="", help="The server's name; else the first name in the certificate.")
@click.option("--contact", default="", help="Whom to tell about the server.")
@click.option("--dry-run", is_flag=True, help="Say which server would be recorded; unlock and write nothing.")
def adopt(  # noqa: PLR0913 - one parameter an option
    *, identity: int, owner: str | None, purpose: str | None, name: str, contact: str, dry_run: bool
) -> None:
    """Record a server for the foreign certificate OBSERVATION, so that one of ours replaces it."""
    from certmgr.models.observations import ObservationId  # noqa: PLC0415
    from certmgr.operations import observations as operation  # noqa: PLC0415 - loads cryptography

    call = invocation()
    workspace = call.workspace()
    number = ObservationId(identity)
    owner, purpose = _asked(owner, "Owner"), _asked(purpose, "Purpose")
    if dry_run:
        found = operation.rehearse_adopt(workspace, observation=number, owner=owner, purpose=purpose, name=name)
        printer.say(f"The server {found} would be recorded; nothing was done.")
        return
    found = operation.adopt(
        workspace,
        call.session(workspace),
        observation=number,
        owner=owner,
        purpose=purpose,
        name=name,
        contact=contact,
    )
    printer.say(f"Recorded the server {found}. Next: certmgr issue {found} --dns NAME")


def _asked(given: str | None, what: str) -> str:
    """Return what was given, or asked for on a terminal; empty where there is none, which is refused further down."""
    if given is not None or not printer.is_terminal():
        return given or ""
    return str(click.prompt(what, err=True))


def _print_table(found: "tuple[Observed, ...]") -> None:
    if not found:
        return
    rows = []
    for one in found:
        seen = one.observation.seen
        whose = one.certificate.server if one.certificate else seen.issuer
        state = f"{seen.verdict}, {one.state}" if one.state else seen.verdict.value
        what = (seen.names or (seen.subject,))[0]
        rows.append(
            [str(one.observation.id), seen.address, str(seen.port), state, what, whose, f"{seen.not_after:%Y-%m-%d}"]
        )
    printer.table(["ID", "ADDRESS", "PORT", "WHOSE", "NAME", "SERVER OR ISSUER", "NOT AFTER"], rows, right=[0, 2])
    for one in found:
        if one.advice:
            seen = one.observation.seen
            printer.warn(f"{seen.address} port {seen.port}: {one.advice}")


def _as_json(one: "Observed") -> dict[str, Any]:
    from certmgr.cli.certificate_json import moment  # noqa: PLC0415

    seen, held = one.observation.seen, one.certificate
    return {
        "id": one.observation.id,
        "address": seen.address,
        "port": seen.port,
        "sni": seen.sni or None,
        "verdict": seen.verdict,
        "server": held.server if held else None,
        "serial": held.serial if held else None,
        "state": one.state,
        "sha256": seen.sha256,
        "subject": seen.subject,
        "issuer": seen.issuer,
        "names": list(seen.names),
        "not_after": moment(seen.not_after),
        "source": one.observation.source,
        "first_seen_at": moment(one.observation.first_seen_at),
        "last_seen_at": moment(seen.at),
        "adopted_at": moment(one.observation.adopted_at),
        "advice": one.advice or None,
    }


def _proposal(one: "Revocation") -> dict[str, Any]:
    return {"revocation": one.id, "server": one.server, "serial": one.serial, "cause": one.cause}
