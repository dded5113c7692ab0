"""The top of the command line: the daily verbs, the nouns, the options that every command shares."""

import os

import click

from certmgr import __version__
from certmgr.cli.invocation import Invocation
from certmgr.cli.lazy import LazyGroup

EXIT_CODES = """\b
Exit codes:
  0    done, or nothing to do
  1    failed
  2    usage: the input is not of the form that it must have
  3    something needs a person
  4    refused by policy
  5    not found, or ambiguous
  6    locked, busy, or no permission
  7    integrity broken
  130  interrupted
  143  terminated
"""

COMMANDS = {
    "init": ("certmgr.cli.init", "Make a home with a root CA and an issuing CA."),
    "issue": ("certmgr.cli.issue", "Issue a certificate, or one for every line of an inventory."),
    "renew": ("certmgr.cli.renew", "Renew a certificate, or all that are due."),
    "revoke": ("certmgr.cli.revoke", "Revoke a certificate and publish the CRL."),
    "hold": ("certmgr.cli.hold", "Suspend a certificate; the hold can be released."),
    "release": ("certmgr.cli.release", "Release a held certificate."),
    "accept": ("certmgr.cli.accept", "Accept a certificate that was received."),
    "object": ("certmgr.cli.object", "Object to a certificate: it is revoked and made again."),
    "list": ("certmgr.cli.list", "List certificates, soonest expiry first."),
    "show": ("certmgr.cli.show", "Show all that is known of one certificate."),
    "export": ("certmgr.cli.export", "Export a certificate in the form that a server wants."),
    "check": ("certmgr.cli.check", "Do all that is due; what cron runs."),
    "daemon": ("certmgr.cli.daemon", "The service that does by itself what `check` does."),
    "doctor": ("certmgr.cli.doctor", "Examine the home and say what is wrong; changes nothing."),
    "tui": ("certmgr.cli.tui", "Open the terminal interface."),
    "application": ("certmgr.cli.application", "Ask for certificates that people decide on, and decide."),
    "ca": ("certmgr.cli.ca", "The certificate authorities."),
    "campaign": ("certmgr.cli.campaign", "Renewals that are required by a day."),
    "report": ("certmgr.cli.report", "Commitments with proof, expiry, records, metrics."),
    "config": ("certmgr.cli.config", "Show and check the configuration."),
    "crl": ("certmgr.cli.crl", "Publish and show certificate revocation lists."),
    "journal": ("certmgr.cli.journal", "The tamper-evident record of every change."),
    "notice": ("certmgr.cli.notice", "What is told to whom, by mail, webhook or command."),
    "operator": ("certmgr.cli.operator", "The slots of the people and machines who may act."),
    "profile": ("certmgr.cli.profile", "The profiles that certificates are issued under."),
    "revocation": ("certmgr.cli.revocation", "Revocation requests and their clocks."),
    "scan": ("certmgr.cli.scan", "See what is served on the network, and whose it is."),
    "contact": ("certmgr.cli.contact", "Erase the contact of a server."),
    "retention": ("certmgr.cli.retention", "Erase what is not to be kept any longer."),
    "backup": ("certmgr.cli.backup", "Write the home into one verified file, while it is in use."),
    "restore": ("certmgr.cli.restore", "Make a home out of a backup, and compare it with the published CRLs."),
    "server": ("certmgr.cli.server", "Servers: their facts, their certificates, what they serve."),
    "deploy": ("certmgr.cli.deploy", "Install certificates where servers read them, and run hooks."),
    "completion": ("certmgr.cli.completion", "Print the completion script for a shell."),
    "help": ("certmgr.cli.help", "Explain a topic, such as exit-codes."),
}

root = LazyGroup(
    "certmgr",
    commands_by_name=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="An organisation's own certificate authority for its intranet.\n\n"
    "\b\nStart here:\n  certmgr init\n"
    "  certmgr issue --dns portal.corp.internal --purpose 'Staff portal' --owner 'Web team'\n"
    "  certmgr list\n\n" + EXIT_CODES,
    no_args_is_help=True,
)


def _start(  # noqa: PLR0913 - one parameter an option
    home: str | None,
    operator: str | None,
    passphrase_file: str | None,
    passphrase_fd: int | None,
    *,
    quiet: bool,
    no_color: bool,
) -> None:
    context = click.get_current_context()
    context.obj = Invocation(
        home=home, operator=operator, passphrase_file=passphrase_file, passphrase_fd=passphrase_fd, quiet=quiet
    )
    # NO_COLOR: any non-empty value (no-color.org); click itself only looks at whether there is a terminal.
    if no_color or os.environ.get("NO_COLOR"):
        context.color = False


root.callback = _start
root.params += [
    click.Option(["--home"], metavar="DIR", help="The home to work in (else CERTMGR_HOME, else the usual place)."),
    click.Option(
        ["--as", "operator"], metavar="NAME", help="The slot to act as (else the configured one, else the machine)."
    ),
    click.Option(["--passphrase-file"], metavar="FILE", help="Read the slot's passphrase from the first line of FILE."),
    click.Option(["--passphrase-fd"], type=int, metavar="N", help="Read the slot's passphrase from file descriptor N."),
    click.Option(["--quiet", "-q"], is_flag=True, help="Say nothing but data and problems."),
    click.Option(["--no-color"], is_flag=True, help="No colours (as NO_COLOR=1)."),
]
click.version_option(__version__, prog_name="certmgr")(root)
