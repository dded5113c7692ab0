"""A replaced certificate is revoked as key-replaced once its successor has taken over, where policy says so (R6.2)."""

from collections.abc import Iterator
from typing import Final

from certmgr import revoking
from certmgr.errors import CertmgrError
from certmgr.models.certificates import Certificate
from certmgr.models.operators import Permission
from certmgr.models.revocations import Cause
from certmgr.models.steps import Step
from certmgr.store import certificates
from certmgr.workspace import Session, Workspace

_HOW: Final = "policy: renewal.revoke_replaced"
"""By what the revocation is verified: whoever wrote the configuration decided."""


def due(workspace: Workspace, session: Session) -> Iterator[Step]:
    """Revoke what was replaced, one transaction each; the next publication carries it."""
    session.require(Permission.CARRY_OUT_REVOCATION)
    for one in _replaced(workspace):
        try:
            with workspace.store().write(session.actor) as tx:
                identity = revoking.open_verified(
                    tx, workspace.config, one.id, Cause.KEY_REPLACED, session.actor.name, _HOW
                )
                revoking.carry_out(tx, identity)
        except CertmgrError as problem:
            what = f"The replaced certificate {one.serial} of {one.server} could not be revoked: {problem.message}"
            yield Step(what=what, done=False)
        else:
            yield Step(what=f"Revoked the replaced certificate {one.serial} of {one.server}.", done=True)


def pending(workspace: Workspace) -> Iterator[Step]:
    """Yield what `due` would revoke; changes nothing."""
    for one in _replaced(workspace):
        yield Step(what=f"Would revoke the replaced certificate {one.serial} of {one.server}.", done=True)


def _replaced(workspace: Workspace) -> tuple[Certificate, ...]:
    if not workspace.config.renewal.revoke_replaced:
        return ()
    with workspace.store().read() as snapshot:
        return certificates.replaced(snapshot, workspace.now())
