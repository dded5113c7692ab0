"""The signature of a report is checked with openssl and a shell, and nothing of ours (N5, docs/reports.md)."""

import subprocess
from pathlib import Path

import pytest

from certmgr.custody import report_signatures as signatures
from certmgr.operations import reports
from certmgr.queries import report_signatures
from tests.home import HomeForTest
from tests.programs_found import require_program

CHECK = r"""
set -eu
value() { sed -n "s/^  \"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}$/\1/p" "$file.sig"; }
{
    value schema
    openssl dgst -sha256 -r "$file" | cut -d ' ' -f 1
    value slot
    value signed_at
    value journal_seq
    value journal_hash
} > message
value signature | openssl base64 -d -A > signature
openssl pkeyutl -verify -pubin -inkey "$key" -rawin -in message -sigfile signature
"""
"""What docs/reports.md tells an auditor to do."""


@pytest.fixture
def handed_out(home: HomeForTest, tmp_path: Path) -> Path:
    """Return a folder with a report, its signature, and the signer's key as the auditor got it."""
    require_program("openssl")
    content = "figures für den Prüfer\n".encode()
    made = reports.sign(home.workspace, home.person(), content, kind="commitments")
    folder = tmp_path / "auditor"
    folder.mkdir()
    (folder / "report.html").write_bytes(content)
    (folder / "report.html.sig").write_bytes(signatures.to_json(made))
    key = report_signatures.signing_key(home.workspace, "admin")
    (folder / "admin.pem").write_text(signatures.pem(key))
    return folder


def check(folder: Path, key: str = "admin.pem") -> subprocess.CompletedProcess[bytes]:
    """Run what the page tells."""
    return subprocess.run(
        ["sh", "-c", CHECK],
        cwd=folder,
        env={"PATH": "/usr/sbin:/usr/bin:/bin", "LC_ALL": "C", "file": "report.html", "key": key},
        capture_output=True,
        check=False,
        timeout=60,
    )


def test_n5_openssl_alone_verifies_a_report(handed_out: Path) -> None:
    """N5: pkeyutl with -rawin, Ed25519."""
    done = check(handed_out)
    assert done.returncode == 0, done.stderr
    assert b"Signature Verified Successfully" in done.stdout


def test_n5_openssl_alone_refuses_a_changed_report(handed_out: Path) -> None:
    """N5: one octet more, another time, or another signer."""
    report, signature = handed_out / "report.html", handed_out / "report.html.sig"
    content, made = report.read_bytes(), signature.read_text()
    report.write_bytes(content + b" ")
    assert check(handed_out).returncode != 0
    report.write_bytes(content)
    assert check(handed_out).returncode == 0
    signature.write_text(made.replace('"signed_at": "2026-11-21', '"signed_at": "2026-11-20'))
    assert check(handed_out).returncode != 0
    signature.write_text(made.replace('"slot": "admin"', '"slot": "alice"'))
    assert check(handed_out).returncode != 0


def test_n5_the_key_beside_a_signature_is_the_one_that_openssl_reads(handed_out: Path) -> None:
    """N5: the file says which key it is, in the form that `openssl pkey` reads."""
    script = r"""sed -n 's/^  "public_key": "\(.*\)",$/\1/p' report.html.sig | openssl base64 -d -A |
openssl pkey -pubin -inform DER"""
    done = subprocess.run(["sh", "-c", script], cwd=handed_out, capture_output=True, check=True, timeout=60)
    assert done.stdout.decode() == (handed_out / "admin.pem").read_text()
