"""What holds of a home after a fault: the promises that no crash may break."""

from collections import Counter
from contextlib import suppress
from pathlib import Path

from certmgr.errors import CertmgrError
from certmgr.models.certificates import Certificate, Stage
from certmgr.models.revocations import CrlEntry, Reason
from certmgr.net import archive
from certmgr.pki import build, crl, export, keys
from certmgr.store import authorities, certificates, integrity
from certmgr.store.certificate_rows import find
from tests.home import HomeForTest


def whole(home: HomeForTest) -> None:
    """The file is sound, the journal's chain verifies, every record is what its entries say."""
    with home.workspace.store().read() as snapshot:
        assert list(integrity.examine(snapshot)) == []


def every_certificate(home: HomeForTest) -> tuple[Certificate, ...]:
    """Return all that is on record, the oldest first, abandoned ones too."""
    with home.workspace.store().read() as snapshot:
        return find(snapshot, "1 ORDER BY c.id", ())


def published_entries(home: HomeForTest) -> dict[str, CrlEntry]:
    """Return the entries of the CRL that relying parties fetch, by serial."""
    (path,) = home.public.glob("issuing-*.crl")
    return {str(entry.serial): entry for entry in crl.read_crl(path.read_bytes()).entries}


def settled(home: HomeForTest) -> tuple[Certificate, ...]:
    """Nothing is half done: each certificate is delivered with its key, or closed and on the CRL; return all."""
    found = every_certificate(home)
    entries = published_entries(home)
    signer = home.machine()
    with home.workspace.store().read() as snapshot:
        authority = authorities.current_issuing(snapshot)
        assert certificates.undelivered(snapshot) == ()
        for one in found:
            assert one.stage is not Stage.INTENT
            if one.stage is Stage.ABANDONED:
                assert entries[one.serial].reason is Reason.SUPERSEDED
                continue
            der = certificates.der(snapshot, one.id)
            tbs = certificates.tbs(snapshot, one.id)
            assert der == build.assemble(tbs, signer.signer(authority).sign(tbs)), "not what signing again gives"
            _delivered(home.out / one.server, one, export.pem(der), export.pem(authority.certificate))
    for server, count in Counter(one.server for one in found if one.stage is Stage.ISSUED).items():
        _nothing_torn(home.out / server, count)
    _no_stray_key(home.out, found)
    return found


def _delivered(base: Path, certificate: Certificate, pem: bytes, chain: bytes) -> None:
    """The files of the certificate are whole and belong together."""
    number = archive.find_number(str(base), pem)
    assert number is not None, f"{base} lacks the certificate {certificate.serial}"
    folder = base / archive.ARCHIVE / str(number)
    assert (folder / archive.CERTIFICATE).read_bytes() == pem
    assert (folder / archive.CHAIN).read_bytes() == chain
    assert (folder / archive.FULL_CHAIN).read_bytes() == pem + chain
    private = keys.load_private((folder / archive.KEY).read_bytes())
    assert keys.spki_sha256(keys.public_spki(private)) == certificate.spki_sha256


def _nothing_torn(base: Path, count: int) -> None:
    """DIR/NAME holds `count` whole deliveries and the link to the newest."""
    assert sorted(archive.numbers(str(base))) == list(range(1, count + 1))
    assert archive.live_number(str(base)) == count
    names = sorted(path.name for path in base.iterdir())
    assert names == [archive.ARCHIVE, archive.LIVE]


def _no_stray_key(out: Path, found: tuple[Certificate, ...]) -> None:
    """No private key of a certificate on record lies anywhere but with its delivery."""
    known = {one.spki_sha256 for one in found}
    for path in out.glob("*/*/.*/*"):
        if path.name == archive.KEY and (content := path.read_bytes()):
            with suppress(CertmgrError):
                assert keys.spki_sha256(keys.public_spki(keys.load_private(content))) not in known, path
