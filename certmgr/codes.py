"""Every code that an error or a finding can carry, with the sentence that docs/errors.md prints for it.

Codes are stable: scripts compare them. A code is dotted, its first word names what it is about.
"""

from enum import StrEnum
from typing import Self


class Code(StrEnum):
    """A stable, dotted code; `meaning` says in one sentence what it means."""

    meaning: str

    def __new__(cls, value: str, meaning: str) -> Self:
        """Make a member whose text is `value` and whose explanation is `meaning`."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    # General
    FAILED = "failed", "The command could not be carried out."
    USAGE = "usage", "The command line or the input is not of the form that it must have."
    NOT_FOUND = "not-found", "Nothing on record answers to the reference."
    AMBIGUOUS = "ambiguous", "Several things on record answer to the reference."
    BUSY = "busy", "Another process holds the store or a lock."
    REFUSED = "refused", "The request was understood and refused by policy."
    INTEGRITY = "integrity", "Something on record does not match its checksum, hash or signature."
    ATTENTION = "attention", "Something needs a person."
    UNEXPECTED = "unexpected", "certmgr met an error that it does not know; the details are in the home's log."

    # The home, roles and the way to a certificate
    HOME_OWNER = "home.owner", "The home belongs to another user."
    ROLE = "operator.role", "The slot's role does not allow the action."
    LINT = "lint", "The certificate would not be right and is not signed."
    SIGNATURE = "signature", "A signature that the CA key made does not verify."
    PROFILE_UNKNOWN = "profile.unknown", "The configuration has no profile of that name."
    NOT_GRANTED = "csr.not-granted", "The CSR asks for something that is never granted."
    ALREADY_ISSUED = "server.has-certificate", "The server has a live certificate already."
    NOT_RENEWABLE = "renewal.not-possible", "The certificate is not one that can be renewed."
    NEEDS_CSR = "renewal.needs-csr", "The key was made elsewhere, so the renewal needs a CSR from the owner."
    CLOCK_BEHIND = "clock.behind", "The clock stands more than 5 minutes before the newest journal entry."
    REVOCATION_TWICE = "revocation.twice", "The certificate is revoked already."
    REVOCATION_STATE = "revocation.state", "The revocation request is not in a state that allows the action."
    REVOCATION_CAUSE = "revocation.cause", "The cause does not apply to this kind of certificate."
    CONFIRMATION = "confirmation", "The typed name is not the name of what would be changed."
    INVENTORY = "inventory", "The inventory, or a line of it, is not of the form that it must have."
    CRL_NOT_PLACED = "crl.not-placed", "The CRL could not be put into the published folder."
    CRL_NOT_SEEN = "crl.not-seen", "The CRL was not seen at a distribution point."

    # Revocation: evidence, possession, holds, distribution points
    EVIDENCE_MISSING = (
        "revocation.evidence",
        "The cause of the revocation needs evidence that was not given (R6.1, R6.2).",
    )
    POSSESSION_REFUSED = (
        "revocation.possession",
        "The signature or private key does not prove that the certificate's key is held.",
    )
    REVOCATION_SINCE = "revocation.since", "The time since when the key may be known lies in the future."
    REVOCATION_RIGHT = "revocation.right", "Only who asked for the revocation, or who may verify it, withdraws it."
    BULK_COUNT = "revocation.count", "The confirmed number is not the number of certificates that were found."
    HOLD_DATE = "hold.date", "The date by which a hold is decided lies in the past or too far ahead."
    CRL_SERVED_OLD = "crl.served-old", "A distribution point serves an older CRL, or one without a revoked serial."
    CRL_SERVED_FOREIGN = "crl.served-foreign", "A distribution point serves what the CA did not sign or publish."

    # Applications and acceptance
    APPLICATION_WAITS = "application.waits", "The application is on record and waits for its reviewers (R2.1)."
    APPLICATION_OPEN = "application.open", "An application for the server is open already."
    APPLICATION_STATE = "application.state", "The application is not in a state that allows the action."
    APPLICATION_OWN = "application.own", "Nobody decides on an application of their own (R2.1)."
    APPLICATION_TWICE = "application.decided", "The reviewer has decided on the application already."
    APPLICATION_RIGHT = (
        "application.right",
        "Only the applicant withdraws an application, or, where that slot is gone, who may decide.",
    )
    APPLICATION_REASON = "application.reason", "A decision or an objection needs a reason."
    APPLICATION_CHANGED = "application.changed", "What would be issued is not what was approved (DETAILS 22)."
    APPLICATION_APPROVALS = "application.approvals", "The application lacks an approval that policy asks for now."
    APPLICATION_SIGNATURE = "application.signature", "An approval is not signed by the slot that it names."
    APPLICATION_SLOT = "application.slot", "The slot that approved cannot be checked: it was removed or is not trusted."
    APPLICATION_EVIDENCE = "application.evidence", "What was verified is not written as KIND=TEXT with a known kind."
    APPLICATION_CONTACT = "application.contact", "The server on record has another contact, which stays."
    ACCEPTANCE_STATE = "acceptance.state", "The certificate is not one that can be accepted or objected to (R3.3)."
    ACCEPTANCE_OVER = "acceptance.over", "The certificate is accepted, so an objection comes too late (R3.3)."
    ACCEPTANCE_KEY = "acceptance.same-key", "The new CSR carries the key of the certificate that is objected to (R1.8)."

    # Files, keys at rest and the network
    FILE_FAILED = "file.failed", "A file could not be read or written."
    FILE_NOT_PERMITTED = "file.not-permitted", "The system does not let this user read or write the file."
    FILE_DISK_FULL = "file.disk-full", "There is no room left where the file is to be written."
    FILE_NOT_PRIVATE = (
        "file.not-private",
        "A secret file is owned or readable by somebody else, or is not a plain file.",
    )
    FILE_FOREIGN = "file.foreign", "Something that certmgr did not write stands where a file is to go."
    FILE_EXISTS = "file.exists", "A file that may not be replaced is there already."
    KEY_FILE_DAMAGED = "key-file.damaged", "A key file does not match its own checksum or seal; restore it."
    KEY_FILE_NEWER = "key-file.newer", "A key file has a format that this version does not know."
    SLOT_WRONG_PASSPHRASE = "slot.wrong-passphrase", "The passphrase or machine key does not open the slot."
    SLOT_WEAK_PASSPHRASE = "slot.weak-passphrase", "The passphrase is too short or too simple."
    SLOT_NAME = "slot.name", "A slot's name is not of the form that it must have."
    SLOT_NOT_GRANTED = "slot.not-granted", "The slot has not been given the authority's key."
    SLOT_ROLE = "slot.role", "A slot of this role may not hold the authority's key."
    SLOT_LAST_GRANT = "slot.last-grant", "Nobody would be left who can open the authority's key."
    MACHINE_KEY_INSIDE = "machine-key.inside-home", "The machine's key file must lie outside the home."
    RECOVERY_WORDS = "recovery.words", "The recovery words contain a mistake."
    FETCH_FAILED = "fetch.failed", "A file could not be fetched over the network."
    PROBE_FAILED = "probe.failed", "A server could not be reached or did not complete a TLS handshake."
    PUBLISHED_NUMBER = "published.number", "A published file with the same number has other content."

    # Notices
    NOTICE_FAILED = "notice.failed", "A notice could not be sent."
    NOTICE_STATE = "notice.state", "The notice was sent or covered, so it is not sent again."

    # Servers and deployments
    SERVER_KNOWN = "server.known", "A server of that name is on record already."
    SERVER_RETIRED = "server.retired", "The server is out of service, so nothing is issued or renewed for it."
    SERVER_FACTS = "server.facts", "A fact of a server is missing or not of the form that it must have (R1.2)."
    DEPLOYMENT_PLACE = "deployment.place", "A deployment's folder, mode or endpoint is not of the form that it needs."
    DEPLOYMENT_FOLDER_TAKEN = "deployment.folder-taken", "Another deployment has the folder."
    INSTALL_FOLDER = (
        "install.folder",
        "The folder to install into is missing, or somebody else can change what lies in it.",
    )
    INSTALL_KEY = "install.key", "The private key of the certificate is not where it was delivered, or not its own."
    HOOK_FAILED = "hook.failed", "The program that is run after an installation failed or did not end in time."
    HOOK_REFUSED = "hook.refused", "As root, hooks are run only from a folder that nobody else can change."
    DEPLOYMENT_CHANGED = "deployment.changed", "A deployment is another one than it was, or not that host's."
    DEPLOY_SSH = "deploy.ssh", "The other host cannot be reached over ssh, or its certmgr does not start there."
    DEPLOY_PROTOCOL = "deploy.protocol", "What the other host of a deployment says is not what certmgr says, or ends."
    DEPLOY_VERSION = "deploy.version", "The two hosts of a deployment have versions of certmgr that do not fit."
    STARTTLS = "starttls.refused", "A server does not offer TLS in the protocol that it was asked in."

    # PKI: keys, requests, certificates and CRLs as bytes
    KEY_UNSUPPORTED = "key.unsupported", "The key is of a kind or on a curve that is not certified."
    KEY_INVALID = "key.invalid", "The public key is damaged or not a valid key of its kind."
    KEY_SIZE = "key.size", "The RSA key has a size that is not certified."
    KEY_EXPONENT = "key.exponent", "The RSA key has an exponent other than 65537."
    KEY_FACTORS = "key.factors", "The RSA key can be factored: small or close primes, or the ROCA flaw."
    CSR_UNREADABLE = "csr.unreadable", "The input is not one certificate signing request."
    CSR_SIGNATURE = "csr.signature", "The request is not signed by its own key with a sound algorithm."
    CSR_AUTHORITY = "csr.authority", "The request asks for the rights of a certificate authority."
    CSR_NAME_TYPE = "csr.name-type", "The request asks for a name that is neither a DNS name nor an address."
    CSR_COMMON_NAME = "csr.common-name", "The request's common name is not one of its alternative names."
    CSR_ATTRIBUTES = "csr.attributes", "The request carries more attributes or extensions than any honest one."
    LINT_ENCODING = "lint.encoding", "What is to be signed cannot be read back."
    LINT_EXTENSION = "lint.extension", "An extension is missing, unexpected or has the wrong criticality."
    LINT_VALUE = "lint.value", "A field or extension does not say what was specified."
    LINT_SERIAL = "lint.serial", "The serial number has too little chance in it or is too long."
    LINT_VALIDITY = "lint.validity", "The validity is empty, too long or reaches past the issuer's."
    LINT_NAME = "lint.name", "A name in the certificate is of the wrong form or missing."
    LINT_CONSTRAINTS = (
        "lint.name-constraints",
        "A name lies outside the issuer's name constraints, or they are malformed.",
    )
    CRL_UNREADABLE = "crl.unreadable", "The CRL cannot be read."
    CRL_SIGNATURE = "crl.signature", "The CRL is not signed by its issuer."
    CRL_NUMBER = "crl.number", "The CRL number is missing or does not rise."
    CRL_TIMES = "crl.times", "The times of the CRL or of an entry are out of order."
    CRL_ENTRY = "crl.entry", "An entry of the CRL is doubled, malformed or has a reason that may not stand there."
    CRL_REMOVED = "crl.removed", "A serial disappeared from the CRL without having been released or expired."
    CRL_EXTENSION = "crl.extension", "An extension of the CRL is missing, unexpected or malformed."
    CHAIN_REFUSED = "chain.refused", "The certificate does not verify up to the root for the name."

    # Names, addresses, zones
    NAME_EMPTY = "name.empty", "A name is empty."
    NAME_CONTROL = "name.control-character", "A name holds a control, format or otherwise invisible character."
    NAME_SPACE = "name.space", "A name holds a space."
    NAME_CHARACTER = "name.character", "A name holds a character that stands in no DNS name."
    NAME_UNDERSCORE = "name.underscore", "A name holds an underscore, which stands in no host name (RFC 952, RFC 1123)."
    NAME_EMPTY_LABEL = "name.empty-label", "A name has an empty part: it begins with a dot or has two dots in a row."
    NAME_LABEL_LONG = "name.label-too-long", "A part of a name is longer than 63 octets (RFC 1035)."
    NAME_LONG = "name.too-long", "A name is longer than 253 octets (RFC 1035)."
    NAME_HYPHEN = "name.hyphen", "A part of a name begins or ends with a hyphen."
    NAME_RESERVED = "name.reserved-label", "A part of a name has `--` in third place and is no A-label (RFC 5890)."
    NAME_NUMERIC_END = "name.numeric-end", "A name ends in a number, so that clients may take it for an address."
    NAME_BARE = "name.bare-host", "A name has one part only; a full name is needed."
    NAME_WILDCARD_PLACE = "name.wildcard-place", "An asterisk stands elsewhere than alone at the front (RFC 6125)."
    NAME_WILDCARD = "name.wildcard-not-allowed", "A wildcard is asked for where the profile allows none."
    NAME_SCRIPTS = "name.mixed-scripts", "A part of a name mixes scripts, so that it can be mistaken for another."
    NAME_PUNYCODE = "name.punycode", "A part of a name begins with `xn--` and does not decode."
    NAME_IDNA = "name.idna", "A part of a name is not valid under IDNA 2008."
    NAME_ADDRESS = "name.is-address", "An address stands where a DNS name belongs."
    NAME_PUBLIC = "name.public-suffix", "A name belongs to the public DNS and to no configured zone (R1.3, R1.4)."
    NAME_OUTSIDE = "name.outside-zones", "A name lies in no configured zone (R1.4)."
    NAME_DUPLICATE = "name.duplicate", "A name or address is asked for twice."
    NAME_NONE = "name.none", "No name and no address is asked for."
    NAME_COUNT = "name.count", "More names and addresses are asked for than one certificate may carry."
    ADDRESS_FORM = "address.form", "A text is not an IPv4 or IPv6 address."
    ADDRESS_ZERO = "address.leading-zero", "A part of an IPv4 address has a leading zero and may be read as octal."
    ADDRESS_SCOPE = (
        "address.scope",
        "An IPv6 address carries a scope (`%eth0`), which means something on one host only.",
    )
    ADDRESS_MAPPED = (
        "address.ipv4-in-ipv6",
        "An IPv6 address wraps an IPv4 address (mapped, compatible, 6to4 or Teredo).",
    )
    ADDRESS_NAT64 = "address.nat64", "An IPv6 address is a NAT64 form of an IPv4 address (RFC 6052, RFC 8215)."
    ADDRESS_SPECIAL = "address.special", "An address is loopback, link-local, multicast, unspecified or reserved."
    ADDRESS_OUTSIDE = "address.outside-networks", "An address lies in no configured network (R1.3)."
    ADDRESS_NOT_ALLOWED = "address.not-allowed", "An address is asked for under a profile that allows none."
    NETWORK_FORM = "network.form", "A text is not an IPv4 or IPv6 network."
    NETWORK_HOST_BITS = "network.host-bits", "A network has bits set beyond its prefix length."
    NETWORK_SPECIAL = "network.special", "A network holds addresses that belong to no intranet."
    NETWORK_WIDE = "network.too-wide", "A network is too wide to belong to one organisation."
    NETWORK_GLOBAL = (
        "network.global",
        "A network is not private and nobody has attested that it is the organisation's own.",
    )
    ZONE_PUBLIC_SUFFIX = "zone.public-suffix", "A public suffix cannot be a zone: others register names under it."
    ZONE_REGISTERED = (
        "zone.registered-domain",
        "A registered domain is a zone only where somebody attests it (split horizon).",
    )
    ZONE_SINGLE_LABEL = "zone.single-label", "A zone of one part may become a public top-level domain."
    ZONE_MULTICAST_DNS = "zone.multicast-dns", "The zone `local` belongs to multicast DNS (RFC 6762)."
    SERVER_NAME = "server.name", "A server's name is not of the form that it must have."

    # Policy and the life of a certificate
    PURPOSE_MISSING = "purpose.missing", "No purpose is stated (R2.1)."
    DAYS_RANGE = "days.range", "The lifetime is under one day or over what the profile allows."
    DAYS_PAST_ISSUER = "days.past-issuer", "The lifetime asked for ends after the issuing CA's own."
    DAYS_SHORTENED = "days.shortened", "The profile's lifetime is shortened to the end of the issuing CA's."
    ISSUER_ENDED = "issuer.ended", "The issuing CA ends too soon, or has ended."
    ISSUER_CLIENT_AUTH = "issuer.client-auth", "The profile asks for clientAuth, which the issuing CA cannot give."
    ISSUER_LIMITS = "issuer.limits", "The configuration allows what the issuing CA's certificate does not."
    KEY_TYPE = "key.type", "The profile does not accept keys of this type."
    KEY_BLOCKED = "key.blocked", "The key is known to be compromised and is never certified again (R1.6)."
    KEY_IN_USE = "key.in-use", "The key is in use for another server."
    STATE_REFUSED = "state.refused", "The certificate's state does not allow this."
    CAUSE_REFUSED = "cause.refused", "The cause does not fit what is asked for."
    RENEWAL_EARLY = "renewal.too-early", "The renewal window has not opened yet (R5.1)."

    # Filters and configuration
    FILTER_TERM = "filter.term", "A term of a filter cannot be understood."
    FILTER_SLOW = "filter.too-slow", "A regular expression of a filter takes too long on a name."
    CONFIG_SYNTAX = "config.syntax", "The configuration is not TOML."
    CONFIG_UNKNOWN_KEY = "config.unknown-key", "The configuration has a key that certmgr does not know."
    CONFIG_VALUE = "config.value", "A value in the configuration is not of the form that its key needs."
    CONFIG_MISSING = "config.missing", "The configuration lacks a key that has no default."
    CONFIG_CONFLICT = "config.conflict", "Two values in the configuration contradict each other."

    # The store and the journal
    STORE_FAILED = "store.failed", "The database refused a statement."
    STORE_BUSY = "store.busy", "Another process holds the write lock of the database."
    STORE_DENIED = "store.denied", "The database or its folder cannot be opened or written by this user."
    STORE_FULL = "store.full", "There is no room left to write the database."
    STORE_MISSING = "store.missing", "There is no database at the place where it is looked for."
    STORE_DAMAGED = "store.damaged", "The database is damaged, or is not one of certmgr's."
    STORE_NEWER = "store.newer", "The database was written by a newer certmgr."
    STORE_SQLITE = "store.sqlite", "The SQLite library is too old to be safe with two writers."
    STORE_CONFLICT = "store.conflict", "What is to be recorded contradicts something on record."
    STORE_UNPROTECTED = "store.unprotected", "A trigger or constraint that protects the records is missing."
    STORE_MODE = "store.mode", "The database can be read or written by somebody else."
    STORE_ROW = "store.row", "A record does not match its journal entry."
    JOURNAL_FORM = "journal.form", "A journal entry is not of the form that it must have."
    JOURNAL_HASH = "journal.hash", "A journal entry does not match its hash."
    JOURNAL_CHAIN = "journal.chain", "A journal entry does not follow from the one before it."
    JOURNAL_SEQUENCE = "journal.sequence", "A journal entry is missing, doubled or out of order."
    JOURNAL_TIME = "journal.time", "A journal entry is older than the one before it."
    AUTHORITY = "authority", "A CA certificate or key does not fit."

    # The doctor, slots on record and exports
    WELL = "doctor.well", "The doctor found the thing in order."
    SLOT_UNTRUSTED = "slot.untrusted", "A slot's file is missing, damaged, unfinished or not the one that was added."
    SLOT_MACHINE = "slot.no-machine", "No machine slot can act, so scheduled runs cannot."
    INTENT_OPEN = "intent.open", "A certificate was intended and is neither issued nor closed."
    UNDELIVERED = "certificate.undelivered", "The files of a certificate on record are not in place."
    CRL_OVERDUE = "crl.overdue", "A CA has no CRL, or its newest one is old or about to end."
    CRL_FILE = "crl.published-file", "The published file is missing or is not the newest CRL of the CA."
    AUTHORITY_END = "authority.ending", "A CA ends soon, waits for its certificate, or has no successor."
    AUTHORITY_KEY = "authority.key-file", "The key file of a CA is missing, damaged or held by the wrong slots."
    AUTHORITY_HOLDERS = "authority.one-holder", "Only one slot opens the key of a root."
    CHECK_RUNNING = "check.running", "Another check is running; it does all that is due."
    CHECK_LATE = "check.late", "The last `certmgr check` is more than an hour ago."
    SELF_TEST = (
        "self-test.failed",
        "A verifier accepts what the CA certificates must forbid, or refuses what they allow.",
    )
    REVOCATION_LATE = "revocation.late", "A revocation was not verified or not published in time."
    KEY_ABSENT = "key.absent", "The private key of a certificate is not where it was delivered."

    # Campaigns and reports
    CAMPAIGN_NAME = "campaign.name", "The name is no campaign's, or is taken by another one."
    CAMPAIGN_DEADLINE = "campaign.deadline", "The last day of a campaign has passed already."
    CAMPAIGN_EMPTY = "campaign.empty", "No live certificate matches the filter, so there is nothing to renew."
    CAMPAIGN_CLOSED = "campaign.closed", "The campaign is closed already."
    CAMPAIGN_LEFT = "campaign.members-left", "Certificates of the campaign are not renewed yet."
    REPORT_CHANGED = "report.changed", "The report is not the file that was signed."
    REPORT_SIGNATURE = "report.signature", "The signature of the report does not verify."
    REPORT_SIGNER = "report.signer", "The key that signed the report is not that of the slot on record."
    REPORT_JOURNAL = "report.journal", "The journal does not hold the entry that the signature names."

    # Scans and observations
    SCAN_OUTSIDE = "scan.outside", "An address may not be looked at: it is neither loopback, configured nor declared."
    SCAN_MANY = "scan.too-many", "A scan would look at more addresses, or an import hold more lines, than is allowed."
    SCAN_SKIPPED = "scan.skipped", "A recorded place was not looked at."
    SCAN_XML = "scan.xml", "What is imported is not the XML that nmap writes."
    SCAN_UNIDENTIFIED = "scan.unidentified", "An imported line does not say which certificate was seen."
    OBSERVATION_STATE = "observation.state", "The observation is not one that the action is for."

    # Backups, restoring, retention
    BACKUP_DAMAGED = "backup.damaged", "A backup is not whole, or is not what certmgr wrote."
    BACKUP_PLACE = "backup.place", "A backup cannot be written, or restored, where that is asked for."
    RESTORE_OPEN = "restore.unreconciled", "A restored home has not been compared with the published CRLs yet."
    RESTORE_NO_CRL = "restore.no-crl", "No published CRL of a CA was found to compare a restored home with."
    RESTORE_UNKNOWN = "restore.unknown-serial", "A revoked serial belongs to a certificate issued after the backup."
    RESTORE_HELD = "restore.held", "A certificate is held in a restored home and is not on the published CRL."
    CONTACT_NONE = "contact.none", "There is no contact on record for the server."
