"""The tables of the first version, their indexes and the triggers that protect them (docs/schema.md).

Every table is STRICT. Times are TEXT `2026-11-21T09:00:00Z`; the journal's `at` has microseconds. Serials are TEXT
as openssl prints them. Ids are never used twice.
"""

from typing import Final

APPLICATION_ID: Final = 0x63_6D_67_72
"""`cmgr`, in the file's header: what tells a store from any other SQLite file."""

TABLES: Final = frozenset(
    {
        "authority",
        "blocked_key",
        "certificate",
        "certificate_name",
        "certificate_search",
        "commitment",
        "contact",
        "crl",
        "crl_entry",
        "journal",
        "lease",
        "meta",
        "operator",
        "revocation",
        "server",
    }
)
"""What a query may name; sqlite-utils would make a misspelt one silently."""


def _moment(column: str, *, optional: bool = False) -> str:
    form = f"{column} GLOB '????-??-??T??:??:??Z'"
    return f"{column} TEXT CHECK ({form})" if optional else f"{column} TEXT NOT NULL CHECK ({form})"


TABLE_SQL: Final = f"""
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (
    seq INTEGER PRIMARY KEY,
    at TEXT NOT NULL CHECK (at GLOB '????-??-??T??:??:??.??????Z'),
    actor TEXT NOT NULL,
    os_uid INTEGER NOT NULL,
    login_uid INTEGER,
    action TEXT NOT NULL,
    object TEXT NOT NULL CHECK (object GLOB '?*:?*'),
    data TEXT NOT NULL CHECK (json_valid(data)),
    prev TEXT NOT NULL CHECK (length(prev) = 64),
    hash TEXT NOT NULL CHECK (length(hash) = 64),
    v INTEGER NOT NULL
) STRICT;
CREATE INDEX journal_object ON journal (object);

CREATE TABLE operator (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL
        CHECK (role IN ('administrator', 'officer', 'requester', 'auditor', 'machine', 'recovery')),
    {_moment("created_at")},
    {_moment("removed_at", optional=True)}
) STRICT, WITHOUT ROWID;

CREATE TABLE authority (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    slug TEXT NOT NULL UNIQUE CHECK (slug <> ''),
    role TEXT NOT NULL CHECK (role IN ('root', 'issuing')),
    subject TEXT NOT NULL,
    certificate BLOB NOT NULL,
    serial TEXT,
    sha256 TEXT NOT NULL,
    spki_sha256 TEXT NOT NULL CHECK (length(spki_sha256) = 64),
    parent_id INTEGER REFERENCES authority (id),
    key_type TEXT NOT NULL,
    {_moment("not_before")},
    {_moment("not_after")},
    status TEXT NOT NULL CHECK (status IN ('pending', 'current', 'retired')),
    has_key INTEGER NOT NULL CHECK (has_key IN (0, 1)),
    spec TEXT CHECK (json_valid(spec)),
    tbs BLOB,
    csr BLOB,
    {_moment("created_at")},
    CHECK (status = 'pending' OR (length(certificate) > 0 AND serial IS NOT NULL AND length(sha256) = 64))
) STRICT;

CREATE TABLE server (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE CHECK (name <> ''),
    owner TEXT NOT NULL,
    purpose TEXT NOT NULL,
    recorded_ip TEXT NOT NULL,
    {_moment("created_at")}
) STRICT;

CREATE TABLE contact (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    server_id INTEGER NOT NULL UNIQUE REFERENCES server (id),
    value TEXT NOT NULL CHECK (value <> ''),
    salt TEXT NOT NULL CHECK (length(salt) = 32),
    {_moment("changed_at")}
) STRICT;

CREATE TABLE certificate (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    authority_id INTEGER NOT NULL REFERENCES authority (id),
    server_id INTEGER NOT NULL REFERENCES server (id),
    serial TEXT NOT NULL CHECK (serial GLOB '[0-9A-F]*' AND length(serial) % 2 = 0 AND length(serial) <= 40),
    stage TEXT NOT NULL CHECK (stage IN ('intent', 'issued', 'abandoned')),
    profile TEXT NOT NULL COLLATE NOCASE,
    key_type TEXT NOT NULL,
    key_origin TEXT NOT NULL CHECK (key_origin IN ('made', 'csr')),
    spki_sha256 TEXT NOT NULL CHECK (length(spki_sha256) = 64),
    sha256 TEXT UNIQUE CHECK (length(sha256) = 64),
    {_moment("not_before")},
    {_moment("not_after")},
    {_moment("window_opens")},
    {_moment("renew_at")},
    {_moment("superseded_at", optional=True)},
    {_moment("revoked_at", optional=True)},
    {_moment("held_at", optional=True)},
    cause TEXT,
    replaces_id INTEGER REFERENCES certificate (id),
    owner TEXT NOT NULL,
    purpose TEXT NOT NULL,
    note TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    {_moment("created_at")},
    {_moment("issued_at", optional=True)},
    {_moment("delivered_at", optional=True)},
    destination TEXT,
    key_path TEXT,
    journal_seq INTEGER NOT NULL REFERENCES journal (seq),
    spec TEXT NOT NULL CHECK (json_valid(spec)),
    csr BLOB,
    tbs BLOB NOT NULL CHECK (length(tbs) > 0),
    der BLOB,
    UNIQUE (authority_id, serial),
    CHECK ((stage = 'issued') = (der IS NOT NULL)),
    CHECK ((der IS NULL) = (sha256 IS NULL) AND (der IS NULL) = (issued_at IS NULL)),
    CHECK (not_before < not_after),
    CHECK (revoked_at IS NULL OR cause IS NOT NULL)
) STRICT;
CREATE INDEX certificate_not_after ON certificate (not_after);
CREATE INDEX certificate_created_at ON certificate (created_at);
CREATE INDEX certificate_server ON certificate (server_id);
CREATE INDEX certificate_spki ON certificate (spki_sha256);
CREATE INDEX certificate_profile ON certificate (profile);
CREATE INDEX certificate_renewal ON certificate (renew_at)
    WHERE stage = 'issued' AND revoked_at IS NULL AND held_at IS NULL AND superseded_at IS NULL;
CREATE INDEX certificate_open ON certificate (stage) WHERE stage <> 'issued';
CREATE INDEX certificate_undelivered ON certificate (id)
    WHERE stage = 'issued' AND delivered_at IS NULL AND destination IS NOT NULL;
CREATE INDEX certificate_revoked ON certificate (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX certificate_held ON certificate (held_at) WHERE held_at IS NOT NULL;
CREATE INDEX certificate_superseded ON certificate (superseded_at) WHERE superseded_at IS NOT NULL;
CREATE INDEX certificate_cause ON certificate (cause) WHERE cause IS NOT NULL;
CREATE INDEX certificate_replaces ON certificate (replaces_id) WHERE replaces_id IS NOT NULL;

CREATE TABLE certificate_name (
    certificate_id INTEGER NOT NULL REFERENCES certificate (id),
    position INTEGER NOT NULL CHECK (position >= 0),
    kind TEXT NOT NULL CHECK (kind IN ('dns', 'ip')),
    name TEXT NOT NULL CHECK (name <> ''),
    PRIMARY KEY (certificate_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX certificate_name_name ON certificate_name (name);

CREATE VIRTUAL TABLE certificate_search USING fts5 (
    server, names, serial, note, content = '', contentless_delete = 1, tokenize = 'trigram'
);

CREATE TABLE revocation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    certificate_id INTEGER REFERENCES certificate (id),
    authority_id INTEGER REFERENCES authority (id),
    issuer_id INTEGER NOT NULL REFERENCES authority (id),
    cause TEXT NOT NULL,
    note TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    {_moment("received_at")},
    {_moment("verify_due_at")},
    verified_by TEXT,
    {_moment("verified_at", optional=True)},
    {_moment("due_at", optional=True)},
    {_moment("revoked_at", optional=True)},
    crl_number INTEGER,
    {_moment("signed_at", optional=True)},
    {_moment("published_at", optional=True)},
    {_moment("unseen_after", optional=True)},
    {_moment("closed_at", optional=True)},
    {_moment("compromised_since", optional=True)},
    CHECK (certificate_id IS NOT NULL OR authority_id IS NOT NULL),
    CHECK ((verified_at IS NULL) = (due_at IS NULL) AND (verified_at IS NULL) = (verified_by IS NULL)),
    CHECK (published_at IS NULL OR signed_at IS NOT NULL)
) STRICT;
CREATE INDEX revocation_certificate ON revocation (certificate_id);
CREATE INDEX revocation_open ON revocation (certificate_id, received_at)
    WHERE closed_at IS NULL AND published_at IS NULL;
CREATE INDEX revocation_received ON revocation (received_at);

CREATE TABLE crl (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    authority_id INTEGER NOT NULL REFERENCES authority (id),
    number INTEGER NOT NULL CHECK (number > 0),
    {_moment("reserved_at")},
    {_moment("this_update", optional=True)},
    {_moment("next_update", optional=True)},
    {_moment("signed_at", optional=True)},
    {_moment("published_at", optional=True)},
    {_moment("outdated_at", optional=True)},
    sha256 TEXT CHECK (length(sha256) = 64),
    der BLOB,
    UNIQUE (authority_id, number),
    CHECK ((sha256 IS NULL) = (this_update IS NULL) AND (sha256 IS NULL) = (next_update IS NULL)),
    CHECK (der IS NULL OR sha256 IS NOT NULL)
) STRICT;

CREATE TABLE crl_entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    authority_id INTEGER NOT NULL REFERENCES authority (id),
    serial TEXT NOT NULL,
    {_moment("revoked_at")},
    {_moment("not_after")},
    {_moment("recorded_at")},
    crl_number INTEGER,
    der BLOB NOT NULL CHECK (length(der) > 0),
    UNIQUE (authority_id, serial)
) STRICT;
CREATE INDEX crl_entry_number ON crl_entry (authority_id, crl_number);
CREATE INDEX crl_entry_end ON crl_entry (authority_id, not_after);

CREATE TABLE blocked_key (
    spki_sha256 TEXT PRIMARY KEY CHECK (length(spki_sha256) = 64),
    cause TEXT NOT NULL,
    {_moment("blocked_at")}
) STRICT, WITHOUT ROWID;

CREATE TABLE commitment (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind <> ''),
    object TEXT NOT NULL CHECK (object GLOB '?*:?*'),
    {_moment("opened_at")},
    {_moment("due_at")},
    {_moment("met_at", optional=True)},
    {_moment("voided_at", optional=True)},
    escalated INTEGER NOT NULL DEFAULT 0 CHECK (escalated BETWEEN 0 AND 100)
) STRICT;
CREATE INDEX commitment_object ON commitment (object);
CREATE INDEX commitment_open ON commitment (due_at) WHERE met_at IS NULL AND voided_at IS NULL;

CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    {_moment("until")}
) STRICT, WITHOUT ROWID;
"""

_APPEND_ONLY: Final = "SELECT RAISE(ABORT, 'the journal is append-only')"

# Five years before the newest journal entry (N6): what is younger is removed by nobody, and by no error.
_KEPT_SINCE: Final = "strftime('%Y-%m-%dT%H:%M:%SZ', (SELECT at FROM journal ORDER BY seq DESC LIMIT 1), '-1825 days')"

TRIGGERS: Final = {
    "journal_no_update": f"CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN {_APPEND_ONLY}; END",
    "journal_no_delete": f"CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN {_APPEND_ONLY}; END",
    "journal_follows": (
        "CREATE TRIGGER journal_follows BEFORE INSERT ON journal"
        " WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM journal)"
        " OR NEW.prev IS NOT coalesce((SELECT hash FROM journal WHERE seq = NEW.seq - 1), printf('%064d', 0))"
        " BEGIN SELECT RAISE(ABORT, 'a journal entry follows the last one'); END"
    ),
    "certificate_fixed": (
        "CREATE TRIGGER certificate_fixed BEFORE UPDATE OF id, authority_id, server_id, serial, profile, key_type,"
        " key_origin, spki_sha256, not_before, not_after, replaces_id, requested_by, created_at, journal_seq,"
        " spec, csr, tbs ON certificate"
        " BEGIN SELECT RAISE(ABORT, 'what was signed does not change'); END"
    ),
    "certificate_issued_once": (
        "CREATE TRIGGER certificate_issued_once BEFORE UPDATE OF stage, der, sha256, issued_at ON certificate"
        " WHEN OLD.stage <> 'intent'"
        " BEGIN SELECT RAISE(ABORT, 'only an open intent is issued or abandoned'); END"
    ),
    "certificate_stays_revoked": (
        "CREATE TRIGGER certificate_stays_revoked BEFORE UPDATE OF revoked_at ON certificate"
        " WHEN OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS NOT OLD.revoked_at"
        " BEGIN SELECT RAISE(ABORT, 'a revocation is not taken back'); END"
    ),
    "commitment_fixed": (
        "CREATE TRIGGER commitment_fixed BEFORE UPDATE OF id, kind, object, opened_at, due_at ON commitment"
        " BEGIN SELECT RAISE(ABORT, 'a promise on record does not change'); END"
    ),
    "commitment_stays": (
        "CREATE TRIGGER commitment_stays BEFORE DELETE ON commitment"
        " BEGIN SELECT RAISE(ABORT, 'a promise on record is not removed'); END"
    ),
    "commitment_escalated": (
        "CREATE TRIGGER commitment_escalated BEFORE UPDATE OF escalated ON commitment"
        " WHEN NEW.escalated < OLD.escalated"
        " BEGIN SELECT RAISE(ABORT, 'an escalation or a breach is not taken back'); END"
    ),
    "application_fixed": (
        "CREATE TRIGGER application_fixed BEFORE UPDATE OF id, server_id, profile, dns, ip, key_type, days, owner,"
        " purpose, note, evidence, csr, spki_sha256, digest, needed, destination, additional, requested_by,"
        " submitted_at, expires_at ON application"
        " BEGIN SELECT RAISE(ABORT, 'what was applied for does not change'); END"
    ),
    "application_stays_withdrawn": (
        "CREATE TRIGGER application_stays_withdrawn BEFORE UPDATE OF withdrawn_at ON application"
        " WHEN OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS NOT OLD.withdrawn_at"
        " BEGIN SELECT RAISE(ABORT, 'an application that was withdrawn stays so'); END"
    ),
    "application_decision_fixed": (
        "CREATE TRIGGER application_decision_fixed BEFORE UPDATE ON application_decision"
        " BEGIN SELECT RAISE(ABORT, 'a decision does not change'); END"
    ),
    "application_decision_stays": (
        "CREATE TRIGGER application_decision_stays BEFORE DELETE ON application_decision"
        f" WHEN OLD.decided_at > {_KEPT_SINCE}"
        " BEGIN SELECT RAISE(ABORT, 'a decision is kept for five years'); END"
    ),
    "certificate_kept": (
        "CREATE TRIGGER certificate_kept BEFORE DELETE ON certificate"
        f" WHEN OLD.not_after > {_KEPT_SINCE}"
        " BEGIN SELECT RAISE(ABORT, 'a certificate is kept for five years after its end'); END"
    ),
    "acceptance_fixed": (
        "CREATE TRIGGER acceptance_fixed BEFORE UPDATE ON acceptance"
        " BEGIN SELECT RAISE(ABORT, 'what a subscriber said does not change'); END"
    ),
    "crl_number_rises": (
        "CREATE TRIGGER crl_number_rises BEFORE INSERT ON crl"
        " WHEN NEW.number <= (SELECT max(number) FROM crl WHERE authority_id = NEW.authority_id)"
        " BEGIN SELECT RAISE(ABORT, 'a CRL number does not fall'); END"
    ),
}
"""What no program error gets past; made again and compared after every migration."""
