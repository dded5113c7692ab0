"""Other people's observations: what nmap's script `ssl-cert` saw, out of the XML that `nmap -oX` writes (DETAILS 36).

The file is a stranger's. It is read as a stream with bounds on size, depth and count; of a document type only the bare
`<!DOCTYPE nmaprun>` that nmap itself writes is let through, so that nothing can be declared, expanded or fetched.
"""

import re
import ssl
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Final
from xml.parsers import expat

from certmgr.codes import Code
from certmgr.errors import Finding, UsageError
from certmgr.names import shown
from certmgr.records import dataclass

MAX_BYTES: Final = 64 << 20
MAX_SIGHTINGS: Final = 65536
MAX_TEXT: Final = 64 << 10
_MAX_DEPTH: Final = 32
_ROOT: Final = "nmaprun"
_SCRIPT: Final = "ssl-cert"
_PEM: Final = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]{1,60000}-----END CERTIFICATE-----")
_SHA256: Final = re.compile(r"SHA-?256:\s*([0-9A-Fa-f :]{64,120})", re.IGNORECASE)
_SERIAL: Final = re.compile(r"Serial(?: Number)?:\s*(?:0x)?([0-9A-Fa-f:]{2,60})", re.IGNORECASE)
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One certificate that nmap saw."""

    line: int
    """Of the script's element in the file."""
    address: str
    port: int
    at: datetime | None
    """When nmap was done with the host; None: the file does not say."""
    certificate: bytes | None
    """DER; None where the file holds none."""
    sha256: str | None
    serial: str | None
    """As it is written there."""
    subject: str
    issuer: str
    names: tuple[str, ...]
    not_after: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sightings:
    """What a file holds."""

    found: tuple[Sighting, ...]
    problems: tuple[Finding, ...]
    """The lines that are of no known form, each named."""


def parse(content: bytes) -> Sightings:
    """Return the certificates that the XML `content` of nmap tells of.

    Raises UsageError, with the line, for what is not well-formed, has declarations, or is not nmap's, and for a file
    that is too large.
    """
    if len(content) > MAX_BYTES:
        raise UsageError(
            f"The file has {len(content)} octets; {MAX_BYTES} are read at most.",
            hint="Scan in parts.",
            code=Code.SCAN_XML,
        )
    reader = _Reader()
    try:
        reader.parser.Parse(content, True)  # noqa: FBT003 - the library's own signature
    except expat.ExpatError as error:
        raise _not_ours(error.lineno, expat.errors.messages.get(error.code, "it is not XML")) from error
    except (ValueError, LookupError) as error:
        raise _not_ours(reader.parser.CurrentLineNumber, "its encoding is not known") from error
    return Sightings(found=tuple(reader.found), problems=tuple(reader.problems))


class _Reader:
    """Collects sightings while expat reads."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._entity
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.found: list[Sighting] = []
        self.problems: list[Finding] = []
        self._path: list[str] = []
        self._host_at: datetime | None = None
        self._run_at: datetime | None = None
        self._address = ""
        self._port = 0
        self._script: _Script | None = None

    def _doctype(self, name: str, system: str | None, public: str | None, subset: int) -> None:
        if name != _ROOT or system or public or subset:
            raise _not_ours(self.parser.CurrentLineNumber, "it has a document type other than nmap's")

    def _entity(self, *_declaration: object) -> None:
        raise _not_ours(self.parser.CurrentLineNumber, "it declares an entity")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        line = self.parser.CurrentLineNumber
        if not self._path and tag != _ROOT:
            raise _not_ours(line, f"its root is {shown(tag)}, not {_ROOT}")
        self._path.append(tag)
        if len(self._path) > _MAX_DEPTH:
            raise _not_ours(line, "its elements lie too deep in each other")
        if self._script is not None:
            self._script.enter(tag, attributes)
        elif tag == _ROOT:
            self._run_at = _moment(attributes.get("start"))
        elif tag == "host":
            self._host_at = _moment(attributes.get("endtime")) or self._run_at
            self._address, self._port = "", 0
        elif tag == "address" and attributes.get("addrtype") in {"ipv4", "ipv6"}:
            self._address = attributes.get("addr", "")
        elif tag == "port":
            number = attributes.get("portid", "")
            self._port = int(number) if number.isascii() and number.isdecimal() and len(number) <= 5 else 0  # noqa: PLR2004 - digits of 65535
        elif tag == "script" and attributes.get("id") == _SCRIPT and "port" in self._path:
            self._script = _Script(line, attributes.get("output", ""))

    def _end(self, tag: str) -> None:
        self._path.pop()
        if self._script is None:
            return
        if tag == "script":
            self._add(self._script)
            self._script = None
        else:
            self._script.leave(tag)

    def _text(self, text: str) -> None:
        if self._script is not None:
            self._script.add(text)

    def _add(self, script: "_Script") -> None:
        """Keep what a script element says, or say what it lacks."""
        if len(self.found) + len(self.problems) >= MAX_SIGHTINGS:
            raise UsageError(
                f"The file tells of more than {MAX_SIGHTINGS} certificates.", hint="Scan in parts.", code=Code.SCAN_MANY
            )
        try:
            address = str(ip_address(self._address))
        except ValueError:
            self._name(script, f"'{shown(self._address)}' is not an address")
            return
        if not 0 < self._port < 1 << 16:
            self._name(script, f"the port of {address} is no number of a port")
            return
        certificate, sha256, serial = script.certificate(), script.sha256(), script.serial()
        if certificate is None and sha256 is None and serial is None:
            self._name(script, f"what {address} port {self._port} served has neither PEM nor SHA-256 nor serial")
            return
        self.found.append(
            Sighting(
                line=script.line,
                address=address,
                port=self._port,
                at=self._host_at,
                certificate=certificate,
                sha256=sha256,
                serial=serial,
                subject=script.name_of("subject"),
                issuer=script.name_of("issuer"),
                names=script.names(),
                not_after=script.not_after(),
            )
        )

    def _name(self, script: "_Script", reason: str) -> None:
        message = f"Line {script.line}: {reason}."
        self.problems.append(
            Finding(code=Code.SCAN_UNIDENTIFIED, message=message, field="line", value=str(script.line))
        )


class _Script:
    """What one `<script id="ssl-cert">` says: its output, and the elements below it by their keys."""

    def __init__(self, line: int, output: str) -> None:
        self.line = line
        self._output = output[:MAX_TEXT]
        self._keys: list[str] = []
        self._texts: dict[str, str] = {}
        self._size = 0

    def enter(self, tag: str, attributes: dict[str, str]) -> None:
        """Go down into a table or an element."""
        self._keys.append(attributes.get("key", tag))

    def leave(self, _tag: str) -> None:
        """Come back up."""
        if self._keys:
            self._keys.pop()

    def add(self, text: str) -> None:
        """Keep the text of an element, up to MAX_TEXT for the whole script."""
        self._size += len(text)
        if self._keys and self._size <= MAX_TEXT:
            where = "/".join(self._keys)
            self._texts[where] = self._texts.get(where, "") + text

    def certificate(self) -> bytes | None:
        """Return the DER of the PEM in the element `pem` or in the output; None: there is none that can be decoded."""
        found = _PEM.search(self._texts.get("pem", "")) or _PEM.search(self._output)
        if found is None:
            return None
        try:
            return ssl.PEM_cert_to_DER_cert(found[0])
        except ValueError:
            return None

    def sha256(self) -> str | None:
        """Return the fingerprint, 64 lower-case hex digits."""
        text = self._texts.get("sha256", "")
        if not text and (found := _SHA256.search(self._output)):
            text = found[1]
        digest = re.sub(r"[\s:]", "", text).lower()[:64]
        return digest if _DIGEST.fullmatch(digest) else None

    def serial(self) -> str | None:
        """Return the serial as it is written."""
        text = self._texts.get("serial", "").strip()
        if not text and (found := _SERIAL.search(self._output)):
            text = found[1]
        return text[:80] or None

    def name_of(self, which: str) -> str:
        """Return the subject or issuer, common name first."""
        parts = {key.partition("/")[2]: text for key, text in self._texts.items() if key.startswith(f"{which}/")}
        common = parts.pop("commonName", "")
        found = [f"CN={common}"] if common else []
        return ",".join([*found, *(f"{key}={text}" for key, text in sorted(parts.items()))])

    def names(self) -> tuple[str, ...]:
        """Return the alternative names that the output tells, as nmap writes them: `DNS:a, IP Address:1.2.3.4`."""
        found = re.search(r"Subject Alternative Name:\s*([^\n]{1,4000})", self._output)
        parts = found[1].split(",") if found else []
        names = [part.partition(":")[2].strip() for part in parts if part.strip().startswith(("DNS:", "IP Address:"))]
        return tuple(dict.fromkeys(names))

    def not_after(self) -> datetime | None:
        """Return the end of the validity."""
        text = self._texts.get("validity/notAfter", "").strip()
        try:
            moment = datetime.fromisoformat(text.removesuffix("Z"))
        except ValueError:
            return None
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _moment(seconds: str | None) -> datetime | None:
    """Return the moment that Unix seconds write; None for anything else."""
    if seconds is None or not re.fullmatch(r"[0-9]{1,11}", seconds):
        return None
    return datetime.fromtimestamp(int(seconds), UTC)


def _not_ours(line: int, reason: str) -> UsageError:
    message = f"Line {line}: {reason}."
    return UsageError(
        f"The file is not what nmap -oX writes. {message}",
        hint="Make it with: nmap -p 443 --script ssl-cert -oX nmap.xml NETWORK",
        findings=[Finding(code=Code.SCAN_XML, message=message, field="line", value=str(line))],
        code=Code.SCAN_XML,
    )
