"""One certificate as a whole process: `certmgr issue` with the machine slot beside a minimal script, easyrsa, openssl.

Prints medians and ratios of one run in which all take turns. The target is at most 1.3 times the minimal script.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.measuring import Contestant, find, make_home, measure, report, run
from benchmarks.openssl_ca import make_openssl_ca


def certmgr(folder: Path) -> Contestant:
    """Issue with a home's machine slot: policy, intent, lint, journal, key and chain files, all synced."""
    base = make_home(folder / "certmgr")
    out = folder / "certmgr" / "out"
    options = ["--purpose", "web", "--owner", "ops", "--out", str(out)]
    return Contestant(
        name="certmgr issue",
        run=lambda number: run([*base, "issue", "--dns", f"one-{number}.egov.internal", *options]),
        check=lambda number: _require(out / f"one-{number}.egov.internal" / "live" / "fullchain.pem"),
    )


def minimal(folder: Path) -> Contestant:
    """Issue with the same libraries and nothing else; see minimal_issue.py."""
    place = folder / "minimal"
    place.mkdir()
    command = [sys.executable, str(Path(__file__).with_name("minimal_issue.py"))]
    run([*command, "--make-ca", str(place)])
    return Contestant(
        name="minimal script, same libraries",
        run=lambda number: run([*command, str(place), f"one-{number}.egov.internal"]),
        check=lambda number: _require(place / f"one-{number}.egov.internal.pem"),
    )


def easyrsa(program: str, folder: Path) -> Contestant:
    """Issue with easyrsa: key, request, CA signature, index."""
    place = folder / "easyrsa"
    place.mkdir()
    settings = {
        "EASYRSA_BATCH": "1",
        "EASYRSA_ALGO": "ec",
        "EASYRSA_CURVE": "prime256v1",
        "EASYRSA_PKI": str(place / "pki"),
    }
    run([program, "init-pki"], cwd=place, env=settings)
    run([program, "build-ca", "nopass"], cwd=place, env=settings)
    return Contestant(
        name="easyrsa build-server-full",
        run=lambda number: run([program, "build-server-full", f"one-{number}", "nopass"], cwd=place, env=settings),
        check=lambda number: _require(place / "pki" / "issued" / f"one-{number}.crt"),
    )


def openssl(program: str, folder: Path) -> Contestant:
    """Issue with openssl's own commands: req makes key and CSR, ca signs and records."""
    place = folder / "openssl"
    configuration = make_openssl_ca(program, place)

    def issue(number: int) -> None:
        name = f"one-{number}.egov.internal"
        key, csr, certificate = (str(place / f"{name}.{kind}") for kind in ("key", "csr", "pem"))
        make = ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}"]
        run([program, *make, "-addext", f"subjectAltName=DNS:{name}", "-keyout", key, "-out", csr])
        run([program, "ca", "-batch", "-notext", "-config", str(configuration), "-in", csr, "-out", certificate])

    return Contestant(
        name="openssl req + openssl ca",
        run=issue,
        check=lambda number: _require(place / f"one-{number}.egov.internal.pem"),
    )


def _require(path: Path) -> None:
    if not path.is_file() or path.stat().st_size == 0:
        sys.exit(f"{path} was not written.")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Time the issuing of one certificate, as a whole process.")
    parser.add_argument("--rounds", type=int, default=25, help="how often each takes its turn (default: 25)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="issue-one-") as name:
        folder = Path(name)
        contestants = [certmgr(folder), minimal(folder)]
        if path := find("easyrsa"):
            contestants.append(easyrsa(path, folder))
        if path := find("openssl"):
            contestants.append(openssl(path, folder))
        measure(contestants, rounds=arguments.rounds)
        report("One P-256 certificate, whole process", contestants, unit_s=0.001, unit="ms")


if __name__ == "__main__":
    main()
