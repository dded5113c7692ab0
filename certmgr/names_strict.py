"""The long way of reading a DNS name: other scripts, A-labels, and everything that can be wrong at once.

`certmgr.names.check_dns_name` comes here for every name that is not plain ASCII and evidently right.
"""

import unicodedata
from typing import Final

import idna

from certmgr.codes import Code
from certmgr.errors import Finding
from certmgr.names import MAX_LABEL, MAX_NAME, ends_in_number, is_dotted_quad, looks_like_address, shown

_READ: Final = 1024
"""Longer texts are not looked at further: hostile input, and idna's work grows with the square of the length."""
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
_JOINERS: Final = frozenset("\u200c\u200d")
"""Format characters that IDNA 2008 allows in some places (RFC 5892 A.1, A.2); idna knows where."""
_COMMON: Final = frozenset({"COMBINING", "MIDDLE", "MODIFIER"})
"""First words of the names of characters that belong to no script."""
_JAPANESE: Final = frozenset({"CJK", "HIRAGANA", "KATAKANA", "LATIN"})
_SCRIPT_WORDS: Final = {
    "IDEOGRAPHIC": "CJK",
    "ARABIC-INDIC": "ARABIC",
    "EXTENDED": "ARABIC",
    "KATAKANA-HIRAGANA": "KATAKANA",
    "HALFWIDTH": "KATAKANA",
}
_LDH: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


def check_any_name(text: str, *, wildcard: bool, bare: bool) -> tuple[str | None, tuple[Finding, ...]]:
    """Return what `names.check_dns_name` returns, for any text at all."""
    if not text or text == ".":
        return None, (_found(Code.NAME_EMPTY, "The name is empty.", text),)
    if len(text) > _READ:
        message = f"'{shown(text)}' is {len(text)} characters long; {MAX_NAME} octets is the most."
        return None, (_found(Code.NAME_LONG, message, text),)
    if is_dotted_quad(text.removesuffix(".")) or (":" in text and looks_like_address(text)):
        message = f"'{shown(text)}' is an address; an address is asked for as one, not as a DNS name."
        return None, (_found(Code.NAME_ADDRESS, message, text),)
    name = (text if text.isascii() else _mapped(text)).lower().removesuffix(".")
    # The mapping can bring in what may not stand in a name: U+FF3F becomes an underscore, U+2100 becomes a/c.
    findings = [*_check_characters(text, text), *_check_characters(name, text)]
    labels = name.split(".")
    is_wildcard = labels[0] == "*" and len(labels) > 1
    findings.extend(_check_asterisk(text, labels, is_wildcard=is_wildcard, allowed=wildcard))
    a_labels = ["*"] if is_wildcard else []
    for label in labels[1:] if is_wildcard else labels:
        a_label, found = _check_label(label, text)
        a_labels.append(a_label)
        findings.extend(found)
    result = ".".join(a_labels)
    findings.extend(_check_whole(result, text, count=len(labels) - is_wildcard, bare=bare))
    if findings:
        return None, tuple(dict.fromkeys(findings))
    return result, ()


def _check_characters(name: str, text: str) -> list[Finding]:
    """Return a finding for each kind of character in `name` that stands in no name; `text` is what was typed."""
    invisible = {c for c in name if unicodedata.category(c) in _INVISIBLE and c not in _JOINERS}
    spaces = {c for c in name if c.isspace()} - invisible
    findings = []
    if invisible:
        message = f"'{shown(text)}' holds a control or invisible character ({_points(invisible)})."
        findings.append(_found(Code.NAME_CONTROL, message, text))
    if spaces:
        findings.append(_found(Code.NAME_SPACE, f"'{shown(text)}' holds a space ({_points(spaces)}).", text))
    if "_" in name:
        message = f"'{shown(text)}' holds an underscore, which stands in no host name."
        findings.append(_found(Code.NAME_UNDERSCORE, message, text))
    if others := {c for c in name if c.isascii() and c.isprintable() and c.lower() not in _LDH} - set("._* "):
        message = f"'{shown(text)}' holds {' '.join(sorted(others))}, which stands in no DNS name."
        findings.append(_found(Code.NAME_CHARACTER, message, text))
    return findings


def _mapped(text: str) -> str:
    """Return `text` after the mapping of UTS 46, not transitional; where that refuses, as it is: the labels say why."""
    try:
        return idna.uts46_remap(text, std3_rules=False, transitional=False)
    except idna.IDNAError:
        return unicodedata.normalize("NFC", text).replace("\u3002", ".")


def _check_asterisk(text: str, labels: list[str], *, is_wildcard: bool, allowed: bool) -> list[Finding]:
    rest = labels[1:] if is_wildcard else labels
    if any("*" in label for label in rest):
        message = f"'{shown(text)}' has an asterisk elsewhere than alone in front of the first dot."
        return [_found(Code.NAME_WILDCARD_PLACE, message, text)]
    if is_wildcard and not allowed:
        return [_found(Code.NAME_WILDCARD, f"'{shown(text)}' is a wildcard, which is not allowed here.", text)]
    return []


def _check_label(label: str, text: str) -> tuple[str, list[Finding]]:
    """Return `label` as an A-label (itself where it cannot be one) and what is wrong with it."""
    if not label:
        message = f"'{shown(text)}' has an empty part: a dot at the front, or two in a row."
        return label, [_found(Code.NAME_EMPTY_LABEL, message, text)]
    findings = []
    if label.startswith("-") or label.endswith("-"):
        message = f"The part '{shown(label)}' begins or ends with a hyphen."
        findings.append(_found(Code.NAME_HYPHEN, message, text))
    a_label = label
    if label.startswith("xn--"):
        a_label, found = _check_a_label(label, text)
        findings.extend(found)
    elif label[2:4] == "--":
        message = f"The part '{shown(label)}' has -- in third place, which is reserved for xn-- (RFC 5890)."
        findings.append(_found(Code.NAME_RESERVED, message, text))
    elif not label.isascii():
        a_label, found = _check_u_label(label, text, given=label)
        findings.extend(found)
    if len(a_label) > MAX_LABEL:
        message = f"The part '{shown(label)}' is {len(a_label)} octets long; {MAX_LABEL} is the most."
        findings.append(_found(Code.NAME_LABEL_LONG, message, text))
    return a_label, findings


def _check_a_label(label: str, text: str) -> tuple[str, list[Finding]]:
    """Return the A-label and what is wrong with it: it must decode, be valid and encode to itself (RFC 5891 5.4)."""
    try:
        decoded = label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        message = f"The part '{shown(label)}' begins with xn-- and does not decode (RFC 3492)."
        return label, [_found(Code.NAME_PUNYCODE, message, text)]
    again, findings = _check_u_label(decoded, text, given=label)
    if not findings and again != label:
        message = f"The part '{shown(label)}' is not the one encoding of '{shown(decoded)}', which is {again}."
        findings = [_found(Code.NAME_PUNYCODE, message, text)]
    return label, findings


def _check_u_label(label: str, text: str, *, given: str) -> tuple[str, list[Finding]]:
    """Return the A-label of `label` and what IDNA 2008 or the one-script rule has against it (DETAILS 57).

    `given` is the label as it stood in the text: itself, or its A-label.
    """
    part = f"'{shown(label)}'" if given == label else f"'{shown(given)}' ('{shown(label)}')"
    if label.isascii():
        message = f"The part '{shown(given)}' encodes nothing but ASCII."
        return label, [_found(Code.NAME_PUNYCODE, message, text)]
    findings = []
    scripts = scripts_of(label)
    if len(scripts) > 1 and not scripts <= _JAPANESE:
        words = ", ".join(sorted("HAN" if script == "CJK" else script for script in scripts)).title()
        message = f"The part {part} mixes scripts ({words}), so that it can be mistaken for another name."
        findings.append(_found(Code.NAME_SCRIPTS, message, text))
    try:
        idna.check_label(label)
    except idna.IDNAError as error:
        message = f"The part {part} is not valid under IDNA 2008: {shown(str(error)).rstrip('.')}."
        findings.append(_found(Code.NAME_IDNA, message, text))
    return "xn--" + label.encode("punycode").decode("ascii"), findings


def scripts_of(label: str) -> frozenset[str]:
    """Return the scripts in `label`, by the first word of each letter's Unicode name; digits and marks have none."""
    scripts = set()
    for char in label:
        word = unicodedata.name(char, "UNKNOWN").partition(" ")[0]
        if char.isascii():
            if char.isalpha():
                scripts.add("LATIN")
        elif word not in _COMMON and unicodedata.category(char) not in _INVISIBLE:
            scripts.add(_SCRIPT_WORDS.get(word, word))
    return frozenset(scripts)


def _check_whole(name: str, text: str, *, count: int, bare: bool) -> list[Finding]:
    """Return what is wrong with the name as a whole; `count` is its number of labels without an asterisk."""
    findings = []
    if len(name) > MAX_NAME:
        message = f"'{shown(text)}' is {len(name)} octets long; {MAX_NAME} is the most."
        findings.append(_found(Code.NAME_LONG, message, text))
    if ends_in_number(name):
        message = f"'{shown(text)}' ends in a number, so that clients may take it for an address."
        findings.append(_found(Code.NAME_NUMERIC_END, message, text))
    if count == 1 and not bare:
        message = f"'{shown(text)}' has one part only; the full name is needed, such as {_example(name)}."
        findings.append(_found(Code.NAME_BARE, message, text))
    return findings


def _example(name: str) -> str:
    label = name.removeprefix("*.")
    return f"{label if label.isascii() and label.isalnum() else 'portal'}.corp.internal"


def _points(chars: set[str]) -> str:
    return ", ".join(f"U+{ord(char):04X}" for char in sorted(chars))


def _found(code: Code, message: str, text: str) -> Finding:
    return Finding(code=code, message=message, field="dns", value=shown(text))
