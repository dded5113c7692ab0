"""The nouns: what they say of their verbs, and passwords by descriptor."""

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12

from tests.cli.calling import Call

NOUNS = ("ca", "campaign", "config", "crl", "journal", "notice", "operator", "profile", "report", "revocation")


@pytest.mark.parametrize("noun", NOUNS)
def test_a_noun_alone_shows_its_verbs(call: Call, noun: str) -> None:
    """Exit 2, the help on standard error, no sentence cut off."""
    assert call(noun) == 2
    assert "Commands:" in call.err
    assert "..." not in call.err.partition("Commands:")[2]
    assert call.out == ""


@pytest.mark.parametrize("noun", NOUNS)
def test_a_misspelt_verb_is_told_what_there_is(call: Call, noun: str) -> None:
    """A near one where there is one, else all of them."""
    assert call(noun, "shwo") == 2
    assert "Did you mean show?" in call.err or "There are: " in call.err
    assert call(noun, "xyzzy") == 2
    assert "There are: " in call.err


def test_a_password_comes_from_a_descriptor(call: Call, tmp_path: Path) -> None:
    """For callers that keep it in no file; both ways at once are usage."""
    name = "portal.egov.internal"
    assert call("issue", "--dns", name, "--purpose", "web", "--out", str(call.home.out)) == 0
    reading, writing = os.pipe()
    os.write(writing, b"from a pipe\n")
    os.close(writing)
    place = tmp_path / "portal.p12"
    words = ["export", name, "--form", "pkcs12", "--out", str(place), "--password-fd", str(reading)]
    assert call(*words, "--password-file", "/nowhere") == 2
    assert call(*words) == 0
    os.close(reading)
    assert pkcs12.load_pkcs12(place.read_bytes(), b"from a pipe").key is not None
    assert call(*words) == 2


def test_the_journal_is_proved_from_standard_input(call: Call) -> None:
    """`certmgr journal export | certmgr journal verify -`, as programs."""
    exported = call.home.run("journal", "export")
    assert exported.returncode == 0
    done = call.home.run("journal", "verify", "-", stdin=exported.stdout.encode())
    assert (done.returncode, done.stdout) == (0, call.home.run("journal", "verify").stdout)
