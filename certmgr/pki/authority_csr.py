"""The request for an issuing CA under a corporate root (RFC 2986): all that its certificate is to say, asked for.

What the corporate root then grants is its own decision; `certmgr.pki.foreign` looks at the answer.
"""

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certmgr.models.authorities import AuthorityRole, AuthoritySpec
from certmgr.pki.algorithms import hash_of
from certmgr.pki.constraints import make_name_constraints
from certmgr.pki.extensions import ANY_POLICY, authority_usage_value, purposes
from certmgr.pki.keys import PrivateKey
from certmgr.pki.subjects import make_name


def make_authority_csr(key: PrivateKey, spec: AuthoritySpec) -> bytes:
    """Return the PEM request, signed by `key`, for the CA that `spec` describes.

    It asks for exactly what certmgr's own root would grant an issuing CA, but for where CRL and issuer are found: those
    are the corporate root's to name. Raises RefusedError for a specification without a zone.
    """
    path_length = None if spec.role is AuthorityRole.ROOT else 0
    any_policy = x509.PolicyInformation(x509.ObjectIdentifier(ANY_POLICY), None)
    builder = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name.from_bytes(make_name(spec.common_name, spec.organisation)))
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(authority_usage_value(), critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes(client_auth=spec.client_auth)), critical=False)
        .add_extension(make_name_constraints(spec), critical=True)
        .add_extension(x509.CertificatePolicies([any_policy]), critical=False)
    )
    return builder.sign(key, hash_of(spec.key_type)).public_bytes(Encoding.PEM)
