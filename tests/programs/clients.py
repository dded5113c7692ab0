"""TLS clients that are asked to connect to a server on loopback under a name: each returns why it refuses, or None."""

import socket
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.programs_found import require_program

TIMEOUT_S = 30
ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/sbin:/usr/bin:/bin"}
Client = Callable[[int, str, Path], str | None]
"""Given a port, a name and the root's PEM file."""


def run(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a program with a small environment; its output is kept."""
    return subprocess.run(
        list(map(str, arguments)), input=stdin, env=ENVIRONMENT, capture_output=True, timeout=TIMEOUT_S, check=False
    )


def _why_not(done: subprocess.CompletedProcess[bytes]) -> str | None:
    return None if done.returncode == 0 else (done.stderr + done.stdout).decode("utf-8", "replace")


def ask_python(port: int, name: str, root: Path) -> str | None:
    """Ask Python's ssl with its default settings."""
    context = ssl.create_default_context(cafile=str(root))
    try:
        with (
            socket.create_connection(("127.0.0.1", port), TIMEOUT_S) as plain,
            context.wrap_socket(plain, server_hostname=name) as connection,
        ):
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return None if connection.recv(100).startswith(b"HTTP/1.0 200") else "no answer"
    except ssl.SSLCertVerificationError as error:
        return error.verify_message


def ask_curl(port: int, name: str, root: Path) -> str | None:
    """Ask curl, which believes that it talks to `name` on port 443."""
    curl = require_program("curl")
    host = f"[{name}]" if ":" in name else name
    return _why_not(
        run(
            curl,
            *("-sS", "--noproxy", "*", "--cacert", root, "--capath", "/nonexistent"),
            *("--connect-to", f"{host}:443:127.0.0.1:{port}", f"https://{host}/"),
        )
    )


def ask_openssl(port: int, name: str, root: Path) -> str | None:
    """Ask `openssl s_client`."""
    option = "-verify_ip" if _is_address(name) else "-verify_hostname"
    return _why_not(
        run(
            require_program("openssl"),
            *("s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", root, "-no-CApath", "-no-CAstore"),
            *("-verify_return_error", "-verify", "5", option, name),
            stdin=b"Q\n",
        )
    )


def ask_gnutls(port: int, name: str, root: Path) -> str | None:
    """Ask gnutls-cli."""
    return _why_not(
        run(
            require_program("gnutls-cli"),
            *("--x509cafile", root, "--verify-hostname", name, "--port", str(port), "127.0.0.1"),
        )
    )


def _is_address(name: str) -> bool:
    return ":" in name or name.replace(".", "").isdigit()


CLIENTS: dict[str, Client] = {
    "Python ssl": ask_python,
    "curl": ask_curl,
    "openssl s_client": ask_openssl,
    "gnutls-cli": ask_gnutls,
}
