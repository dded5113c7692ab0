"""`certmgr deploy`: bring certificates to where servers read them; apart from the CA, and as root where need be."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from certmgr.cli import printer
from certmgr.cli.groups import NUMBER, NounGroup
from certmgr.cli.invocation import invocation
from certmgr.errors import AttentionError, UsageError
from certmgr.models.servers import DeploymentId, Format, Installation, Protocol
from certmgr.models.steps import Step

if TYPE_CHECKING:
    from certmgr.workspace import Workspace

STANDARD_INPUT, STANDARD_OUTPUT = 0, 1
EPILOG = """\b
`certmgr deploy --due` opens no CA key, so that it can run apart from the CA, as the user who may write the files and
tell the servers. As root, for a home that belongs to another user, it runs only hooks that lie in the folder of
--hook-folder and that nobody but root can change.

\b
Another host than the home's fetches its own deployments (`deploy add --on HOST`) from there over ssh, with --from, as
the same unit does here. Hooks then always come from the folder of --hook-folder. `certmgr help deploy serve` shows the
other end.

\b
Examples:
  certmgr deploy --due
  certmgr deploy --due --retry
  certmgr deploy --due --retry --server portal.corp.internal
  certmgr deploy --due --dry-run
  certmgr deploy --due --from certmgr@ca.corp.internal --on web1
  certmgr deploy --due --from certmgr@ca.corp.internal --ssh-option IdentityFile=/etc/certmgr/deploy_key
  certmgr deploy add portal.corp.internal --folder /etc/nginx/tls --hook /etc/certmgr/hooks/reload-nginx
  certmgr deploy list
"""
ADD_EPILOG = """\b
Formats, each with the owner, group and mode given (certificates alone are 0644):
  pem       privkey.pem, cert.pem, chain.pem, fullchain.pem
  der       privkey.der, cert.der, chain.der
  combined  combined.pem: key, certificate and chain, as HAProxy reads it

\b
The files are links that change together, at one moment. A hook is a program and its arguments, each in a --hook of its
own; it runs without a shell, gets CERTMGR_SERVER, CERTMGR_FOLDER, CERTMGR_SERIAL and CERTMGR_SHA256, and may run twice.
Where it fails, the files from before are put back, it runs once more for them, and all of it is tried again later.

\b
Examples:
  certmgr deploy add portal.corp.internal --folder /etc/nginx/tls --endpoint portal.corp.internal:443
  certmgr deploy add db1 --folder /etc/postgresql/tls --owner postgres --endpoint 10.1.2.1:5432 --protocol postgresql
  certmgr deploy add lb1 --folder /etc/haproxy/tls --format combined --hook /bin/systemctl --hook reload --hook haproxy
  certmgr deploy add appliance --endpoint 10.1.2.9:8443
  certmgr deploy add wiki.corp.internal --on web1 --folder /etc/nginx/tls --hook /etc/certmgr/hooks/reload-nginx
"""
SERVE_EPILOG = """\b
sshd starts it, for the key of one host, as the user whose home it is. Which host may fetch is decided by sshd alone: by
this line of that user's authorized_keys, in which the host stands. The private keys of that host's deployments, and
nothing else, go out over it.

\b
  restrict,command="certmgr --home /var/lib/certmgr deploy serve web1" ssh-ed25519 AAAA... root@web1

\b
It reads requests on standard input and answers on standard output, in lines of JSON, until its input ends.

\b
Example:
  certmgr deploy serve web1
"""
LIST_EPILOG = """\b
Where a deployment stands:
  idle         its server has no certificate to serve, or is out of service
  waiting      the newest certificate is not installed yet
  failed       it could not be installed; it is tried again, after 5 minutes first and after 24 hours at last
  not-serving  it is installed, and was not seen serving yet
  installed    it is installed, and no endpoint is looked at
  serving      it was seen serving

\b
Examples:
  certmgr deploy list
  certmgr deploy list --server portal.corp.internal --json
"""
REMOVE_EPILOG = """\b
The files that were installed stay where they are.

\b
Example:
  certmgr deploy remove 3
"""


@click.group("deploy", cls=NounGroup, invoke_without_command=True, epilog=EPILOG)
@click.option("--due", "is_due", is_flag=True, help="Install what is due, run hooks, look whether it is served.")
@click.option("--retry", is_flag=True, help="With --due: also what failed and would be tried later.")
@click.option("--server", metavar="NAME", help="With --due: the deployments of this server alone.")
@click.option("--dry-run", is_flag=True, help="With --due: say what would be done; write, run and record nothing.")
@click.option(
    "--hook-folder", metavar="DIR", default="/etc/certmgr/hooks", show_default=True, help="Where root finds hooks."
)
@click.option("--from", "source", metavar="USER@HOST", help="With --due: fetch over ssh from the CA's host.")
@click.option("--on", metavar="HOST", help="With --from: what the CA's records call this host; else its own name.")
@click.option("--ssh", metavar="PROGRAM", help="With --from: the program to start; ssh unless given.")
@click.option("--ssh-option", multiple=True, metavar="WORD", help="With --from: what ssh gets after -o; repeatable.")
@click.pass_context
def command(  # noqa: PLR0913 - one parameter an option
    context: click.Context,
    *,
    is_due: bool,
    retry: bool,
    server: str | None,
    dry_run: bool,
    hook_folder: str,
    source: str | None,
    on: str | None,
    ssh: str | None,
    ssh_option: tuple[str, ...],
) -> int | None:
    """Install certificates where servers read them, and record where that is."""
    if context.invoked_subcommand is not None:
        given = (server, source, on, ssh)
        if is_due or retry or dry_run or ssh_option or any(one is not None for one in given):
            raise UsageError("--due goes without a verb.", hint="certmgr deploy --due")
        return None
    if not is_due:
        if retry or dry_run or source is not None or server is not None:
            raise UsageError(
                "--retry, --server, --dry-run and --from belong to --due.", hint="certmgr deploy --due --dry-run"
            )
        printer.raw(context.get_help() + "\n")
        return None
    folder = Path(hook_folder).absolute()
    if source is not None:
        if server is not None:
            raise UsageError("--server goes without --from: a host fetches all that is its own.")
        return _fetch(source, on, ssh, ssh_option, retry=retry, dry_run=dry_run, hook_folder=folder)
    if on is not None or ssh is not None or ssh_option:
        raise UsageError("--on, --ssh and --ssh-option belong to --from.", hint="certmgr deploy --due --from USER@HOST")
    return _deploy(server, retry=retry, dry_run=dry_run, hook_folder=folder)


def _deploy(server: str | None, *, retry: bool, dry_run: bool, hook_folder: Path) -> int:
    from certmgr.operations import deployments as operation  # noqa: PLC0415 - loads cryptography

    call = invocation()
    workspace = call.workspace(as_root=True)
    only = None if server is None else _of(workspace, server)
    if dry_run:
        steps = operation.rehearse(workspace, only=only)
    else:
        # --as names a person who wants to stand in the journal; else nothing is unlocked.
        actor = call.session(workspace).actor if call.operator else operation.deploying_actor()
        steps = operation.deploy(workspace, actor, retry=retry, only=only, hook_folder=hook_folder)
    return _told(steps)


def _of(workspace: "Workspace", server: str) -> list[DeploymentId]:
    """Return the deployments of one server; raises NotFoundError where it is not on record."""
    from certmgr.queries import servers  # noqa: PLC0415 - loads the store

    return [one.deployment.id for one in servers.get(workspace, server).deployments]


def _fetch(  # noqa: PLR0913 - the options of one command
    source: str,
    on: str | None,
    program: str | None,
    options: tuple[str, ...],
    *,
    retry: bool,
    dry_run: bool,
    hook_folder: Path,
) -> int:
    from certmgr.net.ssh import PROGRAM, Route  # noqa: PLC0415 - only this needs it
    from certmgr.operations import deployment_fetching as operation  # noqa: PLC0415 - loads cryptography

    host = os.uname().nodename.lower() if on is None else on
    route = Route(address=source, host=host, program=program or PROGRAM, options=options)
    if dry_run:
        return _told(operation.rehearse(route, retry=retry, strict=on is not None))
    return _told(operation.fetch(route, hook_folder=hook_folder, retry=retry, strict=on is not None))


def _told(steps: Iterable[Step]) -> int:
    """Say each step, and return the exit code."""
    failed = False
    for step in steps:
        failed = failed or not step.done
        if step.done:
            printer.say(step.what)
        else:
            printer.warn(step.what)
    return AttentionError.exit_code if failed else 0


@command.command("add", epilog=ADD_EPILOG)
@click.argument("server")
@click.option("--folder", metavar="DIR", help="Where the files go; an absolute path, of a folder that is there.")
@click.option("--on", metavar="HOST", help="The host whose folder it is, where it is not this one; it fetches them.")
@click.option(
    "--format", "form", type=click.Choice([one.value for one in Format]), help="Which files; pem unless given."
)
@click.option("--owner", metavar="USER", help="Who owns the files; else whoever installs them.")
@click.option("--group", metavar="GROUP", help="The group of the files.")
@click.option("--mode", metavar="MODE", help="Of the file with the key: 0600 unless given, 0640, 0400 or 0440.")
@click.option("--hook", multiple=True, metavar="WORD", help="What runs afterwards, a word at a time; repeat it.")
@click.option("--hook-timeout", type=int, metavar="SECONDS", help="How long the hook may take; 60 unless given.")
@click.option("--endpoint", metavar="HOST:PORT", help="Where the server is seen serving it.")
@click.option(
    "--protocol", type=click.Choice([one.value for one in Protocol]), default="tls", help="What is spoken before TLS."
)
@click.option("--sni", metavar="NAME", help="The name to ask for; else the host or the server's; an empty text: none.")
@click.option("--dry-run", is_flag=True, help="Say whether it can be recorded; unlock and write nothing.")
def add(  # noqa: PLR0913 - one parameter an option
    *,
    server: str,
    folder: str | None,
    on: str | None,
    form: str | None,
    owner: str | None,
    group: str | None,
    mode: str | None,
    hook: tuple[str, ...],
    hook_timeout: int | None,
    endpoint: str | None,
    protocol: str,
    sni: str | None,
    dry_run: bool,
) -> None:
    """Record where certificates of SERVER go, where they are seen, or both."""
    from certmgr.endpoints import parse_endpoint  # noqa: PLC0415 - the other verbs need none of it
    from certmgr.operations import deployment_places as operation  # noqa: PLC0415 - loads the store

    installation = None
    if on == "":
        raise UsageError("--on needs the name of a host.", hint="Leave it out for a folder of this host.")
    if folder is not None:
        installation = Installation(
            folder=folder,
            target=on or "",
            format=Format(form or Format.PEM.value),
            owner=owner or "",
            group=group or "",
            mode=_mode(mode or "0600"),
            hook=hook,
            hook_timeout_s=60 if hook_timeout is None else hook_timeout,
        )
    elif on or form or owner or group or mode or hook or hook_timeout is not None:
        raise UsageError("Files, hosts, owners, modes and hooks need a folder.", hint="Add --folder DIR.")
    place = parse_endpoint(endpoint, protocol=Protocol(protocol), sni=sni, known_as=[server]) if endpoint else None
    call = invocation()
    workspace = call.workspace()
    if dry_run:
        operation.rehearse_add(workspace, server=server, installation=installation, endpoint=place)
        printer.say(f"The deployment of {server} can be recorded; nothing was done.")
        return
    made = operation.add(workspace, call.session(workspace), server=server, installation=installation, endpoint=place)
    printer.say(f"Recorded the deployment {made.id} of {server}.")
    if installation is not None and installation.target:
        printer.say(f"Next, on {installation.target}: certmgr deploy --due --from USER@HOST")
    elif installation is not None:
        printer.say("Next, as the user who may write there: certmgr deploy --due")


def _mode(text: str) -> int:
    try:
        return int(text, 8)
    except ValueError:
        raise UsageError(f"{text[:20]!r} is not a mode.", hint="Write it in octal, as 0640.") from None


@command.command("list", epilog=LIST_EPILOG)
@click.option("--server", metavar="NAME", help="Those of one server.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(*, server: str | None, as_json: bool) -> None:
    """List where certificates go, and how that stands."""
    from certmgr.cli import server_text  # noqa: PLC0415 - loads the models
    from certmgr.queries import deployments  # noqa: PLC0415 - loads the store

    found = deployments.every(invocation().workspace(), server)
    if as_json:
        printer.document(server_text.DEPLOYMENT_SCHEMA, deployments=[server_text.deployment_json(one) for one in found])
        return
    if not found:
        printer.say("No deployment is on record.")
        return
    rows = [
        [
            str(one.deployment.id),
            one.deployment.server,
            one.standing.value,
            server_text.place_of(one),
            f"{one.deployment.installed_at:%Y-%m-%d %H:%M}" if one.deployment.installed_at else "-",
        ]
        for one in found
    ]
    printer.table(["ID", "SERVER", "STANDING", "PLACE", "INSTALLED (UTC)"], rows, right=[0])
    for one in found:
        if one.problem:
            printer.warn(f"Deployment {one.deployment.id}: {one.problem}")


@command.command("remove", epilog=REMOVE_EPILOG)
@click.argument("identity", metavar="ID", type=NUMBER)
@click.option("--dry-run", is_flag=True, help="Say what would be removed; unlock and write nothing.")
def remove(*, identity: int, dry_run: bool) -> None:
    """Install nothing at the deployment ID any more; its files stay."""
    from certmgr.operations import deployment_places as operation  # noqa: PLC0415 - loads the store

    call = invocation()
    workspace = call.workspace()
    number = DeploymentId(identity)
    if dry_run:
        held = operation.rehearse_remove(workspace, deployment=number)
        printer.say(f"The deployment {identity} of {held.server} would be removed; nothing was done.")
        return
    held = operation.remove(workspace, call.session(workspace), deployment=number)
    where = f"; the files in {held.installation} stay" if held.installation else ""
    printer.say(f"Removed the deployment {identity} of {held.server}{where}.")


@command.command("serve", epilog=SERVE_EPILOG)
@click.argument("host")
def serve(*, host: str) -> None:
    """Hand out to HOST what is due there, and record what it reports; sshd starts it."""
    from certmgr import deployment_wire  # noqa: PLC0415 - the other verbs need none of it
    from certmgr.net.lines import Lines  # noqa: PLC0415
    from certmgr.operations import deployment_serving as operation  # noqa: PLC0415 - loads cryptography

    call = invocation()
    workspace = call.workspace()
    actor = call.session(workspace).actor if call.operator else operation.serving_actor()
    lines = Lines(STANDARD_INPUT, STANDARD_OUTPUT, limit=deployment_wire.MAX_REQUEST)
    operation.Conversation(workspace, actor, host, lines).run()
