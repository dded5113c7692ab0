"""Weak RSA keys are seen by their public half (BR 6.1.1.3): size, exponent, close primes, ROCA, small factors."""

import pytest

from certmgr.codes import Code
from certmgr.models.keys import KeyType
from certmgr.pki import keys
from certmgr.pki.weak_keys import check_rsa, has_close_primes, has_roca_fingerprint
from tests.pki.hierarchy import shared_key
from tests.pki.weak_rsa import CLOSE_P, CLOSE_Q, ROCA_P, ROCA_Q, make_rsa_key


def sound_modulus() -> int:
    """Return the modulus of a key that OpenSSL made."""
    key = shared_key(KeyType.RSA_2048).public_key()
    return key.public_numbers().n  # type: ignore[union-attr]  # an RSA key


def codes(modulus: int, exponent: int = 65537) -> list[Code]:
    """Return the codes of what is wrong with the key."""
    return [finding.code for finding in check_rsa(modulus, exponent)]


def test_a_sound_key_has_no_weakness() -> None:
    """What OpenSSL makes passes every test."""
    assert codes(sound_modulus()) == []


@pytest.mark.parametrize("exponent", [1, 3, 17, 65535, 65539, (1 << 64) + 1])
def test_an_exponent_other_than_65537_is_a_weakness(exponent: int) -> None:
    """A second exponent for one modulus would be a second name for a blocked key (R1.6)."""
    assert codes(sound_modulus(), exponent) == [Code.KEY_EXPONENT]


def test_a_modulus_of_another_size_is_a_weakness() -> None:
    """2048, 3072 and 4096 bits, nothing between."""
    assert Code.KEY_SIZE in codes(sound_modulus() >> 8 | 1)


def test_close_primes_are_found() -> None:
    """CVE-2022-26320: Fermat's method factors them at once."""
    assert has_close_primes(CLOSE_P * CLOSE_Q)
    assert codes(CLOSE_P * CLOSE_Q) == [Code.KEY_FACTORS]


def test_close_primes_are_found_a_hundred_steps_away() -> None:
    """The search goes on for 100 rounds, as the Baseline Requirements ask."""
    # For the factors a - b and a + b the method begins about b**2 / (2a) below a: 42 steps here.
    near, far = CLOSE_P - (1 << 515), CLOSE_P + (1 << 515)
    assert has_close_primes(near * far)
    assert not has_close_primes(near * far, rounds=20)


def test_a_square_is_found() -> None:
    """Two equal primes are the closest of all."""
    assert has_close_primes(CLOSE_P * CLOSE_P)


def test_the_roca_fingerprint_is_found() -> None:
    """CVE-2017-15361: the modulus is a power of 65537 modulo every small prime of the library's product."""
    assert has_roca_fingerprint(ROCA_P * ROCA_Q)
    assert codes(ROCA_P * ROCA_Q) == [Code.KEY_FACTORS]


def test_one_flawed_prime_is_no_fingerprint() -> None:
    """A modulus with a sound second factor does not bear it."""
    assert not has_roca_fingerprint(ROCA_P * CLOSE_P)


def test_a_small_factor_is_found() -> None:
    """An even modulus, and any with a prime below 2,000."""
    assert codes(sound_modulus() - 1) == [Code.KEY_FACTORS]
    assert Code.KEY_FACTORS in codes(1999 * CLOSE_P)


def test_every_weakness_is_reported_at_once() -> None:
    """A refusal lists all its reasons."""
    assert codes((1 << 1023) - 2, 3) == [Code.KEY_SIZE, Code.KEY_EXPONENT, Code.KEY_FACTORS]


def test_the_facts_of_a_key_hold_its_weaknesses() -> None:
    """Policy asks the facts and no one else."""
    spki = keys.public_spki(make_rsa_key(ROCA_P, ROCA_Q))
    assert [finding.code for finding in keys.facts_of_spki(spki).findings] == [Code.KEY_FACTORS]
