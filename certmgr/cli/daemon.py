"""`certmgr daemon`: the service that does by itself what `check` does."""

from certmgr.cli import printer
from certmgr.cli.groups import NounGroup
from certmgr.cli.invocation import invocation
from certmgr.errors import CertmgrError
from certmgr.printable import printable

EPILOG = """\b
It runs until SIGTERM or SIGINT and then exits 0; SIGHUP reads the configuration again, as does a change of the file.
It acts as the machine, and writes what it does to standard error. cron and people may work beside it. Under systemd,
see examples/systemd/certmgr.service.

\b
Examples:
  certmgr daemon run
  certmgr --quiet daemon run
"""

command = NounGroup("daemon", help="The service that does by itself what `check` does.", no_args_is_help=True)


@command.command("run", epilog=EPILOG)
def run_command() -> int:
    """Run `check` every five minutes and look at revocations every minute, until told to stop."""
    from certmgr.cli.crash import log_crash  # noqa: PLC0415
    from certmgr.daemon import Voice, run  # noqa: PLC0415 - APScheduler takes a tenth of a second
    from certmgr.workspace import MACHINE_SLOT, MachineCredential  # noqa: PLC0415

    call = invocation()
    workspace = call.workspace()
    quiet = call.quiet

    def say(line: str) -> None:
        # The jobs run in threads of their own, where click does not know of --quiet.
        if not quiet:
            printer.emit(printable(line), err=True)

    def crashed(problem: BaseException) -> CertmgrError:
        return log_crash(problem, ["daemon", "run", "--home", str(workspace.home)])

    credential = MachineCredential(name=call.operator or MACHINE_SLOT)
    run(workspace, credential, Voice(say=say, warn=printer.warn, crashed=crashed))
    return 0
