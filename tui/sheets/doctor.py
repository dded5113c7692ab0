"""What the page of a finding says: the finding, and the next step. Pure."""

from certmgr.codes import Code
from certmgr.errors import Severity
from tui.present import Glyphs, Ink, Piece
from tui.values.doctor import FindingRow
from tui.values.sheets import Fact, Note, Section, Sheet

WORDS = {
    Severity.ERROR: ("damaged", Ink.EXPIRED),
    Severity.WARNING: ("attention", Ink.DUE),
    Severity.NOTICE: ("well", Ink.VALID),
}
MEANS = {
    Severity.ERROR: "Something does not match its own proof.",
    Severity.WARNING: "It needs a person.",
    Severity.NOTICE: "It is in order.",
}
_CHECK = "Run the check, from the palette or on the command line: certmgr check"
_RESTORE = (
    "Change nothing here. Keep a copy of the home as it is, find out who could write it, and compare it with a backup."
    " docs/recovery.md tells how to go on."
)
_PUBLISH = "Publish the CRL, in the list of CAs or on the command line: certmgr crl publish, with --root the root's."
STEPS = {
    Code.FILE_NOT_PRIVATE: "Give the file to the user who owns the home, and take it from the others: chmod go= FILE",
    Code.SLOT_UNTRUSTED: "Find out who put the file there; a slot is made with certmgr operator add and no other way.",
    Code.SLOT_MACHINE: "Put the machine's key file where the configuration says, owner-only, or make a new slot:"
    " certmgr operator add machine --role machine",
    Code.CHECK_LATE: f"See whether cron or the timer still runs it. {_CHECK}",
    Code.CLOCK_BEHIND: "Set the clock. Where it is right and the journal was ahead: certmgr doctor --accept-clock"
    " --reason TEXT",
    Code.INTENT_OPEN: _CHECK,
    Code.UNDELIVERED: _CHECK,
    Code.REVOCATION_LATE: "Go to revocations, and take the step that is late.",
    Code.AUTHORITY_END: "Found the successor: certmgr ca new-issuing; docs/recovery.md tells of a root's.",
    Code.AUTHORITY_KEY: "See docs/recovery.md for what is lost with a key file and how it is restored.",
    Code.AUTHORITY_HOLDERS: "Give a second person the root, or make a recovery slot: certmgr operator add NAME --role"
    " administrator",
    Code.CRL_OVERDUE: _PUBLISH,
    Code.CRL_NOT_SEEN: f"See whether the distribution point answers. {_PUBLISH}",
    Code.CRL_FILE: _PUBLISH,
    Code.CRL_SIGNATURE: _RESTORE,
    Code.SELF_TEST: "Issue nothing until it is understood: a verifier accepts what the constraints forbid.",
    Code.STORE_ROW: _RESTORE,
}
"""The next step for each finding that has one of its own."""
_OTHERS = {
    Severity.ERROR: _RESTORE,
    Severity.WARNING: "Correct what the finding names, then examine the home again.",
    Severity.NOTICE: "Nothing is to be done.",
}


def severity_piece(severity: Severity, glyphs: Glyphs) -> Piece:
    """Return sign and word of how much a finding matters."""
    word, ink = WORDS[severity]
    return Piece(f"{glyphs.states[ink]} {word}", ink)


def next_step(row: FindingRow) -> str:
    """Return what to do about a finding."""
    if row.severity is Severity.NOTICE:
        return _OTHERS[row.severity]
    own = next((text for code, text in STEPS.items() if code.value == row.code), None)
    return own or _OTHERS[row.severity]


def finding_sheet(row: FindingRow, glyphs: Glyphs) -> Sheet:
    """Return the finding with the next step."""
    return Sheet(
        title=row.message,
        under=(severity_piece(row.severity, glyphs), Piece(MEANS[row.severity], Ink.DIM)),
        sections=(
            Section("NEXT STEP", (Note(next_step(row), Ink.STRONG),)),
            Section(
                "FACTS",
                (
                    Fact("Code", row.code),
                    Fact("About", row.field),
                    Fact("Which", row.value),
                    Fact("Examined", row.examined_at),
                ),
            ),
        ),
    )
