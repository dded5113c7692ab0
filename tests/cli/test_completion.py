"""certmgr completion: the scripts, run by their shells."""

import subprocess
import sys
from pathlib import Path

import pytest

from certmgr.cli.completion_tree import tree
from tests.cli.calling import Call
from tests.programs_found import require_program

NAME = "portal.egov.internal"
BASH = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_certmgr
printf '%s\\n' "${COMPREPLY[@]}"
"""
ZSH = """
compdef() { : }
source "$1"; shift
_describe() { local name=$@[-1]; print -l -- ${${(P)name}%%:*} }
compadd() { if [[ $1 == -a ]]; then print -l -- ${(P)2}; else print -l -- ${@:2}; fi }
_files() { print -l files }
words=("$@") CURRENT=$# PREFIX=$@[-1]
_certmgr
"""
WORDS = [
    (["certmgr", "rev"], {"revoke", "revocation"}),
    (["certmgr", "ca", ""], {"list", "show", "export", "new-issuing", "request", "complete", "import", "revoke"}),
    (["certmgr", "--as", "ca", "crl", ""], {"publish", "show"}),
    (["certmgr", "export", "x", "--form", ""], {"pem", "fullchain", "chain", "der", "pkcs12", "nginx", "apache"}),
    (["certmgr", "ca", "export", ""], {"root", "issuing", "chain"}),
    (["certmgr", "completion", ""], {"bash", "zsh", "fish"}),
    (["certmgr", "profile", "show", "--"], {"--json", "--help"}),
]


@pytest.fixture
def scripts(call: Call, tmp_path: Path) -> Path:
    """Return a folder with the script of each shell."""
    for shell in ("bash", "zsh", "fish"):
        assert call("completion", shell) == 0
        (tmp_path / f"completion.{shell}").write_text(call.out)
    return tmp_path


def offered(shell: str, scripts: Path, words: list[str]) -> set[str]:
    """Return what the shell offers for the last of `words`."""
    script = scripts / f"completion.{shell}"
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    if shell == "fish":
        line = " ".join(words)
        program = [require_program("fish"), "--no-config", "-c", f"source {script}; complete -C '{line}'"]
    else:
        program = [require_program(shell), *(["-f"] if shell == "zsh" else ["--norc"]), "-c"]
        program += [BASH if shell == "bash" else ZSH, shell, str(script), *words]
    environment = {"PATH": path, "HOME": str(scripts), "LANG": "C.UTF-8"}
    done = subprocess.run(program, capture_output=True, text=True, check=False, timeout=60, env=environment)
    assert done.stderr == ""
    return {line.split("\t")[0] for line in done.stdout.splitlines() if line}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_tab_offers_commands_options_and_values(shell: str, scripts: Path) -> None:
    """A word that an option takes is no command; what is offered fits where the cursor stands."""
    for words, expected in WORDS:
        found = offered(shell, scripts, words)
        # zsh itself picks what begins like the word; here it was only asked what there is.
        assert expected <= found if shell == "zsh" or expected == WORDS[3][1] else found == expected, words


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_reference_offers_the_servers_on_record(shell: str, scripts: Path, call: Call) -> None:
    """The one Tab that asks certmgr, in the home that the line names."""
    assert call("issue", "--dns", NAME, "--purpose", "web", "--out", str(call.home.out)) == 0
    words = ["certmgr", "--home", str(call.home.path), "show", "por"]
    assert offered(shell, scripts, words) == {NAME}


@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_files_are_offered_where_a_file_is_wanted(shell: str, scripts: Path) -> None:
    """`ca complete` takes a certificate's file."""
    (scripts / "answer.pem").touch()
    found = offered(shell, scripts, ["certmgr", "ca", "complete", f"{scripts}/ans"])
    assert found == {f"{scripts}/answer.pem"}


def test_an_unknown_shell_is_usage(call: Call) -> None:
    """Exit 2."""
    assert call("completion", "tcsh") == 2


def test_the_tree_holds_every_command() -> None:
    """Every verb of every noun, once."""
    paths = [node.path for node in tree()]
    assert len(paths) == len(set(paths))
    for path in ("issue", "ca new-issuing", "operator change-passphrase", "revocation verify", "journal export"):
        assert path in paths
