"""One deployment brought up to date: files, hook, record; what fails is undone and tried again later (DETAILS 32).

The order is the promise. The files of a server change by one rename, its program is told by the hook, the store says
so, and only then the files from before are given up. A process that is killed in between leaves one whole set of files
in force; the next run sees what the store says, and does the rest again: a hook may therefore run twice.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from certmgr import placing
from certmgr.codes import Code
from certmgr.errors import CertmgrError
from certmgr.models.certificates import Certificate, CertificateId, KeyOrigin
from certmgr.models.operators import Actor
from certmgr.models.servers import Content, Deployment, DeploymentId, Installation
from certmgr.net import archive, hooks, install
from certmgr.pki import inspect, keys
from certmgr.records import dataclass
from certmgr.store import attempts, authorities, certificates, deployments
from certmgr.store.connection import Transaction
from certmgr.workspace import Workspace

HOOKS: Final = Path("/etc/certmgr/hooks")
"""Where root finds the hooks that it runs for a home that belongs to another user, or for another host."""
_MAX_KEY: Final = 65536
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """A certificate with what its files are made of, but for its key."""

    certificate: Certificate
    content: Content
    der: bytes
    chain: bytes
    """DER of the issuing CA's certificate; the root goes nowhere."""


def material_of(workspace: Workspace, certificate: Certificate) -> Material:
    """Return what the files of `certificate` are made of, but for its key."""
    with workspace.store().read() as snapshot:
        chain = authorities.get(snapshot, certificate.authority_id).certificate
        der = certificates.der(snapshot, certificate.id)
    content = Content(
        server=certificate.server,
        serial=certificate.serial,
        sha256=inspect.sha256(der),
        chain_sha256=inspect.sha256(chain),
        with_key=certificate.key_origin is KeyOrigin.MADE,
    )
    return Material(certificate=certificate, content=content, der=der, chain=chain)


def bring(  # noqa: PLR0913 - one act, by keyword
    workspace: Workspace,
    actor: Actor,
    deployment: Deployment,
    installation: Installation,
    certificate: Certificate,
    *,
    hook_folder: Path = HOOKS,
) -> None:
    """Install `certificate`, run the hook, and record both.

    Raises CertmgrError saying why it could not be done: the files from before are in force then, the failure is on
    record, and so is when it is tried again. Raises LockedError, and records nothing, where another process is at it.
    """
    material = material_of(workspace, certificate)
    try:
        with install.opened(installation.folder) as place:
            _bring(workspace, actor, deployment, installation, material, place, hook_folder)
    except CertmgrError as problem:
        if problem.code is Code.BUSY:
            raise
        with workspace.store().write(actor) as tx:
            record_failure(tx, deployment, certificate.id, problem)
        raise


def tidy(workspace: Workspace, deployment: Deployment, installation: Installation) -> bool:
    """Give up the files from before that a process left behind which was killed right after its record.

    Return whether there were any. What is not on record as installed is left for `bring`.
    """
    if not install.is_unsettled(installation.folder):
        return False
    with install.opened(installation.folder) as place:
        return _settle_recorded(workspace, deployment, installation, place)


def _settle_recorded(
    workspace: Workspace, deployment: Deployment, installation: Installation, place: install.Place
) -> bool:
    """Settle a change that is on record and was cut off right after; return whether there was one."""
    if not install.is_unsettled(installation.folder):
        return False
    with workspace.store().read() as snapshot:
        held = deployments.get(snapshot, deployment.id).certificate_id
        certificate = None if held is None else certificates.get(snapshot, held)
    if certificate is None:
        return False
    if not placing.is_installed(deployment.id, installation, material_of(workspace, certificate).content):
        return False
    install.settle(place)
    return True


def _bring(  # noqa: PLR0913, PLR0917 - the values of one act
    workspace: Workspace,
    actor: Actor,
    deployment: Deployment,
    installation: Installation,
    material: Material,
    place: install.Place,
    hook_folder: Path,
) -> None:
    if installation.hook and _is_foreign_home(workspace):
        hooks.require_trusted(installation.hook, hook_folder, "for a home that belongs to another user")
    _settle_recorded(workspace, deployment, installation, place)
    certificate = material.certificate
    with workspace.store().read() as snapshot:
        held = deployments.get(snapshot, deployment.id)
    if held.certificate_id == certificate.id and placing.is_installed(deployment.id, installation, material.content):
        # Another run did it between the caller's look and the lock.
        return
    parts = placing.parts(installation.format, material.der, material.chain, find_key(certificate))
    placing.bring(place, deployment.id, installation, material.content, parts)
    with workspace.store().write(actor) as tx:
        record_installed(tx, deployment.id, certificate.id, material.content)
    with suppress(CertmgrError):
        # It is installed and on record; what could not be removed is left to `tidy`.
        install.settle(place)


def record_installed(tx: Transaction, deployment: DeploymentId, certificate: CertificateId, content: Content) -> None:
    """Record that the certificate's files are in place and the hook has succeeded. Raises NotFoundError."""
    subject = f"deployment:{deployment}"
    deployments.set_installed(tx, deployment, certificate)
    attempts.succeeded(tx, subject)
    attempts.forget(tx, f"probe:{deployment}")
    tx.record("deployment.installed", subject, {"certificate": int(certificate), "sha256": content.sha256})


def record_failure(tx: Transaction, deployment: Deployment, certificate: CertificateId, problem: CertmgrError) -> None:
    """Record that the certificate could not be installed, and with it when that is tried again."""
    attempts.failed(tx, deployment.subject, words_of(problem))
    tx.record("deployment.failed", deployment.subject, {"certificate": int(certificate), "code": str(problem.code)})


def words_of(problem: CertmgrError) -> str:
    """Return what went wrong with every reason, in one line."""
    reasons = "; ".join(one.message for one in problem.findings if one.message not in problem.message)
    return f"{problem.message} {reasons}".strip()


def _is_foreign_home(workspace: Workspace) -> bool:
    """Tell whether root is at work for another user, whose records must not choose what root runs."""
    return os.geteuid() == 0 and workspace.home.stat().st_uid != 0


def find_key(certificate: Certificate) -> bytes | None:
    """Return the PEM of the certificate's private key from where it was delivered; None: its owner has it (a CSR).

    Raises CertmgrError where it is not there, is no plain file, or is not the certificate's: the file is read by
    somebody who may read more than the one who wrote it.
    """
    if certificate.key_origin is KeyOrigin.CSR:
        return None
    if certificate.destination is None:
        raise _no_key(certificate, "it was delivered to no folder")
    base = f"{certificate.destination}/{certificate.server}"
    try:
        for number in sorted(archive.numbers(base), reverse=True):
            key = _read_key(Path(base, archive.ARCHIVE, str(number), archive.KEY))
            if key is not None and keys.spki_sha256(keys.public_spki(key)) == certificate.spki_sha256:
                return keys.private_pem(key)
    except OSError as error:
        raise _no_key(certificate, f"{error.filename or base}: {error.strerror}") from None
    raise _no_key(certificate, f"it is in no folder of {base}/{archive.ARCHIVE}; `certmgr check` finishes a delivery")


def _read_key(path: Path) -> "keys.PrivateKey | None":
    """Return the private key in a plain file, or None where there is none in it."""
    try:
        descriptor = os.open(path, _READ)
    except FileNotFoundError:
        return None
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        content = file.read(_MAX_KEY)
    try:
        return keys.load_private(content)
    except CertmgrError:
        return None


def _no_key(certificate: Certificate, why: str) -> CertmgrError:
    return CertmgrError(
        f"The private key of {certificate.server} (serial {certificate.serial}) cannot be installed: {why}.",
        hint=f"See `certmgr show {certificate.server}`.",
        code=Code.INSTALL_KEY,
    )
