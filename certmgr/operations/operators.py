"""The slots of the people and machines who may act (DETAILS 1 to 4)."""

from pathlib import Path

from certmgr.codes import Code
from certmgr.custody import authority_keys, slots
from certmgr.custody.kdf import DEFAULT_KDF, Kdf
from certmgr.custody.secrets import Secret
from certmgr.errors import NotFoundError, RefusedError, UsageError
from certmgr.models.authorities import AuthorityRole
from certmgr.models.operators import SIGNING_ROLES, Permission, Role
from certmgr.records import dataclass
from certmgr.store import authorities, operators
from certmgr.workspace import Session, Workspace, machine_key_file

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
    slots.check_name(name)
    path = workspace.operators / f"{name}.json"
    if path.exists():
        raise RefusedError(
            f"There is a slot named {name} already.", hint="Choose another name; see `certmgr operator list`."
        )
    with workspace.store().write(session.actor) as tx:
        operators.add(tx, name, role)
        tx.record("operator.intended", f"operator:{name}", {"role": str(role)})
    words = None
    if role is Role.MACHINE:
        slot = slots.create_machine_slot(workspace.home, machine_key or machine_key_file(workspace.config), name)
    elif role is Role.RECOVERY:
        slot, words = slots.create_recovery_slot(path, name, kdf)
    elif passphrase is None:
        raise UsageError(f"The slot {name} needs a passphrase.")
    else:
        slot = slots.create_person_slot(path, name, role, passphrase, kdf)
    granted = _grant(workspace, session, slot)
    with workspace.store().write(session.actor) as tx:
        tx.record("operator.added", f"operator:{name}", {"slot_sha256": slot.fingerprint, "keys": [*granted]})
    return Added(slot=slot, words=words)


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


def remove(workspace: Workspace, session: Session, *, name: str, confirm: str) -> list[str]:
    """Take every CA key from the slot under new data keys, and remove it; return the authorities' slugs (DETAILS 1).

    Copies of the key files that were taken earlier stay readable to the leaver: rekey the CA if that matters.
    """
    session.require(Permission.ADMINISTER)
    if confirm != name:
        raise UsageError(
            f"The typed name {confirm[:80]!r} is not {name}.", hint=f"Type {name}.", code=Code.CONFIRMATION
        )
    path = workspace.operators / f"{name}.json"
    if not path.exists():
        raise NotFoundError(f"There is no slot named {name}.", hint="See `certmgr operator list`.")
    if name == session.actor.name:
        raise RefusedError("A slot cannot remove itself.", hint="Act as another administrator (--as NAME).")
    with workspace.store().read() as snapshot:
        slugs = [one.slug for one in authorities.all(snapshot) if one.has_key]
    held = [slug for slug in slugs if name in authority_keys.grants(workspace.keys / f"{slug}.json")]
    with workspace.store().write(session.actor) as tx:
        tx.record("operator.removing", f"operator:{name}", {"keys": [*held]})
    for slug in held:
        authority_keys.revoke_grant(workspace.keys / f"{slug}.json", session.slot, name)
    path.unlink()
    with workspace.store().write(session.actor) as tx:
        operators.remove(tx, name)
        tx.record("operator.removed", f"operator:{name}", {"keys": [*held]})
    return held


def change_passphrase(workspace: Workspace, *, name: str, old: Secret, new: Secret, kdf: Kdf = DEFAULT_KDF) -> None:
    """Seal the slot under a new passphrase; whoever knows the old one may do it, under that slot's name."""
    from certmgr.workspace import PersonCredential, unlock  # noqa: PLC0415

    session = unlock(workspace, PersonCredential(name=name, passphrase=old))
    with workspace.store().write(session.actor) as tx:
        tx.record("operator.passphrase-changing", f"operator:{name}", {})
    slots.change_passphrase(workspace.operators / f"{name}.json", old, new, kdf)
    with workspace.store().write(session.actor) as tx:
        tx.record("operator.passphrase-changed", f"operator:{name}", {})


def keys_of(workspace: Workspace, name: str) -> tuple[str, ...]:
    """Return the slugs of the authorities whose key the slot can open."""
    with workspace.store().read() as snapshot:
        every = [one.slug for one in authorities.all(snapshot) if one.has_key]
    return tuple(slug for slug in every if name in authority_keys.grants(workspace.keys / f"{slug}.json"))
