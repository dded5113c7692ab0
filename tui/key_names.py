"""How keys are written: by people (`?`, `esc`, `ctrl+d`) and by Textual (`question_mark`). Pure."""

import unicodedata

_SHOWN = {
    "question_mark": "?",
    "exclamation_mark": "!",
    "slash": "/",
    "full_stop": ".",
    "colon": ":",
    "asterisk": "*",
    "escape": "esc",
    "pagedown": "pgdn",
    "pageup": "pgup",
    "ctrl+@": "ctrl+space",
}
_READ = {name: key for key, name in _SHOWN.items() if len(name) > 1}
_REPLACED = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}
"""Where Textual's name of a sign is not that of Unicode."""
_NAMED = frozenset(
    (
        *("up", "down", "left", "right", "home", "end", "pageup", "pagedown"),
        *("insert", "delete", "backspace", "tab", "enter", "escape", "space"),
        *(f"f{number}" for number in range(1, 25)),
    )
)
_MODIFIERS = ("ctrl", "alt", "shift")
_SAME = {
    "ctrl+i": "tab",
    "ctrl+m": "enter",
    "ctrl+j": "enter",
    "ctrl+h": "backspace",
    "ctrl+left_square_bracket": "escape",
}
"""What a terminal sends for these is another key."""
_SENT = {"ctrl+space": "ctrl+@", "ctrl+at": "ctrl+@"}
"""What a terminal sends for these has this name alone: one code stands for both."""


class UnreadableKeyError(ValueError):
    """What was written is no key; the text says why, without naming it."""


def shown(key: str) -> str:
    """Return how a key is written for people: `?`, `esc`, `ctrl+d`."""
    if key in _SHOWN:
        return _SHOWN[key]
    *modifiers, base = key.split("+")
    if base in _NAMED or len(base) == 1:
        return "+".join((*modifiers, _SHOWN.get(base, base)))
    sign = _sign(base)
    return "+".join((*modifiers, sign)) if sign else key


def parse_key(text: str) -> str:
    """Return the key that `text` writes, in Textual's spelling; raises UnreadableKeyError.

    A sign (`X`, `?`), a name (`esc`, `pgdn`, `f6`, `space`, `comma`), either after `ctrl+`, `alt+` or `shift+`.
    """
    word = text.strip()
    # A plus sign after the modifiers is the key itself.
    head, base = (word[:-1], "+") if word == "+" or word.endswith("++") else word.rpartition("+")[::2]
    modifiers = head.removesuffix("+").split("+") if head else []
    modifiers = [one.lower() for one in modifiers]
    if not base:
        raise UnreadableKeyError("names no key")
    unknown = [one for one in modifiers if one not in _MODIFIERS]
    if unknown or len(set(modifiers)) < len(modifiers):
        raise UnreadableKeyError("is not a key with ctrl+, alt+ or shift+ before it")
    name = _base(base)
    if "shift" in modifiers and (len(base) == 1 or name not in _NAMED):
        raise UnreadableKeyError(f"is written {base.upper()}" if base.isalpha() else "is written as the sign it gives")
    if "ctrl" in modifiers and len(name) == 1:
        name = name.lower()
    key = "+".join((*sorted(modifiers, key=_MODIFIERS.index), name))
    key = _SENT.get(key, key)
    if key in _SAME:
        raise UnreadableKeyError(f"cannot be told from {shown(_SAME[key])} by a terminal")
    return key


def _base(text: str) -> str:
    """Return the name of a key without modifiers."""
    if len(text) == 1:
        if not text.isprintable() or text.isspace():
            raise UnreadableKeyError("is not a printable sign")
        if text.isalnum():
            return text
        name = unicodedata.name(text, "").lower().replace("-", "_").replace(" ", "_")
        return _REPLACED.get(name, name)
    name = _READ.get(text.lower(), text.lower())
    if name in _NAMED or _sign(name):
        return name
    raise UnreadableKeyError("is not the name of a key, such as esc, pgdn, space, f6")


def _sign(name: str) -> str | None:
    """Return the sign that Textual calls `name`, if it is one that a keyboard has."""
    original = next((unicode for unicode, other in _REPLACED.items() if other == name), name)
    for words in (original.replace("_", " "), original.replace("_", "-", 1).replace("_", " ")):
        try:
            sign = unicodedata.lookup(words.upper())
        except KeyError:
            continue
        return sign if sign.isascii() and sign.isprintable() else None
    return None
