"""A page of facts about one thing: what is said, not how it is laid out."""

from dataclasses import dataclass

from tui.present import Ink, Piece


@dataclass(frozen=True, slots=True)
class Fact:
    """A labelled value; an empty value is left out."""

    label: str
    value: str
    ink: Ink = Ink.PLAIN


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence, or a line of a history."""

    text: str
    ink: Ink = Ink.PLAIN
    start: str = ""
    """What stands before its first line, in a column of its own: a time, say."""


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Lines that keep their form, such as a certificate as PEM or commands for a shell; what is too long is wrapped."""

    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """Facts under a heading; without any it is left out."""

    heading: str
    items: tuple[Fact | Note | Verbatim, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Everything that a page says of one thing."""

    title: str
    under: tuple[Piece, ...] = ()
    """What stands under the title: the state and what is urgent, in their inks."""
    facts: tuple[Fact | Note | Verbatim, ...] = ()
    """What stands before the first heading."""
    sections: tuple[Section, ...] = ()
