"""Configuration values as text: a value as TOML writes it, and why one cannot be used."""

import json
from datetime import date, time, timedelta
from typing import Final

from certmgr.config_sections import Attested, Table
from certmgr.names import shown

UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
"""Seconds in each unit of a duration."""


class BadValueError(ValueError):
    """A value cannot be used; `reasons` holds pairs of the offending text, fit for a message, and a sentence on it."""

    def __init__(self, *reasons: tuple[str, str]) -> None:
        """Keep the reasons."""
        super().__init__("; ".join(reason for _value, reason in reasons))
        self.reasons = reasons


def literal(value: object) -> str:
    """Return `value` as TOML writes it; reading it back gives `value`."""
    match value:
        case bool():
            text = "true" if value else "false"
        case int():
            text = str(value)
        case date():
            text = f'"{value.isoformat()}"'
        case timedelta():
            text = f'"{_duration_text(value)}"'
        case Attested():
            name = "zone" if isinstance(value.what, str) else "network"
            text = f"{{ {name} = {literal(value.what)}, attested = {literal(value.attested)} }}"
        case Table():
            text = "{ " + ", ".join(f"{literal(key)} = {literal(item)}" for key, item in value.entries) + " }"
        case tuple():
            text = "[" + ", ".join(literal(item) for item in value) + "]"
        case _:
            # JSON's escapes are TOML's, but for DEL, which JSON leaves as it is.
            text = json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
    return text


def wrong_type(value: object, wanted: str) -> BadValueError:
    """Return the error of a value that is of another type than the `wanted` one."""
    kinds = {bool: "a truth value", int: "a number", float: "a number", str: "text", list: "an array", dict: "a table"}
    return bad(value, f"is {kinds.get(type(value), 'a date or time')}; it must be {wanted}")


def bad(value: object, clause: str) -> BadValueError:
    """Return the error whose reason begins with the value and goes on with `clause`."""
    return BadValueError((described(value), f"{described(value)} {clause}"))


def described(value: object) -> str:
    """Return a value fit for a message."""
    match value:
        case str():
            return shown(value) or "an empty text"
        case bool() | int():
            return literal(value)
        case date() | time():
            return value.isoformat()
        case _:
            return shown(repr(value))


def _duration_text(value: timedelta) -> str:
    seconds = int(value.total_seconds())
    # Under a week the agreement counts hours: 24h, 72h.
    units = ("d", "h", "m", "s") if seconds >= UNITS["w"] else ("h", "m", "s")
    unit = next(unit for unit in units if seconds % UNITS[unit] == 0)
    return f"{seconds // UNITS[unit]}{unit}"
