"""The detail of one certificate, beside the list or on a screen of its own."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from textual.message import Message

from tui.facts import Section, detail_sections, page_of
from tui.present import Glyphs, Ink, Line, Piece, next_tick
from tui.values.detail import Look
from tui.views import Detail
from tui.widgets.covered import covered
from tui.widgets.line_view import LineView

if TYPE_CHECKING:
    from textual.timer import Timer


class DetailPane(LineView):
    """Sections of facts that can be jumped between; a countdown in them costs its line."""

    class Jumped(Message):
        """Another section is the current one."""

        def __init__(self, title: str, number: int, total: int) -> None:
            """Keep its title and its place, from 1."""
            super().__init__()
            self.title, self.number, self.total = title, number, total

    def __init__(self, *, glyphs: Glyphs, clock: Callable[[], datetime], whole: bool = False) -> None:
        """Show nothing until there is something to show; unless `whole`, only the most important of it."""
        super().__init__()
        self._glyphs = glyphs
        self._clock = clock
        self._whole = whole
        self._detail: Detail | None = None
        self._looks: Mapping[int, Look] = {}
        self._said: tuple[Line, ...] = ()
        self._sections: tuple[Section, ...] = ()
        self._starts: tuple[int, ...] = ()
        self._current: int | None = None
        self._timer: Timer | None = None

    @property
    def detail(self) -> Detail | None:
        """What is shown."""
        return self._detail

    def show_detail(self, detail: Detail | None) -> None:
        """Show a certificate, or that there is none; another certificate begins at its top."""
        other = detail is None or self._detail is None or detail.certificate.id != self._detail.certificate.id
        self._detail = detail
        self._said = ((Piece("No certificate", Ink.DIM),),)
        if other:
            self._current, self._looks = None, {}
        self._draw()
        if other:
            self.scroll_home(animate=False)

    def show_looks(self, looks: Mapping[int, Look]) -> None:
        """Show what the endpoints showed just now, by deployment."""
        self._looks = dict(looks)
        self._draw()

    def say(self, lines: tuple[Line, ...]) -> None:
        """Show `lines` in place of a certificate."""
        self._detail, self._said = None, lines
        self._draw()

    def jump(self, delta: int) -> None:
        """Make the next or the previous section the current one, and bring its heading to the top if it can be."""
        if not self._sections:
            return
        here = self._at_top() if self._current is None else self._current
        self._current = (here + delta) % len(self._sections)
        self._draw()
        self.scroll_to(y=max(self._starts[self._current] - 1, 0), animate=False)
        title = self._sections[self._current].title or "FACTS"
        self.post_message(self.Jumped(title, self._current + 1, len(self._sections)))

    def section_named(self, title: str) -> None:
        """Bring the section with that title to the top."""
        for number, section in enumerate(self._sections):
            if section.title == title:
                self._current = number - 1
                self.jump(1)

    def on_resize(self) -> None:
        """Lay the lines out for the new width."""
        self._draw()

    def _at_top(self) -> int:
        """Return the section that the first line on screen belongs to."""
        top = round(self.scroll_offset.y)
        return max((number for number, start in enumerate(self._starts) if start <= top + 1), default=0)

    def _draw(self) -> None:
        """Lay the lines out, and come back when a countdown in them changes."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        width = self.scrollable_content_region.width
        if self._detail is None or width <= 0:
            self._sections, self._starts = (), ()
            self.show(self._said)
            return
        now = self._clock()
        self._sections = detail_sections(
            self._detail, width=width, now=now, glyphs=self._glyphs, looks=self._looks, brief=not self._whole
        )
        lines, self._starts = page_of(self._sections, width=width, glyphs=self._glyphs, current=self._current)
        self.show(lines)
        self._count_down()

    def _count_down(self) -> None:
        """Come back when a countdown reads differently; what is covered waits."""
        if self._detail is not None and (moments := _deadlines(self._detail)):
            wait = next_tick(moments, self._clock())
            self._timer = self.set_timer(wait, lambda: self._count_down() if covered(self) else self._draw())


def _deadlines(detail: Detail) -> tuple[datetime, ...]:
    """Return what is counted down to: open requests, the time for an objection, the decision of a hold."""
    one = detail.certificate
    return (
        *(
            request.due_at or request.verify_due_at
            for request in detail.revocations
            if request.published_at is None and request.closed_at is None
        ),
        *(moment for moment in (one.accept_by, one.hold_until if one.held_at else None) if moment is not None),
    )
