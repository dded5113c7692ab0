"""Weaknesses that can be seen in an RSA public key alone (CA/Browser Forum BR 6.1.1.3 and 6.1.6)."""

from functools import lru_cache
from math import gcd, isqrt, prod

from certmgr.codes import Code
from certmgr.errors import Finding

_SIZES = (2048, 3072, 4096)
_EXPONENT = 65537
_FERMAT_ROUNDS = 100
_SMALL_PRIMES_BELOW = 2000
_ROCA_PRIMES_UP_TO = 167


def _primes(below: int) -> tuple[int, ...]:
    return tuple(n for n in range(2, below) if all(n % d for d in range(2, isqrt(n) + 1)))


@lru_cache(maxsize=1)
def _small_product() -> int:
    return prod(_primes(_SMALL_PRIMES_BELOW))


@lru_cache(maxsize=1)
def _roca_residues() -> tuple[tuple[int, frozenset[int]], ...]:
    """Return for each small prime the powers of 65537 modulo it."""
    residues = []
    for prime in _primes(_ROCA_PRIMES_UP_TO + 1)[1:]:
        powers, power = set(), 1
        while power not in powers:
            powers.add(power)
            power = power * _EXPONENT % prime
        residues.append((prime, frozenset(powers)))
    return tuple(residues)


def has_close_primes(modulus: int, rounds: int = _FERMAT_ROUNDS) -> bool:
    """Claim that Fermat's method factors `modulus` within `rounds` steps (CVE-2022-26320)."""
    root = isqrt(modulus)
    if root * root == modulus:
        return True
    for guess in range(root + 1, root + 1 + rounds):
        square = guess * guess - modulus
        if isqrt(square) ** 2 == square:
            return True
    return False


def has_roca_fingerprint(modulus: int) -> bool:
    """Claim that `modulus` was made by the flawed Infineon library (ROCA, CVE-2017-15361).

    Its primes are powers of 65537 modulo a product of small primes, and so is the modulus; a sound key looks
    so by chance once in 2**27 or less.
    """
    return all(modulus % prime in powers for prime, powers in _roca_residues())


def check_rsa(modulus: int, exponent: int) -> tuple[Finding, ...]:
    """Return every weakness of the RSA key (`modulus`, `exponent`): size, exponent, factors."""
    bits = modulus.bit_length()
    found: list[tuple[Code, str]] = []
    if bits not in _SIZES:
        sizes = ", ".join(str(size) for size in _SIZES)
        found.append((Code.KEY_SIZE, f"An RSA key has one of {sizes} bits; this one has {bits}."))
    if exponent != _EXPONENT:
        shown = str(exponent) if exponent.bit_length() <= 64 else f"a number of {exponent.bit_length()} bits"  # noqa: PLR2004
        found.append((Code.KEY_EXPONENT, f"The RSA exponent is {_EXPONENT}; this one is {shown}."))
    if gcd(modulus, _small_product()) != 1:
        found.append((Code.KEY_FACTORS, "The RSA modulus has a small prime factor."))
    elif has_close_primes(modulus):
        found.append((Code.KEY_FACTORS, "The two primes of the RSA key are so close that it can be factored at once."))
    if has_roca_fingerprint(modulus):
        found.append((Code.KEY_FACTORS, "The RSA key bears the fingerprint of ROCA (CVE-2017-15361)."))
    value = f"RSA {bits} bits"
    return tuple(Finding(code=code, message=message, field="key", value=value) for code, message in found)
