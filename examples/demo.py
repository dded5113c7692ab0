"""The main job from nothing, on this machine only: what `make demo` runs.

A CA, certificates for the example network, a real TLS handshake with a CRL check, a revocation that a client sees, a
renewal, the check that cron runs. Everything lies in one folder; packets go to 127.0.0.1 only.
"""

import contextlib
import http.server
import os
import secrets
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.request import urlopen

from certmgr.pki import crl, export

HERE = Path(__file__).resolve().parent
INVENTORY = HERE / "egov-network" / "inventory.csv"
MARK = ".certmgr-demo"
SERVER = "hub-portal"
NAME = "portal.hub.egov.internal"
TIMEOUT_S = 20


class Demo:
    """One run in its own folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.public = folder / "public"
        self.certificates = folder / "certificates"
        self.passphrase = folder / "passphrase"
        self.root = folder / "root.pem"
        self.crls = folder / "crls.pem"
        self.trust = folder / "root-and-crls.pem"

    def prepare(self) -> None:
        """Make the folder empty; refuse one that is not ours."""
        if self.folder.exists() and not (self.folder / MARK).exists():
            raise SystemExit(f"{self.folder} exists and is not from an earlier demo; move it away.")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        (self.folder / MARK).touch()
        self.public.mkdir(mode=0o755)
        self.passphrase.touch(0o600)
        self.passphrase.write_text(secrets.token_urlsafe(18) + "\n")

    def certmgr(self, *words: str, admin: bool = False, expect: int = 0) -> str:
        """Run certmgr as a user would, showing the command; return what it printed."""
        shared = ["--as", "admin", "--passphrase-file", shown(self.passphrase)] if admin else []
        command = ["certmgr", "--home", shown(self.home), *shared, *words]
        print("  $ " + " ".join(word if " " not in word else f"'{word}'" for word in command), flush=True)
        done = subprocess.run(
            [sys.executable, "-m", "certmgr", *command[1:]], capture_output=True, text=True, check=False, timeout=120
        )
        for line in (done.stdout + done.stderr).rstrip().splitlines()[:20]:
            print(f"    {line}")
        if done.returncode != expect:
            raise SystemExit(f"certmgr exited {done.returncode}, expected {expect}.\n{done.stderr}")
        return done.stdout


def shown(path: Path) -> str:
    """Return the path as a user in this folder would type it."""
    return os.path.relpath(path)


def step(number: int, title: str) -> None:
    """Print the heading of a step."""
    print(f"\n{number}. {title}", flush=True)


@contextlib.contextmanager
def crl_server(folder: Path) -> Iterator[int]:
    """Serve the published folder over HTTP on 127.0.0.1; yield the port."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@contextlib.contextmanager
def tls_server(demo: Demo) -> Iterator[tuple[str, int]]:
    """Serve the certificate of SERVER on 127.0.0.1 with nginx, else with Python; yield the server's name and port."""
    live = demo.certificates / SERVER / "live"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    nginx = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if nginx is None:
        with python_tls_server(live, port):
            yield "Python's ssl", port
        return
    config = demo.folder / "nginx.conf"
    config.write_text(
        f"daemon off; master_process off; pid {demo.folder}/nginx.pid; error_log stderr error;\n"
        "events {}\n"
        f"http {{ access_log off; client_body_temp_path {demo.folder}/t; proxy_temp_path {demo.folder}/t;"
        f" fastcgi_temp_path {demo.folder}/t; uwsgi_temp_path {demo.folder}/t; scgi_temp_path {demo.folder}/t;\n"
        f"server {{ listen 127.0.0.1:{port} ssl; server_name {NAME};\n"
        f" ssl_certificate {live}/fullchain.pem; ssl_certificate_key {live}/privkey.pem;\n"
        ' location / { return 200 "hello from the intranet\\n"; } } }\n'
    )
    process = subprocess.Popen([nginx, "-c", str(config), "-p", str(demo.folder)])
    try:
        wait_for(port)
        yield "nginx", port
    finally:
        process.terminate()
        process.wait(TIMEOUT_S)


@contextlib.contextmanager
def python_tls_server(live: Path, port: int) -> Iterator[None]:
    """Serve one line over TLS with Python."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(live / "fullchain.pem", live / "privkey.pem")

    class Hello(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer every request with one line."""
            body = b"hello from the intranet\n"
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", port), Hello) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


def wait_for(port: int) -> None:
    """Wait until something listens on the port."""
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise SystemExit("The TLS server did not start.")


def fetch_crls(demo: Demo, port: int) -> str:
    """Fetch both CRLs over HTTP, keep them as PEM for the clients, return the serials of the issuing CA's as text."""
    texts, serials = [], ""
    for path in sorted(demo.public.glob("*.crl")):
        with urlopen(f"http://127.0.0.1:{port}/{path.name}", timeout=TIMEOUT_S) as answer:
            der = answer.read()
        texts.append(export.pem(der, "X509 CRL"))
        if path.name.startswith("issuing"):
            facts = crl.read_crl(der)
            serials = " ".join(str(entry.serial) for entry in facts.entries)
            print(f"    {path.name}: number {facts.number}, serials on it: {len(facts.entries)}, over HTTP")
    demo.crls.write_bytes(b"".join(texts))
    # openssl reads one CRL from -CRL; both it takes from the file of trusted certificates.
    demo.trust.write_bytes(demo.root.read_bytes() + demo.crls.read_bytes())
    return serials


def clients(demo: Demo, port: int, *, accepted: bool) -> None:
    """Let curl, openssl and Python connect with a CRL check; each has to accept or to refuse."""
    results = {"Python's ssl": python_client(demo, port)}
    if curl := shutil.which("curl"):
        words = [curl, "-sS", "--cacert", str(demo.root), "--crlfile", str(demo.crls), "--noproxy", "*"]
        words += ["--resolve", f"{NAME}:{port}:127.0.0.1", f"https://{NAME}:{port}/"]
        results["curl"] = outcome(words)
    if openssl := shutil.which("openssl"):
        words = [openssl, "s_client", "-connect", f"127.0.0.1:{port}", "-servername", NAME, "-CAfile", str(demo.trust)]
        words += ["-verify_hostname", NAME, "-verify_return_error", "-crl_check_all", "-brief"]
        results["openssl"] = outcome(words)
    for name, problem in results.items():
        print(f"    {name}: {'accepts it' if problem is None else 'refuses it: ' + problem}")
        if (problem is None) is not accepted:
            raise SystemExit(f"{name} should have {'accepted' if accepted else 'refused'} the certificate.")


def outcome(words: list[str]) -> str | None:
    """Run a client; return None when it accepts, else its own words."""
    done = subprocess.run(words, capture_output=True, text=True, input="", check=False, timeout=TIMEOUT_S)
    if done.returncode == 0:
        return None
    lines = [line for line in (done.stderr + done.stdout).splitlines() if "revoked" in line or "verify" in line]
    return (lines or ["refused"])[0].strip()[:90]


def python_client(demo: Demo, port: int) -> str | None:
    """Connect with Python's ssl and a CRL check of the whole chain."""
    context = ssl.create_default_context(cafile=str(demo.root))
    context.load_verify_locations(str(demo.crls))
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
    try:
        with (
            socket.create_connection(("127.0.0.1", port), TIMEOUT_S) as plain,
            context.wrap_socket(plain, server_hostname=NAME) as secured,
        ):
            secured.sendall(f"GET / HTTP/1.0\r\nHost: {NAME}\r\n\r\n".encode())
            return None if b"intranet" in secured.recv(4096) + secured.recv(4096) else "no answer"
    except ssl.SSLError as problem:
        return str(problem.verify_message if isinstance(problem, ssl.SSLCertVerificationError) else problem)


def main() -> None:
    """Run the demo in ./demo, or in the folder that is named."""
    started = time.monotonic()
    os.umask(0o077)
    demo = Demo(Path(sys.argv[1] if len(sys.argv) > 1 else "demo").absolute())
    demo.prepare()
    with crl_server(demo.public) as crl_port:
        step(1, "A root CA and an issuing CA, both bound to egov.internal, 10.0.0.0/8 and fd00::/8")
        demo.certmgr(
            *("init", "--organisation", "E-Government Network", "--timezone", "Asia/Shanghai"),
            *("--zone", "egov.internal", "--network", "10.0.0.0/8", "--network", "fd00::/8"),
            *("--crl-url", "http://pki.egov.internal/", "--fetch-url", f"http://127.0.0.1:{crl_port}/"),
            *("--publish-dir", shown(demo.public), "--machine-key", shown(demo.folder / "machine" / "machine.key")),
            *("--passphrase-file", shown(demo.passphrase), "--recovery-file", shown(demo.folder / "recovery-words")),
        )
        demo.certmgr("ca", "export", "root", "--out", shown(demo.root))
        step(2, "A certificate for every server of the example network")
        demo.certmgr("issue", "--from", shown(INVENTORY), "--out", shown(demo.certificates))
        demo.certmgr("list", "hub", "--limit", "5")
        step(3, "What is not the intranet's is refused, with every reason")
        demo.certmgr("issue", "--dns", "www.example.com", "--ip", "8.8.8.8", "--owner", "Hub", expect=4)
        with tls_server(demo) as (name, port):
            step(4, f"A real TLS server ({name}) with the certificate of {SERVER}, and clients that check the CRL")
            fetch_crls(demo, crl_port)
            clients(demo, port, accepted=True)
            step(5, "A revocation, and the CRL that relying parties fetch")
            demo.certmgr("revoke", SERVER, "--cause", "key-lost", "--confirm", SERVER, admin=True)
            demo.certmgr("revocation", "list", "--all")
            serials = fetch_crls(demo, crl_port)
            serial = demo.certmgr("list", SERVER, "--plain").split()[-1]
            if serial not in serials:
                raise SystemExit(f"The serial {serial} is not on the CRL.")
            print(f"    the serial {serial} is on it")
            clients(demo, port, accepted=False)
        step(6, "A renewal, with a new key, before its time and therefore with a reason")
        demo.certmgr("renew", "hub-dns", "--force", "--reason", "Shown in the demo")
        step(7, "What cron runs every 15 minutes, and the examination of the whole home")
        demo.certmgr("check")
        demo.certmgr("doctor")
    took = time.monotonic() - started
    print(f"\nDone in {took:.0f} seconds. Everything is in {shown(demo.folder)}/; look around:")
    print(f"  .venv/bin/certmgr --home {shown(demo.home)} tui")
    print(f"  .venv/bin/certmgr --home {shown(demo.home)} show hub-dns")
    print(f"  python3 -m http.server --bind 127.0.0.1 --directory {shown(demo.public)} {crl_port}   # the CRL server")
    print(f"The administrator's slot is admin, its passphrase is in {shown(demo.passphrase)}.")


if __name__ == "__main__":
    main()
