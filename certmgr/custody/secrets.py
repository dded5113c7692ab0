"""A type for what may never be shown: passphrases, data keys, recovery words."""

import hmac
import unicodedata
from typing import NoReturn


class Secret:
    """Secret bytes whose text forms say nothing, not even the length."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        """Hold `value`."""
        self._value = bytes(value)

    @classmethod
    def from_text(cls, text: str) -> "Secret":
        """Return the secret that `text` writes: UTF-8 of its NFC form, so that it is the same from every keyboard."""
        return cls(unicodedata.normalize("NFC", text).encode())

    def reveal(self) -> bytes:
        """Return the bytes; the only way to them."""
        return self._value

    def text(self) -> str:
        """Return the bytes as UTF-8 text, for what is shown once on a terminal; what is no UTF-8 becomes U+FFFD."""
        return self._value.decode(errors="replace")

    def __bool__(self) -> bool:
        """Tell whether there is anything in it."""
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self._value, other._value) if isinstance(other, Secret) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # a hash would be a digest of the secret

    def __repr__(self) -> str:
        """Say nothing; str() and format() come here too."""
        return "Secret(redacted)"

    def __reduce__(self) -> NoReturn:
        """Refuse to be copied into a pickle."""
        message = "a Secret is never serialised"
        raise TypeError(message)
