"""What a profile allows: validated once, when the configuration is read."""

from enum import StrEnum
from typing import Final

from certmgr.models.keys import KeyType
from certmgr.records import dataclass

MAX_DAYS: Final = 825
"""The longest life of a certificate: Apple's clients refuse more, for private roots too."""


class Approval(StrEnum):
    """How many people decide on an application under a profile (R2.1)."""

    AUTOMATIC = "automatic"
    ONE = "one"
    TWO = "two"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The limits for certificates of one kind (R4.1)."""

    name: str
    key_types: tuple[KeyType, ...] = (
        KeyType.EC_P256,
        KeyType.EC_P384,
        KeyType.ED25519,
        KeyType.RSA_2048,
        KeyType.RSA_3072,
        KeyType.RSA_4096,
    )
    """What is accepted; the first is what `issue` makes when nothing is asked for."""
    days: int = 365
    max_days: int = 397
    """At most 825, the limit of Apple's clients for private roots."""
    wildcard: bool = False
    ip: bool = True
    """Whether an address may be asked for as a SAN."""
    inventory_ip: bool = False
    """Whether the ip column of an inventory enters the SAN (DETAILS 12)."""
    client_auth: bool = False
    reuse_key: bool = False
    """Whether a certificate made from a CSR is renewed with the same key (DETAILS 19)."""
    approval: Approval = Approval.AUTOMATIC
    common_name: bool = True
    """Whether the first DNS name is also the CN; without it the subject is empty and the SAN critical."""
    authority: str | None = None
    """The slug of the issuing CA; None: the current one (DETAILS 9)."""
