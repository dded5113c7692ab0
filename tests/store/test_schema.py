"""The tables are those that the documentation names, and each protects what it holds."""

import re
from pathlib import Path

import pytest

from certmgr.errors import CertmgrError
from certmgr.store.connection import Store
from certmgr.store.migrations import SCHEMA_VERSION
from certmgr.store.schema import TABLES, TRIGGERS
from certmgr.store.schema_2 import TABLES as TABLES_2
from tests.store.given import ALICE, intent, issue

PAGE = Path(__file__).parents[2] / "docs" / "schema.md"


def documented() -> dict[str, list[tuple[str, str]]]:
    """Return the columns of every table of the page, with their types, in its order."""
    tables: dict[str, list[tuple[str, str]]] = {}
    for section in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        name, _, text = section.partition("\n")
        tables[name] = re.findall(r"^\| `(\w+)` \| (\w*) *\|", text, re.MULTILINE)
    return tables


def real(store: Store) -> dict[str, list[tuple[str, str]]]:
    """Return the columns of every table of the store, without the library's own tables."""
    with store.read() as snapshot:
        names = [
            name
            for (name,) in snapshot.rows(
                "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type != 'shadow'"
            )
            if not name.startswith("sqlite_")
        ]
        return {name: snapshot.rows("SELECT name, type FROM pragma_table_info(?)", (name,)) for name in names}


def test_the_documentation_names_every_table_and_column(empty: Store) -> None:
    """In their order, with their types, and nothing that is not there."""
    held, page = real(empty), documented()
    assert {name: columns for name, columns in page.items() if held.get(name) != columns} == {}
    assert set(page) == set(held)


def test_the_documentation_names_every_trigger_and_the_version() -> None:
    """And nothing that is not there."""
    text = PAGE.read_text(encoding="utf-8")
    protected = text.partition("## meta")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", protected, re.MULTILINE)) == set(TRIGGERS)
    assert f"this page: version {SCHEMA_VERSION}" in text


def test_the_tables_are_the_expected_ones(empty: Store) -> None:
    """sqlite-utils makes a table for a misspelt name, so that the names are compared."""
    assert set(real(empty)) == TABLES | TABLES_2


def test_every_table_is_strict(empty: Store) -> None:
    """A text in a number's place is refused, not converted; the search index has no types."""
    with empty.read() as snapshot:
        loose = snapshot.rows(
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT strict"
            " AND name NOT LIKE 'sqlite_%'"
        )
    assert loose == []


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO server VALUES (9, '', '', '', '', '2026-11-21T09:00:00Z')",
        "INSERT INTO server VALUES (9, 'x', '', '', '', '2026-11-21 09:00')",
        "INSERT INTO server VALUES (9, 'x', '', '', '', 17)",
        "INSERT INTO operator (name, role, created_at) VALUES ('x', 'god', '2026-11-21T09:00:00Z')",
        "INSERT INTO blocked_key VALUES ('ab', 'key-compromise', '2026-11-21T09:00:00Z')",
        "UPDATE certificate SET stage = 'intent' WHERE id = 2",
        "UPDATE certificate SET der = NULL",
        "UPDATE certificate SET revoked_at = '2026-11-21T09:00:00Z', cause = NULL",
        "UPDATE certificate SET superseded_at = 'tomorrow'",
        "UPDATE authority SET certificate = x''",
        "INSERT INTO certificate_name VALUES (1, 0, 'uri', 'x')",
        "INSERT INTO crl (authority_id, number, reserved_at, der) VALUES (2, 5, '2026-11-21T09:00:00Z', x'30')",
        "DELETE FROM authority",
        "DELETE FROM server",
    ],
)
def test_a_value_that_cannot_be_is_refused(store: Store, statement: str) -> None:
    """By the table itself, whoever writes; exit 1, nothing changed."""
    with store.write(ALICE) as tx:
        issue(tx, intent(tx, number=1), intent(tx, number=2))
    with pytest.raises(CertmgrError, match=r"contradicts its records|cannot store|failed"), store.write(ALICE) as tx:
        tx.change(statement)
