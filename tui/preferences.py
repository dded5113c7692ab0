"""What the user prefers: theme, keys, mouse, and how each screen was left."""

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from textual.screen import Screen

from tui import remembered, theme
from tui.host import Host
from tui.keymap import Keymap
from tui.remembered import ListMemory, Memory


class PreferringApp(Host):
    """An application that is as its user wants it, and is so again next time."""

    PLACES: ClassVar[Mapping[str, type[Screen[Any]]]] = {}
    """The screens that can be gone to by name; the first is where a session begins."""

    def prefer(self, *, keymap: Keymap, memory_file: Path | None, mouse: bool) -> None:
        """Take keys and memory up; called before the application is set up, for the first screen depends on it."""
        self.keymap = keymap
        self.mouse = mouse
        self._memory_file = memory_file
        memory = remembered.load(memory_file)
        self._chosen_theme = memory.theme if memory.theme in theme.PALETTES else ""
        self._lists = {name: one for name, one in memory.lists.items() if name in self.PLACES}
        if memory.place in self.PLACES:
            self.DEFAULT_MODE = memory.place  # type: ignore[misc] # read from the instance

    def dress(self, configured: str) -> None:
        """Show the theme that was chosen last, else the configured one; with NO_COLOR that of the terminal."""
        for one in theme.themes():
            self.register_theme(one)
        self.plain = bool(os.environ.get("NO_COLOR"))
        self.theme = theme.PLAIN_THEME if self.plain else theme.theme_name(self._chosen_theme or configured)
        if self.keymap.changes:
            self.set_keymap(self.keymap.for_textual())

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return inks and backgrounds, which every theme has."""
        return theme.variables()

    def action_theme(self, name: str) -> None:
        """Show the interface in another theme, now and next time."""
        if self.plain:
            self.say("NO_COLOR is set: there are no colours to change.")
            return
        self._chosen_theme = name
        self.theme = theme.theme_name(name)
        # Lists and banner hold what they have drawn.
        self.refresh_css(animate=False)
        for screen in self.screen_stack:
            screen.refresh(recompose=False)
        self.keep()
        self.say(f"The theme is {name}: {theme.PALETTES[name].title}.")

    def action_mouse(self) -> None:
        """Leave the mouse to the terminal, or take it again."""
        self.mouse = not self.mouse
        self.take_mouse(on=self.mouse)
        left = "The mouse is the terminal's: it selects text."
        self.say("The interface takes the mouse; most terminals select text with shift held." if self.mouse else left)

    def recalled(self, screen: Screen[Any]) -> ListMemory | None:
        """Return how the list on `screen` was left; None: it never was."""
        return self._lists.get(self._place_of(screen))

    def remember(self, screen: Screen[Any], memory: ListMemory) -> None:
        """Keep how the list on `screen` is looked at."""
        if place := self._place_of(screen):
            self._lists[place] = memory

    def keep(self) -> None:
        """Write what is remembered; where that is not possible, it is not."""
        lists = MappingProxyType(dict(self._lists))
        place = self.current_mode if self.current_mode in self.PLACES else ""
        remembered.save(self._memory_file, Memory(theme=self._chosen_theme, place=place, lists=lists))

    def _place_of(self, screen: Screen[Any]) -> str:
        """Return the name of the place that `screen` is; empty for any other screen."""
        return next((name for name, kind in self.PLACES.items() if type(screen) is kind), "")
