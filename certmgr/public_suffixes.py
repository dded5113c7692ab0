"""The public-suffix list, asked for one name at a time.

The list's file is read as a set of lines, for a rule is a line of its own: 5 ms, once and only when a name outside
every zone needs its reason worded, where building publicsuffixlist's own tables costs 66 ms.
"""

from functools import cache
from pathlib import Path
from typing import Final

SPECIAL_USE: Final = ("internal", "home.arpa", "test", "example", "invalid", "localhost")
"""Suffixes that no registry gives out: RFC 6761, RFC 8375, and ICANN's `internal` of 2024."""


def is_public_suffix(name: str) -> bool:
    """Say whether `name`, as A-labels, is itself a suffix under which the public registers names."""
    return not _is_special(name) and public_suffix(name) == name


def registered_domain(name: str) -> str | None:
    """Return the registered domain that `name` is or lies under; the suffix itself when it is one; None: not public."""
    suffix = None if _is_special(name) else public_suffix(name)
    if suffix is None or suffix == name:
        return suffix
    return name.removesuffix("." + suffix).rpartition(".")[2] + "." + suffix


def public_suffix(name: str) -> str | None:
    """Return the longest public suffix of `name`; None when no rule matches (publicsuffix.org, "Algorithm")."""
    labels = name.split(".")
    for start in range(len(labels)):
        candidate = _unicode(".".join(labels[start:]))
        parent = candidate.partition(".")[2]
        if _has_rule("!" + candidate):
            return ".".join(labels[start + 1 :])
        # The parent of a wildcard rule is a suffix too, listed or not: the list's own tests have it so.
        if any(map(_has_rule, (candidate, "*." + candidate, "*." + parent))):
            return ".".join(labels[start:])
    return None


def _is_special(name: str) -> bool:
    return ("." + name).endswith(tuple("." + suffix for suffix in SPECIAL_USE))


def _has_rule(rule: str) -> bool:
    return rule.encode() in _rules()


def _unicode(name: str) -> str:
    """Return `name` as the list writes it: U-labels."""
    if "xn--" not in name:
        return name
    import idna  # noqa: PLC0415 - needed for the few suffixes in other scripts

    return idna.decode(name)


@cache
def _rules() -> frozenset[bytes]:
    from publicsuffixlist import PSLFILE  # noqa: PLC0415 - see the head of this file

    return frozenset(Path(PSLFILE).read_bytes().splitlines())
