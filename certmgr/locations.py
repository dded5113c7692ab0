"""Where what is published lies: file names, and the addresses that certificates carry (DETAILS 26)."""

from certmgr.config_sections import PublishSettings


def crl_file(slug: str) -> str:
    """Return the name of the CRL's file of the authority `slug`."""
    return f"{slug}.crl"


def certificate_file(slug: str) -> str:
    """Return the name of the certificate's file of the authority `slug`."""
    return f"{slug}.cer"


def crl_url(publish: PublishSettings, slug: str) -> str | None:
    """Return where clients fetch the CRL of the authority `slug`; None: certificates name no CRL."""
    return _under(publish.crl_url, crl_file(slug))


def issuer_url(publish: PublishSettings, slug: str) -> str | None:
    """Return where clients fetch the certificate of the authority `slug`; None: certificates name no address."""
    return _under(publish.issuer_url, certificate_file(slug))


def fetch_urls(publish: PublishSettings, slug: str) -> tuple[str, ...]:
    """Return where certmgr fetches a published CRL back from; empty: there is no distribution point."""
    bases = publish.fetch_urls or ((publish.crl_url,) if publish.crl_url else ())
    return tuple(f"{base.rstrip('/')}/{crl_file(slug)}" for base in bases)


def _under(base: str | None, name: str) -> str | None:
    return f"{base.rstrip('/')}/{name}" if base else None
