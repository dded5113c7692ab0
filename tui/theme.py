"""The colours: every word reads at 4.5:1 or better on its background (WCAG 1.4.3), and none tells anything alone."""

from collections.abc import Mapping
from types import MappingProxyType

from textual.theme import Theme

from tui.present import Ink

DARK = Theme(
    name="certmgr-dark",
    primary="#6ab0f3",
    secondary="#8fa1b8",
    accent="#6ab0f3",
    warning="#ffa00f",
    error="#ff5f59",
    success="#6cc287",
    foreground="#d5dae3",
    background="#15181e",
    surface="#1b1f27",
    panel="#232936",
    dark=True,
    variables={
        "border": "#6ab0f3",
        "border-blurred": "#3a4354",
        "block-cursor-background": "#2b3a52",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#232936",
        "block-cursor-blurred-foreground": "#d5dae3",
        "block-cursor-blurred-text-style": "none",
        "input-selection-background": "#6ab0f3 30%",
        "scrollbar": "#3a4354",
        "scrollbar-hover": "#56637a",
        "scrollbar-active": "#6ab0f3",
        "scrollbar-background": "#1b1f27",
        "scrollbar-background-hover": "#1b1f27",
        "scrollbar-background-active": "#1b1f27",
        "scrollbar-corner-color": "#1b1f27",
    },
)
PLAIN_THEME = "ansi-dark"
"""With NO_COLOR: the terminal's own two colours, bold and reverse, and no other attribute of colour."""

INK_COLOURS: Mapping[Ink, str] = MappingProxyType(
    {
        Ink.PLAIN: "#d5dae3",
        Ink.STRONG: "#f2f5fa",
        Ink.DIM: "#8b95a7",
        Ink.LABEL: "#8b95a7",
        Ink.HEADING: "#8b95a7",
        Ink.PENDING: "#00d3d0",
        Ink.REVOKED: "#989898",
        Ink.HELD: "#b6a0ff",
        Ink.EXPIRED: "#ff5f59",
        Ink.SUPERSEDED: "#989898",
        Ink.DUE: "#ffa00f",
        Ink.VALID: "#2fafff",
        Ink.REVOKING: "#feacd0",
        Ink.URGENT: "#ff5f59",
        Ink.ALARM: "#ff5f59",
        Ink.MARK: "#6ab0f3",
        Ink.PLACE: "#6ab0f3",
    }
)
_BOLD = frozenset({Ink.STRONG, Ink.URGENT, Ink.ALARM, Ink.MARK, Ink.PLACE})


def variables() -> dict[str, str]:
    """Return the inks as variables of the style sheet (`$ink-valid`), for themes that do not name their own."""
    return {f"ink-{ink.value}": colour for ink, colour in INK_COLOURS.items()}


def style(ink: Ink) -> str:
    """Return an ink as a style that Textual's Content understands."""
    return f"$ink-{ink.value}{' bold' if ink in _BOLD else ''}"
