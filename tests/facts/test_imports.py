"""What the lower floors cost to load: nothing that a plain `list` does not need (DETAILS 58)."""

import subprocess
import sys

import pytest

HEAVY = {
    "cryptography",
    "sqlite_utils",
    "pysqlite3",
    "sqlite3",
    "click",
    "textual",
    "apscheduler",
    "idna",
    "publicsuffixlist",
    "regex",
}


def loaded_by(program: str) -> set[str]:
    """Return the packages that `program` loads, beside those that a measuring interpreter has already."""
    code = f"import sys; before = set(sys.modules)\n{program}\nprint(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize(
    "module",
    ["names", "zones", "lifecycle", "commitments", "filters", "policy", "config", "config_text", "models.certificates"],
)
def test_a_lower_floor_loads_no_library(module: str) -> None:
    """The first name that needs them loads idna and the public-suffix list."""
    assert not HEAVY & loaded_by(f"import certmgr.{module}")


def test_an_internal_name_is_judged_without_loading_the_public_suffix_list() -> None:
    """Nor idna: both are for what lies outside."""
    program = """
from certmgr.config import parse_config
from certmgr.names import parse_dns_name
config = parse_config('[organisation]\\nname = "X"\\n[zones]\\ndns = ["corp.internal"]', file="x")
assert config.zones.declared.covers_name(parse_dns_name("portal.corp.internal"))
"""
    assert not HEAVY & loaded_by(program)


def test_only_a_pattern_loads_the_library_of_patterns() -> None:
    """Every other filter does without it."""
    program = "from certmgr.filters import parse_filter; parse_filter('{}')"
    assert "regex" not in loaded_by(program.format("portal state:due !days<3"))
    assert "regex" in loaded_by(program.format("/portal/"))
