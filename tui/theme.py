"""The colours: every word reads at 4.5:1 or better on its background (WCAG 1.4.3), and none tells anything alone.

Three themes with the same inks: a dark one, a light one, and a dark one whose states are distinct for eyes that do not
tell red from green.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from textual.color import Color
from textual.theme import Theme

from tui.present import Ink

BACKGROUNDS = (
    "background",
    "surface",
    "panel",
    "block-cursor-background",
    "block-cursor-blurred-background",
    "banner-open",
    "banner-overdue",
)
"""What words stand on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """The colours of a theme, as `#rrggbb`."""

    title: str
    """What the palette of commands says."""
    dark: bool
    background: str
    surface: str
    """Dialogs, banner, panes."""
    panel: str
    """Top line, bottom line."""
    cursor: str
    line: str
    """Borders of what has no focus, and the track of a scroll bar; not for words."""
    line_strong: str
    open: str
    """The banner while a revocation request is open."""
    overdue: str
    plain: str
    strong: str
    dim: str
    valid: str
    due: str
    expired: str
    revoking: str
    revoked: str
    pending: str
    held: str
    mark: str
    done: str

    def inks(self) -> dict[Ink, str]:
        """Return the colour of every ink."""
        return {
            Ink.PLAIN: self.plain,
            Ink.STRONG: self.strong,
            Ink.DIM: self.dim,
            Ink.LABEL: self.dim,
            Ink.HEADING: self.dim,
            Ink.PENDING: self.pending,
            Ink.REVOKED: self.revoked,
            Ink.HELD: self.held,
            Ink.EXPIRED: self.expired,
            Ink.SUPERSEDED: self.revoked,
            Ink.DUE: self.due,
            Ink.VALID: self.valid,
            Ink.REVOKING: self.revoking,
            Ink.URGENT: self.expired,
            Ink.ALARM: self.expired,
            Ink.MARK: self.mark,
            Ink.PLACE: self.mark,
            Ink.FOUND: self.mark,
        }

    def backgrounds(self) -> dict[str, str]:
        """Return everything that words stand on, by its name in the style sheet."""
        colours = (self.background, self.surface, self.panel, self.cursor, self.panel, self.open, self.overdue)
        return dict(zip(BACKGROUNDS, colours, strict=True))


PALETTES: Mapping[str, Palette] = MappingProxyType(
    {
        "dark": Palette(
            title="dark",
            dark=True,
            background="#15181e",
            surface="#1b1f27",
            panel="#232936",
            cursor="#1f2e47",
            line="#3a4354",
            line_strong="#56637a",
            open="#2c2430",
            overdue="#3a1f24",
            plain="#d5dae3",
            strong="#f2f5fa",
            dim="#8b95a7",
            valid="#2fafff",
            due="#ffa00f",
            expired="#ff5f59",
            revoking="#feacd0",
            revoked="#989898",
            pending="#00d3d0",
            held="#b6a0ff",
            mark="#6ab0f3",
            done="#6cc287",
        ),
        "light": Palette(
            title="light",
            dark=False,
            background="#ffffff",
            surface="#f4f6f9",
            panel="#e7ebf1",
            cursor="#cfdff5",
            line="#b6bfcc",
            line_strong="#8a95a5",
            open="#f6e9f1",
            overdue="#f8dede",
            plain="#24292f",
            strong="#0b0f14",
            dim="#57606a",
            valid="#0550ae",
            due="#7a4a00",
            expired="#b3151f",
            revoking="#8f1267",
            revoked="#5b6168",
            pending="#00645a",
            held="#5a1fc0",
            mark="#0550ae",
            done="#116329",
        ),
        "colour-blind": Palette(
            title="distinct without red and green",
            dark=True,
            background="#15181e",
            surface="#1b1f27",
            panel="#232936",
            cursor="#1f2e47",
            line="#3a4354",
            line_strong="#56637a",
            open="#2c2430",
            overdue="#3a1f24",
            plain="#d5dae3",
            strong="#f2f5fa",
            dim="#8b95a7",
            valid="#6f94fb",
            due="#d3b00b",
            expired="#fb7c5a",
            revoking="#f35dc0",
            revoked="#92978e",
            pending="#3af7ca",
            held="#e4d5fd",
            mark="#6f94fb",
            done="#3af7ca",
        ),
    }
)
DEFAULT = "dark"
PLAIN_THEME = "ansi-dark"
"""With NO_COLOR: the terminal's own two colours, bold and reverse, and no other attribute of colour."""

INK_COLOURS: Mapping[Ink, str] = MappingProxyType(PALETTES[DEFAULT].inks())
_BALANCE = 0.179
"""The relative luminance on which black and white have the same contrast, 4.58:1 (WCAG 2.2)."""
_BOLD = frozenset({Ink.STRONG, Ink.URGENT, Ink.ALARM, Ink.MARK, Ink.PLACE})


def theme_name(name: str) -> str:
    """Return what Textual calls the theme `name`."""
    return f"certmgr-{name}"


def themes() -> tuple[Theme, ...]:
    """Return every theme, for `App.register_theme`."""
    return tuple(_theme(name, palette) for name, palette in PALETTES.items())


def variables(palette: Palette = PALETTES[DEFAULT]) -> dict[str, str]:
    """Return inks and backgrounds as variables of the style sheet (`$ink-valid`, `$banner-open`)."""
    inks = {f"ink-{ink.value}": colour for ink, colour in palette.inks().items()}
    return {**inks, **palette.backgrounds()}


def style(ink: Ink) -> str:
    """Return an ink as a style that Textual's Content understands."""
    return f"$ink-{ink.value}{' bold' if ink in _BOLD else ' reverse' if ink is Ink.FOUND else ''}"


def on_accent(colour: str) -> str:
    """Return a style for words on a background of `colour`: black or white, whichever has more contrast."""
    red, green, blue = (_linear(channel / 255) for channel in Color.parse(colour).rgb)
    bright = 0.2126 * red + 0.7152 * green + 0.0722 * blue > _BALANCE
    return f"{'#000000' if bright else '#ffffff'} on {colour} bold"


def _linear(channel: float) -> float:
    """Return a channel of sRGB without its gamma."""
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - of sRGB


def _theme(name: str, palette: Palette) -> Theme:
    """Return a palette as Textual's own kind of theme."""
    return Theme(
        name=theme_name(name),
        primary=palette.mark,
        secondary=palette.dim,
        accent=palette.mark,
        warning=palette.due,
        error=palette.expired,
        success=palette.done,
        foreground=palette.plain,
        background=palette.background,
        surface=palette.surface,
        panel=palette.panel,
        dark=palette.dark,
        variables={
            **variables(palette),
            "border": palette.mark,
            "border-blurred": palette.line,
            "block-cursor-foreground": palette.strong,
            "block-cursor-text-style": "none",
            "block-cursor-blurred-foreground": palette.plain,
            "block-cursor-blurred-text-style": "none",
            "input-selection-background": f"{palette.mark} 30%",
            "scrollbar": palette.line,
            "scrollbar-hover": palette.line_strong,
            "scrollbar-active": palette.mark,
            "scrollbar-background": palette.surface,
            "scrollbar-background-hover": palette.surface,
            "scrollbar-background-active": palette.surface,
            "scrollbar-corner-color": palette.surface,
        },
    )
