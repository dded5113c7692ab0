"""Recovery words: written on paper, read aloud, typed again (DETAILS 4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certmgr.custody.recovery_words import make_secret, parse_words, to_words
from certmgr.custody.secrets import Secret
from certmgr.errors import UsageError

LETTERS = "abdfghijklmnoprstuvz"


@given(st.binary(min_size=16, max_size=16))
def test_the_words_give_back_the_secret(raw: bytes) -> None:
    """All 128 bits come back, whatever they are."""
    assert parse_words(to_words(Secret(raw))).reveal() == raw


def test_the_words_are_proquints() -> None:
    """The encoding is the published one: 127.0.0.1 is lusab-babad."""
    assert to_words(Secret(bytes([127, 0, 0, 1] * 4))).startswith("lusab babad lusab babad")


def test_a_new_secret_has_128_bits_and_is_new() -> None:
    """Two secrets are never the same."""
    made = {make_secret().reveal() for _ in range(50)}
    assert len(made) == 50
    assert {len(raw) for raw in made} == {16}


@pytest.mark.parametrize("written", ["{}", "  {}\n", "{}."])
def test_how_the_words_are_written_does_not_matter(written: str) -> None:
    """Capitals, hyphens, commas and line breaks are how people write, not what they wrote."""
    secret = make_secret()
    words = to_words(secret)
    for form in (words, words.upper(), words.replace(" ", "-"), words.replace(" ", ",\n")):
        assert parse_words(written.format(form)) == secret


@given(st.binary(min_size=16, max_size=16), st.integers(0, 44), st.sampled_from(LETTERS))
def test_one_wrong_letter_is_found(raw: bytes, place: int, letter: str) -> None:
    """A slip of the pen is told from a wrong secret: one changed letter never passes for another secret."""
    words = to_words(Secret(raw))
    at = place + place // 5
    slipped = words[:at] + letter + words[at + 1 :]
    if slipped != words:
        try:
            parse_words(slipped)
        except UsageError:
            return
        # 16 bits of check: one slip in 65,536 may pass, and none of these examples does.
        pytest.fail(f"{slipped!r} passed for {words!r}")


def test_two_words_in_the_wrong_order_are_found() -> None:
    """The check covers the order of the words."""
    words = to_words(Secret(bytes(range(16)))).split()
    words[0], words[1] = words[1], words[0]
    with pytest.raises(UsageError) as caught:
        parse_words(" ".join(words))
    assert "last word" in caught.value.findings[0].message


def test_every_impossible_word_is_named_by_its_number() -> None:
    """All mistakes are reported at once, by number: the words themselves are secret and never repeated."""
    words = to_words(Secret(bytes(16))).split()
    words[2], words[6] = "queen", "bab"
    with pytest.raises(UsageError) as caught:
        parse_words(" ".join(words[:8]))
    messages = [finding.message for finding in caught.value.findings]
    assert len(messages) == 3
    assert messages[0] == "There are 8 words; there should be 9."
    assert messages[1].startswith("Word 3 ")
    assert messages[2].startswith("Word 7 ")
    assert "queen" not in str(caught.value) + "".join(messages)
