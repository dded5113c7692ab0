"""What the page of a journal entry says. Pure."""

import json

from certmgr.models.journal import JSON
from tui.present import Ink, Piece
from tui.values.journal import JournalDetail
from tui.values.sheets import Fact, Note, Section, Sheet


def entry_sheet(detail: JournalDetail) -> Sheet:
    """Return everything that an entry says, and how it hangs on the one before it."""
    entry, before = detail.entry, detail.before
    login = "nobody's" if entry.login_uid is None else str(entry.login_uid)
    under = Piece("its hash is that of its fields, and it follows from the entry before it", Ink.DIM)
    if not detail.matches:
        under = Piece("it was changed: it does not match its hash", Ink.ALARM)
    elif not detail.follows:
        under = Piece("it does not follow from the entry before it", Ink.ALARM)
    return Sheet(
        title=f"{entry.seq:,}  {entry.action}  {entry.object}",
        under=(under,),
        facts=(
            Fact("At", f"{entry.at[:26].replace('T', ' ')} UTC"),
            Fact("Actor", entry.actor),
            Fact("System uid", f"{entry.os_uid}, login uid {login}"),
            Fact("Action", entry.action),
            Fact("Object", entry.object),
        ),
        sections=(
            Section(
                "CHAIN",
                (
                    Fact("Hash", entry.hash, Ink.STRONG),
                    Fact("Entry before", entry.prev),
                    Fact("Which is", _named(detail) if before else "none: this is the first entry"),
                    Fact("Form", f"version {entry.v}, SHA-256 over its canonical JSON"),
                ),
            ),
            Section("DATA", tuple(_data(entry.data))),
            Section(
                "PROOF",
                (Note("On the command line: certmgr journal verify; certmgr journal export > FILE", Ink.DIM),),
            ),
        ),
    )


def _named(detail: JournalDetail) -> str:
    one = detail.before
    return "" if one is None else f"{one.seq:,}  {one.action}  {one.object}  by {one.actor}"


def _data(data: dict[str, JSON]) -> list[Fact | Note]:
    if not data:
        return [Note("none", Ink.DIM)]
    items: list[Fact | Note] = []
    for key, value in sorted(data.items()):
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
        # A long key has a line of its own, so that the values stay in their column.
        if len(key) > 13:  # noqa: PLR2004 - the width of a label, less the space after it
            items.append(Note(key, Ink.LABEL))
            items.append(Fact("", text))
        else:
            items.append(Fact(key, text))
    return items
