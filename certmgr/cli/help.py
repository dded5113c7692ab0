"""`certmgr help`: what several commands have in common, by topic; or the help of one command."""

import click

from certmgr.cli import printer
from certmgr.errors import UsageError

REFERENCES = """\
A certificate is named, wherever a command asks for a REFERENCE, by

  portal.corp.internal         its server, exactly
  www.portal.corp.internal     a DNS name or address in it, exactly
  serial:0A:1B:2C              its serial number in any form: with colons, with 0x, lower case, or decimal as dec:123
  sha256:3F2A...               its SHA-256 fingerprint, or the beginning of it
  0A1B2C3D4E5F6071...          16 hex digits or more of serial number or fingerprint, whole

A server means its newest live certificate. Where two of them are live, revoke and hold want a serial number; a
reference that means several certificates lists them and exits 5.

A CA is named root, issuing or by its short name, such as issuing-2026-1; see `certmgr ca list`.
"""
FILTERS = """\
`certmgr list` and the terminal interface know the same filters. All terms have to hold.

  portal                 a part of the server, a name, the serial number or the note
  9f86d081               the same, or the beginning of the fingerprint: eight hex digits or more
  state:due              valid, due, expired, revoked, held, superseded, pending, or a flag: revoking, unaccepted,
                         not-serving
  state:due,expired      one of several
  days<30                natural days left: <, <=, >, >=, =
  server:db1             the server, exactly
  profile:server         the profile
  owner:web              a part of the owner
  ca:issuing-2026        the issuing CA, or the beginning of its name
  key:ec-p256            the key type; key:rsa and key:ec mean every size
  serial:0A1B            the beginning of the serial number
  sha256:9F86            the beginning of the SHA-256 fingerprint
  cause:key-compromise   why it was revoked
  !state:revoked         not
  /^db[0-9]+/            a regular expression, found in the server or a name; one that takes more than a
                         quarter of a second on a name is refused
  owner:"Unit A"         quotes keep spaces and colons together
"""
CAUSES = """\
Why a certificate is revoked, and the reason that its CRL gives (RFC 5280 5.3.1):

  key-compromise       keyCompromise         the key leaked, or may have; it can never be certified again
  key-lost             superseded            the key is damaged or lost, and known to nobody else
  key-replaced         superseded            a new key pair replaces it
  information-changed  affiliationChanged    what the certificate says is not true any more
  no-longer-needed     cessationOfOperation  the subscriber does not want it any more
  fees-unpaid          privilegeWithdrawn    the CA withdraws it
  duty-breached        privilegeWithdrawn    the subscriber cannot meet its duties
  false-application    privilegeWithdrawn    the application was untrue
  misused              privilegeWithdrawn    the certificate or its data was stolen, misused, forged or altered
  internet-use         privilegeWithdrawn    it was used on the internet
  issued-in-error      superseded            it should not have been issued, or the subscriber objects to it
  suspended            certificateHold       a measure for a time: `certmgr hold`, lifted by `certmgr release`
  ca-compromise        cACompromise          the key of a CA; never for a server

Every cause but key-lost, key-replaced and no-longer-needed wants --evidence: what the request rests on.

From the moment a person verifies the request, the revocation is to be published within 24 hours.
"""
TOPICS = {
    "exit-codes": "What the exit codes mean.",
    "references": "How a certificate or a CA is named.",
    "filters": "How a list is filtered.",
    "causes": "Why a certificate is revoked, and which reason its CRL gives.",
}
EPILOG = """\b
Topics:
  exit-codes  what the exit codes mean
  references  how a certificate or a CA is named
  filters     how a list is filtered
  causes      why a certificate is revoked, and which reason its CRL gives

\b
Examples:
  certmgr help exit-codes
  certmgr help ca export
"""


@click.command("help", epilog=EPILOG)
@click.argument("words", nargs=-1, metavar="[TOPIC|COMMAND]...")
@click.pass_context
def command(context: click.Context, words: tuple[str, ...]) -> None:
    """Explain a topic, or show the help of a command."""
    if not words:
        for name, line in TOPICS.items():
            printer.data(f"{name:<12} {line}")
        printer.say("And `certmgr help COMMAND` for every command; `certmgr --help` lists them.")
        return
    if len(words) == 1 and words[0] in TOPICS:
        for line in _text(words[0]).splitlines():
            printer.data(line)
        return
    printer.raw(_help_of(context.find_root(), words) + "\n")


def _text(topic: str) -> str:
    if topic == "exit-codes":
        from certmgr.cli.root import EXIT_CODES  # noqa: PLC0415 - the root has no need of this module

        return EXIT_CODES.removeprefix("\b\n")
    return {"references": REFERENCES, "filters": FILTERS, "causes": CAUSES}[topic]


def _help_of(context: click.Context, words: tuple[str, ...]) -> str:
    """Return the help of the command that the words name; raises UsageError for what is neither topic nor command."""
    for word in words:
        group = context.command
        found = group.get_command(context, word) if isinstance(group, click.Group) else None
        if found is None:
            raise UsageError(
                f"There is no topic or command {' '.join(words)[:80]!r}.",
                hint=f"The topics are {', '.join(TOPICS)}; `certmgr --help` lists the commands.",
            )
        context = click.Context(found, info_name=word, parent=context)
    return context.get_help()
