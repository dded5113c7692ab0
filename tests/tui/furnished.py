"""What the tables of the interface show, on record: changed facts, deployments, notices, campaigns."""

from datetime import date
from typing import TYPE_CHECKING

from certmgr.models.certificates import ServerId
from certmgr.models.notices import Channel, Kind, NoticeId
from certmgr.models.operators import Actor, Role
from certmgr.models.servers import Endpoint, Installation
from certmgr.operations import campaigns, deployment_places, servers
from certmgr.queries.certificates import resolve
from certmgr.store import attempts, deployments, notices
from certmgr.store import servers as stored_servers
from certmgr.store.columns import text_of
from certmgr.store.notices import Key
from tests.home import HomeForTest

if TYPE_CHECKING:
    from certmgr.models.journal import JSON

PORTAL = "portal.hub.egov.internal"
DIRECTORY = "directory.hub.egov.internal"
BACKUP = "backup.machine-room.egov.internal"
RETIRED = "console.machine-room.egov.internal"
ACTOR = Actor(name="machine", role=Role.MACHINE, os_uid=1000)


def furnish(home: HomeForTest) -> None:
    """Put everything on record."""
    change_facts(home)
    deploy(home)
    tell(home)
    announce(home)
    servers.retire(home.workspace, home.person(), name=RETIRED, confirm=RETIRED)


def change_facts(home: HomeForTest, name: str = PORTAL) -> None:
    """Change the owner of a server with a live certificate: a promise to follow that is open."""
    facts = servers.Facts(owner="Portal team", contact="portal@egov.internal")
    servers.edit(home.workspace, home.person(), name=name, facts=facts)


def deploy(home: HomeForTest) -> None:
    """Record a deployment that failed, one that waits, and one that is seen serving."""
    person = home.person()

    def add(server: str, folder: str | None, endpoint: Endpoint | None) -> int:
        installation = Installation(folder=folder) if folder else None
        made = deployment_places.add(
            home.workspace, person, server=server, installation=installation, endpoint=endpoint
        )
        return made.id

    failed = add(DIRECTORY, "/etc/ldap/tls", Endpoint(host=DIRECTORY, port=636, sni=DIRECTORY))
    waits = add(DIRECTORY, "/etc/nginx/tls", None)
    seen = add(BACKUP, None, Endpoint(host=BACKUP, port=443, sni=BACKUP))
    assert waits > failed
    with home.workspace.store().write(ACTOR) as tx:
        attempts.failed(tx, f"deployment:{failed}", "The hook systemctl ended with 1: unit not found.")
        certificate = resolve(home.workspace, BACKUP).id
        deployments.set_seen(tx, deployments.get(tx, seen).id, certificate)  # type: ignore[arg-type]
        tx.record("deployment.seen", f"deployment:{seen}", {"certificate": int(certificate)})


def tell(home: HomeForTest) -> list[NoticeId]:
    """Record a notice in each state: sent, given up, covered, waiting; return their numbers."""
    with home.workspace.store().write(ACTOR) as tx:
        server = stored_servers.find_by_name(tx, PORTAL)
        assert server is not None
        audience = f"server:{ServerId(server.id)}"
        certificate = resolve(home.workspace, PORTAL)
        data: dict[str, JSON] = {
            "server": PORTAL,
            "server_id": int(server.id),
            "serial": str(certificate.serial),
            "not_after": text_of(certificate.not_after),
            "renews": "auto",
        }
        found = []
        for kind, threshold, who, channel in (
            (Kind.CERTIFICATE_EXPIRING, "14", audience, Channel.MAIL),
            (Kind.CERTIFICATE_EXPIRING, "7", "operators", Channel.MAIL),
            (Kind.CERTIFICATE_EXPIRING, "30", audience, Channel.MAIL),
            (Kind.CERTIFICATE_EXPIRING, "7", "service", Channel.COMMAND),
        ):
            key = Key(kind, f"certificate:{certificate.id}", threshold, who, channel)
            identity = notices.add(tx, key, {} if threshold == "30" else data, covered=threshold == "30")
            assert identity is not None
            tx.record("notice.recorded", f"notice:{identity}", {"kind": kind.value, "channel": channel.value})
            found.append(identity)
        notices.set_sent(tx, found[0], result="250 2.0.0 Ok: queued as 4D2F")
        notices.set_given_up(tx, found[1], result="550 5.1.1 no such mailbox")
    return found


def announce(home: HomeForTest) -> None:
    """Announce a campaign with members that are left, and one of which nothing is left."""
    person = home.person()
    campaigns.create(
        home.workspace,
        person,
        name="new-racks",
        reason="The first ten nodes move to the new data centre",
        deadline=date(2026, 12, 11),
        filter_text="node-0",
    )
    campaigns.create(
        home.workspace,
        person,
        name="before-winter",
        reason="The old host moves out of the archive",
        deadline=date(2026, 11, 30),
        filter_text="backup",
    )
    for number in range(3):
        name = f"node-0{number}.unit-{number + 1}.egov.internal"
        servers.retire(home.workspace, person, name=name, confirm=name)
