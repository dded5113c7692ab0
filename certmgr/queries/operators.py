"""The slots: who is on record, what file each has, and which CA keys it holds."""

from typing import TYPE_CHECKING

from certmgr.codes import Code
from certmgr.custody import authority_keys, slots
from certmgr.errors import CertmgrError, Finding, IntegrityError
from certmgr.models.operators import Operator
from certmgr.records import dataclass
from certmgr.store import authorities, journal, operators
from certmgr.workspace import Workspace

if TYPE_CHECKING:
    from certmgr.store.connection import Snapshot

ADDED = "operator.added"
"""The journal entry that notes a slot's fingerprint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotState:
    """One slot on record."""

    operator: Operator
    slot: slots.Slot | None
    """What its file says; None: the file is gone or cannot be read, or the slot was removed."""
    keys: tuple[str, ...]
    """The slugs of the authorities whose key is sealed to it."""
    problem: Finding | None = None
    """Why nothing may be sealed to it."""


def every(workspace: Workspace, *, removed: bool = False) -> tuple[SlotState, ...]:
    """Return every slot on record by name; with `removed`, those that are gone too."""
    with workspace.store().read() as snapshot:
        found = operators.all(snapshot, removed=removed)
        recorded = {one.name: _recorded(snapshot, one.name) for one in found}
        slugs = [one.slug for one in authorities.all(snapshot) if one.has_key]
    holders = {slug: _holders(workspace, slug) for slug in slugs}
    states = []
    for one in found:
        keys = tuple(slug for slug in slugs if one.name in holders[slug])
        if one.removed_at is not None:
            states.append(SlotState(operator=one, slot=None, keys=keys))
        else:
            slot, problem = _read(workspace, one, recorded[one.name])
            states.append(SlotState(operator=one, slot=slot, keys=keys, problem=problem))
    return tuple(states)


def recorded(workspace: Workspace) -> tuple[Operator, ...]:
    """Return the slots on record, whatever became of their files."""
    with workspace.store().read() as snapshot:
        return operators.all(snapshot)


def trusted(workspace: Workspace) -> list[slots.Slot]:
    """Return the public side of every slot, each as the journal notes it.

    Raises IntegrityError, naming each, where a file is missing, damaged or not the one that was added: a CA key sealed
    to a swapped slot would be a stranger's.
    """
    states = every(workspace)
    problems = [state.problem for state in states if state.problem is not None]
    if problems:
        raise IntegrityError(
            "Not every slot is the one on record, so nothing is sealed to them.",
            hint="Restore the files of the folder operators from a backup, or remove them: certmgr operator remove.",
            findings=problems,
        )
    return [state.slot for state in states if state.slot is not None]


def _recorded(snapshot: "Snapshot", name: str) -> str | None:
    """Return the fingerprint that the journal notes of the slot."""
    for entry in journal.for_objects(snapshot, f"operator:{name}"):
        if entry.action == ADDED:
            return str(entry.data.get("slot_sha256"))
    return None


def _holders(workspace: Workspace, slug: str) -> tuple[str, ...]:
    try:
        return authority_keys.grants(workspace.keys / f"{slug}.json")
    except CertmgrError:
        # The key file's own trouble is the doctor's to tell.
        return ()


def _read(
    workspace: Workspace, operator: Operator, fingerprint: str | None
) -> tuple[slots.Slot | None, Finding | None]:
    name = operator.name
    try:
        slot = slots.read_slot(workspace.operators / f"{name}.json")
    except CertmgrError as problem:
        return None, _problem(name, f"The slot {name} cannot be used: {problem.message}")
    if fingerprint is None:
        return slot, _problem(name, f"The slot {name} was never finished; remove it and add another.")
    if slot.fingerprint != fingerprint or slot.role is not operator.role:
        return slot, _problem(name, f"The file of the slot {name} is not the one that was added: it was swapped.")
    return slot, None


def _problem(name: str, message: str) -> Finding:
    return Finding(code=Code.SLOT_UNTRUSTED, field="slot", value=name, message=message)
