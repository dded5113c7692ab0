"""A CA of the openssl command, as `openssl ca` wants it: an EC P-256 key, a configuration, an index."""

from pathlib import Path

from benchmarks.measuring import run

CONFIGURATION = "openssl.cnf"
_CONFIGURATION = """\
[ca]
default_ca = here
[here]
database = {folder}/index.txt
serial = {folder}/serial
new_certs_dir = {folder}/new
certificate = {folder}/ca.pem
private_key = {folder}/ca.key
default_md = sha256
default_days = 90
policy = anything
copy_extensions = copy
unique_subject = no
x509_extensions = leaf
[anything]
commonName = optional
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
[req]
distinguished_name = nobody
[nobody]
"""


def make_openssl_ca(openssl: str, folder: Path) -> Path:
    """Make a CA in the new `folder`; return its configuration file."""
    (folder / "new").mkdir(parents=True)
    configuration = folder / CONFIGURATION
    configuration.write_text(_CONFIGURATION.format(folder=folder))
    key_and_name = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=openssl CA"]
    files = ["-config", str(configuration), "-keyout", str(folder / "ca.key"), "-out", str(folder / "ca.pem")]
    run([openssl, "req", "-x509", "-days", "99", *key_and_name, *files])
    (folder / "index.txt").touch()
    (folder / "serial").write_text("1000\n")
    return configuration
