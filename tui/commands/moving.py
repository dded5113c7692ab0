"""Moving about, lists, the filter line, pages of text and what is looked for in them."""

from itertools import chain

from tui.commands.registry import Command, Scope

_SEARCH = tuple(
    (
        Command(
            id=f"search{ending}", keys=("slash",), action="search", scope=scope, title=f"Search {what}", palette=True
        ),
        Command(id=f"next-match{ending}", keys=("n",), action="match(1)", scope=scope, title="To the next match"),
        Command(
            id=f"previous-match{ending}", keys=("N",), action="match(-1)", scope=scope, title="To the previous match"
        ),
    )
    for scope, ending, what in ((Scope.PAGE, "", "the text"), (Scope.DETAIL, "-this", "this certificate"))
)

COMMANDS: tuple[Command, ...] = (
    *chain.from_iterable(_SEARCH),
    Command(id="leave", keys=("escape", "h"), action="back", scope=Scope.PAGE, title="Back", label="back"),
    Command(id="down", keys=("j", "down"), action="move(1)", scope=Scope.MOVEMENT, title="Down"),
    Command(id="up", keys=("k", "up"), action="move(-1)", scope=Scope.MOVEMENT, title="Up"),
    Command(id="first", keys=("g", "home"), action="first", scope=Scope.MOVEMENT, title="To the first"),
    Command(id="last", keys=("G", "end"), action="last", scope=Scope.MOVEMENT, title="To the last"),
    Command(id="half-down", keys=("ctrl+d",), action="half(1)", scope=Scope.MOVEMENT, title="Half a page down"),
    Command(id="half-up", keys=("ctrl+u",), action="half(-1)", scope=Scope.MOVEMENT, title="Half a page up"),
    Command(id="page-down", keys=("pagedown", "ctrl+f"), action="page(1)", scope=Scope.MOVEMENT, title="A page down"),
    Command(id="page-up", keys=("pageup", "ctrl+b"), action="page(-1)", scope=Scope.MOVEMENT, title="A page up"),
    Command(id="filter-keep", keys=("enter",), action="", scope=Scope.FILTER, title="Keep the filter", typed=True),
    Command(id="filter-clear", keys=("escape",), action="", scope=Scope.FILTER, title="Clear the filter", typed=True),
    Command(
        id="open",
        keys=("enter", "l"),
        action="open",
        scope=Scope.ROWS,
        title="Open what the cursor is on",
        label="open",
    ),
    Command(
        id="filter",
        keys=("slash",),
        action="filter",
        scope=Scope.ROWS,
        title="Filter the list",
        label="filter",
        palette=True,
    ),
    Command(id="clear", keys=("escape",), action="clear", scope=Scope.ROWS, title="Clear the filter", palette=True),
    Command(id="mark", keys=("space",), action="mark", scope=Scope.ROWS, title="Mark, or unmark, and go down"),
    Command(
        id="mark-stretch",
        keys=("M", "ctrl+@"),
        action="mark_stretch",
        scope=Scope.ROWS,
        title="Mark all from the last mark to the cursor",
        palette=True,
    ),
    Command(
        id="mark-all", keys=("asterisk",), action="mark_all", scope=Scope.ROWS, title="Mark all that match, or none"
    ),
    Command(id="sort", keys=("s",), action="sort", scope=Scope.ROWS, title="Sort by the next column", palette=True),
    Command(
        id="reverse", keys=("S",), action="reverse", scope=Scope.ROWS, title="Sort the other way round", palette=True
    ),
    Command(
        id="hidden",
        keys=("a",),
        action="hidden",
        scope=Scope.ROWS,
        title="Show or hide what is over",
        label="all",
        palette=True,
    ),
)
