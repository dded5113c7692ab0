"""The CAs and their CRLs: the list, one of them, a new CRL, and what relying parties are given."""

from pathlib import Path

from certmgr import trust_text
from certmgr.errors import NotFoundError
from certmgr.files import write_public
from certmgr.lifecycle import days_left
from certmgr.models.authorities import Authority, AuthorityRole
from certmgr.operations import crls as operations
from certmgr.pki import export as encode
from certmgr.queries import authorities as queries
from certmgr.queries import authority_overview as overview
from certmgr.queries.authority_facts import facts
from certmgr.store.crls import SignedCrl
from tui.backend.core import Core
from tui.backend.keyset import Whole
from tui.values.authorities import AuthorityDetail, AuthorityRow, CrlLine, Publication, SeenAt
from tui.views import Query

PURPOSES = {
    "1.3.6.1.5.5.7.3.1": "serverAuth",
    "1.3.6.1.5.5.7.3.2": "clientAuth",
    "2.5.29.37.0": "anyExtendedKeyUsage",
}


class Authorities(Whole[AuthorityRow]):
    """Every CA on record, the roots first."""

    systems = trust_text.SYSTEMS
    """The systems for which there are commands that make the root trusted."""

    def __init__(self, core: Core) -> None:
        """Read and act in the core's workspace."""
        self._core = core
        self._workspace = core.workspace
        super().__init__(
            self._read,
            text=lambda row: f"{row.name} {row.role} {row.status} {row.key}",
            sorts={
                "name": lambda row: row.name,
                "until": lambda row: (row.not_after is None, row.not_after, row.id),
                "issued": lambda row: (-row.issued, row.id),
            },
        )

    def detail(self, name: str) -> AuthorityDetail:
        """Return everything on record about one CA; raises NotFoundError."""
        authority = queries.named(self._workspace, name)
        line = next(one for one in overview.every(self._workspace) if one.authority.id == authority.id)
        found = facts(self._workspace, authority)
        record = overview.record(self._workspace, authority.id)
        limits = found.limits if found.limits is not None and found.limits.constrained else None
        purposes = found.purposes
        return AuthorityDetail(
            row=self._row(line),
            authority=authority,
            signed_by=found.parent.slug if found.parent else "itself" if authority.certificate else "nobody yet",
            zones=None if limits is None else tuple(limits.zones),
            networks=None if limits is None else tuple(map(str, limits.networks)),
            purposes=None if purposes is None else tuple(PURPOSES.get(one, one) for one in purposes),
            holders=found.holders,
            entries=record.entries,
            crls=tuple(_crl(one) for one in record.crls),
            zone=self._workspace.zone,
            history=record.history,
        )

    def publish(self, *, root: bool) -> tuple[Publication, ...]:
        """Sign and publish the CRL of every issuing CA, or of every root; a failure stops no other.

        Raises NotFoundError where there is no such CA, RefusedError for a role that may not.
        """
        return tuple(
            Publication(
                authority=one.authority.slug,
                number=one.published.number if one.published else None,
                entries=one.published.entries if one.published else 0,
                next_update=one.published.next_update if one.published else None,
                seen=one.seen,
                problem=one.problem or "",
            )
            for one in operations.publish(self._workspace, self._core.session(), root=root)
        )

    def exported(self, what: str) -> str:
        """Return the certificate of a CA as PEM: root, issuing, chain or a short name. Raises NotFoundError."""
        return encode.chain_pem([one.certificate for one in self._chain(what)]).decode("ascii")

    def fingerprints(self, what: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return each CA of what `exported` returns with its SHA-256 as it is read aloud."""
        return tuple((one.slug, trust_text.spoken(one.sha256)) for one in self._chain(what))

    def instructions(self, system: str) -> str:
        """Return the commands that make the current root trusted on `system`, one of `systems`."""
        (root,) = self._chain("root")
        name = next((part[3:] for part in root.subject.split(",") if part.startswith("CN=")), "")
        trusted = trust_text.Trusted(
            name=trust_text.file_name(name, root.slug),
            subject=root.subject,
            not_after=f"{root.not_after:%Y-%m-%d}",
            sha256=root.sha256,
            pem=encode.pem(root.certificate).decode(),
        )
        return trust_text.instructions(system, trusted)

    def write(self, text: str, path: str) -> str:
        """Write an export to a file that is not there yet, and return its whole path; raises CertmgrError."""
        target = Path(path).expanduser().absolute()
        write_public(target, text.encode(), replace=False)
        return str(target)

    def _chain(self, what: str) -> tuple[Authority, ...]:
        """Return the CAs that a word names, the issuing CA before the root."""
        if what == "chain":
            return queries.chain_of(self._workspace, queries.named(self._workspace, "issuing"))
        found = queries.named(self._workspace, what)
        if not found.certificate:
            raise NotFoundError(f"{found.slug} waits for its certificate.", hint="See `certmgr ca request`.")
        return (found,)

    def _read(self, query: Query) -> list[AuthorityRow]:
        del query
        return [self._row(one) for one in overview.every(self._workspace)]

    def _row(self, line: overview.AuthorityLine) -> AuthorityRow:
        one, zone = line.authority, self._workspace.zone
        here = bool(one.certificate)
        return AuthorityRow(
            id=one.id,
            name=one.slug,
            role=one.role.value,
            status=one.status.value if one.has_key else "external",
            not_after=one.not_after.astimezone(zone) if here else None,
            days=days_left(one.not_after, self._core.now(), zone) if here else None,
            key=one.key_type.value,
            issued=line.issued if one.role is AuthorityRole.ISSUING else 0,
            crl=None if line.crl is None else _crl(line.crl),
            seen=tuple(SeenAt(url=seen.url, number=seen.number, at=seen.seen_at) for seen in line.seen),
        )


def _crl(found: SignedCrl) -> CrlLine:
    return CrlLine(
        number=found.number,
        this_update=found.this_update,
        next_update=found.next_update,
        signed_at=found.signed_at,
        published_at=found.published_at,
    )
