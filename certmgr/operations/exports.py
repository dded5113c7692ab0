"""A certificate in the form that a server or another program wants; nothing in the store changes.

A private key is taken from where certmgr delivered it, or from a file that is named; it goes into owner-only files.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from certmgr import lifecycle
from certmgr.codes import Code
from certmgr.custody.secrets import Secret
from certmgr.errors import CertmgrError, Finding, NotFoundError, RefusedError, UsageError
from certmgr.files import PRIVATE_MODE, PUBLIC_MODE, make_folder, translated, write_private, write_public
from certmgr.models.authorities import AuthorityRole
from certmgr.models.certificates import Certificate, KeyOrigin, State
from certmgr.pki import export, inspect, keys
from certmgr.queries.certificates import Detail
from certmgr.store import certificates
from certmgr.workspace import Workspace


class Form(StrEnum):
    """What comes out."""

    PEM = "pem"
    FULLCHAIN = "fullchain"
    CHAIN = "chain"
    DER = "der"
    PKCS12 = "pkcs12"
    NGINX = "nginx"
    APACHE = "apache"
    HAPROXY = "haproxy"


FOLDERS: Final = frozenset({Form.NGINX, Form.APACHE, Form.HAPROXY})
"""Forms of several files in a folder."""
WITH_KEY: Final = FOLDERS | {Form.PKCS12}
UNUSABLE: Final = frozenset({State.REVOKED, State.HELD, State.EXPIRED})
"""States in which no server may be set up with the certificate any more (R1.7)."""
MARK: Final = "# Written by certmgr export"
_UNFIT: Final = re.compile(r"""["'\\$%\x00-\x20\x7f]""")
"""Characters of a path that one of the servers' configurations takes for something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One file, or what goes to standard output."""

    name: str
    """Its name in a folder; empty for a form that is one file, which the caller names."""
    content: bytes
    private: bool = False

    @property
    def mode(self) -> int:
        """The mode that the file gets."""
        return PRIVATE_MODE if self.private else PUBLIC_MODE


def make(
    found: Detail, form: Form, *, now_state: State, folder: Path | None = None, key_pem: bytes | None = None
) -> tuple[Artifact, ...]:
    """Return the files of a form that needs no password; `folder` is where those of a server will lie.

    Raises NotFoundError for a certificate that is not issued yet, RefusedError for a server's files of one that may not
    be used any more, UsageError for a folder whose path a server's configuration cannot carry.
    """
    require_usable(found, form, now_state)
    leaf, chain = export.pem(found.der), chain_of(found)
    if form is Form.DER:
        return (Artifact(name="", content=found.der),)
    if form not in FOLDERS:
        content = {Form.PEM: leaf, Form.CHAIN: chain, Form.FULLCHAIN: leaf + chain}[form]
        return (Artifact(name="", content=content),)
    if folder is None or key_pem is None:
        raise UsageError(f"The form {form} is a folder of files.", hint="Name the folder with --out DIR.")
    if form is Form.HAPROXY:
        return (Artifact(name=f"{found.certificate.server}.pem", content=leaf + chain + key_pem, private=True),)
    return (
        Artifact(name="privkey.pem", content=key_pem, private=True),
        Artifact(name="fullchain.pem", content=leaf + chain),
        Artifact(name=f"{form}.conf", content=_snippet(found.certificate, form, folder)),
    )


def make_pkcs12(found: Detail, *, now_state: State, key_pem: bytes, password: Secret) -> Artifact:
    """Return a PKCS #12 file of key, certificate and issuing CA; raises as `make`."""
    require_usable(found, Form.PKCS12, now_state)
    chain = [one.certificate for one in found.chain if one.role is AuthorityRole.ISSUING]
    content = export.pkcs12(key_pem, found.der, chain, password.reveal(), found.certificate.server)
    return Artifact(name="", content=content, private=True)


def require_usable(found: Detail, form: Form, state: State) -> None:
    """Raise NotFoundError or RefusedError where the certificate cannot be exported in that form now."""
    one = found.certificate
    if not found.der:
        raise NotFoundError(f"The certificate {one.serial} is not issued yet.", hint="Run `certmgr check`.")
    if form in WITH_KEY and state in UNUSABLE:
        raise RefusedError(
            f"The certificate {one.serial} of {one.server} is {state}, so no server is set up with it.",
            hint=f"See `certmgr show {one.server}`.",
            code=Code.STATE_REFUSED,
        )


def chain_of(found: Detail) -> bytes:
    """Return the PEM of what a server sends beside its certificate: the issuing CA, never the root (DETAILS 17)."""
    return export.chain_pem([one.certificate for one in found.chain if one.role is AuthorityRole.ISSUING])


def find_key(certificate: Certificate, given: Path | None = None) -> bytes:
    """Return the PEM of the certificate's private key: from the file `given`, else from where it was delivered.

    Raises NotFoundError where it is not there, UsageError where `given` is another key.
    """
    if given is not None:
        with translated(given):
            content = given.read_bytes()
        key = keys.load_private(content)
        if keys.spki_sha256(keys.public_spki(key)) != certificate.spki_sha256:
            raise UsageError(f"The key in {given} is not that of the certificate.", hint="Name its own key with --key.")
        return keys.private_pem(key)
    if certificate.key_origin is KeyOrigin.CSR:
        raise NotFoundError(
            f"The private key of {certificate.server} was made by its owner and never was here.",
            hint="Name its file with --key FILE.",
            code=Code.KEY_ABSENT,
        )
    for path in _delivered_keys(certificate):
        with translated(path):
            content = path.read_bytes()
        try:
            key = keys.load_private(content)
        except UsageError:
            continue
        if keys.spki_sha256(keys.public_spki(key)) == certificate.spki_sha256:
            return keys.private_pem(key)
    where = f"{certificate.destination}/{certificate.server}" if certificate.destination else "any folder"
    raise NotFoundError(
        f"The private key of {certificate.server} (serial {certificate.serial}) is not in {where} any more.",
        hint="Name its file with --key FILE; a key that is lost is replaced: certmgr revoke --cause key-lost.",
        code=Code.KEY_ABSENT,
    )


def _delivered_keys(certificate: Certificate) -> list[Path]:
    """Return the key files of the server's deliveries, the newest first."""
    if certificate.destination is None:
        return []
    archive = Path(certificate.destination) / certificate.server / "archive"
    with translated(archive):
        found = [path for path in archive.glob("*/privkey.pem") if path.parent.name.isdecimal()]
    return sorted(found, key=lambda path: int(path.parent.name), reverse=True)


def check_places(workspace: Workspace, places: Sequence[Path]) -> None:
    """Raise RefusedError, naming each, where a file stands that certmgr did not write (exit 4)."""
    with workspace.store().read() as snapshot:

        def ours(path: Path) -> bool:
            if path.is_symlink() or not path.is_file():
                return False
            content = path.read_bytes()
            return (
                content.startswith(MARK.encode())
                or any(certificates.by_sha256(snapshot, digest) for digest in _fingerprints(content))
                or any(certificates.by_spki(snapshot, spki) for spki in _key_digest(content))
            )

        found = []
        for path in places:
            with translated(path):
                if (path.exists() or path.is_symlink()) and not ours(path):
                    message = f"{path} is there, and certmgr did not write it."
                    found.append(Finding(code=Code.FILE_FOREIGN, field="out", value=str(path), message=message))
    if found:
        raise RefusedError(
            "Files that certmgr did not write are in the way.",
            hint="Move them away, or name another place with --out.",
            findings=found,
            code=Code.FILE_FOREIGN,
        )


def write(workspace: Workspace, artifacts: Sequence[Artifact], out: Path, *, folder: bool) -> list[Path]:
    """Write the files, the key before the certificate, and return their paths; nothing foreign is replaced."""
    places = [out / one.name for one in artifacts] if folder else [out]
    check_places(workspace, places)
    if folder:
        make_folder(out, parents=True)
    for one, path in zip(artifacts, places, strict=True):
        if one.private:
            write_private(path, one.content)
        else:
            write_public(path, one.content)
    return places


def _fingerprints(content: bytes) -> Iterator[str]:
    """Yield the fingerprint of the first certificate in a file's content, if there is one."""
    try:
        yield inspect.sha256(export.certificates_of_pem(content)[0])
    except CertmgrError:
        try:
            yield inspect.sha256(inspect.load_certificate(content))
        except CertmgrError:
            return


def _key_digest(content: bytes) -> Iterator[str]:
    """Yield the SPKI hash of the private key that a file's content is, if it is one."""
    try:
        yield keys.spki_sha256(keys.public_spki(keys.load_private(content)))
    except CertmgrError:
        return


def _snippet(certificate: Certificate, form: Form, folder: Path) -> bytes:
    """Return the lines that a server's configuration includes for this certificate."""
    where = str(folder)
    if _UNFIT.search(where):
        raise UsageError(
            f"The path {where!r} holds a space or a character that the configuration of {form} cannot carry.",
            hint="Name a folder of letters, digits, dots, hyphens and underscores with --out.",
        )
    names = " ".join([*certificate.dns, *certificate.ip])
    head = [
        f"{MARK} --form {form}: {names}",
        f"# serial {certificate.serial}, valid until {certificate.not_after:%Y-%m-%d}",
    ]
    if form is Form.NGINX:
        lines = [
            "# In the server block: listen 443 ssl; include this file.",
            f"ssl_certificate {where}/fullchain.pem;",
            f"ssl_certificate_key {where}/privkey.pem;",
        ]
    else:
        lines = [
            "# In the virtual host: SSLEngine on, and Include of this file.",
            f"SSLCertificateFile {where}/fullchain.pem",
            f"SSLCertificateKeyFile {where}/privkey.pem",
        ]
    return ("\n".join([*head, *lines]) + "\n").encode()


def state_now(workspace: Workspace, certificate: Certificate) -> State:
    """Return the certificate's state at this moment."""
    return lifecycle.state_of(certificate, workspace.now())
