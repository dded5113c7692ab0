"""The house stands as it is drawn: floors, one driver, tables, and commands that load only what they need."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from certmgr.store.connection import open_store
from tests.clock import FakeClock

REPOSITORY = Path(__file__).resolve().parents[1]
PRODUCT = ("certmgr", "tui")
CODE = (*PRODUCT, "tests", "benchmarks", "docs", "examples")

# Runs `certmgr` with the arguments that follow; leaves the top-level names of what it has imported in the first one.
_WITNESS = """
import json, sys
from certmgr.cli import run
code = run(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    json.dump(sorted({name.partition(".")[0] for name in sys.modules}), file)
sys.exit(code)
"""


def _modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((REPOSITORY / folder).rglob("*.py"))


def _project() -> dict[str, dict[str, dict[str, list[dict[str, object]]]]]:
    with (REPOSITORY / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)


def test_the_import_contracts_hold() -> None:
    """Imports only go down, and each outside library has one door; the contracts stand in pyproject.toml."""
    result = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-logo", "--no-cache"],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY), "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_module_has_its_floor() -> None:
    """A new room of certmgr is put on a floor when it is built; one that is on none is held by no contract."""
    (floors,) = (item for item in _project()["tool"]["importlinter"]["contracts"] if item["id"] == "floors")
    layers = floors["layers"]
    assert isinstance(layers, list)
    on_a_floor = set(re.findall(r"certmgr\.(\w+)", " ".join(layers)))
    rooms = {path.stem for path in (REPOSITORY / "certmgr").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert rooms - on_a_floor == {"__init__"} | rooms & {"__pycache__"}


def test_every_module_says_what_it_is() -> None:
    """Every module begins with a docstring, packages and tests included."""
    silent = [path for path in _modules(*CODE) if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert [str(path.relative_to(REPOSITORY)) for path in silent] == []


def test_nothing_imports_the_other_sqlite() -> None:
    """A second SQLite in the process drops the locks of the first; so tests, docs and examples do without it, too."""
    found = []
    for path in _modules(*CODE):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            found += [f"{path}:{name}" for name in names if name.partition(".")[0] == "sqlite3"]
    assert found == []


def test_the_development_lock_holds_the_other_one() -> None:
    """`make test` and `make demo` share one environment, so each pin of the one is a pin of the other."""
    pins = [
        set(re.findall(r"^[a-z][^ \n]*==[^ \n]+", (REPOSITORY / name).read_text(encoding="utf-8"), flags=re.MULTILINE))
        for name in ("requirements.txt", "requirements-dev.txt")
    ]
    assert pins[0]
    assert pins[0] <= pins[1]


def test_a_store_has_exactly_the_tables_that_are_known(tmp_path: Path, clock: FakeClock) -> None:
    """sqlite-utils makes a misspelt table without a word; one that is not on this list is a mistake."""
    store = open_store(tmp_path / "certmgr.db", clock=clock, create=True)
    with store.read() as snapshot:
        names = {
            row[0]
            for row in snapshot.rows(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
                " AND name NOT LIKE 'certificate!_search!_%' ESCAPE '!'"
            )
        }
    store.close()
    assert names == {
        "acceptance",
        "application",
        "application_decision",
        "attempt",
        "authority",
        "blocked_key",
        "campaign",
        "campaign_member",
        "certificate",
        "certificate_name",
        "certificate_search",
        "commitment",
        "contact",
        "crl",
        "crl_entry",
        "deployment",
        "journal",
        "lease",
        "meta",
        "notice",
        "observation",
        "operator",
        "revocation",
        "server",
        "sighting",
    }


def _imported(arguments: list[str], folder: Path) -> set[str]:
    """Return the top-level names of all modules that `certmgr` with these arguments has imported when it ends."""
    place = folder / "modules.json"
    result = subprocess.run(
        [sys.executable, "-c", _WITNESS, place, *arguments],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    names: list[str] = json.loads(place.read_text())
    assert "certmgr" in names
    return set(names)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["completion", "bash"]], ids=" ".join)
def test_help_loads_no_library(arguments: list[str], tmp_path: Path) -> None:
    """What a shell asks for at every Tab imports neither cryptography nor a database nor a screen."""
    heavy = {"apscheduler", "cryptography", "pysqlite3", "sqlite_utils", "textual"}
    assert _imported(arguments, tmp_path) & heavy == set()


def test_list_loads_no_cryptography_and_no_screen(tmp_path: Path) -> None:
    """A list is rows of the store: it reads no certificate, draws no screen and writes nothing."""
    home = tmp_path / "ca"
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse battery staple\n")
    made = _imported(
        (
            f"--home {home} init --organisation Example --timezone Europe/Berlin --zone egov.internal"
            " --network 10.0.0.0/8 --network fd00::/8 --no-crl-url --no-recovery --no-machine"
            f" --operator admin --passphrase-file {passphrase}"
        ).split(),
        tmp_path,
    )
    # The witness sees what it is looking for: making a CA does need cryptography.
    assert "cryptography" in made
    unused = {"apscheduler", "cryptography", "regex", "sqlite_utils", "textual"}
    assert _imported(["--home", str(home), "list"], tmp_path) & unused == set()
