"""What a certificate and a CRL say, read by the library and not by certmgr's own reader."""

from pathlib import Path

from cryptography import x509

from tests.home import HomeForTest


def certificate(folder: Path | None) -> x509.Certificate:
    """Return the certificate that was delivered into a folder."""
    assert folder is not None
    return x509.load_pem_x509_certificate((folder / "cert.pem").read_bytes())


def reasons(home: HomeForTest) -> dict[int, str]:
    """Return the reason of every serial on the issuing CA's published CRL."""
    (path,) = home.public.glob("issuing-*.crl")
    found = x509.load_der_x509_crl(path.read_bytes())
    return {
        entry.serial_number: entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.name
        for entry in found
    }
