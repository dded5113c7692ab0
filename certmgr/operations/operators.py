"""The slots of the people and machines who may act (DETAILS 1 to 4)."""

from pathlib import Path

from certmgr.codes import Code
from certmgr.custody import authority_keys, slots
from certmgr.custody.kdf import DEFAULT_KDF, Kdf
from certmgr.custody.secrets import Secret
from certmgr.errors import CertmgrError, NotFoundError, RefusedError, UsageError
from certmgr.models.authorities import AuthorityRole
from certmgr.models.operators import SIGNING_ROLES, Permission, Role
from certmgr.records import dataclass
from certmgr.store import authorities, operators
from certmgr.workspace import (
    PersonCredential,
    Session,
    Workspace,
    journalled_refusal,
    machine_key_file,
    unlock,
)

ROOT_ROLES = frozenset({Role.ADMINISTRATOR, Role.RECOVERY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What came of adding an operator."""

    slot: slots.Slot
    words: Secret | None = None
    """Of a recovery slot: shown once, kept nowhere."""


def add(  # noqa: PLR0913 - the facts of a slot, by keyword
    workspace: Workspace,
    session: Session,
    *,
    name: str,
    role: Role,
    passphrase: Secret | None = None,
    machine_key: Path | None = None,
    kdf: Kdf = DEFAULT_KDF,
) -> Added:
    """Make a slot and give it the CA keys that its role may hold; an administrator does it alone (DETAILS 1).

    Raises RefusedError for a name that is taken or a weak passphrase.
    """
    session.require(Permission.ADMINISTER)
    key_file = machine_key or machine_key_file(workspace.config)
    with journalled_refusal(workspace, session, "operator.refused", "operator:0"):
        check_new(workspace, name=name, role=role, passphrase=passphrase, machine_key=key_file)
    with workspace.store().write(session.actor) as tx:
        operators.add(tx, name, role)
        tx.record("operator.intended", f"operator:{name}", {"role": str(role)})
    path = workspace.operators / f"{name}.json"
    words = None
    if role is Role.MACHINE:
        slot = slots.create_machine_slot(workspace.home, key_file, name)
    elif role is Role.RECOVERY:
        slot, words = slots.create_recovery_slot(path, name, kdf)
    else:
        slot = slots.create_person_slot(path, name, role, passphrase or Secret(b""), kdf)
    granted = _grant(workspace, session, slot)
    with workspace.store().write(session.actor) as tx:
        tx.record("operator.added", f"operator:{name}", {"slot_sha256": slot.fingerprint, "keys": [*granted]})
    return Added(slot=slot, words=words)


def check_new(workspace: Workspace, *, name: str, role: Role, passphrase: Secret | None, machine_key: Path) -> None:
    """Raise UsageError or RefusedError where a slot cannot be made, before its name is taken for good."""
    slots.check_name(name)
    with workspace.store().read() as snapshot:
        known = name in {one.name for one in operators.all(snapshot, removed=True)}
    if known or (workspace.operators / f"{name}.json").exists():
        raise RefusedError(
            f"The slot name {name} is or was in use; the journal names acts by it.",
            hint="Choose another name; see `certmgr operator list --all`.",
            code=Code.SLOT_NAME,
        )
    if role is Role.MACHINE:
        slots.check_outside(workspace.home, machine_key)
        if machine_key.exists():
            raise RefusedError(
                f"{machine_key} is there already and is not replaced.",
                hint="Name another file with --machine-key.",
                code=Code.FILE_EXISTS,
            )
    elif role is not Role.RECOVERY:
        if passphrase is None:
            raise UsageError(f"The slot {name} needs a passphrase.", hint="Give --new-passphrase-file FILE.")
        if weak := slots.check_passphrase(passphrase, name):
            raise RefusedError(
                "The passphrase is too weak.", hint="Use a few words.", findings=weak, code=Code.SLOT_WEAK_PASSPHRASE
            )


def _grant(workspace: Workspace, session: Session, slot: slots.Slot) -> list[str]:
    """Seal each CA key that the slot's role may hold to the slot; return the authorities' slugs."""
    if slot.role not in SIGNING_ROLES:
        return []
    with workspace.store().read() as snapshot:
        every = [one for one in authorities.all(snapshot) if one.has_key]
    granted = []
    for authority in every:
        if authority.role is AuthorityRole.ROOT and slot.role not in ROOT_ROLES:
            continue
        authority_keys.grant(workspace.keys / f"{authority.slug}.json", session.slot, slot)
        granted.append(authority.slug)
    return granted


def remove(workspace: Workspace, session: Session, *, name: str, confirm: str) -> tuple[str, ...]:
    """Take every CA key from the slot under new data keys, and remove it; return the authorities' slugs (DETAILS 1).

    Copies of the key files that were taken earlier stay readable to the leaver: rekey the CA if that matters.
    """
    session.require(Permission.ADMINISTER)
    if confirm != name:
        raise UsageError(
            f"The typed name {confirm[:80]!r} is not {name}.", hint=f"Type {name}.", code=Code.CONFIRMATION
        )
    if name == session.actor.name:
        raise RefusedError("A slot cannot remove itself.", hint="Act as another administrator (--as NAME).")
    held = check_removable(workspace, name)
    with workspace.store().write(session.actor) as tx:
        tx.record("operator.removing", f"operator:{name}", {"keys": [*held]})
    for slug in held:
        authority_keys.revoke_grant(workspace.keys / f"{slug}.json", session.slot, name)
    (workspace.operators / f"{name}.json").unlink(missing_ok=True)
    with workspace.store().write(session.actor) as tx:
        operators.remove(tx, name)
        tx.record("operator.removed", f"operator:{name}", {"keys": [*held]})
    return held


def check_removable(workspace: Workspace, name: str) -> tuple[str, ...]:
    """Return the slugs of the CA keys that a slot on record holds; raises NotFoundError where there is no such slot.

    Its file may be gone: what counts is the record, and what is sealed to it.
    """
    with workspace.store().read() as snapshot:
        if name not in {one.name for one in operators.all(snapshot)}:
            raise NotFoundError(f"There is no slot named {name}.", hint="See `certmgr operator list`.")
    return keys_of(workspace, name)


def opened_by(workspace: Workspace, session: Session) -> tuple[tuple[str, CertmgrError | None], ...]:
    """Return the slug of every CA key sealed to the session's slot, and why one does not open; None: it does."""
    with workspace.store().read() as snapshot:
        every = {one.slug: one for one in authorities.all(snapshot) if one.has_key}
    found: list[tuple[str, CertmgrError | None]] = []
    for slug in keys_of(workspace, session.actor.name):
        try:
            session.signer(every[slug])
        except CertmgrError as problem:
            found.append((slug, problem))
        else:
            found.append((slug, None))
    return tuple(found)


def change_passphrase(workspace: Workspace, *, name: str, old: Secret, new: Secret, kdf: Kdf = DEFAULT_KDF) -> None:
    """Seal the slot under a new passphrase; whoever knows the old one may do it, under that slot's name."""
    session = check_change(workspace, name=name, old=old, new=new)
    with workspace.store().write(session.actor) as tx:
        tx.record("operator.passphrase-changing", f"operator:{name}", {})
    slots.change_passphrase(workspace.operators / f"{name}.json", old, new, kdf)
    with workspace.store().write(session.actor) as tx:
        tx.record("operator.passphrase-changed", f"operator:{name}", {})


def check_change(workspace: Workspace, *, name: str, old: Secret, new: Secret) -> Session:
    """Return the session that `old` opens; raises RefusedError where `new` is too weak to take its place."""
    session = unlock(workspace, PersonCredential(name=name, passphrase=old))
    if weak := slots.check_passphrase(new, name):
        raise RefusedError("The new passphrase is too weak.", findings=weak, code=Code.SLOT_WEAK_PASSPHRASE)
    return session


def keys_of(workspace: Workspace, name: str) -> tuple[str, ...]:
    """Return the slugs of the authorities whose key the slot can open."""
    with workspace.store().read() as snapshot:
        every = [one.slug for one in authorities.all(snapshot) if one.has_key]
    return tuple(slug for slug in every if name in authority_keys.grants(workspace.keys / f"{slug}.json"))
