"""The CAs as a list: how much each has issued, its newest CRL, where that was seen; and the history of one."""

from certmgr.models.authorities import Authority, AuthorityId, AuthorityRole
from certmgr.models.journal import Entry
from certmgr.records import dataclass
from certmgr.store import authorities, crls, journal
from certmgr.store.crls import Sighting, SignedCrl
from certmgr.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityLine:
    """One CA of the list."""

    authority: Authority
    issued: int
    crl: SignedCrl | None
    """Its newest CRL; None before the first."""
    seen: tuple[Sighting, ...]
    """Where that CRL was seen, the first first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityRecord:
    """What is on record about one CA beside its own facts."""

    entries: int
    """How many entries its next CRL has."""
    crls: tuple[SignedCrl, ...]
    """The newest first."""
    history: tuple[Entry, ...]


def every(workspace: Workspace) -> tuple[AuthorityLine, ...]:
    """Return every CA, the roots first."""
    with workspace.store().read() as snapshot:
        issued = authorities.count_issued(snapshot)
        found = sorted(authorities.all(snapshot), key=lambda one: (one.role is not AuthorityRole.ROOT, one.id))
        lines = []
        for one in found:
            latest = crls.latest(snapshot, one.id)
            seen = () if latest is None else crls.sightings_of(snapshot, one.id, latest.number)
            lines.append(AuthorityLine(authority=one, issued=issued.get(one.id, 0), crl=latest, seen=seen))
        return tuple(lines)


def record(workspace: Workspace, authority: AuthorityId, *, limit: int = 20) -> AuthorityRecord:
    """Return what is on record about one CA, with its newest CRLs, at most `limit`."""
    with workspace.store().read() as snapshot:
        return AuthorityRecord(
            entries=crls.count_entries(snapshot, authority),
            crls=crls.page(snapshot, authority, limit=limit),
            history=journal.for_objects(snapshot, f"authority:{authority}"),
        )
