"""The look from outside: what relying parties can fetch, read by other programs than certmgr."""

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from certmgr.models.revocations import RequestState
from certmgr.store import authorities, revocations
from tests.simulation.events import HOUR, Decision

if TYPE_CHECKING:
    from tests.simulation.world import World

STOPPED: Final = ("no checks", "host off")
"""Outages for which a CRL may be late."""
_SERIAL: Final = re.compile(r"Serial Number: ([0-9A-F]+)")


class Watch:
    """Looks at the published CRL after every hour, and fetches it for every request that is said to be done."""

    def __init__(self, world: "World") -> None:
        """Learn where the issuing CA's CRL lies and who signs it."""
        self._world = world
        with world.home.workspace.store().read() as snapshot:
            authority = authorities.current_issuing(snapshot)
        self._path = world.home.public / f"{authority.slug}.crl"
        self._url = f"{world.point.url}{authority.slug}.crl"
        key = x509.load_der_x509_certificate(authority.certificate).public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise TypeError(type(key))
        self._key = key
        self._read: tuple[int, int] | None = None
        self._waiting = 0
        """So many of the requests asked for have been settled; those after them are looked for."""

    def look(self) -> None:
        """Read the published CRL, and let a separate program fetch it where a request was published."""
        self._look_at_crl()
        self._look_for_requests()

    def _look_at_crl(self) -> None:
        facts, shows = self._world.ledger.crl, self._world.clock.shows
        facts.looks += 1
        status = self._path.stat()
        if self._read != (status.st_ino, status.st_mtime_ns):
            self._read = (status.st_ino, status.st_mtime_ns)
            self._read_crl(self._path)
        if facts.next_update is not None and shows > facts.next_update:
            if self._world.ledger.in_outage(self._world.clock.true, grace=HOUR, kinds=STOPPED):
                facts.stale_in_outage += 1
            else:
                facts.stale.append(shows)

    def _read_crl(self, path: Path) -> None:
        facts = self._world.ledger.crl
        crl = x509.load_der_x509_crl(path.read_bytes())
        number = crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        this_update = crl.last_update_utc
        facts.files += 1
        facts.forged += not crl.is_signature_valid(self._key)
        if number < facts.number:
            facts.fell.append(f"number {facts.number} to {number}")
        if facts.this_update is not None and this_update < facts.this_update:
            facts.fell.append(f"thisUpdate {facts.this_update} to {this_update}")
        facts.number, facts.this_update, facts.next_update = number, this_update, crl.next_update_utc
        facts.most_entries = max(facts.most_entries, len(crl))

    def _look_for_requests(self) -> None:
        """Find every request that certmgr calls done on a CRL that curl has fetched and openssl has read."""
        asked = [
            one
            for one in self._world.ledger.asked
            if one.seen_at is None and one.wish.decision in {Decision.VERIFIED, Decision.FULFILLED}
        ]
        if not asked:
            return
        with self._world.home.workspace.store().read() as snapshot:
            said = [one for one in asked if revocations.get(snapshot, one.id).state is RequestState.DONE]
        if not said:
            return
        serials = fetched_serials(self._url)
        if serials is None:
            return
        for one in said:
            if one.serial in serials:
                one.seen_at = self._world.clock.shows
            else:
                one.missed += 1


def fetched_serials(url: str) -> frozenset[str] | None:
    """Return the serials on the CRL at `url`, as curl fetches and openssl prints it; None: nothing is served."""
    fetched = subprocess.run(["curl", "--silent", "--show-error", "--fail", url], capture_output=True, check=False)
    if fetched.returncode != 0:
        return None
    shown = subprocess.run(
        ["openssl", "crl", "-inform", "DER", "-noout", "-text"], input=fetched.stdout, capture_output=True, check=True
    )
    return frozenset(_SERIAL.findall(shown.stdout.decode("ascii", "replace")))
