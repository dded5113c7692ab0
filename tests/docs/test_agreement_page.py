"""docs/agreement.md has a row for every rule, and each row can be checked: its commands and its tests exist."""

import ast
import re
from dataclasses import dataclass
from functools import cache

import pytest

from certmgr.cli.root import COMMANDS
from certmgr.lifecycle import REASONS
from tests.docs.sandbox import REPOSITORY

PAGE = REPOSITORY / "docs" / "agreement.md"
RULES = (
    *("R1.2", "R1.3", "R1.4", "R1.5", "R1.6", "R1.7", "R1.8", "R2.1", "R2.2", "R2.3", "R3.2", "R3.3", "R4.1", "R4.2"),
    *("R4.3", "R5.1", "R5.2", "R6.1", "R6.2", "R7.1", "R7.2", "R7.3", "R8.5", "R9.1"),
    *(f"N{number}" for number in range(1, 12)),
)
"""Every rule of the agreement and of the contracts beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the first table."""

    rules: tuple[str, ...]
    status: str
    commands: tuple[str, ...]
    tests: tuple[str, ...]


def _rows() -> list[Row]:
    table = PAGE.read_text(encoding="utf-8").split("## Causes and reasons")[0]
    cells = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in table.splitlines()
        if re.match(r"\| [RN]\d", line)
    ]
    return [
        Row(
            rules=tuple(re.split(r", ", one[0])),
            status=one[2],
            commands=tuple(re.findall(r"`([^`]+)`", one[4])),
            tests=tuple(re.findall(r"`([^`]+)`", one[5])),
        )
        for one in cells
    ]


@cache
def _tests_of(file: str) -> frozenset[str]:
    tree = ast.parse((REPOSITORY / file).read_text(encoding="utf-8"))
    return frozenset(one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))


def test_every_rule_has_one_row() -> None:
    """A rule without a row would be forgotten; two rows could say two things."""
    assert sorted(rule for row in _rows() for rule in row.rules) == sorted(RULES)


@pytest.mark.parametrize("row", _rows(), ids=lambda row: "-".join(row.rules))
def test_a_row_can_be_checked(row: Row) -> None:
    """What is kept has a command and a test that exist; what comes later claims neither."""
    assert row.status in {"held", "in part", "later"}
    if row.status == "later":
        assert (row.commands, row.tests) == ((), ())
        return
    assert row.commands
    assert row.tests
    assert [command for command in row.commands if command.split()[0] not in COMMANDS] == []
    missing = [test for test in row.tests if test.split("::")[1] not in _tests_of(test.split("::")[0])]
    assert missing == []


def test_every_cause_is_told_with_its_reason() -> None:
    """The second table is lifecycle.REASONS, in its order."""
    table = PAGE.read_text(encoding="utf-8").split("## Causes and reasons")[1]
    told = re.findall(r"^\| `([a-z-]+)` \| .+ \| \w+ \((\d+)\) \|$", table, flags=re.MULTILINE)
    assert told == [(cause.value, str(int(reason))) for cause, reason in REASONS.items()]
