"""Servers: what is known of them, when that changed, and their end (R1.2, R1.8, R9.1).

A change of facts opens a promise: a new certificate, or the word that none is needed, within two natural days. Facts
are what the certificate was granted on: owner, purpose, recorded address. Whom to tell is none of them (R7.1).
"""

from typing import TYPE_CHECKING, Final

from certmgr import names
from certmgr.codes import Code
from certmgr.commitments import Kind, natural_days_due
from certmgr.errors import Finding, NotFoundError, RefusedError, UsageError
from certmgr.models.certificates import Certificate
from certmgr.models.operators import Permission
from certmgr.models.servers import Server
from certmgr.records import dataclass
from certmgr.store import certificates, commitments, servers
from certmgr.workspace import Session, Workspace, journalled_refusal

if TYPE_CHECKING:
    from certmgr.store.connection import Snapshot, Transaction

MAX_TEXT: Final = 500
FACTS: Final = frozenset({"owner", "purpose", "recorded_ip"})
"""What a certificate was granted on; a change of it is followed up (R1.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is to be recorded of a server; None leaves what is on record."""

    owner: str | None = None
    purpose: str | None = None
    contact: str | None = None
    recorded_ip: str | None = None
    """One or more addresses with spaces between; empty: none."""
    auto_renew: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """What came of a change."""

    server: Server
    changed: tuple[str, ...]
    """The facts that are others now; empty: nothing was recorded."""
    follow_up: bool
    """Whether the change is to be followed by a new certificate or a confirmation (R1.2)."""


def add(workspace: Workspace, session: Session, *, name: str, facts: Facts) -> Server:
    """Record a server, or take a retired one back into service with these facts; return it.

    Raises UsageError or RefusedError with every reason; a name that is in service already is refused.
    """
    session.require(Permission.MANAGE_SERVERS)
    with (
        journalled_refusal(workspace, session, "server.refused", "server:0"),
        workspace.store().write(session.actor) as tx,
    ):
        known = _check_new(tx, name, facts)
        if known is not None:
            servers.set_retired(tx, known.id, retired=False)
            tx.record("server.returned", _about(known), {})
            return _record(tx, known, facts).server
        identity = servers.ensure(
            tx,
            name=name,
            owner=(facts.owner or "").strip(),
            purpose=(facts.purpose or "").strip(),
            contact=(facts.contact or "").strip(),
            recorded_ip=_addresses(facts.recorded_ip or ""),
        )
        made = find(tx, name)
        if facts.auto_renew is False:
            servers.change(
                tx, made, owner=made.owner, purpose=made.purpose, recorded_ip=made.recorded_ip, auto_renew=False
            )
            tx.record("server.changed", f"server:{identity}", {"changed": ["auto_renew"]})
        return find(tx, name)


def rehearse_add(workspace: Workspace, *, name: str, facts: Facts) -> Server | None:
    """Check what `add` would record and return the retired server that would come back, or None; records nothing."""
    with workspace.store().read() as snapshot:
        return _check_new(snapshot, name, facts)


def edit(workspace: Workspace, session: Session, *, name: str, facts: Facts, seen: Server | None = None) -> Edited:
    """Record what is different, and open the promise to follow the change where a certificate is live (R1.2).

    `seen` is the server as it was when somebody decided on the change. Raises NotFoundError, UsageError with every
    reason, RefusedError for a retired server, or where what is to change is no longer as it was seen.
    """
    session.require(Permission.MANAGE_SERVERS)
    with journalled_refusal(workspace, session, "server.refused", "server:0"):
        rehearsed = rehearse_edit(workspace, name=name, facts=facts)
        if not rehearsed.changed:
            return rehearsed
        with workspace.store().write(session.actor) as tx:
            held = _in_service(tx, name)
            _require_as_seen(held, facts, seen)
            edited = _record(tx, held, facts)
            if FACTS.isdisjoint(edited.changed) or not certificates.live_for_server(tx, name, tx.now):
                return edited
            about = _about(edited.server)
            if not commitments.open_about(tx, Kind.FOLLOW_CHANGE, about):
                # A second change is followed up with the first, and so no later.
                due_at = natural_days_due(tx.now, workspace.config.application.change_days, workspace.zone)
                opened = commitments.open_one(tx, Kind.FOLLOW_CHANGE, about, due_at=due_at)
                data = {"kind": Kind.FOLLOW_CHANGE.value, "about": about}
                tx.record("commitment.opened", f"commitment:{opened}", {**data})
            return Edited(server=edited.server, changed=edited.changed, follow_up=True)


def rehearse_edit(workspace: Workspace, *, name: str, facts: Facts) -> Edited:
    """Return what `edit` would change; records nothing. Raises as `edit` does."""
    with workspace.store().read() as snapshot:
        held = _in_service(snapshot, name)
        _require_sound(_findings(facts))
        changed = _changed(snapshot, held, facts)
        live = certificates.live_for_server(snapshot, name, workspace.now())
        follow_up = bool(live) and not FACTS.isdisjoint(changed)
        return Edited(server=held, changed=changed, follow_up=follow_up)


def confirm(workspace: Workspace, session: Session, *, name: str, reason: str) -> Server:
    """Record that the certificate does not say what changed, and why: the change is followed up (R1.2).

    Raises NotFoundError, UsageError without a reason, RefusedError where no change waits to be followed up.
    """
    session.require(Permission.MANAGE_SERVERS)
    with (
        journalled_refusal(workspace, session, "server.refused", "server:0"),
        workspace.store().write(session.actor) as tx,
    ):
        server = _to_confirm(tx, name, reason)
        for one in commitments.open_about(tx, Kind.FOLLOW_CHANGE, _about(server)):
            commitments.meet(tx, one.id)
            tx.record("commitment.met", f"commitment:{one.id}", {})
        digest = servers.set_confirmation(tx, server.id, reason.strip())
        tx.record("server.confirmed", _about(server), {"reason_sha256": digest})
        return server


def rehearse_confirm(workspace: Workspace, *, name: str, reason: str) -> Server:
    """Check what `confirm` would record; records nothing. Raises as `confirm` does."""
    with workspace.store().read() as snapshot:
        return _to_confirm(snapshot, name, reason)


def retire(workspace: Workspace, session: Session, *, name: str, confirm: str) -> tuple[Certificate, ...]:
    """Take a server out of service: nothing is issued, renewed or installed for it any more.

    Return its certificates that are still good, which somebody is to revoke as no-longer-needed. Raises NotFoundError,
    UsageError where `confirm` is not the server's name, RefusedError where it is out of service already.
    """
    session.require(Permission.MANAGE_SERVERS)
    with journalled_refusal(workspace, session, "server.refused", "server:0"):
        if confirm != name:
            raise UsageError(
                f"The name that was typed is not {name}, so nothing was changed.",
                hint=f"Type it exactly, or give --confirm {name}.",
                code=Code.CONFIRMATION,
            )
        with workspace.store().write(session.actor) as tx:
            server = _in_service(tx, name)
            servers.set_retired(tx, server.id, retired=True)
            tx.record("server.retired", _about(server), {})
            for one in commitments.open_about(tx, Kind.FOLLOW_CHANGE, _about(server)):
                commitments.void(tx, one.id)
                tx.record("commitment.voided", f"commitment:{one.id}", {})
            return certificates.live_for_server(tx, name, tx.now)


def rehearse_retire(workspace: Workspace, *, name: str) -> tuple[Certificate, ...]:
    """Return the certificates that would still be good after `retire`; records nothing. Raises as `retire` does."""
    with workspace.store().read() as snapshot:
        _in_service(snapshot, name)
        return certificates.live_for_server(snapshot, name, workspace.now())


def find(snapshot: "Snapshot", name: str) -> Server:
    """Return the server of that name; raises NotFoundError."""
    found = servers.find_by_name(snapshot, name)
    if found is None:
        raise NotFoundError(f"There is no server {names.shown(name)!r} on record.", hint="See `certmgr server list`.")
    return found


def _about(server: Server) -> str:
    return f"server:{server.id}"


def _in_service(snapshot: "Snapshot", name: str) -> Server:
    server = find(snapshot, name)
    if server.retired_at is not None:
        raise RefusedError(
            f"The server {name} is out of service since {server.retired_at:%Y-%m-%d}.",
            hint=f"Take it back with `certmgr server add {name} --owner OWNER --purpose PURPOSE`.",
            code=Code.SERVER_RETIRED,
        )
    return server


def _check_new(snapshot: "Snapshot", name: str, facts: Facts) -> Server | None:
    """Return the retired server of that name, or None; raises unless the server can be recorded."""
    found = [*names.check_server_name(name), *_findings(facts)]
    required = (("owner", facts.owner), ("purpose", facts.purpose))
    found += [_missing(key) for key, value in required if value is None]
    _require_sound(found)
    known = servers.find_by_name(snapshot, name)
    if known is not None and known.retired_at is None:
        raise RefusedError(
            f"The server {name} is on record already.",
            hint=f"Change its facts with `certmgr server edit {name}`.",
            code=Code.SERVER_KNOWN,
        )
    return known


def _to_confirm(snapshot: "Snapshot", name: str, reason: str) -> Server:
    server = find(snapshot, name)
    if not reason.strip() or len(reason) > MAX_TEXT:
        raise UsageError(
            f"A reason of at most {MAX_TEXT} characters is needed.",
            hint="Say with --reason why the certificate is right as it is.",
            code=Code.SERVER_FACTS,
        )
    if not commitments.open_about(snapshot, Kind.FOLLOW_CHANGE, _about(server)):
        raise RefusedError(
            f"No change of {name} waits to be followed up.",
            hint=f"See `certmgr server show {name}`.",
            code=Code.STATE_REFUSED,
        )
    return server


def _require_as_seen(held: Server, facts: Facts, seen: Server | None) -> None:
    """Raise RefusedError, naming each, where what is to change has been changed since it was seen."""
    if seen is None:
        return
    keys = ("owner", "purpose", "recorded_ip", "auto_renew")
    others = [key for key in keys if getattr(facts, key) is not None and getattr(held, key) != getattr(seen, key)]
    if others:
        findings = [
            Finding(code=Code.STATE_REFUSED, message=f"The {_fact_name(key)} has been changed meanwhile.", field=key)
            for key in others
        ]
        raise RefusedError(
            f"{held.name} has been changed by somebody else; nothing was recorded.",
            hint="Look at it again, and decide anew.",
            findings=findings,
            code=Code.STATE_REFUSED,
        )


def _fact_name(key: str) -> str:
    return {"recorded_ip": "address", "auto_renew": "renewal"}.get(key, key)


def _record(tx: "Transaction", held: Server, facts: Facts) -> Edited:
    """Record what is different from what is on record, with one entry."""
    changed = _changed(tx, held, facts)
    if changed:
        servers.change(
            tx,
            held,
            owner=held.owner if facts.owner is None else facts.owner.strip(),
            purpose=held.purpose if facts.purpose is None else facts.purpose.strip(),
            recorded_ip=held.recorded_ip if facts.recorded_ip is None else _addresses(facts.recorded_ip),
            auto_renew=held.auto_renew if facts.auto_renew is None else facts.auto_renew,
        )
        digest = None
        if "contact" in changed:
            digest = servers.set_contact(tx, held.id, (facts.contact or "").strip())
        tx.record("server.changed", _about(held), {"changed": [*changed], "contact": digest})
    return Edited(server=find(tx, held.name), changed=changed, follow_up=False)


def _changed(snapshot: "Snapshot", held: Server, facts: Facts) -> tuple[str, ...]:
    ip = None if facts.recorded_ip is None else _addresses(facts.recorded_ip)
    pairs = (
        ("owner", held.owner, facts.owner),
        ("purpose", held.purpose, facts.purpose),
        ("recorded_ip", held.recorded_ip, ip),
        ("contact", servers.contact(snapshot, held.id), facts.contact),
    )
    changed = [key for key, old, new in pairs if new is not None and new.strip() != old]
    if facts.auto_renew is not None and facts.auto_renew != held.auto_renew:
        changed.append("auto_renew")
    return tuple(changed)


def _addresses(text: str) -> str:
    """Return the addresses in their short form, with one space between; the text has been checked."""
    return " ".join(str(names.parse_address(one)) for one in text.split())


def _findings(facts: Facts) -> list[Finding]:
    """Return everything that is wrong with the texts."""
    found = []
    for key, value in (("owner", facts.owner), ("purpose", facts.purpose), ("contact", facts.contact)):
        if value is None:
            continue
        if key != "contact" and not value.strip():
            found.append(_missing(key))
        if len(value) > MAX_TEXT or not value.isprintable():
            message = f"The {key} holds a control character or more than {MAX_TEXT} characters."
            found.append(Finding(code=Code.SERVER_FACTS, message=message, field=key))
    for one in (facts.recorded_ip or "").split():
        found += names.check_address(one)[1]
    return found


def _missing(key: str) -> Finding:
    if key == "purpose":
        message = "No purpose is stated; say what the server is for (R2.1)."
        return Finding(code=Code.PURPOSE_MISSING, message=message, field=key)
    return Finding(code=Code.SERVER_FACTS, message=f"The {key} is missing.", field=key)


def _require_sound(found: list[Finding]) -> None:
    if found:
        raise UsageError(found[0].message, findings=found, hint="Correct what is named and try again.")
