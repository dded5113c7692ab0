"""One deployment brought up to date: files, hook, record; what fails is undone and tried again later (DETAILS 32).

The order is the promise. The files of a server change by one rename, its program is told by the hook, the store says
so, and only then the files from before are given up. A process that is killed in between leaves one whole set of files
in force; the next run sees what the store says, and does the rest again: a hook may therefore run twice.
"""

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from certmgr.codes import Code
from certmgr.errors import CertmgrError
from certmgr.models.certificates import Certificate, KeyOrigin
from certmgr.models.operators import Actor
from certmgr.models.servers import Deployment, Format, Installation
from certmgr.net import archive, hooks, install
from certmgr.pki import export, inspect, keys
from certmgr.records import dataclass
from certmgr.store import attempts, authorities, certificates, deployments
from certmgr.workspace import Workspace

HOOKS: Final = Path("/etc/certmgr/hooks")
"""Where root finds the hooks that it runs for a home that belongs to another user."""
_MAX_KEY: Final = 65536
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """A certificate with what its files are made of."""

    certificate: Certificate
    der: bytes
    chain: bytes
    """DER of the issuing CA's certificate; the root goes nowhere."""


def material_of(workspace: Workspace, certificate: Certificate) -> Material:
    """Return what the files of `certificate` are made of, but for its key."""
    with workspace.store().read() as snapshot:
        issuer = authorities.get(snapshot, certificate.authority_id)
        return Material(
            certificate=certificate, der=certificates.der(snapshot, certificate.id), chain=issuer.certificate
        )


def is_installed(installation: Installation, material: Material) -> bool:
    """Tell whether a server finds the files of `material` where the installation puts them."""
    with_key = material.certificate.key_origin is KeyOrigin.MADE
    if installation.format is Format.COMBINED and not with_key:
        return False
    names = [one.name for one in _parts(installation.format, material, b"" if with_key else None)]
    return install.is_in_force(installation.folder, names, _set_name(installation, material))


def _set_name(installation: Installation, material: Material) -> str:
    return install.set_name(installation, inspect.sha256(material.der), inspect.sha256(material.chain))


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
        _record_failure(workspace, actor, deployment, certificate, problem)
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
    if certificate is None or not is_installed(installation, material_of(workspace, certificate)):
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
        hooks.require_trusted(installation.hook, hook_folder)
    _settle_recorded(workspace, deployment, installation, place)
    certificate = material.certificate
    with workspace.store().read() as snapshot:
        held = deployments.get(snapshot, deployment.id)
    if held.certificate_id == certificate.id and is_installed(installation, material):
        # Another run did it between the caller's look and the lock.
        return
    parts = _parts(installation.format, material, find_key(certificate))
    install.put(place, parts, installation, name=_set_name(installation, material))
    problem = _run_hook(installation, certificate.server, certificate)
    if problem is not None:
        raise _undone(installation, certificate.server, place, problem)
    with workspace.store().write(actor) as tx:
        deployments.set_installed(tx, deployment.id, certificate.id)
        attempts.succeeded(tx, deployment.subject)
        attempts.forget(tx, f"probe:{deployment.id}")
        tx.record(
            "deployment.installed",
            deployment.subject,
            {"certificate": int(certificate.id), "sha256": certificate.sha256},
        )
    with suppress(CertmgrError):
        # It is installed and on record; what could not be removed is left to `tidy`.
        install.settle(place)


def _undone(installation: Installation, server: str, place: install.Place, problem: str) -> CertmgrError:
    """Go back to the files from before and return the error that says so.

    The hook runs once more then: it may have stopped the server, or made it read the new files, and nothing else makes
    it read those that are in force again.
    """
    if not install.restore(place):
        return CertmgrError(f"{problem} There were no files before, so there are none now.", code=Code.HOOK_FAILED)
    again = _run_hook(installation, server, None)
    said = "the hook ran once more for them" if again is None else "the hook failed for them, too"
    return CertmgrError(f"{problem} The files from before are in place again, and {said}.", code=Code.HOOK_FAILED)


def _run_hook(installation: Installation, server: str, certificate: Certificate | None) -> str | None:
    """Run the hook; return what went wrong as a sentence, None where nothing did or there is no hook.

    `certificate` is the new one; None: the files from before are in force again.
    """
    if not installation.hook:
        return None
    variables = {
        "CERTMGR_SERVER": server,
        "CERTMGR_FOLDER": installation.folder,
        "CERTMGR_FORMAT": installation.format.value,
        "CERTMGR_RESTORED": "0" if certificate else "1",
    }
    if certificate is not None:
        variables |= {"CERTMGR_SERIAL": certificate.serial, "CERTMGR_SHA256": certificate.sha256 or ""}
    try:
        ran = hooks.run(installation.hook, timeout_s=installation.hook_timeout_s, variables=variables)
    except CertmgrError as problem:
        return problem.message
    return None if ran.succeeded else f"The hook {installation.hook[0]} {ran.how.rstrip('.')}."


def _record_failure(
    workspace: Workspace, actor: Actor, deployment: Deployment, certificate: Certificate, problem: CertmgrError
) -> None:
    reasons = "; ".join(one.message for one in problem.findings if one.message not in problem.message)
    words = f"{problem.message} {reasons}".strip()
    with workspace.store().write(actor) as tx:
        attempts.failed(tx, deployment.subject, words)
        tx.record(
            "deployment.failed", deployment.subject, {"certificate": int(certificate.id), "code": str(problem.code)}
        )


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


def _parts(form: Format, material: Material, key: bytes | None) -> Sequence[install.Part]:
    """Return the files of a set; `key` is PEM, and None leaves the key's file out."""
    if form is Format.DER:
        der = keys.private_der(keys.load_private(key)) if key else key
        found = [install.Part(name="privkey.der", content=der, private=True)] if der is not None else []
        return [
            *found,
            install.Part(name="cert.der", content=material.der),
            install.Part(name="chain.der", content=material.chain),
        ]
    cert, chain = export.pem(material.der), export.pem(material.chain)
    if form is Format.COMBINED:
        if key is None:
            raise _no_key(material.certificate, "it was made by its owner, and the format combined needs it")
        return [install.Part(name="combined.pem", content=key + cert + chain, private=True)]
    found = [install.Part(name="privkey.pem", content=key, private=True)] if key is not None else []
    return [
        *found,
        install.Part(name="cert.pem", content=cert),
        install.Part(name="chain.pem", content=chain),
        install.Part(name="fullchain.pem", content=cert + chain),
    ]
