"""Where a server's certificates go: DIR/NAME/archive/<n>/ and the link DIR/NAME/live (DETAILS 15 to 18).

A delivery is built in a hidden folder of the archive, into which the private key made here is born before the intent
is on record. One rename makes the folder archive/<n>, another lets `live` lead to it: at no moment does `live` lead to
a key and a certificate that do not belong together. A delivery that was cut off anywhere is finished by calling the
same function again with the same arguments.
"""
# Paths are text for the reason that `archive` gives.
# ruff: noqa: PTH102, PTH104, PTH108, PTH211

import hashlib
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from certmgr.codes import Code
from certmgr.errors import CertmgrError, RefusedError
from certmgr.files import (
    PRIVATE_FOLDER_MODE,
    PRIVATE_MODE,
    PUBLIC_MODE,
    create,
    held,
    make_folder,
    sync_folder,
    translated,
)
from certmgr.net.archive import (
    ARCHIVE,
    CERTIFICATE,
    CHAIN,
    FULL_CHAIN,
    HIDDEN,
    KEY,
    LIVE,
    base_of,
    check_destination,
    find_number,
    is_key_temporary,
    live_number,
    numbers,
)
from certmgr.net.files import sync_filesystems
from certmgr.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What is to be delivered for one server; PEM throughout."""

    destination: Path
    """The folder given with --out."""
    server: str
    key: str | None
    """What `write_key` returned; None when the key stayed with the CSR's owner."""
    cert: bytes
    chain: bytes
    """The issuing CA, never the root."""
    fullchain: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """Where it lies now."""

    base: str
    """DIR/NAME."""
    number: int
    with_key: bool

    @property
    def folder(self) -> Path:
        """DIR/NAME/archive/<n>."""
        return Path(f"{self.base}/{ARCHIVE}/{self.number}")

    @property
    def live(self) -> Path:
        """DIR/NAME/live."""
        return Path(f"{self.base}/{LIVE}")

    @property
    def key(self) -> Path | None:
        """DIR/NAME/archive/<n>/privkey.pem, where there is one."""
        return self.folder / KEY if self.with_key else None


def prepare(destination: Path, server: str) -> Path:
    """Make DIR/NAME, owner-only, and return it; raises RefusedError, with every reason, where foreign files stand."""
    return Path(_prepare(destination, server))


def write_key(destination: Path, server: str, pem: bytes, *, sync: bool = True) -> str:
    """Write a key made here into a new hidden folder beside where it will lie; return its path.

    To be done before the intent is recorded (DETAILS 15). With `sync` it is durable on return; without, after one
    `net.files.sync_filesystems` for the whole batch. Raises RefusedError, with every reason, where foreign files
    stand; CertmgrError or LockedError when the system refuses.
    """
    base = _prepare(destination, server)
    folder = f"{base}/{ARCHIVE}/.{secrets.token_hex(8)}{HIDDEN}"
    path = f"{folder}/{KEY}"
    with translated(path):
        try:
            os.mkdir(folder, PRIVATE_FOLDER_MODE)
            create(path, pem, mode=PRIVATE_MODE, sync=sync)
            if sync:
                for name in (folder, f"{base}/{ARCHIVE}", base, destination):
                    sync_folder(name)
        except BaseException:
            # No half of a private key stays where there was no room for the whole.
            discard_key(path)
            raise
    return path


def discard_key(key: str) -> None:
    """Remove a key's temporary file and the folders that were made for it, for an intent that will not be finished.

    Doing it again is fine. Raises CertmgrError for a path that `write_key` cannot have returned.
    """
    if not is_key_temporary(key):
        raise CertmgrError(f"{key} is not the temporary file of a key; it is not removed.")
    hidden = Path(key).parent
    with translated(key):
        for name in (KEY, CERTIFICATE, CHAIN, FULL_CHAIN):
            (hidden / name).unlink(missing_ok=True)
    with suppress(OSError):
        # Each goes only when nothing is left in it.
        for folder in (hidden, hidden.parent, hidden.parent.parent):
            folder.rmdir()


def deliver(  # noqa: PLR0913, PLR0917 - the fields of a Delivery, for a single one
    destination: Path, server: str, key: str | None, cert: bytes, chain: bytes, fullchain: bytes
) -> Delivered:
    """Deliver one certificate durably and make it live; doing it again changes nothing.

    Raises RefusedError where foreign files stand, CertmgrError when the key's file is gone or the system refuses.
    """
    delivery = Delivery(destination=destination, server=server, key=key, cert=cert, chain=chain, fullchain=fullchain)
    base = _prepare(destination, server)
    with translated(base), held(base):
        number = _number(base, delivery, _stage(base, delivery, sync=True))
        # The folder has its number for good before anything leads to it.
        sync_folder(f"{base}/{ARCHIVE}")
        _make_live(base, number)
        sync_folder(base)
        if key is None:
            # With a key, `write_key` has done so.
            sync_folder(destination)
    return Delivered(base=base, number=number, with_key=key is not None)


def deliver_batch(deliveries: Sequence[Delivery]) -> tuple[Delivered, ...]:
    """Deliver many certificates, durable together: write all, sync, rename all, sync (DETAILS 18).

    Raises as `deliver`; after an error the same call finishes what is left.
    """
    destinations = {str(delivery.destination) for delivery in deliveries}
    places: list[tuple[str, str | int]] = []
    for delivery in deliveries:
        base = _prepare_again(delivery)
        with translated(base):
            places.append((base, _stage(base, delivery, sync=False)))
    sync_filesystems(destinations)
    delivered = []
    for delivery, (base, place) in zip(deliveries, places, strict=True):
        with translated(base), held(base):
            number = _number(base, delivery, place)
            _make_live(base, number)
        delivered.append(Delivered(base=base, number=number, with_key=delivery.key is not None))
    sync_filesystems(destinations)
    return tuple(delivered)


def _prepare(destination: Path, server: str) -> str:
    """Make DIR/NAME/archive, owner-only, and return DIR/NAME; raises RefusedError where foreign files stand."""
    base = base_of(destination, server)
    with translated(base):
        try:
            os.mkdir(base, PRIVATE_FOLDER_MODE)
        except FileNotFoundError:
            make_folder(destination, parents=True)
            with suppress(FileExistsError):
                os.mkdir(base, PRIVATE_FOLDER_MODE)
        except FileExistsError:
            _refuse_foreign(destination, server)
        with suppress(FileExistsError):
            os.mkdir(f"{base}/{ARCHIVE}", PRIVATE_FOLDER_MODE)
    return base


def _prepare_again(delivery: Delivery) -> str:
    """Do what `_prepare` does; where the key waits in its folder, `write_key` has done so and found nothing foreign."""
    if delivery.key is not None and os.path.lexists(delivery.key):
        return base_of(delivery.destination, delivery.server)
    return _prepare(delivery.destination, delivery.server)


def _refuse_foreign(destination: Path, server: str) -> None:
    """Raise RefusedError, with every reason, where foreign files stand."""
    findings = check_destination(destination, server)
    if findings:
        raise RefusedError(
            f"Files that certmgr did not write are in the way of {server}'s.",
            code=Code.FILE_FOREIGN,
            findings=findings,
            hint="Move them away, or name another folder with --out.",
        )


def _stage(base: str, delivery: Delivery, *, sync: bool) -> str | int:
    """Complete the delivery's hidden folder and return it, or the number under which the delivery lies already."""
    archive = f"{base}/{ARCHIVE}"
    if delivery.key is None:
        number = find_number(base, delivery.cert)
        if number is not None:
            return number
        folder = f"{archive}/.{hashlib.sha256(delivery.cert).hexdigest()[:32]}{HIDDEN}"
        with suppress(FileExistsError):
            os.mkdir(folder, PRIVATE_FOLDER_MODE)
    else:
        folder = delivery.key.rpartition("/")[0]
        if not folder.startswith(f"{archive}/."):
            raise CertmgrError(f"The private key's file {delivery.key} is not one of {delivery.server}'s.")
        if not os.path.lexists(delivery.key):
            return _delivered_before(base, delivery)
    for name, content in (
        (CERTIFICATE, delivery.cert),
        (CHAIN, delivery.chain),
        (FULL_CHAIN, delivery.fullchain),
    ):
        _create_again(f"{folder}/{name}", content, sync=sync)
    if sync:
        sync_folder(folder)
    return folder


def _create_again(path: str, content: bytes, *, sync: bool) -> None:
    """Create a public file, in place of what a delivery that was cut off may have left of it."""
    try:
        create(path, content, mode=PUBLIC_MODE, sync=sync)
    except FileExistsError:
        os.unlink(path)
        create(path, content, mode=PUBLIC_MODE, sync=sync)


def _delivered_before(base: str, delivery: Delivery) -> int:
    """Return the number of a delivery that is no longer in its hidden folder."""
    number = find_number(base, delivery.cert)
    if number is None:
        raise CertmgrError(
            f"The private key's file {delivery.key} is not there any more; nothing was delivered.",
            hint="Revoke the certificate with the cause key-lost and issue another.",
        )
    return number


def _number(base: str, delivery: Delivery, place: str | int) -> int:
    """Give the hidden folder `place` the next free number and return it; a number is what it has already."""
    if isinstance(place, int):
        return place
    number = max(numbers(base), default=0) + 1
    try:
        os.rename(place, f"{base}/{ARCHIVE}/{number}")
    except FileNotFoundError:
        # Another process finished this very delivery in the meantime.
        return _delivered_before(base, delivery)
    return number


def _make_live(base: str, number: int) -> None:
    """Let `live` lead to archive/<number>, by one step, unless it leads to a higher number."""
    live, target = f"{base}/{LIVE}", f"{ARCHIVE}/{number}"
    try:
        os.symlink(target, live)
    except FileExistsError:
        standing = live_number(base)
        if standing is None:
            raise
    else:
        return
    if standing < number:
        temporary = f"{base}/.{LIVE}{HIDDEN}"
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        os.symlink(target, temporary)
        os.rename(temporary, live)
