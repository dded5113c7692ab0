"""A reader gets where a page points, and finds every command in use."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from certmgr.cli.root import root
from tests.docs.sandbox import REPOSITORY
from tests.docs.transcripts import parse_page

PAGES = sorted(
    path
    for path in (*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md"), *REPOSITORY.glob("examples/**/*.md"))
    if path.is_file()
)
GUIDE = REPOSITORY / "docs" / "user-guide.md"


def _verbs(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command of the tree."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _verbs(command, (*words, name))
        else:
            yield (*words, name)


def _used() -> set[tuple[str, ...]]:
    """Return the first two words behind the shared options of every certmgr command of the guide, and the first."""
    taking = {name for option in root.params if not getattr(option, "is_flag", False) for name in option.opts}
    found = set()
    for step in parse_page(GUIDE.read_text(encoding="utf-8")).steps:
        for line in step.command.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True) if line.startswith("certmgr") else []
            words = words[1:]
            while words and words[0].startswith("-"):
                words = words[2:] if words[0] in taking else words[1:]
            found |= {tuple(words[:1]), tuple(words[:2])}
    return found


def test_every_command_is_used_in_the_guide() -> None:
    """The guide shows each verb of each noun at work; its commands are run by test_pages."""
    assert sorted(set(_verbs(root)) - _used()) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_link_leads_somewhere(page: Path) -> None:
    """Links and pictures are relative, and what they name is in the repository."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    lost = [link for link in links if "://" not in link and not (page.parent / link.partition("#")[0]).exists()]
    assert lost == []
