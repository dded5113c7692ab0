"""The pages of decisions give their reasons, and the one of dependencies names what pyproject.toml names."""

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest

from tests.docs.sandbox import REPOSITORY

DECISIONS = sorted((REPOSITORY / "docs" / "decisions").glob("*.md"))
PARTS = ("**Context.**", "**Decision.**", "**Measured.**", "**Consequence.**")


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_has_its_four_parts(page: Path) -> None:
    """Context first, consequence last, between them decision and measurement: without it, it is an opinion."""
    text = page.read_text(encoding="utf-8")
    assert [part for part in PARTS if text.count(part) != 1] == []
    first, *_, last = sorted(PARTS, key=text.find)
    assert (first, last) == (PARTS[0], PARTS[-1])


def _names(requirements: list[str]) -> set[str]:
    return {re.match(r"[A-Za-z0-9-]+", one)[0] for one in requirements} - {"certmgr"}  # type: ignore[index]


def _rows(text: str) -> list[str]:
    return [row for row in re.findall(r"^\| ([a-z0-9-]+) \|", text, flags=re.MULTILINE) if row != "library"]


def test_every_dependency_is_accounted_for() -> None:
    """What for, what else, in what state: one row for each line of pyproject.toml, and no row without one."""
    page = (REPOSITORY / "docs" / "decisions" / "dependencies.md").read_text(encoding="utf-8")
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    in_use, for_work = page.split("## For work on it")
    assert _rows(in_use) == sorted(_names(project["dependencies"]))
    assert _rows(for_work) == sorted(_names([*chain.from_iterable(project["optional-dependencies"].values())]))


def test_the_versions_on_the_page_are_those_of_the_lock() -> None:
    """A state that is told of another version than the one installed says nothing."""
    page = (REPOSITORY / "docs" / "decisions" / "dependencies.md").read_text(encoding="utf-8")
    lock = (REPOSITORY / "requirements-dev.txt").read_text(encoding="utf-8")
    pinned = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock, flags=re.MULTILINE))
    told = {row[0]: row[1].split()[0] for row in re.findall(r"^\| ([a-z0-9-]+) \|.*\| ([^|]+) \|$", page, re.MULTILINE)}
    told.pop("library", None)
    assert told
    assert {name: version for name, version in told.items() if not pinned[name].startswith(version)} == {}
