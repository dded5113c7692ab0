"""`certmgr help`: explain a topic."""

import click

from certmgr.cli import printer

TOPICS = {
    "exit-codes": """\
0    done, or nothing to do
1    failed
2    usage: the input is not of the form that it must have; nothing was changed
3    something needs a person (check, doctor, list --fail-if-any, a request that waits)
4    refused by policy; the journal has one entry more
5    not found, or ambiguous
6    locked, busy, or no permission: a wrong passphrase, another user's home, a held store
7    integrity broken: a damaged key file, store or journal
130  interrupted
143  terminated

certmgr renew --needed REF keeps the codes that scripts know: 0 needs renewal, 1 does not, 2 no such certificate,
255 error.""",
    "references": """\
A certificate is named by
  a server            portal           its newest live certificate; two live ones are ambiguous for revoke and hold
  a name in it        portal.corp.internal
  a serial            0A1B2C...        16 hex digits or more, in any form: upper or lower case, with colons
                      serial:0a:1b     of any length
  a fingerprint       sha256:7f3e...   or its 64 hex digits
What names several certificates lists them and exits 5.""",
    "filters": """\
Terms stand with spaces between; all have to hold.
  portal              part of a server, a name, a serial or a note
  state:due           valid, due, expired, revoked, held, superseded, pending; several with commas
  days<30             natural days left: <, <=, >, >=, =
  profile:server      owner:web   ca:issuing-2026-1   key:ec-p256   serial:0A1B
  !state:revoked      not
  /^db[0-9]+/         a regular expression""",
    "causes": """\
key-compromise        keyCompromise (1)         the key leaked; it can never be certified again
key-lost              superseded (4)            the key is damaged or lost, and known to nobody else
key-replaced          superseded (4)            a new key pair replaces it
information-changed   affiliationChanged (3)    what the certificate says is not true any more
no-longer-needed      cessationOfOperation (5)  the subscriber does not want it any more
fees-unpaid           privilegeWithdrawn (9)
duty-breached         privilegeWithdrawn (9)    the subscriber cannot meet its duties
false-application     privilegeWithdrawn (9)    the application was not true
misused               privilegeWithdrawn (9)    stolen, misused, forged or altered
internet-use          privilegeWithdrawn (9)    used on the internet
issued-in-error       superseded (4)            it should not have been issued
suspended             certificateHold (6)       see certmgr hold and certmgr release""",
}


@click.command("help")
@click.argument("topic", required=False, type=click.Choice(list(TOPICS)))
def command(*, topic: str | None) -> None:
    """Explain TOPIC: exit-codes, references, filters or causes."""
    if topic is None:
        for name in TOPICS:
            printer.data(f"certmgr help {name}")
        return
    for line in TOPICS[topic].splitlines():
        printer.data(line)
