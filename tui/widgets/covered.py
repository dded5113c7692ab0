"""Whether what a widget draws would be seen.

A change on a screen that lies under another has Textual draw the whole terminal again, seen or not: twelve kilobytes a
second for one countdown.
"""

from textual.screen import Screen
from textual.widget import Widget


def screens_above(widget: Widget) -> list[Screen[object]]:
    """Return the screens and dialogs that lie on the one of `widget`; all there are where that one is not shown."""
    stack = widget.app.screen_stack
    return stack[stack.index(widget.screen) + 1 :] if widget.screen in stack else list(stack)


def covered(widget: Widget) -> bool:
    """Return whether a screen or a dialog lies on the one of `widget`, so that countdowns on it may wait."""
    return bool(screens_above(widget))
