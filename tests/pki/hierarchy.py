"""A root, an issuing CA and leaves for tests, made by the code under test and signed with keys of their own."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from ipaddress import ip_address, ip_network

from certmgr.models.authorities import AuthorityRole, AuthoritySpec, Network
from certmgr.models.certificates import DnsName, LeafSpec
from certmgr.models.keys import KeyType
from certmgr.pki import algorithms, build, keys
from tests.clock import START

ZONE = "egov.internal"
NETWORKS: tuple[Network, ...] = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
POLICY_OID = "1.3.6.1.4.1.32473.1"
NOTICE = "For use inside the intranet only. Without effect as an electronic signature."

ROOT_SPEC = AuthoritySpec(
    role=AuthorityRole.ROOT,
    organisation="Example District",
    common_name="Example District Root CA 2026",
    key_type=KeyType.EC_P384,
    days=3650,
    zones=(ZONE,),
    networks=NETWORKS,
)
ISSUING_SPEC = replace(
    ROOT_SPEC,
    role=AuthorityRole.ISSUING,
    common_name="Example District Issuing CA 2026-1",
    key_type=KeyType.EC_P256,
    days=1096,
    crl_url="http://pki.egov.internal/root-2026.crl",
    issuer_url="http://pki.egov.internal/root-2026.cer",
)


@cache
def shared_key(key_type: KeyType) -> keys.PrivateKey:
    """Return one key of `key_type` a process; RSA keys take a second to make."""
    return keys.make_key(key_type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A server certificate with its key."""

    certificate: bytes
    key: keys.PrivateKey
    spec: LeafSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Hierarchy:
    """A root and an issuing CA with their keys."""

    root: bytes
    root_key: keys.PrivateKey
    issuing: bytes
    issuing_key: keys.PrivateKey
    now: datetime

    @property
    def issuer(self) -> build.Issuer:
        """The issuing CA as what it signs sees it."""
        return build.Issuer.from_certificate(self.issuing)

    def spec(self, *names: str, **changes: object) -> LeafSpec:
        """Return the specification of a leaf for `names`, DNS names and addresses mixed."""
        addresses = tuple(ip_address(name) for name in names if _is_address(name))
        dns = tuple(DnsName(name) for name in names if not _is_address(name))
        begin = self.now - timedelta(minutes=5)
        spec = LeafSpec(
            serial=build.make_serial(),
            dns=dns,
            ip=addresses,
            common_name=dns[0] if dns else None,
            not_before=begin,
            not_after=begin + timedelta(days=365, seconds=-1),
            policy_oid=POLICY_OID,
            user_notice=NOTICE,
            crl_url="http://pki.egov.internal/issuing-2026-1.crl",
            issuer_url="http://pki.egov.internal/issuing-2026-1.cer",
        )
        return replace(spec, **changes)  # type: ignore[arg-type]  # the tests name the fields

    def sign(self, tbs: bytes) -> bytes:
        """Return the certificate or CRL that the issuing CA makes of `tbs`, lint or no lint."""
        return build.assemble(tbs, algorithms.sign_with(self.issuing_key, self.issuer.key_type, tbs))

    def issue(self, *names: str, key_type: KeyType = KeyType.EC_P256, **changes: object) -> Leaf:
        """Return a leaf for `names`; nothing is checked, so that forbidden ones can be made."""
        key, spec = shared_key(key_type), self.spec(*names, **changes)
        return Leaf(
            certificate=self.sign(build.make_leaf_tbs(spec, keys.public_spki(key), self.issuer)), key=key, spec=spec
        )


def make_hierarchy(
    root_spec: AuthoritySpec = ROOT_SPEC, issuing_spec: AuthoritySpec = ISSUING_SPEC, now: datetime = START
) -> Hierarchy:
    """Return a hierarchy as `init` makes it."""
    root_key, issuing_key = shared_key(root_spec.key_type), keys.make_key(issuing_spec.key_type)
    begin = now - timedelta(minutes=5)
    end = begin + timedelta(days=root_spec.days, seconds=-1)
    tbs = build.make_root_tbs(root_spec, keys.public_spki(root_key), build.make_serial(), begin, end)
    root = build.assemble(tbs, algorithms.sign_with(root_key, root_spec.key_type, tbs))
    tbs = build.make_issuing_tbs(
        issuing_spec,
        keys.public_spki(issuing_key),
        build.make_serial(),
        begin,
        begin + timedelta(days=issuing_spec.days, seconds=-1),
        build.Issuer.from_certificate(root),
    )
    issuing = build.assemble(tbs, algorithms.sign_with(root_key, root_spec.key_type, tbs))
    return Hierarchy(root=root, root_key=root_key, issuing=issuing, issuing_key=issuing_key, now=now)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
