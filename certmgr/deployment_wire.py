"""What two hosts say to each other about deployments: lines of JSON, each with the version of the protocol, `v`.

The host that installs asks and reports (`do`), the CA's host answers (`is`):

    list                                        list: host, count; then so many lines "deployment"
    fetch: deployment                           files: deployment, certificate, chain, key; or refused: message
    installed: deployment, sha256               recorded; or refused: message
    failed: deployment, sha256, code, problem   recorded; or refused: message

What breaks the rules is answered with error: code, message, and the connection ends. A private key is in `files` alone.
Octets are base64. Both sides take what they read for what a stranger wrote.
"""

import base64
import binascii
import json
import re
from typing import Any, Final

from certmgr.codes import Code
from certmgr.deployment_forms import installation_findings
from certmgr.errors import CertmgrError
from certmgr.models.servers import Content, DeploymentId, Format, Installation
from certmgr.printable import printable
from certmgr.records import dataclass

VERSION: Final = 1
MAX_REQUEST: Final = 16_384
"""How many octets a line to the CA's host may have."""
MAX_ANSWER: Final = 1 << 20
"""How many octets a line from there may have: a hook of 64 words of 1,024 characters fits."""
MAX_OFFERS: Final = 10_000
MAX_DER: Final = 65_536
"""How many octets a certificate or a key may have."""
MAX_TEXT: Final = 1000
"""To how many characters a sentence is cut."""
_NUMBERS: Final = 1 << 53
"""Whole numbers from here on are not exact in every JSON."""
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")

Message = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A deployment of a host, and what its folder is to hold."""

    deployment: DeploymentId
    installation: Installation
    content: Content
    recorded: bool
    """Whether that is on record as installed."""
    waits: bool
    """Whether it failed, and is to be tried again later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What the files of a deployment are made of."""

    der: bytes
    chain: bytes
    key: bytes | None
    """PEM; None: its owner has it."""


def encoded(**fields: object) -> bytes:
    """Return the line of a message."""
    return json.dumps({"v": VERSION, **fields}).encode("ascii")


def decoded(line: bytes) -> Message:
    """Return the message of a line; raises CertmgrError (deploy.protocol, deploy.version), and quotes nothing of it."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        raise wrong("a line is not JSON") from None
    if not isinstance(message, dict):
        raise wrong("a line is not a JSON object")
    version = message.get("v")
    if version != VERSION or isinstance(version, bool):
        shown = printable(str(version)[:20]) if isinstance(version, int | str) else "none"
        raise CertmgrError(
            f"The other side speaks version {shown} of the deployment protocol, this certmgr version {VERSION}.",
            hint="Bring certmgr to the same version on both hosts.",
            code=Code.DEPLOY_VERSION,
        )
    return message


def wrong(what: str) -> CertmgrError:
    """Return the error that the other side does not keep to the protocol."""
    return CertmgrError(f"The other side does not say what certmgr says: {what}.", code=Code.DEPLOY_PROTOCOL)


def text(message: Message, key: str, limit: int = MAX_TEXT) -> str:
    """Return a text of the message; raises CertmgrError where it is missing, another thing or too long."""
    value = message.get(key)
    if not isinstance(value, str) or len(value) > limit:
        raise wrong(f"`{key}` is not a text of at most {limit} characters")
    return value


def sentence(message: Message, key: str) -> str:
    """Return a text of the message, fit for a terminal and cut; empty where there is none."""
    value = message.get(key)
    return printable(value[:MAX_TEXT]) if isinstance(value, str) else ""


def digest(message: Message, key: str) -> str:
    """Return a SHA-256 in hex; raises CertmgrError where it is something else."""
    value = message.get(key)
    if not isinstance(value, str) or not _DIGEST.fullmatch(value):
        raise wrong(f"`{key}` is not a SHA-256 in lower-case hex")
    return value


def number(message: Message, key: str) -> int:
    """Return a whole number from 0 on; raises CertmgrError where it is something else."""
    value = message.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _NUMBERS:
        raise wrong(f"`{key}` is not a whole number")
    return value


def _flag(message: Message, key: str) -> bool:
    value = message.get(key)
    if not isinstance(value, bool):
        raise wrong(f"`{key}` is neither true nor false")
    return value


def _octets(message: Message, key: str) -> bytes:
    value = message.get(key)
    try:
        found = base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except (binascii.Error, ValueError):
        found = b""
    if not 0 < len(found) <= MAX_DER:
        raise wrong(f"`{key}` is not base64 of at most {MAX_DER} octets")
    return found


def offer_fields(offer: Offer) -> Message:
    """Return the fields of the answer "deployment"."""
    files, content = offer.installation, offer.content
    return {
        "is": "deployment",
        "deployment": int(offer.deployment),
        "server": content.server,
        "serial": content.serial,
        "sha256": content.sha256,
        "chain_sha256": content.chain_sha256,
        "with_key": content.with_key,
        "folder": files.folder,
        "format": files.format.value,
        "owner": files.owner,
        "group": files.group,
        "mode": files.mode,
        "hook": list(files.hook),
        "hook_timeout_s": files.hook_timeout_s,
        "recorded": offer.recorded,
        "waits": offer.waits,
    }


def offer_of(message: Message) -> Offer:
    """Return what such an answer offers; raises CertmgrError where a person could not have recorded it like that."""
    hook = message.get("hook")
    if not isinstance(hook, list) or not all(isinstance(word, str) for word in hook):
        raise wrong("`hook` is not a list of texts")
    form = text(message, "format")
    if form not in {one.value for one in Format}:
        raise wrong("`format` is none that this version knows")
    installation = Installation(
        folder=text(message, "folder", MAX_ANSWER),
        format=Format(form),
        owner=text(message, "owner"),
        group=text(message, "group"),
        mode=number(message, "mode"),
        hook=tuple(hook),
        hook_timeout_s=number(message, "hook_timeout_s"),
    )
    findings = tuple(installation_findings(installation))
    if findings:
        raise wrong(findings[0].message.rstrip("."))
    return Offer(
        deployment=DeploymentId(number(message, "deployment")),
        installation=installation,
        content=Content(
            server=printable(text(message, "server")),
            serial=printable(text(message, "serial")),
            sha256=digest(message, "sha256"),
            chain_sha256=digest(message, "chain_sha256"),
            with_key=_flag(message, "with_key"),
        ),
        recorded=_flag(message, "recorded"),
        waits=_flag(message, "waits"),
    )


def files_fields(deployment: DeploymentId, handed: Handed) -> Message:
    """Return the fields of the answer "files"; the private key is among them."""
    return {
        "is": "files",
        "deployment": int(deployment),
        "certificate": base64.b64encode(handed.der).decode("ascii"),
        "chain": base64.b64encode(handed.chain).decode("ascii"),
        "key": None if handed.key is None else base64.b64encode(handed.key).decode("ascii"),
    }


def handed_of(message: Message) -> Handed:
    """Return what such an answer hands over; raises CertmgrError where it is not of the form."""
    return Handed(
        der=_octets(message, "certificate"),
        chain=_octets(message, "chain"),
        key=None if message.get("key") is None else _octets(message, "key"),
    )
