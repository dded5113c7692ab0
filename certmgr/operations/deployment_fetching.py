"""The other host's side of a deployment: fetch what is due over ssh, install it, and tell the CA's host (DETAILS 32).

No home is needed. What the CA's host says is held against the rules of what a person may record; it names no file, and
its hooks run only from a folder that nobody but root can change. A set of files is in force and settled once its hook
has succeeded, so a run that is cut off after that has only to confirm it the next time.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from certmgr import deployment_wire as wire
from certmgr import placing
from certmgr.codes import Code
from certmgr.deployment_forms import host_findings
from certmgr.errors import CertmgrError, RefusedError, UsageError
from certmgr.models.steps import Step
from certmgr.net import hooks, install, ssh
from certmgr.pki import inspect, keys

_CONVERSATION: Final = frozenset({Code.DEPLOY_SSH, Code.DEPLOY_PROTOCOL, Code.DEPLOY_VERSION})
"""What ends the conversation; everything else is one deployment's own trouble."""


class _RefusedError(CertmgrError):
    """The CA's host does not hand it out, and knows why."""


def fetch(route: ssh.Route, *, hook_folder: Path, retry: bool = False, strict: bool = False) -> Iterator[Step]:
    """Install what the CA's host has for this one and run its hooks; yield what was done and what failed.

    What failed before waits its time, or with `retry` is tried at once. With `strict`, an answer for another host than
    `route.host` is refused. Raises UsageError, or CertmgrError where the conversation fails; whole files are in force
    then, and the next run does the rest.
    """
    with _conversation(route) as peer:
        for offer in _offers(peer, route, strict=strict):
            if _is_settled(offer):
                if not offer.recorded:
                    yield _reported(peer, offer)
            elif retry or not offer.waits:
                yield from _fetched(peer, offer, hook_folder)


def rehearse(route: ssh.Route, *, retry: bool = False, strict: bool = False) -> Iterator[Step]:
    """Yield what `fetch` would do now; writes, runs and reports nothing. Raises as it does."""
    with _conversation(route) as peer:
        for offer in _offers(peer, route, strict=strict):
            files, named = offer.installation, _named(offer)
            if _is_settled(offer):
                if not offer.recorded:
                    yield Step(what=f"Would confirm {named} in {files.folder}.", done=True)
            elif retry or not offer.waits:
                hook = f" and run {files.hook[0]}" if files.hook else ""
                yield Step(what=f"Would install {named} into {files.folder}{hook}.", done=True)


def _conversation(route: ssh.Route) -> AbstractContextManager[ssh.Peer]:
    findings = tuple(host_findings(route.host))
    if findings:
        raise UsageError(
            findings[0].message, findings=findings, hint="Name this host as the CA's records do, with --on."
        )
    return ssh.conversation(route)


def _offers(peer: ssh.Peer, route: ssh.Route, *, strict: bool) -> list[wire.Offer]:
    """Return what the CA's host has for this one."""
    head = peer.ask(do="list")
    if head.get("is") != "list":
        raise wire.wrong("it does not answer what it was asked")
    host = wire.text(head, "host")
    if strict and host != route.host:
        raise RefusedError(
            f"{route.address} answers for the host {wire.sentence(head, 'host')}, not for {route.host}.",
            hint="Its authorized_keys line for this host's key names another one: correct it there, or --on here.",
            code=Code.DEPLOYMENT_CHANGED,
        )
    count = wire.number(head, "count")
    if count > wire.MAX_OFFERS:
        raise wire.wrong(f"it offers more than {wire.MAX_OFFERS} deployments")
    return [wire.offer_of(_expected(peer.more(), "deployment")) for _ in range(count)]


def _expected(message: wire.Message, kind: str) -> wire.Message:
    if message.get("is") == "refused":
        raise _RefusedError(wire.sentence(message, "message"))
    if message.get("is") != kind:
        raise wire.wrong("it does not answer what it was asked")
    return message


def _is_settled(offer: wire.Offer) -> bool:
    """Tell whether the folder holds what it is to hold and the hook has succeeded for it."""
    files = offer.installation
    return placing.is_installed(offer.deployment, files, offer.content) and not install.is_unsettled(files.folder)


def _fetched(peer: ssh.Peer, offer: wire.Offer, hook_folder: Path) -> Iterator[Step]:
    files = offer.installation
    try:
        _bring(peer, offer, hook_folder)
    except _RefusedError as refusal:
        yield Step(what=f"{_named(offer)} was not handed out: {refusal.message}", done=False)
        return
    except CertmgrError as problem:
        if problem.code in _CONVERSATION:
            raise
        if problem.code is Code.BUSY:
            # Another run is at it.
            return
        reasons = "".join(f" {one.message}" for one in problem.findings if one.message not in problem.message)
        words = f"{problem.message}{reasons}"
        sha256 = offer.content.sha256
        answer = peer.ask(
            do="failed",
            deployment=offer.deployment,
            sha256=sha256,
            code=str(problem.code),
            problem=words[: wire.MAX_TEXT],
        )
        told = "" if answer.get("is") == "recorded" else " The CA's host does not record it."
        what = f"{offer.content.server} could not be installed into {files.folder}: {words}{told}"
        yield Step(what=what, done=False)
        return
    yield _reported(peer, offer, fresh=True)


def _reported(peer: ssh.Peer, offer: wire.Offer, *, fresh: bool = False) -> Step:
    """Tell the CA's host that the files are in force, and return what was done."""
    answer = peer.ask(do="installed", deployment=offer.deployment, sha256=offer.content.sha256)
    named, folder = _named(offer), offer.installation.folder
    try:
        _expected(answer, "recorded")
    except _RefusedError as refusal:
        return Step(what=f"{named} is in {folder}, and that is not recorded: {refusal.message}", done=False)
    if fresh:
        return Step(what=f"Installed {named} into {folder}.", done=True)
    return Step(what=f"Confirmed {named} in {folder}, installed before.", done=True)


def _bring(peer: ssh.Peer, offer: wire.Offer, hook_folder: Path) -> None:
    """Install what is offered; the key is asked for last, once everything else is as it must be."""
    files = offer.installation
    if files.hook:
        hooks.require_trusted(files.hook, hook_folder, "that another host chose")
    with install.opened(files.folder) as place:
        if _is_settled(offer):
            # Another run did it between the look and the lock.
            return
        handed = wire.handed_of(_expected(peer.ask(do="fetch", deployment=offer.deployment), "files"))
        key = _checked_key(offer, handed)
        parts = placing.parts(files.format, handed.der, handed.chain, key)
        placing.bring(place, offer.deployment, files, offer.content, parts)
        # Before it is reported: what is in force and settled is not done again.
        install.settle(place)


def _checked_key(offer: wire.Offer, handed: wire.Handed) -> bytes | None:
    """Return the private key as certmgr writes it, PEM, or None where its owner has it.

    Raises CertmgrError unless what was handed over is what was offered, and belongs together.
    """
    content = offer.content
    if inspect.sha256(handed.der) != content.sha256 or inspect.sha256(handed.chain) != content.chain_sha256:
        raise wire.wrong("the certificates are not those that were offered")
    try:
        facts, issuer = inspect.certificate_facts(handed.der), inspect.certificate_facts(handed.chain)
        key = keys.load_private(handed.key) if handed.key is not None else None
    except UsageError as problem:
        raise wire.wrong(problem.message.rstrip(".")) from None
    if facts.is_authority or not issuer.is_authority or content.with_key != (key is not None):
        raise wire.wrong("it hands out another thing than it offered")
    if key is None:
        return None
    if keys.public_spki(key) != facts.spki:
        raise wire.wrong("the key is not the certificate's")
    return keys.private_pem(key)


def _named(offer: wire.Offer) -> str:
    return f"{offer.content.server} (serial {offer.content.serial})"
