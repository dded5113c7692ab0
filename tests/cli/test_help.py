"""certmgr help: topics and commands; every command shows examples."""

import re
import shlex

import click
import pytest

from certmgr import lifecycle
from certmgr.cli.completion_tree import Node, tree
from certmgr.cli.help import CAUSES, FILTERS, TOPICS
from certmgr.cli.root import root
from certmgr.filters import Field, parse_filter
from certmgr.models.certificates import State
from certmgr.models.revocations import Cause, Reason
from tests.cli.calling import Call

NODES = {node.path: node for node in tree()}


def test_the_topics_are_listed_and_explained(call: Call) -> None:
    """Without a word it names them."""
    assert call("help") == 0
    assert [line.split()[0] for line in call.out.splitlines()] == list(TOPICS)
    for topic in TOPICS:
        assert call("help", topic) == 0
        assert call.out.count("\n") > 3


def test_a_command_is_explained_by_its_help(call: Call) -> None:
    """`certmgr help ca show` is `certmgr ca show --help`."""
    assert call("help", "ca", "show") == 0
    text = call.out
    assert call("ca", "show", "--help") == 0
    assert call.out == text


def test_what_is_neither_is_usage(call: Call) -> None:
    """Exit 2 names the topics."""
    assert call("help", "nonsense") == 2
    assert "exit-codes" in call.err


def test_the_causes_are_those_of_the_agreement_with_their_reasons() -> None:
    """The page says what lifecycle.REASONS does; RFC 5280 spells the reasons."""
    told = dict(re.findall(r"^  ([a-z-]+) +([a-zA-Z]+)  ", CAUSES, re.MULTILINE))
    spelt = {reason: re.sub(r"_(\w)", lambda match: match[1].upper(), reason.name.lower()) for reason in Reason}
    spelt[Reason.CA_COMPROMISE] = "cACompromise"
    assert told == {cause.value: spelt[lifecycle.REASONS[cause]] for cause in Cause}


def test_every_filter_of_the_page_is_one() -> None:
    """Each example parses, and no key is left out."""
    examples = re.findall(r"^  (\S+(?: A\")?)  ", FILTERS.replace('"Unit A"', '"Unit_A"'), re.MULTILINE)
    for example in examples:
        parse_filter(example)
    for field in Field:
        assert f"{field}:" in FILTERS
    for state in State:
        assert state.value in FILTERS


def parse(words: list[str]) -> str:
    """Have click parse a command line, run nothing, and return the path of the command."""
    context, path = root.make_context("certmgr", list(words)), []
    while isinstance(context.command, click.Group):
        name, command, rest = context.command.resolve_command(context, [*context._protected_args, *context.args])
        assert name is not None
        assert command is not None
        path.append(name)
        context = command.make_context(name, rest, parent=context)
    return " ".join(path)


@pytest.mark.parametrize("node", [node for node in NODES.values() if not node.children], ids=lambda node: node.path)
def test_every_command_shows_examples_that_parse(node: Node) -> None:
    """`--help` ends with examples, at least one of them of the command itself."""
    command: click.Command = root
    for word in node.path.split():
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), word)
        assert found is not None
        command = found
    epilog = (command.epilog or "").replace("\\\n", " ")
    _, colon, examples = epilog.partition("Examples:\n" if "Examples:\n" in epilog else "Example")
    assert colon, epilog
    paths = []
    for line in re.split(r"\n\n|\n(?=  certmgr)", examples):
        found_line = re.search(r"(?<![\w/])certmgr (?!certmgr)([^|>&)]*)", line)
        if found_line:
            paths.append(parse(shlex.split(found_line[1])))
    assert node.path in paths


@pytest.mark.parametrize("node", NODES.values(), ids=lambda node: node.path or "certmgr")
def test_every_option_is_explained(node: Node) -> None:
    """No option without a sentence."""
    assert [option.names for option in node.options if not option.help] == []
