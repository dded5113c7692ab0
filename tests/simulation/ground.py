"""The ground on which a simulation stands: a home with its operators, its configuration and the network's servers."""

import csv
import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from certmgr.config_literals import literal
from certmgr.custody.secrets import Secret
from certmgr.intake import Wish
from certmgr.inventory_file import COLUMNS, read_inventory
from certmgr.models.operators import Role
from certmgr.operations import certificates, inventory, operators
from certmgr.workspace import PersonCredential, Session, Workspace, unlock
from tests.home import CHEAP_KDF, PASSPHRASE, HomeForTest, make_home, open_home
from tests.simulation.clock import SimulatedClock

START: Final = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
"""When a run begins; the network is older."""
LIFE_DAYS: Final = 90
AGE: Final = timedelta(days=LIFE_DAYS - 30)
"""How old the oldest certificate is when a run begins: the age at which it is renewed."""
WAVES: Final = 12
"""In so many goes the network was set up, so that renewals are spread from the first day on."""
INVENTORY: Final = Path(__file__).parents[2] / "examples" / "egov-network" / "inventory.csv"
APPLIANCES: Final = ("appliance-1", "appliance-2", "appliance-3")
"""Their owners made their keys, and they are renewed with the same key."""
OWNED: Final = ("vendor-1", "vendor-2")
"""Their owners made their keys, and each renewal needs a new CSR."""
PEOPLE: Final = {"officer": Role.OFFICER, "second": Role.OFFICER, "desk": Role.REQUESTER}
PROFILES: Final = f"""
[profile.appliance]
days = {LIFE_DAYS}
reuse_key = true

[profile.reviewed]
days = {LIFE_DAYS}
approval = "one"

[profile.guarded]
days = {LIFE_DAYS}
approval = "two"
"""

Changes = Mapping[str, Mapping[str, object]]


def found(folder: Path, clock: SimulatedClock, changes: Changes, *, fetch_url: str) -> HomeForTest:
    """Make the home with its operators under `folder`; return it with the configuration that `changes` give.

    Published files are fetched back from `fetch_url`; certificates name another address.
    """
    made = make_home(folder, clock=clock, fetch_urls=(fetch_url,), crl_url="http://crl.egov.internal/")
    path = made.path / "certmgr.toml"
    path.write_text(configured(path.read_text("utf-8"), changes) + PROFILES, "utf-8")
    made.workspace.close()
    home = open_home(folder, clock=clock)
    admin = home.person()
    for name, role in PEOPLE.items():
        operators.add(
            home.workspace, admin, name=name, role=role, passphrase=Secret(PASSPHRASE.encode()), kdf=CHEAP_KDF
        )
    return home


def configured(text: str, changes: Changes) -> str:
    """Return a certmgr.toml with other values for keys by section; raises KeyError for a key that it does not have."""
    wanted = {(section, key) for section, keys in changes.items() for key in keys}
    lines, section, inside = [], "", False
    for line in text.splitlines():
        if head := re.fullmatch(r"\[([a-z.]+)\]", line):
            section = head[1]
        key = re.match(r"(?:# )?([a-z_]+) = ", line)
        inside = inside and line not in {"]", ""}
        if key and (section, key[1]) in wanted:
            wanted.remove((section, key[1]))
            lines.append(f"{key[1]} = {literal(changes[section][key[1]])}")
            inside = line.endswith("[")
        elif not inside:
            lines.append(line)
    if wanted:
        raise KeyError(sorted(wanted))
    return "\n".join(lines) + "\n"


def people(workspace: Workspace) -> dict[str, Session]:
    """Return the unlocked sessions of the administrator and the other people, by name."""
    passphrase = Secret(PASSPHRASE.encode())
    return {name: unlock(workspace, PersonCredential(name=name, passphrase=passphrase)) for name in ("admin", *PEOPLE)}


def set_up(home: HomeForTest, clock: SimulatedClock, keys: Mapping[str, ec.EllipticCurvePrivateKey]) -> tuple[str, ...]:
    """Issue for the whole network in waves that end at START; return the servers whose keys are made here.

    `keys` are those of APPLIANCES and OWNED, made by their owners.
    """
    rows = list(csv.DictReader(io.StringIO(INVENTORY.read_text("utf-8"))))
    session = home.machine()
    for number in range(WAVES):
        clock.set(START - AGE + number * AGE / WAVES)
        lines = read_inventory(_csv(rows[number::WAVES]), name="inventory.csv")
        for _ in inventory.issue_inventory(home.workspace, session, lines, destination=home.out):
            pass
        for name in (*APPLIANCES, *OWNED)[number : number + 1]:
            profile = "appliance" if name in APPLIANCES else "server"
            wish = wish_for(name, csr=csr_for(name, keys[name]), profile=profile)
            certificates.issue(home.workspace, session, wish, destination=home.out)
    clock.set(START)
    return tuple(row["server"] for row in rows)


def _csv(rows: list[dict[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def wish_for(name: str, *, csr: bytes | None = None, profile: str = "server", days: int | None = None) -> Wish:
    """Return what a subscriber asks for: one name in the zone of the network."""
    return Wish(
        server=name,
        dns=(f"{name}.egov.internal",),
        csr=csr,
        profile=profile,
        days=days,
        purpose="web service",
        owner="simulation",
        contact="owner@egov.internal",
    )


def make_key() -> ec.EllipticCurvePrivateKey:
    """Return a key as a server's owner makes one."""
    return ec.generate_private_key(ec.SECP256R1())


def csr_for(name: str, key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the owner's CSR for the name of a server, DER."""
    names = x509.SubjectAlternativeName([x509.DNSName(f"{name}.egov.internal")])
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.add_extension(names, critical=True).sign(key, SHA256()).public_bytes(Encoding.DER)
