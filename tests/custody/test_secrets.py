"""Secrets say nothing by accident."""

import copy
import pickle

import pytest

from certmgr.custody.secrets import Secret


@pytest.mark.parametrize("show", [str, repr, "{}".format, "{!r}".format, "%s".__mod__], ids=range(5))
def test_no_text_form_of_a_secret_holds_it(show: object) -> None:
    """A secret that ends up in a log or a traceback is redacted there."""
    assert callable(show)
    assert show(Secret(b"hunter2")) == "Secret(redacted)"


def test_the_same_passphrase_is_the_same_from_every_keyboard() -> None:
    """A letter typed as one code point or as letter and accent is the same letter (NFC)."""
    assert Secret.from_text("caf\u00e9") == Secret.from_text("cafe\u0301")


def test_secrets_differ_when_their_bytes_do() -> None:
    """Equality compares all bytes, and a plain bytes object is no secret."""
    assert Secret(b"one") != Secret(b"two")
    assert Secret(b"one") != b"one"


def test_a_secret_cannot_be_pickled_or_copied() -> None:
    """Nothing that serialises an object graph takes a secret along."""
    with pytest.raises(TypeError, match="never serialised"):
        pickle.dumps(Secret(b"hunter2"))
    with pytest.raises(TypeError, match="never serialised"):
        copy.deepcopy(Secret(b"hunter2"))


def test_a_secret_has_no_hash() -> None:
    """A secret in a set or a dictionary's key would leave a digest of itself in memory."""
    with pytest.raises(TypeError, match="unhashable"):
        hash(Secret(b"hunter2"))


def test_bytes_that_are_no_text_can_still_be_shown_as_text() -> None:
    """A passphrase file in another encoding is a wrong passphrase, not a crash."""
    assert Secret(b"\xff\xfe").text() == "\ufffd\ufffd"
