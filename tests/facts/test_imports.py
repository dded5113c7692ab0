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
}


@pytest.mark.parametrize(
    "module",
    ["names", "zones", "lifecycle", "commitments", "filters", "policy", "config", "config_text", "models.certificates"],
)
def test_a_lower_floor_loads_no_library(module: str) -> None:
    """The first name that needs them loads idna and the public-suffix list."""
    program = f"import sys, certmgr.{module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not HEAVY & {name.partition(".")[0] for name in done.stdout.split()}


def test_an_internal_name_is_judged_without_loading_the_public_suffix_list() -> None:
    """Nor idna: both are for what lies outside."""
    program = (
        "import sys; from certmgr.config import parse_config; from certmgr.names import parse_dns_name\n"
        'text = \'[organisation]\\nname = "X"\\n[zones]\\ndns = ["corp.internal"]\'\n'
        "config = parse_config(text, file='x')\n"
        "assert config.zones.declared.covers_name(parse_dns_name('portal.corp.internal'))\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not HEAVY & {name.partition(".")[0] for name in done.stdout.split()}
