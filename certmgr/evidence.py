"""What a request to revoke must rest on, cause by cause (R6.1, R6.2; docs/revocation.md).

The subscriber's own wish needs no reason beyond its cause. What the CA does on its own account, or what blocks a key
for good, needs words that a reviewer and an auditor can follow.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from certmgr.codes import Code
from certmgr.errors import Finding
from certmgr.models.revocations import Cause

_INSTEAD: Final = "; or since when it is known (--compromised-since), or a proof that it is held (revocation challenge)"
MAX_EVIDENCE: Final = 4000
"""Characters."""

NEEDED: Final[Mapping[Cause, str]] = MappingProxyType(
    {
        Cause.KEY_COMPROMISE: "how it is known that the key leaked",
        Cause.INFORMATION_CHANGED: "what has changed",
        Cause.FEES_UNPAID: "what is unpaid and since when",
        Cause.DUTY_BREACHED: "which duty cannot be met",
        Cause.FALSE_APPLICATION: "what in the application is untrue, and how that was found",
        Cause.MISUSED: "what was found, where and when",
        Cause.INTERNET_USE: "where on the internet it was seen, and when",
        Cause.SUSPENDED: "the law, order or policy that asks for it",
        Cause.ISSUED_IN_ERROR: "what is wrong with it, or who objected",
        Cause.CA_COMPROMISE: "how it is known that the CA's key leaked",
    }
)
"""What is asked for; a cause that is not here (key-lost, key-replaced, no-longer-needed) needs nothing but a person."""


def check(cause: Cause, evidence: str, *, since_known: bool = False, proved: bool = False) -> tuple[Finding, ...]:
    """Return why `evidence` is not enough for `cause`; nothing where it is.

    `since_known`: the request says since when the key may be known; `proved`: it carries a proof that the key is held.
    Either stands for the words where the cause is key-compromise.
    """
    findings = []
    text = evidence.strip()
    needed = NEEDED.get(cause)
    instead = cause is Cause.KEY_COMPROMISE and (since_known or proved)
    if needed is not None and not text and not instead:
        more = _INSTEAD if cause is Cause.KEY_COMPROMISE else ""
        message = f"The cause {cause} needs evidence: {needed}{more}."
        findings.append(Finding(code=Code.EVIDENCE_MISSING, field="evidence", message=message, value=cause.value))
    if len(text) > MAX_EVIDENCE:
        message = f"The evidence has {len(text)} characters; {MAX_EVIDENCE} is the most. Name the file that holds it."
        findings.append(Finding(code=Code.EVIDENCE_MISSING, field="evidence", message=message))
    return tuple(findings)
