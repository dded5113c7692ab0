"""The application: threads, clocks and screens around one workspace, and `run`, which the command calls."""

import gc
import os
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual import work
from textual.app import SystemCommand
from textual.binding import BindingType
from textual.command import CommandPalette
from textual.events import Event, Key, MouseDown, MouseEvent
from textual.screen import ModalScreen, Screen
from textual.signal import Signal
from textual.widgets import Input

from certmgr.errors import CertmgrError
from certmgr.models.certificates import CertificateId
from tui import remembered, terminal
from tui.commands import WRITING, Scope, bindings, shown
from tui.commands.places import FIRST
from tui.dialogs.issue import IssueDialog
from tui.dialogs.place import PlaceDialog
from tui.dialogs.revoke import RevokeDialog
from tui.dialogs.unlock import UnlockDialog
from tui.host import Host
from tui.issue_words import submitted_lines, submitted_text, submitted_title
from tui.keymap import Keymap, read_keymap
from tui.lanes import Lane
from tui.preferences import PreferringApp
from tui.present import ASCII, UNICODE, plural
from tui.screens.catalogue import SCREENS
from tui.screens.detail import DetailScreen
from tui.screens.doctor import start_check
from tui.screens.frame import MIN_COLUMNS, MIN_ROWS, ROOMY_ROWS, WIDE_COLUMNS, FrameScreen
from tui.screens.pages import HelpScreen, MessagesScreen
from tui.telling import TellingApp
from tui.values.issuing import Draft
from tui.views import Head, Row
from tui.watching import Watch
from tui.wording import error_text, outcome_line

if TYPE_CHECKING:
    from certmgr.models.revocations import Revocation
    from certmgr.workspace import Workspace
    from tui.backend import Backend
    from tui.banner import Deadline

T = TypeVar("T")

POLL_S = 1.0
"""How often the store is asked whether anything has changed: a change shows within two seconds."""
MINUTE_S = 60.0
PATIENCE_S = 0.25
"""How long keys wait for the store and for acts; what takes longer says so, and the keys go to what is on screen."""
_GARBAGE_FROM = 10_000
"""How many objects are made before a look for garbage; a look takes a millisecond then."""
END_S = 30.0
"""How long leaving waits for a revocation that is being carried out."""


class CertmgrApp(TellingApp, PreferringApp):
    """certmgr's terminal interface."""

    TITLE = "certmgr"
    CSS_PATH = "styles.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.EVERYWHERE, Scope.PLACES)]
    MODES = dict(SCREENS)  # noqa: RUF012 - Textual's
    PLACES = SCREENS
    DEFAULT_MODE = FIRST
    HORIZONTAL_BREAKPOINTS = [(0, "-small"), (MIN_COLUMNS, "-normal"), (WIDE_COLUMNS, "-wide")]  # noqa: RUF012 - Textual's
    VERTICAL_BREAKPOINTS = [(0, "-short"), (MIN_ROWS, "-tall"), (ROOMY_ROWS, "-roomy")]  # noqa: RUF012 - Textual's

    def __init__(  # noqa: PLR0913 - an argument for each way in which a session may differ
        self,
        backend: "Backend",
        *,
        read_only: bool = False,
        ascii_only: bool = False,
        keymap: Keymap | None = None,
        memory_file: Path | None = None,
        mouse: bool = True,
    ) -> None:
        """Show what `backend` knows; NO_COLOR is read from the environment.

        What the last session left in `memory_file` is taken up; None: nothing is remembered.
        """
        plain = bool(os.environ.get("NO_COLOR"))
        self.backend = backend
        self.prefer(keymap=keymap or Keymap(), memory_file=memory_file, mouse=mouse)
        super().__init__(log_dir=backend.log_dir, clock=backend.now, ansi_color=True if plain else None)
        self.read_only = read_only
        self.glyphs = ASCII if ascii_only else UNICODE
        self.reads, self.looks = (Lane(name, at_end=backend.close_thread) for name in ("reads", "looks"))
        self.acts = Lane("acts", at_end=backend.close_thread, before_each=backend.write_here)
        self.lists, self.marks, self.counts = (
            Lane(name, at_end=backend.close_thread, stopper=backend.stopper) for name in ("lists", "marks", "counts")
        )
        self.head: Head | None = None
        self.requests: tuple[Revocation, ...] = ()
        self.deadlines: tuple[Deadline, ...] = ()
        self._watch = Watch(backend.now())
        self.frame_signal = Signal[Host](self, "frame")
        self.store_signal = Signal[bool](self, "store")
        self._version: int | None = None
        self._again = False
        self._unreadable = ""
        self._waits: float | None = None
        self._shown_slot: str | None = None
        self.animation_level = "none"
        self.dress(backend.settings.theme)
        self.set_class(ascii_only, "-ascii")

    def awaits(self) -> bool:
        """Tell whether something is read or carried out that a key has asked for; a field waits for nothing."""
        if isinstance(self.focused, Input):
            return False
        if isinstance(self.screen, FrameScreen) and self.screen.awaits():
            return True
        lanes = (self.lists, self.reads, self.marks, self.acts)
        return super().awaits() or any(lane.awaited_for(PATIENCE_S) for lane in lanes)

    def on_mount(self) -> None:
        """Take the signals of the system and begin to follow the store."""
        self.guard()
        self._follow()
        self.set_interval(POLL_S, self._follow)
        self.set_interval(MINUTE_S, self._minute)

    async def on_event(self, event: Event) -> None:
        """Count every key and click as presence: an unlocked slot stays so until nobody is there.

        What a terminal still sends of a mouse that was left to it does nothing.
        """
        if isinstance(event, MouseEvent) and not self.mouse:
            return
        if isinstance(event, Key | MouseDown):
            self.backend.touch()
        await super().on_event(event)

    @work(exclusive=True, group="follow")
    async def _follow(self, *, anyway: bool = False) -> None:
        """Ask whether the store has changed, and read header and requests again if it has."""
        slot = self.backend.unlocked
        if self.backend.lock_if_idle():
            self.say(f"The slot {slot} is locked again: {plural(self.backend.idle_minutes, 'minute')} without a key.")
        if self.backend.unlocked != self._shown_slot:
            self._shown_slot = self.backend.unlocked
            self.frame_signal.publish(self)
        self._ring()
        self._tell_waiting()
        # A newer call takes the place of this one; what was wanted of it stays wanted.
        self._again = self._again or anyway
        aside = not self._again
        try:
            version = await self.reads.run(self.backend.version, aside=aside)
            if version == self._version and not self._again:
                return
            head = await self.reads.run(self.backend.head, aside=aside)
            requests = await self.reads.run(self.backend.open_requests, aside=aside)
            deadlines = await self.reads.run(self.backend.revocations.deadlines, aside=aside)
        except CertmgrError as error:
            self._store_lost(error)
            return
        first = self._version is None
        self._version, self._unreadable, self._again = version, "", False
        self.head, self.requests, self.deadlines = head, requests, deadlines
        self._watch.take(deadlines)
        self.frame_signal.publish(self)
        if not first:
            self.store_signal.publish(not aside)

    def _ring(self) -> None:
        """Say which promises have come to a threshold, once, and ring where the configuration wants it."""
        crossed = self._watch.crossed(self.backend.now())
        for one in crossed:
            self.say(one.text, warning=True)
        if crossed and self.backend.rings:
            self.bell()

    def _tell_waiting(self) -> None:
        """Say once of each act for what it waits."""
        since = self.backend.waits_since() if self.acts.busy else None
        if since is not None and since != self._waits:
            self.say("Another process is writing to the store. What was asked for waits until it has done so.")
        self._waits = since

    def _store_lost(self, error: CertmgrError) -> None:
        """Say once that the store cannot be read; what is shown stays, and reading is tried again."""
        if error.message != self._unreadable:
            self._unreadable = error.message
            self._version = -1 if self._version is not None else None
            self.say(error_text(error), warning=True)

    def _minute(self) -> None:
        """States and days follow the clock, not only the store."""
        self.store_signal.publish(False)  # noqa: FBT003 - what is published has no name

    async def act(self, purpose: str, call: Callable[[], T], *, slotless: bool = False) -> T | None:
        """Carry out what writes and return what it returned; None where no slot was unlocked or it was refused."""
        if self._refuses():
            return None
        if not slotless and self.backend.unlocked is None and not await self.push_screen_wait(UnlockDialog(purpose)):
            return None
        self._follow()
        try:
            done = await self.acts.run(call)
        except CertmgrError as error:
            self.trouble(error)
            return None
        self._follow(anyway=True)
        return done

    def start_revocation(self, row: Row) -> None:
        """Open the revocation dialog, unless the session is read-only."""
        if not self._refuses():
            self._revoke(row)

    @work(exclusive=True, group="revoke")
    async def _revoke(self, row: Row) -> None:
        """Open the revocation dialog and say what came of it."""
        outcome = await self.push_screen_wait(RevokeDialog(row))
        if outcome is None:
            return
        text = outcome_line(outcome, self.backend.now())
        self._follow(anyway=True)
        if outcome.published and not outcome.problem:
            self.say(text)
            return
        self.unfinished("Revocation not finished", text)

    def open_detail(self, certificate: CertificateId) -> None:
        """Show one certificate on a screen of its own."""
        self.push_screen(DetailScreen(certificate))

    @work(exclusive=True, group="issue")
    async def action_issue(self) -> None:
        """Open the form for a certificate, and say what came of it."""
        if isinstance(self.screen, ModalScreen):
            return
        done = await self.push_screen_wait(IssueDialog(self.backend.issuing.begin(self.draft())))
        if done is not None:
            lines = submitted_lines(done, self.glyphs)
            self.tell(submitted_text(done), title=submitted_title(done), lines=lines)

    def draft(self) -> Draft | None:
        """Return what the screen knows of the server that a certificate may be asked for; None: nothing."""
        return self.screen.draft() if isinstance(self.screen, FrameScreen) else None

    async def action_go(self, place: str) -> None:
        """Go to a screen of its own, whatever lies on top of this one; not away from a dialog."""
        if isinstance(self.screen, ModalScreen):
            return
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        if self.current_mode != place:
            await self.switch_mode(place)

    async def action_ask_place(self) -> None:
        """Ask where to go, and go there.

        The dialog takes the keys before this returns: what is typed quickly after `:` is no command of the list.
        """
        if not isinstance(self.screen, ModalScreen):
            await self.push_screen(PlaceDialog(), self._go)

    async def _go(self, place: str | None) -> None:
        """Go to the place that was asked for, if one was."""
        if place is not None:
            await self.action_go(place)

    def action_help(self) -> None:
        """Show the help."""
        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen())

    def action_messages(self) -> None:
        """Show the messages of this session."""
        if not isinstance(self.screen, MessagesScreen):
            self.push_screen(MessagesScreen())

    def action_refresh_now(self) -> None:
        """Read the store again."""
        self._follow(anyway=True)

    def action_run_check(self) -> None:
        """Do all that is due, on a page of its own."""
        if not self._refuses() and not isinstance(self.screen, ModalScreen):
            start_check(self)

    def _refuses(self) -> bool:
        """Tell whether nothing may be written in this session; if so, say it."""
        if self.read_only:
            self.say("This session is read-only (--read-only).")
        return self.read_only

    def action_lock(self) -> None:
        """Forget the unlocked slot."""
        name = self.backend.unlocked
        self.backend.lock()
        self._follow()
        self.say(f"The slot {name} is locked." if name else "No slot is unlocked.")

    async def action_quit(self) -> None:
        """Leave, unless something is just being carried out."""
        if self.acts.busy:
            self.say("A change is being carried out; quit again when it is done.", warning=True)
            return
        self.exit(return_code=0)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Do nothing that writes in a read-only session."""
        return super().check_action(action, parameters) and not (self.read_only and action in WRITING)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Return the palette's commands: those of this screen and of everywhere, and none of Textual's own.

        Its screenshot would write what is on screen, which may be confidential, to a file.
        """
        scopes = getattr(screen, "SCOPES", ())
        for command in (*self.commands(*scopes), *self.commands(Scope.PLACES, Scope.EVERYWHERE)):
            if command.palette and not (command.writes and self.read_only):
                keys = ", ".join(shown(key) for key in command.keys)
                yield SystemCommand(command.title, keys, partial(screen.run_action, command.action))

    def action_command_palette(self) -> None:
        """Open the palette."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(CommandPalette(placeholder="Search for commands", id="--command-palette"))

    def finish(self) -> None:
        """Keep what is remembered, and end the threads: what reads is left alone, what writes is waited for."""
        self.keep()
        self.acts.close(END_S)
        for lane in (self.lists, self.marks, self.counts, self.reads, self.looks):
            lane.close(0.5)


def run(workspace: "Workspace", *, read_only: bool, mouse: bool, ascii: bool | None) -> int:  # noqa: A002 - its option
    """Show the interface until the user leaves; returns the exit code (143 after SIGTERM, 130 after SIGINT).

    `ascii` draws with ASCII alone; None does so where the terminal's encoding is not UTF-8. Raises UsageError where
    there is no terminal that can show it, and where the configuration gives keys that cannot be used.
    """
    keymap = read_keymap(workspace.config.tui.keys, file=str(workspace.home / "certmgr.toml"))
    terminal.check_terminal(sys.stdin, sys.stderr, os.environ)
    terminal.settle_environment()
    from tui.backend import Backend  # noqa: PLC0415 - the terminal is looked at before the rest is loaded

    backend = Backend(workspace)
    ascii_only = not terminal.speaks_utf8(sys.stderr) if ascii is None else ascii
    memory_file = remembered.path_for(workspace.home, os.environ)
    app = CertmgrApp(
        backend, read_only=read_only, ascii_only=ascii_only, keymap=keymap, memory_file=memory_file, mouse=mouse
    )
    # What starting has made stays. A command is over before it has made garbage worth looking for; this is not.
    gc.freeze()
    gc.set_threshold(_GARBAGE_FROM)
    try:
        app.run(mouse=mouse)
    finally:
        app.finish()
    return app.return_code or 0
