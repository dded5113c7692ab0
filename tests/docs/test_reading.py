"""A reader gets where a page points, and finds every command in use."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from certmgr.cli.groups import UsualVerbGroup
from certmgr.cli.root import root
from tests.docs.sandbox import REPOSITORY
from tests.docs.transcripts import parse_page

PAGES = sorted(
    path
    for path in (*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md"), *REPOSITORY.glob("examples/**/*.md"))
    if path.is_file()
)
GUIDES = sorted((REPOSITORY / "docs").glob("*.md"))
"""The user guide and the pages about one thing each."""


def _verbs(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command of the tree; a noun that does something without a verb is one too."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _verbs(command, (*words, name))
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield (*words, name)


def _meant(group: click.Group, words: list[str]) -> tuple[str, ...] | None:
    """Return the words of the command that `words` call, a usual verb that goes unsaid among them; None: no command."""
    context = click.Context(group)
    if not words or words[0] in context.help_option_names:
        return None
    command = group.get_command(context, words[0])
    if command is None and isinstance(group, UsualVerbGroup):
        return ("run",)
    if command is None:
        return () if group.invoke_without_command else None
    if not isinstance(command, click.Group):
        return (words[0],)
    rest = _meant(command, words[1:])
    return None if rest is None else (words[0], *rest)


def _used() -> set[tuple[str, ...]]:
    """Return the words of every certmgr command that the pages call."""
    taking = {name for option in root.params if not getattr(option, "is_flag", False) for name in option.opts}
    found = set()
    steps = (step for page in GUIDES for step in parse_page(page.read_text(encoding="utf-8")).steps)
    for step in steps:
        for line in step.command.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True) if line.startswith("certmgr") else []
            words = words[1:]
            while words and words[0].startswith("-"):
                words = words[2:] if words[0] in taking else words[1:]
            meant = _meant(root, words)
            if meant:
                found.add(meant)
    return found


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("show portal --text", ("show",)),
        ("ca list", ("ca", "list")),
        ("backup nightly.tar", ("backup", "run")),
        ("backup run nightly.tar", ("backup", "run")),
        ("backup verify nightly.tar", ("backup", "verify")),
        ("scan --import nmap.xml", ("scan", "run")),
        ("scan --help", None),
        ("deploy --due", ("deploy",)),
        ("deploy list", ("deploy", "list")),
        ("deploy", None),
        ("ca lst", None),
    ],
)
def test_a_line_is_traced_to_its_command(line: str, meant: tuple[str, ...] | None) -> None:
    """A verb may go unsaid where its noun has a usual one; help and a misspelt verb use nothing."""
    assert _meant(root, line.split()) == meant


def test_every_command_is_used_in_a_page() -> None:
    """The pages show each verb of each noun at work; their commands are run by test_pages."""
    assert sorted(set(_verbs(root)) - _used()) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_link_leads_somewhere(page: Path) -> None:
    """Links and pictures are relative, and what they name is in the repository."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    lost = [link for link in links if "://" not in link and not (page.parent / link.partition("#")[0]).exists()]
    assert lost == []
