"""A home with reviewers: profiles that ask for one and for two, and more than one person."""

from certmgr.custody.secrets import Secret
from certmgr.intake import Wish
from certmgr.models.applications import Application
from certmgr.models.operators import Role
from certmgr.operations import applications, operators
from certmgr.workspace import Session
from tests.home import CHEAP_KDF, PASSPHRASE, HomeForTest, open_home

NAME = "portal.egov.internal"
PROFILES = """
[profile.reviewed]
approval = "one"

[profile.guarded]
approval = "two"
"""


def with_reviewers(home: HomeForTest, *, automatic_zones: str = "[]") -> HomeForTest:
    """Return the home with the profiles `reviewed` and `guarded`, the officers alice and bob, the requester carl."""
    home.workspace.close()
    path = home.path / "certmgr.toml"
    text = path.read_text().replace("automatic_zones = []", f"automatic_zones = {automatic_zones}")
    path.write_text(text + PROFILES)
    found = open_home(home.path.parent, clock=home.workspace.clock)
    admin = found.person()
    for name, role in (("alice", Role.OFFICER), ("bob", Role.OFFICER), ("carl", Role.REQUESTER)):
        operators.add(
            found.workspace, admin, name=name, role=role, passphrase=Secret(PASSPHRASE.encode()), kdf=CHEAP_KDF
        )
    return found


def wish(profile: str = "reviewed", name: str = NAME, **facts: object) -> Wish:
    """Return a wish for one name under `profile`."""
    given: dict[str, object] = {"purpose": "Staff portal", "owner": "Web team", **facts}
    return Wish(dns=(name,), profile=profile, **given)  # type: ignore[arg-type]  # the wish's own fields


def submitted(home: HomeForTest, session: Session, asked: Wish) -> Application:
    """Submit an application and return it."""
    return applications.submit(home.workspace, session, asked, destination=home.out).application


def actions(home: HomeForTest, about: str) -> list[str]:
    """Return the journal's actions about `kind:id`, the first first."""
    with home.workspace.store().read() as snapshot:
        return [row[0] for row in snapshot.rows("SELECT action FROM journal WHERE object = ? ORDER BY seq", (about,))]


def entries(home: HomeForTest) -> int:
    """Return how many entries the journal has."""
    with home.workspace.store().read() as snapshot:
        return int(snapshot.rows("SELECT count(*) FROM journal")[0][0])
