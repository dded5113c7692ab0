"""docs/agreement.md cannot go stale: every rule has its row, its commands and tests, and every such test its rule."""

import ast
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache

import click
import pytest

from certmgr import evidence
from certmgr.cli.completion_tree import tree
from certmgr.cli.root import root
from certmgr.lifecycle import REASONS
from certmgr.models.revocations import Reason
from tests.docs.sandbox import REPOSITORY

PAGE = REPOSITORY / "docs" / "agreement.md"
RULES = (
    *("R1.2", "R1.3", "R1.4", "R1.5", "R1.6", "R1.7", "R1.8", "R2.1", "R2.2", "R2.3", "R3.2", "R3.3", "R4.1", "R4.2"),
    *("R4.3", "R5.1", "R5.2", "R6.1", "R6.2", "R7.1", "R7.2", "R7.3", "R8.5", "R9.1"),
    *(f"N{number}" for number in range(1, 12)),
)
"""Every rule of the agreement and of the contracts beside it."""
_IN_NAME = re.compile(r"^test_(r\d+_\d+|n\d+)(?:_|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the first table."""

    rules: tuple[str, ...]
    status: str
    commands: tuple[str, ...]
    tests: tuple[str, ...]


def _cells(part: int) -> list[list[str]]:
    """Return the cells of every line of the first or second table, without its head."""
    table = PAGE.read_text(encoding="utf-8").split("## Causes and reasons")[part]
    lines = [line for line in table.splitlines() if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def _rows() -> list[Row]:
    return [
        Row(
            rules=tuple(one[0].split(", ")),
            status=one[2],
            commands=tuple(re.findall(r"`([^`]+)`", one[4])),
            tests=tuple(re.findall(r"`([^`]+)`", one[5])),
        )
        for one in _cells(0)
    ]


@cache
def _tests_of(file: str) -> frozenset[str]:
    parsed = ast.parse((REPOSITORY / file).read_text(encoding="utf-8"))
    return frozenset(one.name for one in ast.walk(parsed) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))


@cache
def _named_after() -> dict[str, set[str]]:
    """Return the tests of the whole suite by the rule in their name, as `r6_1`."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted((REPOSITORY / "tests").rglob("test_*.py")):
        for name in _tests_of(str(path.relative_to(REPOSITORY))):
            if match := _IN_NAME.match(name):
                found[match[1]].add(name)
    return found


def _mark(rule: str) -> str:
    """Return a rule as it stands in the name of a test: `r6_1`."""
    return rule.lower().replace(".", "_")


def _wrong_words(command: str) -> list[str]:
    """Return the words of a command line that no command and no option of it is; arguments are not written here."""
    nodes = {node.path: node for node in tree()}
    words = command.split()
    path = ""
    while words and f"{path} {words[0]}".strip() in nodes:
        path = f"{path} {words.pop(0)}".strip()
    names = {
        name
        for node in (path, f"{path} run")
        if node in nodes
        for option in nodes[node].options
        for name in option.names
    }
    options = [word for word in words if word.startswith("--")]
    if not path or (nodes[path].children and f"{path} run" not in nodes and words and not words[0].startswith("--")):
        return [command]
    return [word for word in options if word not in names]


def test_every_rule_has_one_row() -> None:
    """A rule without a row would be forgotten; two rows could say two things."""
    assert sorted(rule for row in _rows() for rule in row.rules) == sorted(RULES)


@pytest.mark.parametrize("row", _rows(), ids=lambda row: "-".join(row.rules))
def test_a_row_can_be_checked(row: Row) -> None:
    """Its commands, with their options, and its tests exist; each of its rules is in the name of one of them."""
    assert row.status in {"held", "in part"}
    assert row.commands
    assert [word for command in row.commands for word in _wrong_words(command)] == []
    assert [test for test in row.tests if test.split("::")[1] not in _tests_of(test.split("::")[0])] == []
    marks = {match[1] for test in row.tests if (match := _IN_NAME.match(test.split("::")[1]))}
    assert {_mark(rule) for rule in row.rules} - marks == set()


def test_what_is_kept_in_part_says_what_is_missing() -> None:
    """And what is held misses nothing."""
    for one in _cells(0):
        assert ("later" in one[3]) == (one[2] == "in part"), one[0]


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_test_named_after_it(rule: str) -> None:
    """`test_r6_1_...`: who looks for a rule's tests finds them by name."""
    assert _named_after()[_mark(rule)]


def test_no_test_is_named_after_a_rule_that_there_is_not() -> None:
    """A misspelt rule would count for none."""
    assert set(_named_after()) - {_mark(rule) for rule in RULES} == set()


def test_every_cause_is_told_with_its_reason_its_evidence_its_command_and_its_test() -> None:
    """The second table is lifecycle.REASONS, in its order; `evidence` is what certmgr.evidence asks for."""
    spelt = {reason: re.sub(r"_(\w)", lambda match: match[1].upper(), reason.name.lower()) for reason in Reason}
    spelt[Reason.CA_COMPROMISE] = "cACompromise"
    expected = [
        [f"`{cause}`", f"{spelt[reason]} ({int(reason)})", "yes" if cause in evidence.NEEDED else "no"]
        for cause, reason in REASONS.items()
    ]
    assert [[one[0], one[2], one[3]] for one in _cells(1)] == expected
    for one in _cells(1):
        assert _wrong_words(one[4].strip("`")) == []
        file, test = one[5].strip("`").split("::")
        assert test in _tests_of(file)


def test_a_wrong_command_would_be_found() -> None:
    """The check itself: a noun, a verb or an option that there is not."""
    assert _wrong_words("scan servers --port") == []
    assert _wrong_words("nonsense list") == ["nonsense list"]
    assert _wrong_words("crl nonsense") == ["crl nonsense"]
    assert _wrong_words("crl show --nonsense") == ["--nonsense"]
    assert isinstance(root, click.Group)
