"""Every command of README.md and docs/ does what the page says."""

from pathlib import Path

import pytest

from tests.docs.sandbox import REPOSITORY, run_steps
from tests.docs.transcripts import commands_outside, parse_page
from tests.programs_found import require_program

PAGES = tuple(
    sorted(
        path.relative_to(REPOSITORY)
        for path in (REPOSITORY / "README.md", *(REPOSITORY / "docs").rglob("*.md"))
        if path.is_file()
    )
)


@pytest.mark.parametrize("page", PAGES, ids=str)
@pytest.mark.timeout(600)
def test_a_page_does_what_it_says(page: Path, tmp_path: Path) -> None:
    """The console blocks of a page run in their order, in one shell, and print what the page shows."""
    transcript = parse_page((REPOSITORY / page).read_text(encoding="utf-8"))
    for program in transcript.needs:
        require_program(program)
    run_steps(transcript.steps, tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_no_command_hides_in_a_block_that_is_not_run(page: Path) -> None:
    """A certmgr command is shown in a console block, never in one that no test looks at."""
    assert commands_outside((REPOSITORY / page).read_text(encoding="utf-8"), "certmgr") == ()


def test_the_readme_is_a_transcript() -> None:
    """The README lets its reader type at least one command; without one the tests above would pass on nothing."""
    assert parse_page((REPOSITORY / "README.md").read_text(encoding="utf-8")).steps
