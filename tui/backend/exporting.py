"""Export from the interface: the forms, where the key is, and the files that are written."""

from pathlib import Path
from typing import Final

from certmgr.custody.secrets import Secret
from certmgr.errors import CertmgrError, UsageError
from certmgr.models.certificates import CertificateId
from certmgr.operations import exports as operations
from certmgr.queries import certificates as queries
from tui.backend.core import Core
from tui.backend.reading import path_of
from tui.values.issuing import ExportFact, ExportForm, Written

Form = operations.Form
_MEANS: Final = {
    Form.PEM: ("the certificate alone", ".pem"),
    Form.FULLCHAIN: ("the certificate and the issuing CA, as servers send them", ".fullchain.pem"),
    Form.CHAIN: ("the issuing CA alone", ".chain.pem"),
    Form.DER: ("the certificate alone, as bytes", ".der"),
    Form.PKCS12: ("key, certificate and issuing CA under a password", ".p12"),
    Form.NGINX: ("a folder: key, chain and a file to include", "-nginx"),
    Form.APACHE: ("a folder: key, chain and a file to include", "-apache"),
    Form.HAPROXY: ("a folder: one file with key and chain", "-haproxy"),
}
FORMS: Final = tuple(
    ExportForm(
        name=form.value,
        means=means,
        ending=ending,
        folder=form in operations.FOLDERS,
        key=form in operations.WITH_KEY,
        password=form is Form.PKCS12,
    )
    for form, (means, ending) in _MEANS.items()
)


class Exports:
    """Writes certificates in the forms that servers and programs want."""

    forms = FORMS

    def __init__(self, core: Core) -> None:
        """Work in the core's workspace."""
        self._workspace = core.workspace

    def fact(self, certificate: CertificateId) -> ExportFact:
        """Return what can be exported of the certificate, and why not all of it; raises NotFoundError."""
        found = queries.detail(self._workspace, certificate)
        one = found.certificate
        state = operations.state_now(self._workspace, one)
        operations.require_usable(found, Form.PEM, state)
        refusal, key_problem = "", ""
        try:
            operations.require_usable(found, Form.PKCS12, state)
            operations.find_key(one)
        except CertmgrError as problem:
            if state in operations.UNUSABLE:
                refusal = problem.message
            else:
                key_problem = problem.message
        return ExportFact(
            id=one.id,
            server=one.server,
            serial=one.serial,
            not_after=one.not_after.astimezone(self._workspace.zone),
            refusal=refusal,
            key_problem=key_problem,
        )

    def write(
        self, certificate: CertificateId, form: str, *, out: str, key: str = "", password: str = ""
    ) -> tuple[Written, ...]:
        """Write the files of a form and return them with their modes; nothing that is not ours is replaced.

        Raises what `certmgr export` raises: RefusedError, naming each file in the way, NotFoundError without the key.
        """
        wanted = Form(form)
        found = queries.detail(self._workspace, certificate)
        state = operations.state_now(self._workspace, found.certificate)
        operations.require_usable(found, wanted, state)
        if not out.strip():
            raise UsageError("The destination is missing.", hint="Give a path.")
        place, folder = path_of(out), wanted in operations.FOLDERS
        pem = self._key(found, key) if wanted in operations.WITH_KEY else None
        if wanted is Form.PKCS12:
            secret = Secret.from_text(password)
            made: tuple[operations.Artifact, ...] = (
                operations.make_pkcs12(found, now_state=state, key_pem=pem or b"", password=secret),
            )
        else:
            made = operations.make(found, wanted, now_state=state, folder=place if folder else None, key_pem=pem)
        if not folder and place.is_dir():
            raise UsageError(f"{place} is a folder.", hint="Name the file in it.")
        paths = operations.write(self._workspace, made, place, folder=folder)
        return tuple(Written(path=path, mode=one.mode) for path, one in zip(paths, made, strict=True))

    @staticmethod
    def _key(found: queries.Detail, key: str) -> bytes:
        return operations.find_key(found.certificate, _file(key) if key.strip() else None)


def _file(text: str) -> Path:
    path = path_of(text)
    if not path.is_file():
        raise UsageError(f"{path} is not a file.", hint="Name the private key's file.")
    return path
