"""Weak RSA keys, made once for the tests; nothing but tests ever held them.

`ROCA_P` and `ROCA_Q` have the form k*M + 65537**a mod M of CVE-2017-15361 with the M that the flawed library uses for
2048 bits, the product of the first 126 primes. `CLOSE_P` and `CLOSE_Q` are neighbouring primes (CVE-2022-26320).
"""

from cryptography.hazmat.primitives.asymmetric import rsa

ROCA_P = int(
    "fcf41ec99f07df2ec9bf60032bc6c6f976fa97c2cf4c1f11db506dc2c2775735d7de061d724781e1a02684f16f96318f"
    "addbe186759e9e15fbb1ec280e2c5c0b0a79d06512e2e19301bda05079c428a916497cab10334a52a30298bc1c846a7d"
    "830467873a83658b3658d5b0fe689d8580bbf66dcd823d0429bb824a5b94dc49",
    16,
)
ROCA_Q = int(
    "fc2e023fd969020e8ee33f36128d2beb631f9ed8029c38a9d1559d85e674aad5b1f38f2dcd7747f33c5b52f057b3906f"
    "d7f578f9f988c6c50497014b5074e9906f7cf1ae8f8ab9ab553fc5b0ff9d8684ed6a7e7d917a0069f09e8b6cfe209e09"
    "755c898eaa4195c6fd54193f818b2e5d86c6375bf67777f5599fad2ac62d6c97",
    16,
)
CLOSE_P = int(
    "c252584cd301cf199ad75bf49a7554a7c582a0da113b58d5b6470178466b7856e5718e7d9cc321d7626381b9b42ab98f"
    "e021af0fb4408c87a5bf96d9219b7cdb4998a2c3e0f05f6f618591cca61a950bee251f9ad22bb1c5f84a27b3be35d4d2"
    "089198b6e618c7174858cfcae5f9683e1ffc2ecd802568833d1c10dbc10db0db",
    16,
)
CLOSE_Q = int(
    "c252584cd301cf199ad75bf49a7554a7c582a0da113b58d5b6470178466b7856e5718e7d9cc321d7626381b9b42ab98f"
    "e021af0fb4408c87a5bf96d9219b7cdb4998a2c3e0f05f6f618591cca61a950bee251f9ad22bb1c5f84a27b3be35d4d2"
    "089198b6e618c7174858cfcae5f9683e1ffc2ecd802568833d1c10dbc10db31f",
    16,
)


def make_rsa_key(p: int, q: int, e: int = 65537) -> rsa.RSAPrivateKey:
    """Return the RSA key with the primes `p` and `q`."""
    d = pow(e, -1, (p - 1) * (q - 1))
    return rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=rsa.rsa_crt_dmp1(d, p),
        dmq1=rsa.rsa_crt_dmq1(d, q),
        iqmp=rsa.rsa_crt_iqmp(p, q),
        public_numbers=rsa.RSAPublicNumbers(e, p * q),
    ).private_key(unsafe_skip_rsa_key_validation=True)
