"""How each system learns to trust the root: commands to run there, the fingerprint to compare by voice (DETAILS 35).

The lines before the commands are comments in every one of the shells, so that a whole answer can be piped into one.
"""

import re

from certmgr.printable import printable
from certmgr.records import dataclass

_GROUP = 4
_GROUPS_A_LINE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """The certificate that is to be trusted."""

    name: str
    """A file name and alias without an ending: `example-city-root-ca-2026`."""
    subject: str
    not_after: str
    sha256: str
    pem: str


def file_name(common_name: str, slug: str) -> str:
    """Return a name for the certificate's file on other hosts: the CA's name where that is ASCII, else its slug."""
    words = re.sub(r"[^a-z0-9]+", "-", common_name.lower()).strip("-") if common_name.isascii() else ""
    return words or f"certmgr-{slug}"


def spoken(sha256: str) -> tuple[str, ...]:
    """Return a fingerprint in groups of four digits, eight groups a line, as it is read aloud."""
    digits = sha256.upper()
    groups = [digits[at : at + _GROUP] for at in range(0, len(digits), _GROUP)]
    return tuple(" ".join(groups[at : at + _GROUPS_A_LINE]) for at in range(0, len(groups), _GROUPS_A_LINE))


def instructions(system: str, trusted: Trusted) -> str:
    """Return the commands for `system`, one of SYSTEMS."""
    head = [
        f"# {printable(trusted.subject)}, until {trusted.not_after}",
        "# Its SHA-256. Compare it by voice with whoever runs the CA, before anything trusts it:",
        *(f"#   {line}" for line in spoken(trusted.sha256)),
        "",
    ]
    return "\n".join([*head, _SYSTEMS[system].format(name=trusted.name, pem=trusted.pem.rstrip("\n"))]) + "\n"


_DEBIAN = """\
# Debian, Ubuntu; as root:
install -m 0644 /dev/stdin /usr/local/share/ca-certificates/{name}.crt <<'END'
{pem}
END
openssl x509 -in /usr/local/share/ca-certificates/{name}.crt -noout -fingerprint -sha256
update-ca-certificates"""

_RHEL = """\
# Red Hat, Fedora, Rocky, AlmaLinux; as root:
install -m 0644 /dev/stdin /etc/pki/ca-trust/source/anchors/{name}.crt <<'END'
{pem}
END
openssl x509 -in /etc/pki/ca-trust/source/anchors/{name}.crt -noout -fingerprint -sha256
update-ca-trust extract"""

_WINDOWS = """\
# Windows; in PowerShell as administrator. certutil -dump shows the SHA-256 to compare.
# For a whole domain: Group Policy, Public Key Policies, Trusted Root Certification Authorities, Import.
Set-Content -Path "$env:TEMP\\{name}.cer" -Encoding ascii -Value @'
{pem}
'@
certutil.exe -dump "$env:TEMP\\{name}.cer"
certutil.exe -addstore -f Root "$env:TEMP\\{name}.cer\""""

_MACOS = """\
# macOS; as an administrator:
folder=$(mktemp -d)
cat > "$folder/{name}.pem" <<'END'
{pem}
END
openssl x509 -in "$folder/{name}.pem" -noout -fingerprint -sha256
sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain "$folder/{name}.pem\""""

_JAVA = """\
# Java 11 and later; as the user who owns the Java installation. The store's password is changeit unless it was changed.
# A store of its own instead: certmgr ca export root --form java-truststore --out truststore.p12
#   and java -Djavax.net.ssl.trustStore=truststore.p12 -Djavax.net.ssl.trustStorePassword=...
folder=$(mktemp -d)
cat > "$folder/{name}.pem" <<'END'
{pem}
END
keytool -printcert -file "$folder/{name}.pem"
keytool -importcert -noprompt -trustcacerts -cacerts -storepass changeit -alias {name} -file "$folder/{name}.pem\""""

_FIREFOX = """\
# Firefox on Linux, for all users; as root. Firefox on Windows and macOS takes the system's roots with the policy
# ImportEnterpriseRoots. A policies.json that exists is not replaced: put the entry into it.
install -d -m 0755 /etc/firefox/policies
install -m 0644 /dev/stdin /etc/firefox/policies/{name}.pem <<'END'
{pem}
END
openssl x509 -in /etc/firefox/policies/{name}.pem -noout -fingerprint -sha256
[ -e /etc/firefox/policies/policies.json ] || install -m 0644 /dev/stdin /etc/firefox/policies/policies.json <<'END'
{{"policies": {{"Certificates": {{"Install": ["/etc/firefox/policies/{name}.pem"]}}}}}}
END"""

_SYSTEMS = {
    "debian": _DEBIAN,
    "rhel": _RHEL,
    "windows": _WINDOWS,
    "macos": _MACOS,
    "java": _JAVA,
    "firefox": _FIREFOX,
}
SYSTEMS = tuple(_SYSTEMS)
