"""Ways to hear what a process is about to do, and to stop it there, without doing anything in its place."""

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from certmgr import issuance
from certmgr.models.keys import KeyType, Signer
from certmgr.net import layout, mail, published
from certmgr.pki import build, inspect
from certmgr.store import authorities
from certmgr.store import notices as stored_notices
from certmgr.store.connection import Store
from certmgr.workspace import Session, Workspace
from tests.faults.processes import Reports

STEPS = ("prepare", "intent", "sign", "record", "deliver", "acknowledged")
SIGNER_DELAY_S = 0.001
"""The most that the signer takes its time, as a token would, before and after it reports."""
_FUNCTIONS = (
    (issuance, "prepare", "prepare"),
    (issuance, "record_intents", "intent"),
    (issuance, "sign", "sign"),
    (issuance, "record_issued", "record"),
    (issuance, "deliver", "deliver"),
    (layout, "deliver_batch", "deliver"),
)
"""Where each step begins; the last one begins when the caller has its answer."""


class TokenSigner:
    """A CA key that says of itself what a key in a token does: two signatures over the same bytes differ."""

    def __init__(self, inner: Signer) -> None:
        self._inner = inner

    @property
    def spki(self) -> bytes:
        """The key's own."""
        return self._inner.spki

    @property
    def key_type(self) -> KeyType:
        """The key's own."""
        return self._inner.key_type

    @property
    def deterministic(self) -> bool:
        """It is not."""
        return False

    def sign(self, tbs: bytes) -> bytes:
        """Return the key's signature."""
        return self._inner.sign(tbs)


class ReportingSigner(TokenSigner):
    """A CA key that says what it signed, on an unbuffered pipe, before it gives the signature away."""

    def __init__(self, inner: Signer, reports: Reports) -> None:
        super().__init__(inner)
        self._reports = reports

    @property
    def deterministic(self) -> bool:
        """The key's own."""
        return self._inner.deterministic

    def sign(self, tbs: bytes) -> bytes:
        """Return the signature over a certificate, after `signed SERIAL SPKI TBS DER`, the last three as SHA-256."""
        signature = self._inner.sign(tbs)
        _take_time()
        facts = inspect.certificate_facts(build.assemble(tbs, signature))
        self._reports("signed", facts.serial, inspect.sha256(facts.spki), inspect.sha256(tbs), facts.sha256)
        _take_time()
        return signature


def watch_issuing(workspace: Workspace, session: Session, reports: Reports) -> None:
    """Put a reporting signer into the session, and let the five steps of issuing say when they begin."""
    with workspace.store().read() as snapshot:
        authority = authorities.current_issuing(snapshot)
    session._signers[authority.slug] = ReportingSigner(session.signer(authority), reports)
    for module, name, step in _FUNCTIONS:
        _report(module, name, reports, step)


def watch_writing(reports: Reports) -> None:
    """Let every transaction, every signature and every file put in place say when it begins."""
    _report(Store, "transaction", reports, "transaction")
    _report(issuance, "sign", reports, "sign")
    _report(layout, "deliver", reports, "deliver")
    _report(published, "publish_file", reports, "publish")


def watch_telling(reports: Reports) -> None:
    """Let the sending of notices say when one is recorded, taken, sent, and when its result is recorded."""
    _report(stored_notices, "add", reports, "add")
    _report(stored_notices, "take", reports, "take")
    _report(mail.Post, "send", reports, "send")
    _report(stored_notices, "get", reports, "settle")
    _report(stored_notices, "set_sent", reports, "sent")


def use_token(workspace: Workspace, session: Session) -> None:
    """Put a signer into the session that does not sign twice alike."""
    with workspace.store().read() as snapshot:
        authority = authorities.current_issuing(snapshot)
    session._signers[authority.slug] = TokenSigner(session.signer(authority))


def halt_before(module: object, name: str, reports: Reports) -> None:
    """Let the process stand still before a function, until the parent says `go`."""

    def halt() -> None:
        reports("halted")
        reports.wait()

    before(module, name, halt)


def before(module: object, name: str, first: Callable[[], object]) -> None:
    """Let `first` happen before each call of a function, which stays what it is."""
    inner: Callable[..., object] = getattr(module, name)

    @wraps(inner)
    def beginning(*arguments: Any, **options: Any) -> object:  # noqa: ANN401 - passed on as they are
        first()
        return inner(*arguments, **options)

    setattr(module, name, beginning)


def _report(module: object, name: str, reports: Reports, step: str) -> None:
    before(module, name, lambda: reports("step", step))


def _take_time() -> None:
    time.sleep(random.random() * SIGNER_DELAY_S)  # noqa: S311 - no secret
