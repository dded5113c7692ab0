"""Relying parties that can be asked about a chain: cryptography's verifier, and the programs that are installed.

Each is a function that returns why it refuses, or None where it accepts. The programs get certificates alone, never a
key, in a temporary folder.
"""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.x509.oid import ExtendedKeyUsageOID

from certmgr.pki.export import chain_pem
from certmgr.pki.verify import is_address, library_refusals
from certmgr.records import dataclass

_TIMEOUT_S = 20
_REASON = re.compile(r"error \d|\s*(?:Chain verification output|verify error)")
_MOST_CHARACTERS = 300
_ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin", "OPENSSL_CONF": "/dev/null"}
"""Small, so that no OPENSSL_CONF, GNUTLS_SYSTEM_PRIORITY_FILE or proxy of the caller changes a verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Three DER certificates, leaf to root."""

    leaf: bytes
    issuing: bytes
    root: bytes


Verifier = Callable[[Chain, str, datetime], str | None]
"""Given a chain, a name and a time: why it is refused, None where it is accepted."""


def verify_with_library(chain: Chain, name: str, now: datetime) -> str | None:
    """Ask cryptography's verifier."""
    return next(iter(library_refusals(chain.leaf, chain.issuing, chain.root, name, now)), None)


def verify_with_openssl(chain: Chain, name: str, now: datetime) -> str | None:
    """Ask `openssl verify`, at `now`."""
    option = "-verify_ip" if is_address(name) else "-verify_hostname"
    with _folder(chain) as folder:
        arguments = ["-attime", str(int(now.timestamp())), "-purpose", "sslserver", "-x509_strict", option, name]
        arguments += ["-CAfile", f"{folder}/root.pem", "-untrusted", f"{folder}/issuing.pem", f"{folder}/leaf.pem"]
        return _run("openssl", "verify", "-no-CApath", "-no-CAstore", *arguments)


def verify_with_certtool(chain: Chain, name: str, _now: datetime) -> str | None:
    """Ask GnuTLS's certtool, which knows no time but the system's."""
    with _folder(chain) as folder:
        arguments = ["--verify-hostname", name, "--verify-purpose", ExtendedKeyUsageOID.SERVER_AUTH.dotted_string]
        arguments += ["--load-ca-certificate", f"{folder}/root.pem", "--infile", f"{folder}/chain.pem"]
        return _run("certtool", "--verify", *arguments)


def found_verifiers() -> dict[str, Verifier]:
    """Return the verifiers of this machine by name; cryptography's is always among them."""
    programs = {"openssl": verify_with_openssl, "certtool": verify_with_certtool}
    found = {name: ask for name, ask in programs.items() if shutil.which(name, path=_ENVIRONMENT["PATH"])}
    return {"cryptography": verify_with_library, **found}


@contextmanager
def _folder(chain: Chain) -> Iterator[str]:
    with TemporaryDirectory(prefix="certmgr-verify-") as name:
        for stem, certificates in (
            ("leaf", (chain.leaf,)),
            ("issuing", (chain.issuing,)),
            ("root", (chain.root,)),
            ("chain", (chain.leaf, chain.issuing)),
        ):
            Path(name, f"{stem}.pem").write_bytes(chain_pem(certificates))
        yield name


def _run(*arguments: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - the arguments are ours and a checked name; no shell
            arguments, env=_ENVIRONMENT, capture_output=True, timeout=_TIMEOUT_S, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{arguments[0]} could not be asked: {type(error).__name__}"
    if done.returncode == 0:
        return None
    lines = (done.stdout + done.stderr).decode("utf-8", "replace").splitlines()
    reason = next((line.strip() for line in lines if _REASON.match(line)), f"exit {done.returncode}")
    return reason[:_MOST_CHARACTERS]
