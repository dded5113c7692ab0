"""What tests of revocation share: requests, slots, and what the records say."""

from certmgr.commitments import Commitment, Kind, Status, status
from certmgr.custody.secrets import Secret
from certmgr.issuance import Issued
from certmgr.models.journal import Entry
from certmgr.models.operators import Role
from certmgr.models.revocations import Cause, CrlEntry, Revocation
from certmgr.operations import operators, revocations
from certmgr.pki import crl
from certmgr.store import commitments, journal
from certmgr.workspace import Session
from tests.home import CHEAP_KDF, PASSPHRASE, HomeForTest

NAME = "portal.egov.internal"
EVIDENCE = "told by the owner on the telephone"


def slot(home: HomeForTest, name: str, role: Role) -> Session:
    """Add a person's slot and return its session."""
    operators.add(
        home.workspace,
        home.person(),
        name=name,
        role=role,
        passphrase=Secret(PASSPHRASE.encode()),
        kdf=CHEAP_KDF,
    )
    return home.person(name)


def request(
    home: HomeForTest, issued: Issued, cause: Cause = Cause.KEY_LOST, session: Session | None = None, name: str = NAME
) -> Revocation:
    """Record a request as the machine, unless somebody else asks; return the first of its set."""
    return revocations.request(
        home.workspace,
        session or home.machine(),
        certificate=issued.id,
        cause=cause,
        confirm=name,
        evidence=EVIDENCE,
    )[0]


def promises(home: HomeForTest, about: str) -> dict[Kind, Commitment]:
    """Return the promises about `kind:id`, by kind."""
    with home.workspace.store().read() as snapshot:
        return {one.kind: one for one in commitments.for_object(snapshot, about)}


def standing(home: HomeForTest, about: str) -> dict[Kind, Status]:
    """Return where each promise about `kind:id` stands now."""
    now = home.workspace.now()
    return {kind: status(one, now) for kind, one in promises(home, about).items()}


def entries(home: HomeForTest, *actions: str) -> list[Entry]:
    """Return the journal's entries with one of these actions, in order; of every action where none is named."""
    with home.workspace.store().read() as snapshot:
        return [one for one in journal.entries(snapshot) if not actions or one.action in actions]


def published(home: HomeForTest) -> dict[str, CrlEntry]:
    """Return the entries of the CRL file that relying parties fetch, by serial."""
    (path,) = home.public.glob("issuing-*.crl")
    return {str(entry.serial): entry for entry in crl.read_crl(path.read_bytes()).entries}


def serial(issued: Issued) -> str:
    """Return the serial of what was issued."""
    return str(issued.prepared.spec.serial)
