"""docs/configuration.md has every key of certmgr.toml, in its order, with its default."""

import re
from dataclasses import MISSING, fields

from certmgr.config_keys import PROFILE, SECTIONS
from certmgr.config_literals import literal
from certmgr.config_schema import Section
from tests.docs.sandbox import REPOSITORY

PAGE = REPOSITORY / "docs" / "configuration.md"


def _told() -> dict[str, list[tuple[str, str]]]:
    """Return the rows of the page, by section: key and default."""
    _, *parts = re.split(r"^## \[(.+)\]$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {
        name: re.findall(r"^\| `(\w+)` \| (.+?) \| .+ \|$", body, flags=re.MULTILINE)
        for name, body in zip(parts[::2], parts[1::2], strict=True)
    }


def _default(section: Section, key: str) -> str:
    default = next(one.default for one in fields(section.kind) if one.name == key)
    if default is MISSING:
        return "-"
    return "none" if default is None else f"`{literal(default)}`"


def test_every_key_is_there_with_its_default() -> None:
    """A key without a row would be known to its authors alone; a row without a key would mislead."""
    expected = {
        section.name: [(key.name, _default(section, key.name)) for key in section.keys]
        for section in (*SECTIONS, PROFILE)
    }
    assert _told() == expected
