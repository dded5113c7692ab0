"""What the interface may know of the program under it."""

import ast
from pathlib import Path

import pytest

TUI = Path(__file__).parents[2] / "tui"
GUARDED = ("certmgr.operations", "certmgr.queries", "certmgr.workspace", "certmgr.store", "certmgr.custody")
MODULES = sorted(path for path in TUI.rglob("*.py") if TUI / "backend" not in path.parents)


def imports(path: Path) -> set[str]:
    """Return what a module imports when it runs; what is for type checkers alone is left out."""
    found: set[str] = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(TUI)))
def test_only_the_backend_knows_the_program(path: Path) -> None:
    """Screens, dialogs and widgets are translators: they get values and give words."""
    assert not [name for name in imports(path) if name.startswith(GUARDED)]


def test_the_backend_does() -> None:
    """The test above looks for what there is."""
    assert any(name.startswith(GUARDED) for name in imports(TUI / "backend" / "__init__.py"))


@pytest.mark.parametrize(
    "name",
    [
        *("present", "columns", "facts", "facts_service", "fact_writer", "board", "histogram", "banner", "viewport"),
        *("views", "wording", "issue_words"),
    ],
)
def test_what_is_pure_needs_no_terminal(name: str) -> None:
    """How things read is decided without Textual, so that it can be tested without a screen."""
    assert not [found for found in imports(TUI / f"{name}.py") if found.startswith("textual")]
