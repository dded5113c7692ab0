"""The tables of the second version: the agreement's clocks, applications, servers' deployments, notices, campaigns.

Personal data stays in `contact`; the tables here name servers and operators (R7.1, DETAILS 34).
"""

from typing import Final

TABLES: Final = frozenset(
    {
        "acceptance",
        "application",
        "application_decision",
        "attempt",
        "campaign",
        "campaign_member",
        "deployment",
        "notice",
        "observation",
        "sighting",
    }
)
"""What the second version adds to `schema.TABLES`."""


def _moment(column: str, *, optional: bool = False) -> str:
    form = f"{column} GLOB '????-??-??T??:??:??Z'"
    return f"{column} TEXT CHECK ({form})" if optional else f"{column} TEXT NOT NULL CHECK ({form})"


TABLE_SQL: Final = f"""
ALTER TABLE revocation ADD COLUMN {_moment("acknowledged_at", optional=True)};
ALTER TABLE revocation ADD COLUMN evidence TEXT NOT NULL DEFAULT '';
ALTER TABLE revocation ADD COLUMN verified_how TEXT NOT NULL DEFAULT '';
ALTER TABLE revocation ADD COLUMN closed_by TEXT;
ALTER TABLE revocation ADD COLUMN closed_how TEXT CHECK (closed_how IN ('withdrawn', 'rejected'));
ALTER TABLE revocation ADD COLUMN closing_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE revocation ADD COLUMN group_id INTEGER REFERENCES revocation (id);
ALTER TABLE revocation ADD COLUMN {_moment("hold_until", optional=True)};
ALTER TABLE revocation ADD COLUMN hold_then TEXT CHECK (hold_then IN ('ask', 'revoke', 'release'));
ALTER TABLE revocation ADD COLUMN hold_cause TEXT;
ALTER TABLE revocation ADD COLUMN {_moment("reported_at", optional=True)};
ALTER TABLE revocation ADD COLUMN reported_to TEXT NOT NULL DEFAULT '';
CREATE INDEX revocation_group ON revocation (group_id) WHERE group_id IS NOT NULL;
CREATE INDEX commitment_late ON commitment (id) WHERE escalated < 100 AND (met_at > due_at OR voided_at > due_at);

ALTER TABLE certificate ADD COLUMN {_moment("hold_until", optional=True)};
ALTER TABLE certificate ADD COLUMN {_moment("accept_by", optional=True)};
CREATE INDEX certificate_accept ON certificate (accept_by) WHERE accept_by IS NOT NULL;
CREATE INDEX certificate_end
    ON certificate (not_after, held_at, renew_at, key_origin, server_id, stage, revoked_at, superseded_at)
    WHERE stage = 'issued' AND revoked_at IS NULL AND superseded_at IS NULL;
DROP INDEX certificate_created_at;
DROP INDEX certificate_profile;
DROP INDEX certificate_superseded;
CREATE INDEX certificate_replaced ON certificate (not_after, superseded_at)
    WHERE stage = 'issued' AND revoked_at IS NULL AND held_at IS NULL AND superseded_at IS NOT NULL;
CREATE INDEX certificate_by_created ON certificate (created_at, id, not_after);
CREATE INDEX certificate_by_profile ON certificate (profile, id, not_after);
CREATE INDEX certificate_by_owner ON certificate (owner, id, not_after);
CREATE INDEX certificate_by_key ON certificate (key_type, id, not_after);
CREATE INDEX certificate_by_serial ON certificate (serial, id, not_after);

ALTER TABLE server ADD COLUMN auto_renew INTEGER NOT NULL DEFAULT 1 CHECK (auto_renew IN (0, 1));
ALTER TABLE server ADD COLUMN {_moment("retired_at", optional=True)};
ALTER TABLE server ADD COLUMN confirmation TEXT NOT NULL DEFAULT '';
CREATE INDEX server_by_hand ON server (id) WHERE auto_renew = 0;
CREATE INDEX server_owner ON server (owner, name);
CREATE INDEX server_retired ON server (id) WHERE retired_at IS NOT NULL;

CREATE TABLE sighting (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    authority_id INTEGER NOT NULL REFERENCES authority (id),
    number INTEGER NOT NULL CHECK (number > 0),
    url TEXT NOT NULL CHECK (url <> ''),
    {_moment("seen_at")},
    UNIQUE (authority_id, number, url)
) STRICT;

CREATE TABLE application (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    server_id INTEGER NOT NULL REFERENCES server (id),
    profile TEXT NOT NULL COLLATE NOCASE,
    dns TEXT NOT NULL CHECK (json_valid(dns)),
    ip TEXT NOT NULL CHECK (json_valid(ip)),
    key_type TEXT,
    days INTEGER CHECK (days > 0),
    owner TEXT NOT NULL,
    purpose TEXT NOT NULL,
    note TEXT NOT NULL,
    evidence TEXT NOT NULL CHECK (json_valid(evidence)),
    csr BLOB,
    spki_sha256 TEXT CHECK (length(spki_sha256) = 64),
    digest TEXT NOT NULL CHECK (length(digest) = 64),
    needed INTEGER NOT NULL CHECK (needed BETWEEN 0 AND 2),
    destination TEXT,
    additional INTEGER NOT NULL DEFAULT 0 CHECK (additional IN (0, 1)),
    requested_by TEXT NOT NULL,
    {_moment("submitted_at")},
    {_moment("expires_at")},
    {_moment("withdrawn_at", optional=True)},
    certificate_id INTEGER REFERENCES certificate (id)
) STRICT;
CREATE INDEX application_server ON application (server_id);
CREATE INDEX application_certificate ON application (certificate_id) WHERE certificate_id IS NOT NULL;
CREATE INDEX application_open ON application (expires_at) WHERE withdrawn_at IS NULL AND certificate_id IS NULL;

CREATE TABLE application_decision (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    application_id INTEGER NOT NULL REFERENCES application (id),
    verdict TEXT NOT NULL CHECK (verdict IN ('approved', 'rejected')),
    decided_by TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (reason <> ''),
    digest TEXT NOT NULL CHECK (length(digest) = 64),
    signature BLOB NOT NULL,
    {_moment("decided_at")},
    UNIQUE (application_id, decided_by)
) STRICT;

CREATE TABLE acceptance (
    certificate_id INTEGER PRIMARY KEY REFERENCES certificate (id),
    kind TEXT NOT NULL CHECK (kind IN ('accepted', 'objected', 'implied', 'seen')),
    by TEXT NOT NULL,
    note TEXT NOT NULL,
    reissue INTEGER NOT NULL DEFAULT 0 CHECK (reissue IN (0, 1)),
    {_moment("at")}
) STRICT;
CREATE INDEX acceptance_objected ON acceptance (certificate_id) WHERE kind = 'objected';

CREATE TABLE deployment (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    server_id INTEGER NOT NULL REFERENCES server (id),
    folder TEXT NOT NULL DEFAULT '' CHECK (folder = '' OR folder GLOB '/*'),
    target TEXT NOT NULL DEFAULT '' CHECK (target = '' OR folder <> ''),
    format TEXT NOT NULL DEFAULT 'pem' CHECK (format IN ('pem', 'der', 'combined')),
    file_owner TEXT NOT NULL DEFAULT '',
    file_group TEXT NOT NULL DEFAULT '',
    mode INTEGER NOT NULL DEFAULT 384 CHECK (mode BETWEEN 0 AND 511),
    hook TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(hook)),
    hook_timeout_s INTEGER NOT NULL DEFAULT 60 CHECK (hook_timeout_s BETWEEN 1 AND 3600),
    host TEXT NOT NULL DEFAULT '',
    port INTEGER CHECK (port BETWEEN 1 AND 65535),
    protocol TEXT NOT NULL DEFAULT 'tls' CHECK (protocol IN ('tls', 'smtp', 'imap', 'ldap', 'postgresql')),
    sni TEXT NOT NULL DEFAULT '',
    certificate_id INTEGER REFERENCES certificate (id),
    {_moment("installed_at", optional=True)},
    {_moment("seen_at", optional=True)},
    {_moment("removed_at", optional=True)},
    {_moment("created_at")},
    CHECK (folder <> '' OR host <> ''),
    CHECK ((host = '') = (port IS NULL))
) STRICT;
CREATE INDEX deployment_server ON deployment (server_id) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX deployment_folder ON deployment (target, folder) WHERE removed_at IS NULL AND folder <> '';

CREATE TABLE attempt (
    subject TEXT PRIMARY KEY CHECK (subject GLOB '?*:?*'),
    failures INTEGER NOT NULL CHECK (failures >= 0),
    problem TEXT NOT NULL,
    {_moment("last_at")},
    {_moment("succeeded_at", optional=True)},
    {_moment("next_at", optional=True)}
) STRICT, WITHOUT ROWID;

CREATE TABLE notice (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind <> ''),
    object TEXT NOT NULL CHECK (object GLOB '?*:?*'),
    threshold TEXT NOT NULL,
    audience TEXT NOT NULL CHECK (audience <> ''),
    channel TEXT NOT NULL CHECK (channel IN ('mail', 'webhook', 'command')),
    data TEXT NOT NULL CHECK (json_valid(data)),
    {_moment("created_at")},
    {_moment("next_at", optional=True)},
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    reached TEXT NOT NULL DEFAULT '{{}}' CHECK (json_valid(reached)),
    result TEXT NOT NULL DEFAULT '',
    {_moment("sent_at", optional=True)},
    {_moment("given_up_at", optional=True)},
    {_moment("covered_at", optional=True)},
    UNIQUE (kind, object, threshold, audience, channel)
) STRICT;
CREATE INDEX notice_waiting ON notice (next_at)
    WHERE sent_at IS NULL AND given_up_at IS NULL AND covered_at IS NULL;
CREATE INDEX notice_given_up ON notice (id) WHERE given_up_at IS NOT NULL;

CREATE TABLE campaign (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE CHECK (name <> ''),
    reason TEXT NOT NULL CHECK (reason <> ''),
    filter TEXT NOT NULL,
    created_by TEXT NOT NULL,
    {_moment("created_at")},
    {_moment("deadline")},
    {_moment("closed_at", optional=True)}
) STRICT;

CREATE TABLE campaign_member (
    campaign_id INTEGER NOT NULL REFERENCES campaign (id),
    certificate_id INTEGER NOT NULL REFERENCES certificate (id),
    PRIMARY KEY (campaign_id, certificate_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE observation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    address TEXT NOT NULL CHECK (address <> ''),
    port INTEGER NOT NULL CHECK (port BETWEEN 1 AND 65535),
    sni TEXT NOT NULL DEFAULT '',
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    subject TEXT NOT NULL,
    issuer TEXT NOT NULL,
    names TEXT NOT NULL CHECK (json_valid(names)),
    {_moment("not_after")},
    certificate_id INTEGER REFERENCES certificate (id),
    source TEXT NOT NULL CHECK (source IN ('scan', 'probe', 'import')),
    verdict TEXT NOT NULL CHECK (verdict IN ('ours', 'foreign', 'outside', 'unrecorded')),
    {_moment("first_seen_at")},
    {_moment("last_seen_at")},
    {_moment("adopted_at", optional=True)},
    server_id INTEGER REFERENCES server (id),
    CHECK ((adopted_at IS NULL) = (server_id IS NULL)),
    UNIQUE (address, port, sni, sha256)
) STRICT;
CREATE INDEX observation_certificate ON observation (certificate_id) WHERE certificate_id IS NOT NULL;
"""

DATA_SQL: Final = """
INSERT INTO commitment (kind, object, opened_at, due_at, met_at, voided_at)
    SELECT 'verify-revocation', 'revocation:' || id, received_at, verify_due_at, verified_at,
    CASE WHEN verified_at IS NULL THEN closed_at END FROM revocation ORDER BY id;
INSERT INTO commitment (kind, object, opened_at, due_at, met_at, voided_at)
    SELECT 'publish-revocation', 'revocation:' || id, verified_at, due_at, published_at,
    CASE WHEN published_at IS NULL THEN closed_at END FROM revocation WHERE verified_at IS NOT NULL ORDER BY id;
UPDATE certificate SET hold_until = strftime('%Y-%m-%dT%H:%M:%SZ', held_at, '+30 days')
    WHERE held_at IS NOT NULL AND revoked_at IS NULL;
INSERT INTO commitment (kind, object, opened_at, due_at)
    SELECT 'decide-hold', 'certificate:' || id, held_at, hold_until FROM certificate
    WHERE hold_until IS NOT NULL ORDER BY id;
"""
"""What the first version's records promised, which it kept no promises of: requests and holds."""
