"""docs/errors.md is what the code says."""

import inspect
import re
from pathlib import Path

import pytest

from certmgr import errors
from certmgr.codes import Code
from certmgr.errors import CertmgrError
from docs import generate_errors
from docs.generate_errors import EXIT_CODES, PAGE


def test_the_page_is_current() -> None:
    """The page is the generator's output; `make docs` writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == generate_errors.make_page()


def test_the_check_tells_a_stale_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--check` writes nothing, and leaves with 1 and the command to run where the page is missing or differs."""
    page = tmp_path / "errors.md"
    monkeypatch.setattr(generate_errors, "PAGE", page)
    monkeypatch.setattr("sys.argv", ["generate_errors.py", "--check"])
    assert generate_errors.main() == 1
    assert capsys.readouterr().err == "errors.md is out of date: run python docs/generate_errors.py\n"
    assert not page.exists()
    page.write_text(generate_errors.make_page(), encoding="utf-8")
    assert generate_errors.main() == 0


def test_every_code_is_explained_once() -> None:
    """A code that a script meets is found on the page, with its sentence."""
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \|$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert sorted(rows) == sorted((code.value, code.meaning.replace("|", "\\|")) for code in Code)


def test_every_error_class_has_an_exit_code_of_the_table() -> None:
    """The tree of errors and the table of exit codes know the same codes; no class can raise another one."""
    classes = [member for _, member in inspect.getmembers(errors, inspect.isclass) if issubclass(member, CertmgrError)]
    assert {member.exit_code for member in classes} == set(EXIT_CODES) - {0, 130, 143}


def test_codes_are_dotted_words() -> None:
    """A code is lower-case words with hyphens, in parts with dots between; its meaning is a sentence."""
    assert [code for code in Code if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*", code)] == []
    assert [code for code in Code if not re.fullmatch(r"([A-Z]|certmgr ).*\.", code.meaning)] == []
