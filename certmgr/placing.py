"""A certificate brought into a folder of this host: files, hook, and back again where the hook fails (DETAILS 32).

No store is needed for it: it is the part of an installation that is the same on the CA's host, which records what it
did itself, and on another one, which tells the CA's host.
"""

from collections.abc import Sequence
from typing import Final

from certmgr.codes import Code
from certmgr.errors import CertmgrError
from certmgr.models.servers import Content, DeploymentId, Format, Installation
from certmgr.net import hooks, install
from certmgr.pki import export, keys

FILES: Final = {
    Format.PEM: ("privkey.pem", "cert.pem", "chain.pem", "fullchain.pem"),
    Format.DER: ("privkey.der", "cert.der", "chain.der"),
    Format.COMBINED: ("combined.pem",),
}
"""The files of each format, the one with the key first."""


def set_name(deployment: DeploymentId, installation: Installation, content: Content) -> str:
    """Return the name of the set of files: another one for each certificate and each way to lay it down."""
    return install.set_name(installation, f"deployment:{deployment}", content.sha256, content.chain_sha256)


def is_installed(deployment: DeploymentId, installation: Installation, content: Content) -> bool:
    """Tell whether a server finds the files of `content` where the installation puts them."""
    if installation.format is Format.COMBINED and not content.with_key:
        return False
    names = FILES[installation.format][0 if content.with_key else 1 :]
    return install.is_in_force(installation.folder, names, set_name(deployment, installation, content))


def bring(
    place: install.Place,
    deployment: DeploymentId,
    installation: Installation,
    content: Content,
    parts: Sequence[install.Part],
) -> None:
    """Bring the files into force and run the hook; the caller settles it, once it need not be done again.

    Raises CertmgrError saying why it could not be done: the files from before are in force then.
    """
    install.put(place, parts, installation, name=set_name(deployment, installation, content))
    problem = _run_hook(installation, content, restored=False)
    if problem is not None:
        raise _undone(installation, content, place, problem)


def parts(form: Format, der: bytes, chain: bytes, key: bytes | None) -> Sequence[install.Part]:
    """Return the files of a set: of the certificate and its issuer's (DER); `key` is PEM, None leaves its file out."""
    if form is Format.DER:
        private = keys.private_der(keys.load_private(key)) if key else None
        contents = [private, der, chain]
    else:
        cert, above = export.pem(der), export.pem(chain)
        if form is Format.COMBINED and key is None:
            message = "There is no private key to install: it was made by its owner, and the format combined needs it."
            raise CertmgrError(message, hint="Record the deployment with another format.", code=Code.INSTALL_KEY)
        contents = [key + cert + above] if form is Format.COMBINED and key else [key, cert, above, cert + above]
    return [
        install.Part(name=name, content=content, private=number == 0)
        for number, (name, content) in enumerate(zip(FILES[form], contents, strict=True))
        if content is not None
    ]


def _undone(installation: Installation, content: Content, place: install.Place, problem: str) -> CertmgrError:
    """Go back to the files from before and return the error that says so.

    The hook runs once more then: it may have stopped the server, or made it read the new files, and nothing else makes
    it read those that are in force again.
    """
    if not install.restore(place):
        return CertmgrError(f"{problem} There were no files before, so there are none now.", code=Code.HOOK_FAILED)
    again = _run_hook(installation, content, restored=True)
    said = "the hook ran once more for them" if again is None else "the hook failed for them, too"
    return CertmgrError(f"{problem} The files from before are in place again, and {said}.", code=Code.HOOK_FAILED)


def _run_hook(installation: Installation, content: Content, *, restored: bool) -> str | None:
    """Run the hook; return what went wrong as a sentence, None where nothing did or there is no hook.

    `restored`: the files from before are in force again.
    """
    if not installation.hook:
        return None
    variables = {
        "CERTMGR_SERVER": content.server,
        "CERTMGR_FOLDER": installation.folder,
        "CERTMGR_FORMAT": installation.format.value,
        "CERTMGR_RESTORED": "1" if restored else "0",
    }
    if not restored:
        variables |= {"CERTMGR_SERIAL": content.serial, "CERTMGR_SHA256": content.sha256}
    try:
        ran = hooks.run(installation.hook, timeout_s=installation.hook_timeout_s, variables=variables)
    except CertmgrError as problem:
        return problem.message
    return None if ran.succeeded else f"The hook {installation.hook[0]} {ran.how.rstrip('.')}."
