"""A home in which every field of free words is hostile: past every check, as a foreign store may hold it."""

import json
from datetime import timedelta

from certmgr.models.applications import EvidenceKind
from certmgr.models.notices import Kind
from certmgr.models.operators import Actor, Role
from certmgr.queries.certificates import resolve
from certmgr.store.columns import text_of
from tests.clock import START
from tests.home import HomeForTest
from tests.tui.hostile import ALL

UPDATED = {
    "server": ("owner", "purpose", "recorded_ip", "confirmation"),
    "certificate": ("profile", "owner", "purpose", "note", "destination", "key_path", "requested_by"),
    "certificate_name": ("name",),
    "revocation": (
        *("note", "requested_by", "evidence", "verified_how", "verified_by"),
        *("closing_reason", "reported_to"),
    ),
    "authority": ("subject",),
    "contact": ("value",),
}
"""The columns of free words of rows that there are already."""
DIGEST = "0" * 64
EVIDENCE = next(iter(EvidenceKind)).value


def poison_everything(home: HomeForTest, certificate: str) -> None:
    """Write hostile words into every row there is, and add a row of each kind that there is none of.

    `certificate` is the server's name of the one that the new rows are about.
    """
    row = resolve(home.workspace, certificate)
    now, later = text_of(START), text_of(START + timedelta(days=3))
    text, words = ALL, json.dumps([ALL])
    evidence = json.dumps([{"kind": EVIDENCE, "text": ALL, "at": now, "by": ALL}])
    actor = Actor(name=text, role=Role.ADMINISTRATOR, os_uid=0)
    with home.workspace.store().write(actor) as tx:
        tx.change("DROP TRIGGER certificate_fixed")
        for table, columns in UPDATED.items():
            for column in columns:
                known = " WHERE verified_at IS NOT NULL" if column == "verified_by" else ""
                tx.change(f"UPDATE {table} SET {column} = ?{known}", (text,))  # noqa: S608 - names from above
        ((server,),) = tx.rows("SELECT server_id FROM certificate WHERE id = ?", (row.id,))
        tx.change("UPDATE server SET name = ? WHERE id = ?", (text, server))
        tx.change("INSERT INTO operator (name, role, created_at) VALUES (?, 'officer', ?)", (text, now))
        tx.change(
            "INSERT INTO application (server_id, profile, dns, ip, owner, purpose, note, evidence, digest, needed,"
            " destination, requested_by, submitted_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?)",
            (server, text, words, words, text, text, text, evidence, DIGEST, text, text, now, later),
        )
        tx.change(
            "INSERT INTO acceptance (certificate_id, kind, by, note, at) VALUES (?, 'objected', ?, ?, ?)",
            (row.id, text, text, now),
        )
        tx.change(
            "INSERT INTO deployment (server_id, folder, target, file_owner, file_group, hook, host, port, sni,"
            " certificate_id, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, 443, ?, ?, ?)",
            (server, f"/{text}", text, text, text, words, text, text, row.id, now),
        )
        tx.change(
            "INSERT INTO attempt (subject, failures, problem, last_at) VALUES (?, 3, ?, ?)",
            (f"certificate:{row.id}", text, now),
        )
        tx.change(
            "INSERT INTO notice (kind, object, threshold, audience, channel, data, created_at, next_at, result)"
            " VALUES (?, ?, ?, ?, 'mail', ?, ?, ?, ?)",
            (
                Kind.CERTIFICATE_EXPIRING.value,
                f"certificate:{row.id}",
                text,
                text,
                json.dumps({text: text}),
                now,
                later,
                text,
            ),
        )
        tx.change(
            "INSERT INTO campaign (name, reason, filter, created_by, created_at, deadline) VALUES (?, ?, ?, ?, ?, ?)",
            (text, text, text, text, now, later),
        )
        tx.change("INSERT INTO campaign_member SELECT max(id), ? FROM campaign", (row.id,))
        tx.record(f"certificate.{text}", f"certificate:{row.id}", {"words": text, text: [text]})
