"""A whole network at once: `certmgr issue --from` beside `openssl ca -infiles` over as many ready CSRs.

Ours makes the keys, checks policy, lints, stores each intent, verifies each signature, chains the journal and syncs
what it acknowledges; openssl is given ready CSRs, signs them and syncs nothing. Prints medians and ratios of one run in
which both take turns. The target is at most openssl's wall time for 10,000.

Measure where no files were deleted in the last six minutes: for so long ext4 without a journal passes over each deleted
inode whenever a file is made, which doubled our time (eight inodes a certificate, openssl's is one) and not openssl's.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from benchmarks.measuring import Contestant, find, home_command, make_home, measure, report, run
from benchmarks.openssl_ca import CONFIGURATION, make_openssl_ca


def names(count: int) -> list[str]:
    """Return `count` distinct server names."""
    return [f"host-{number:06}.egov.internal" for number in range(count)]


def certmgr(folder: Path, count: int) -> Contestant:
    """Issue for an inventory with a fresh home and a fresh output folder in every round.

    Nothing is deleted in between: ext4 without a journal passes over every freshly deleted inode when it makes a file,
    which takes longer than all else.
    """
    inventory = folder / "inventory.csv"
    lines = [
        f"{name},{name},10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255},ops,ops@{name},web"
        for number, name in enumerate(names(count), start=1)
    ]
    inventory.write_text("\n".join(("server,dns,ip,owner,contact,purpose", *lines)) + "\n")

    def place(number: int) -> Path:
        return folder / f"certmgr-{number}"

    def prepare(number: int) -> None:
        make_home(place(number))
        os.sync()

    def issue(number: int) -> None:
        run([*home_command(place(number)), "issue", "--from", inventory, "--out", place(number) / "out"])

    def check(number: int) -> None:
        _require_count("certmgr", sum(1 for _ in place(number).glob("out/*/live/fullchain.pem")), count)

    return Contestant(name="certmgr issue --from", prepare=prepare, run=issue, check=check)


def openssl(program: str, folder: Path, count: int) -> Contestant:
    """Sign ready CSRs with `openssl ca`, in every round with a CA that has signed nothing yet."""
    requests = folder / "requests"
    requests.mkdir()

    def place(number: int) -> Path:
        return folder / f"openssl-{number}"

    halves = [names(count)[start::2] for start in (0, 1)]
    with ProcessPoolExecutor(max_workers=2) as pool:
        list(pool.map(make_requests, [requests] * len(halves), halves))
    files = sorted(path.name for path in requests.iterdir())

    def prepare(number: int) -> None:
        make_openssl_ca(program, place(number))
        os.sync()

    def sign(number: int) -> None:
        options: list[str | Path] = ["-batch", "-notext", "-config", place(number) / CONFIGURATION, "-out", os.devnull]
        run([program, "ca", *options, "-infiles", *files], cwd=requests)

    def check(number: int) -> None:
        _require_count("openssl", len((place(number) / "index.txt").read_text().splitlines()), count)

    return Contestant(name="openssl ca -infiles, ready CSRs", prepare=prepare, run=sign, check=check)


def make_requests(folder: Path, wanted: Iterable[str]) -> None:
    """Write a P-256 CSR for each name to `folder`."""
    for name in wanted:
        key = ec.generate_private_key(ec.SECP256R1())
        request = (
            x509.CertificateSigningRequestBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .sign(key, hashes.SHA256())
        )
        (folder / f"{name}.csr").write_bytes(request.public_bytes(serialization.Encoding.PEM))


def _require_count(name: str, found: int, wanted: int) -> None:
    if found != wanted:
        sys.exit(f"{name} made {found} certificates, not {wanted}.")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Time the issuing of many certificates in one run.")
    parser.add_argument("--lines", type=int, default=10_000, help="how many certificates (default: 10000)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each takes its turn (default: 3)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="issue-many-") as name:
        folder = Path(name)
        contestants = [certmgr(folder, arguments.lines)]
        if path := find("openssl"):
            contestants.append(openssl(path, folder, arguments.lines))
        measure(contestants, rounds=arguments.rounds, warm_up=False)
        report(f"{arguments.lines} P-256 certificates in one run", contestants, unit_s=1, unit="s")


if __name__ == "__main__":
    main()
