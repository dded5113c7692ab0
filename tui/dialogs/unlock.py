"""Unlocking a person's slot: who acts, and the passphrase that opens their keys."""

from collections.abc import Iterable
from functools import partial

from textual import on, work
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from certmgr.errors import CertmgrError
from tui.dialogs.base import Choice, Dialog, buttons
from tui.present import Ink, Piece, fit, plural, safe_text
from tui.views import Slot
from tui.widgets.paint import content

_NAME_WIDTH = 20


class UnlockDialog(Dialog[str]):
    """Ends with the name of the slot that was unlocked."""

    def __init__(self, purpose: str) -> None:
        """Say what the slot is unlocked for."""
        super().__init__()
        self._purpose = purpose
        self._slots: tuple[Slot, ...] = ()
        self._busy = False

    def body(self) -> Iterable[Widget]:
        """Return the slots, the field for the passphrase, and the buttons."""
        yield self.title_line("Unlock to", self._purpose)
        yield self.text(((Piece("Slot", Ink.LABEL),),), name="slot-label")
        yield OptionList(compact=True, markup=False, id="slots")
        yield self.text(((Piece("Passphrase", Ink.LABEL),),), name="passphrase-label")
        yield Input(password=True, compact=True, id="passphrase")
        yield self.text((), name="status")
        yield buttons(
            Choice("Cancel", name="cancel"),
            Choice("Unlock", name="unlock"),
            note=self.keys("enter unlocks"),
        )

    def on_mount(self) -> None:
        """Begin in the field; the slots come from the store."""
        self.query_one("#passphrase").focus()
        self._load()

    @work(exclusive=True, group="slots")
    async def _load(self) -> None:
        """List the slots that a person can unlock, the usual one highlighted."""
        backend = self.app.backend
        try:
            self._slots = await self.app.reads.run(backend.slots)
        except CertmgrError as error:
            self._status(error.message, Ink.URGENT)
            return
        if not self._slots:
            self._status("There is no person's slot here; certmgr operator add makes one.", Ink.URGENT)
            return
        listed = self.query_one("#slots", OptionList)
        for slot in self._slots:
            line = (Piece(f" {fit(self._shown(slot.name), _NAME_WIDTH, self.app.glyphs)}"), Piece(slot.role, Ink.DIM))
            listed.add_option(Option(content(line)))
        usual = backend.usual_slot
        listed.highlighted = next((index for index, slot in enumerate(self._slots) if slot.name == usual), 0)
        minutes = backend.idle_minutes
        lock = self.app.keymap.shown("lock")
        self._status(f"Stays unlocked until {plural(minutes, 'minute')} pass without a key; {lock} locks.", Ink.DIM)

    @on(Input.Submitted)
    @on(Choice.Pressed, "#unlock")
    def _submit(self) -> None:
        """Try the passphrase."""
        listed = self.query_one("#slots", OptionList)
        if not self._busy and listed.highlighted is not None and self.query_one("#passphrase", Input).value:
            self._unlock(self._slots[listed.highlighted])

    @on(Choice.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """End without unlocking."""
        self.query_one("#passphrase", Input).value = ""
        self.workers.cancel_group(self, "unlock")
        self.dismiss(None)

    @on(OptionList.OptionSelected)
    def _slot_chosen(self) -> None:
        """Go on to the passphrase."""
        self.query_one("#passphrase").focus()

    @work(exclusive=True, group="unlock")
    async def _unlock(self, slot: Slot) -> None:
        """Derive the key in another thread: it takes most of a second and 256 MiB."""
        field = self.query_one("#passphrase", Input)
        unlock = partial(self.app.backend.unlock, slot.name, field.value)
        field.value = ""
        self._set_busy(busy=True)
        self._status(f"Unlocking {self._shown(slot.name)} ...", Ink.DIM)
        try:
            session = await self.app.acts.run(unlock)
        except CertmgrError as error:
            self._set_busy(busy=False)
            self._status(error.message, Ink.URGENT)
            field.focus()
            return
        self.app.backend.enter(session)
        self.dismiss(slot.name)

    def _set_busy(self, *, busy: bool) -> None:
        """Take no second try while one runs."""
        self._busy = busy
        self.query_one("#passphrase", Input).disabled = busy
        self.query_one("#unlock", Choice).disabled = busy

    def _status(self, text: str, ink: Ink) -> None:
        """Write the line above the buttons."""
        self.query_one("#status", Static).update(content((Piece(self._shown(text), ink),)))

    def _shown(self, text: str) -> str:
        """Return `text`, safe."""
        return safe_text(text, ascii_only=self.app.glyphs.ascii_only)
