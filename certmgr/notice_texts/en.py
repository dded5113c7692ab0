"""The texts of notices in English."""

from collections.abc import Callable, Mapping, Sequence
from textwrap import fill
from types import MappingProxyType
from typing import Final

from certmgr.models.notices import Kind
from certmgr.notice_texts.facts import Facts, Text

_WIDTH: Final = 76
_COMMAND: Final = "  "
"""What a line that is a command begins with; such a line is not broken."""

_PROMISES: Final = MappingProxyType(
    {
        "acknowledge-revocation": "acknowledgement of the revocation request {number} for {name}",
        "verify-revocation": "verification of the revocation request {number} for {name}",
        "publish-revocation": "publication of the revocation {number} of {name}",
        "release-hold": "release of the suspended certificate of {name}",
        "decide-hold": "decision on the suspended certificate of {name}",
        "report-incident": "report of the compromised key of {name} (revocation {number})",
        "follow-change": "answer to the changed facts of the server {name}",
        "finish-campaign": "end of the campaign {name}",
    }
)
_COMMANDS: Final = MappingProxyType(
    {
        "acknowledge-revocation": ("certmgr --as NAME revocation acknowledge {number}",),
        "verify-revocation": ("certmgr --as NAME revocation verify {number}",),
        "publish-revocation": ("certmgr crl publish", "certmgr revocation list"),
        "release-hold": ("certmgr --as NAME release {name}",),
        "decide-hold": ("certmgr --as NAME release {name}", "certmgr --as NAME revoke {name} --cause CAUSE"),
        "report-incident": ("certmgr --as NAME revocation report-incident {number} --to WHOM",),
        "follow-change": (
            "certmgr server show {name}",
            "certmgr renew {name} --force --reason TEXT",
            "certmgr server confirm {name} --reason TEXT",
        ),
        "finish-campaign": ("certmgr campaign show {name}",),
    }
)


def certificate_expiring(facts: Facts) -> Text:
    """Return what is told of a certificate that ends soon or has ended."""
    server, end = facts["server"], facts.moment("not_after")
    if facts.has_passed("not_after"):
        return _text(
            f"{server}: the certificate expired on {facts.day('not_after')}",
            f"The certificate of {server} (serial {facts['serial']}) expired on {end}, and nothing has taken its "
            "place. What has expired cannot be renewed. Ask for a new certificate:",
            f"{_COMMAND}certmgr issue --dns NAME --purpose TEXT --owner TEXT",
            "If the server is no longer in use, say so, and no more notices are sent:",
            f"{_COMMAND}certmgr server retire {server}",
        )
    why = {
        "auto": "It should have been renewed by itself and was not. To try it now and see what happens:",
        "csr": "Its key is on the server, so that a new request (CSR) from there is needed. Make one there, then:",
        "no": "It is not renewed by itself. Renew it:",
    }[facts["renews"]]
    command = f"certmgr renew {server}" + (" --csr FILE" if facts["renews"] == "csr" else "")
    return _text(
        f"{server}: the certificate expires {_in_days(facts.days_left('not_after'))}, on {facts.day('not_after')}",
        f"The certificate of {server} (serial {facts['serial']}) expires on {end}. From then on, clients refuse "
        "the server.",
        why,
        _COMMAND + command,
        "Without a renewal before that time it is over, and a new certificate has to be asked for.",
    )


def authority_expiring(facts: Facts) -> Text:
    """Return what is told of a CA certificate that ends soon or has ended."""
    name, verb = facts["authority"], "expired" if facts.has_passed("not_after") else "expires"
    if facts["role"] == "root":
        step = "Make a new root in time to install it on every client before this one ends; see:"
        command = "certmgr ca list"
    else:
        step = "Certificates that it has signed end with it. Make its successor:"
        command = "certmgr ca new-issuing"
    return _text(
        f"The CA {name} {verb} {_in_days(facts.days_left('not_after'))}, on {facts.day('not_after')}",
        f"The certificate of the CA {name} {verb} on {facts.moment('not_after')}.",
        step,
        _COMMAND + command,
    )


def root_crl_ending(facts: Facts) -> Text:
    """Return what is told of a root's CRL that ends soon or has ended."""
    name, verb = facts["authority"], "ended" if facts.has_passed("not_after") else "ends"
    return _text(
        f"The CRL of {name} {verb} {_in_days(facts.days_left('not_after'))}, on {facts.day('not_after')}",
        f"The certificate revocation list of {name} {verb} on {facts.moment('not_after')}. Clients that check it "
        "refuse every certificate from then on. Signing the next one needs a person who may use the root's key:",
        f"{_COMMAND}certmgr --as NAME crl publish --root",
    )


def csr_needed(facts: Facts) -> Text:
    """Return what is told of a certificate whose owner has to send a CSR."""
    server = facts["server"]
    return _text(
        f"{server}: a CSR is needed to renew the certificate before {facts.day('not_after')}",
        f"The certificate of {server} (serial {facts['serial']}) expires on {facts.moment('not_after')} and is due "
        "for renewal. Its key was made on the server, so certmgr cannot renew it alone. Make a new key and a "
        "certificate signing request (CSR) there, then:",
        f"{_COMMAND}certmgr renew {server} --csr FILE",
    )


def renewal_failing(facts: Facts) -> Text:
    """Return what is told of a renewal that fails again and again."""
    server = facts["server"]
    return _text(
        f"{server}: the renewal failed {facts.number('failures')} times",
        f"The automatic renewal of the certificate of {server} has failed {facts.number('failures')} times, the last "
        f"time because: {facts.sentence('problem')}",
        "It is tried again by itself. To try it now and see what happens:",
        f"{_COMMAND}certmgr renew {server}",
    )


def deployment_failing(facts: Facts) -> Text:
    """Return what is told of a deployment that fails again and again."""
    server = facts["server"]
    return _text(
        f"{server}: the deployment failed {facts.number('failures')} times",
        f"The certificate of {server} could not be installed (deployment {facts['number']}), "
        f"{facts.number('failures')} times, the last time because: {facts.sentence('problem')}",
        "The server goes on with the files that it had. It is tried again by itself. To try it now:",
        f"{_COMMAND}certmgr deploy --due --retry",
    )


def application_waiting(facts: Facts) -> Text:
    """Return what is told of an application that lacks a decision."""
    number, server = facts.number("application"), facts["server"]
    lacking = facts.number("lacking")
    people = "one person" if lacking == 1 else f"{lacking} people"
    return _text(
        f"Application {number} for {server} waits for a decision",
        f"The application {number} for a certificate of {server}, of {facts.moment('submitted_at')}, needs the "
        f"approval of {people}. Undecided, it ends on {facts.moment('expires_at')}.",
        f"{_COMMAND}certmgr application show {number}",
        f"{_COMMAND}certmgr --as NAME application approve {number} --reason TEXT",
        f"{_COMMAND}certmgr --as NAME application reject {number} --reason TEXT",
    )


def commitment_escalated(facts: Facts) -> Text:
    """Return what is told of a promise whose time runs out."""
    promise = _promise(facts)
    return _text(
        f"{facts['percent']} percent of the time used: {promise}",
        f"The {promise} was promised by {facts.moment('due_at')}. The clock began on {facts.moment('opened_at')}, "
        f"and {facts['percent']} percent of the time is used.",
        *_commands(facts),
    )


def commitment_breached(facts: Facts) -> Text:
    """Return what is told of a promise that was not kept in time."""
    promise = _promise(facts)
    return _text(
        f"OVERDUE: {promise}",
        f"The {promise} was promised by {facts.moment('due_at')} and was not done by then. The breach is in the "
        "journal, and stays there. If it is still open:",
        *_commands(facts),
    )


def hold_to_decide(facts: Facts) -> Text:
    """Return what is told of a suspension that has to end."""
    name = facts["name"]
    return _text(
        f"{name}: the suspension is to be decided by {facts.day('due_at')}",
        f"The certificate of {name} (serial {facts['serial']}) has been suspended since {facts.moment('opened_at')}. "
        f"By {facts.moment('due_at')} it is to be released or revoked; {facts['percent']} percent of the time is "
        "used.",
        *_commands(facts),
    )


def hold_released(facts: Facts) -> Text:
    """Return what is told of a suspension that has ended."""
    server = facts["server"]
    return _text(
        f"{server}: the certificate is no longer suspended",
        f"The certificate of {server} (serial {facts['serial']}) has been released and may be used again. Clients "
        "that keep an older revocation list refuse it until they fetch the new one.",
    )


def campaign_announced(facts: Facts) -> Text:
    """Return what is told of a required renewal."""
    return _campaign(facts, "to be renewed")


def campaign_reminder(facts: Facts) -> Text:
    """Return what those are told again who are left in a campaign."""
    return _campaign(facts, "still to be renewed")


def revocation_to_verify(facts: Facts) -> Text:
    """Return what is told of a request that needs a person's word."""
    number, server = facts.number("revocation"), facts["server"]
    return _text(
        f"Revocation request {number} for {server} is to be verified ({facts['cause']})",
        f"The revocation of the certificate of {server} (serial {facts['serial']}) was asked for on "
        f"{facts.moment('received_at')}, cause {facts['cause']}. By {facts.moment('verify_due_at')} a person has to "
        "ask whoever is responsible for the server whether that is genuine, and say so:",
        f"{_COMMAND}certmgr --as NAME revocation verify {number}",
        f"{_COMMAND}certmgr --as NAME revocation reject {number} --reason TEXT",
    )


def revocation_received(facts: Facts) -> Text:
    """Return what a contact is told of a request."""
    number, server = facts.number("revocation"), facts["server"]
    what = "suspension" if facts["cause"] == "suspended" else "revocation"
    return _text(
        f"{server}: the {what} of the certificate was asked for",
        f"The {what} of the certificate of {server} (serial {facts['serial']}) was asked for on "
        f"{facts.moment('received_at')}, cause {facts['cause']} (request {number}). It is carried out within 24 "
        "hours of its verification.",
        "If you know nothing of this request, tell those who run the certificate service at once.",
    )


def revocation_done(facts: Facts) -> Text:
    """Return what a contact is told when relying parties can see the revocation."""
    server = facts["server"]
    suspended = facts["cause"] == "suspended"
    return _text(
        f"{server}: the certificate is " + ("suspended" if suspended else f"revoked ({facts['cause']})"),
        f"The certificate of {server} (serial {facts['serial']}) is {'suspended' if suspended else 'revoked'}, cause "
        f"{facts['cause']}. The revocation list that says so has been published since "
        f"{facts.moment('published_at')}. Do not use the certificate any more"
        + (" until it is released." if suspended else ", nor its key."),
    )


def revocation_closed(facts: Facts) -> Text:
    """Return what a contact is told when a request came to nothing."""
    number, server = facts.number("revocation"), facts["server"]
    return _text(
        f"{server}: the certificate is not revoked",
        f"The request {number} to revoke the certificate of {server} (serial {facts['serial']}) was withdrawn or "
        "rejected. The certificate stays in use.",
    )


def test(facts: Facts) -> Text:
    """Return what `certmgr notice test` sends."""
    return _text(
        "A test of the notices",
        f"The certificate service of {facts.organisation} sent this to see whether its notices arrive. There is "
        "nothing to do.",
    )


def digest(texts: Sequence[Text], day: str) -> Text:
    """Return one text of several, for one day."""
    subjects = "\n".join(f"- {one.subject}" for one in texts)
    bodies = "\n".join(f"{'-' * _WIDTH}\n{one.body}" for one in texts)
    return Text(f"{len(texts)} certificates and lists that end, {day}", f"{subjects}\n\n{bodies}")


def _campaign(facts: Facts, what: str) -> Text:
    name, left, day = facts["campaign"], facts.number("left"), facts.day("last_day")
    if facts["server"]:
        server = facts["server"]
        return _text(
            f"{server}: the certificate is {what} by {day}",
            f"The certificate service requires a new certificate for {server} by the end of {day} (campaign {name}): "
            f"{facts.sentence('reason')}",
            "Where the renewal is automatic, nothing has to be done. Else:",
            f"{_COMMAND}certmgr renew {server}",
        )
    certificates = "1 certificate is" if left == 1 else f"{left} certificates are"
    return _text(
        f"Campaign {name}: {certificates} {what} by {day}",
        f"{certificates} {what} by the end of {day}: {facts.sentence('reason')}",
        f"{_COMMAND}certmgr campaign show {name}",
    )


def _promise(facts: Facts) -> str:
    return _PROMISES[facts["promise"]].format(name=facts["name"], number=facts["number"])


def _commands(facts: Facts) -> list[str]:
    return [_COMMAND + one.format(name=facts["name"], number=facts["number"]) for one in _COMMANDS[facts["promise"]]]


def _in_days(days: int) -> str:
    if days < 0:
        return "1 day ago" if days == -1 else f"{-days} days ago"
    return {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")


def _text(subject: str, *paragraphs: str) -> Text:
    """Return the text; a paragraph that begins with _COMMAND is a line of its own, the others are broken to lines."""
    lines = []
    for one in paragraphs:
        broken = one if one.startswith(_COMMAND) else fill(one, _WIDTH, break_long_words=False, break_on_hyphens=False)
        lines.append(broken)
    return Text(subject, "\n\n".join(lines).replace(f"\n\n{_COMMAND}", f"\n{_COMMAND}") + "\n")


TEXTS: Final[Mapping[Kind, Callable[[Facts], Text]]] = MappingProxyType(
    {
        Kind.CERTIFICATE_EXPIRING: certificate_expiring,
        Kind.AUTHORITY_EXPIRING: authority_expiring,
        Kind.ROOT_CRL_ENDING: root_crl_ending,
        Kind.CSR_NEEDED: csr_needed,
        Kind.RENEWAL_FAILING: renewal_failing,
        Kind.DEPLOYMENT_FAILING: deployment_failing,
        Kind.APPLICATION_WAITING: application_waiting,
        Kind.COMMITMENT_ESCALATED: commitment_escalated,
        Kind.COMMITMENT_BREACHED: commitment_breached,
        Kind.HOLD_TO_DECIDE: hold_to_decide,
        Kind.HOLD_RELEASED: hold_released,
        Kind.CAMPAIGN_ANNOUNCED: campaign_announced,
        Kind.CAMPAIGN_REMINDER: campaign_reminder,
        Kind.REVOCATION_TO_VERIFY: revocation_to_verify,
        Kind.REVOCATION_RECEIVED: revocation_received,
        Kind.REVOCATION_DONE: revocation_done,
        Kind.REVOCATION_CLOSED: revocation_closed,
        Kind.TEST: test,
    }
)
"""Every kind's text."""
