"""Styles that are parsed once for each set of colours.

Textual 8.2 parses every source of styles anew whenever a screen is shown for the first time, twice for most of them:
its count of what the screen has seen begins at -1 (`Screen._css_update_count`), and `App.refresh_css` does not ask
whether anything has changed. That took up to a tenth of a second of each first visit to a place.
"""

from typing import Final

from textual.cache import LRUCache
from textual.css.stylesheet import Stylesheet

_SOURCES: Final = 512
"""More than there are: the application's and each widget's own. Textual keeps 64, which is fewer."""


class KeptStylesheet(Stylesheet):
    """A stylesheet whose rules are kept until a variable changes."""

    def __init__(self, *, variables: dict[str, str] | None = None) -> None:
        """Begin without sources."""
        super().__init__(variables=variables)
        self._parse_cache = LRUCache(_SOURCES)

    def set_variables(self, variables: dict[str, str]) -> None:
        """Take other colours; the same ones change nothing."""
        if variables != self._variables:
            super().set_variables(variables)

    def reparse(self) -> None:
        """Make the rules from all sources, parsing those that were not parsed with these variables.

        Raises StylesheetError or StylesheetParseError; the rules from before stay then.
        """
        self.parse()
