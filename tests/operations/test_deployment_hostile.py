"""A host that fetches its certificates, and a CA's host or an ssh that is not what it should be (DETAILS 32)."""

import base64
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from certmgr import deployment_wire as wire
from certmgr import installing
from certmgr.codes import Code
from certmgr.errors import CertmgrError, UsageError
from certmgr.net import install
from certmgr.net.ssh import Route
from certmgr.operations import deployment_fetching
from certmgr.store import certificates as stored
from tests.fetching import ADDRESS, HOST, NAME, add, fetch, program
from tests.home import HomeForTest

Message = dict[str, Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder that a server reads."""
    path = tmp_path / "tls"
    path.mkdir(mode=0o755)
    return path


@pytest.mark.parametrize(
    ("text", "code", "words", "hint"),
    [
        ("echo 'Host key verification failed.' >&2; exit 255", Code.DEPLOY_SSH, "does not get through", "known_hosts"),
        ("echo 'x@y: Permission denied (publickey).' >&2; exit 255", Code.DEPLOY_SSH, "denied", "authorized_keys"),
        ("echo 'connect: Connection refused' >&2; exit 255", Code.DEPLOY_SSH, "refused", f"Try: ssh -T {ADDRESS}"),
        ("echo 'sh: 1: certmgr: not found' >&2; exit 127", Code.DEPLOY_SSH, "There is no certmgr on", "Install it"),
        ("echo \"There is no command 'serve'\" >&2; exit 2", Code.DEPLOY_VERSION, "too old", "same version"),
        (
            "echo 'There is no certmgr home at /x.' >&2; exit 5",
            Code.DEPLOY_SSH,
            "ended with 5: There is no",
            "Run there",
        ),
        ("printf '\\033[2J' >&2; exit 1", Code.DEPLOY_SSH, r"ended with 1: \x1b[2J", "Run there"),
        (
            "echo 'Welcome to the CA'; cat > /dev/null",
            Code.DEPLOY_PROTOCOL,
            "not certmgr's: Welcome",
            "nothing may print",
        ),
        ('echo \'{"v": 2, "is": "list"}\'; cat > /dev/null', Code.DEPLOY_VERSION, "speaks version 2", "same version"),
        ("echo '{\"v\": 1}'; cat > /dev/null", Code.DEPLOY_PROTOCOL, "does not answer", None),
        ("exit 0", Code.DEPLOY_PROTOCOL, "broke off", "Run it again"),
        ("read -r _; printf '{\"v\": 1'", Code.DEPLOY_PROTOCOL, "in the middle of a line", "Run it again"),
        (
            "head -c 2000000 /dev/zero; cat > /dev/null",
            Code.DEPLOY_PROTOCOL,
            "more than 1048576 octets",
            "Run it again",
        ),
        ("head -c 9000000 /dev/zero >&2; exit 1", Code.DEPLOY_SSH, "ended with 1", "Run there"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) and " " in value else "",
)
def test_what_goes_wrong_with_ssh_is_told_with_the_next_step(
    tmp_path: Path, text: str, code: Code, words: str, hint: str | None
) -> None:
    """One error that names the host, the reason and what to do."""
    with pytest.raises(CertmgrError) as caught:
        fetch(program(tmp_path, f"#!/bin/sh\n{text}\n"), tmp_path)
    assert caught.value.code is code
    assert words in caught.value.message
    assert len(caught.value.message) < 600
    assert hint is None or hint in str(caught.value.hint)


def test_without_ssh_the_error_says_so(tmp_path: Path) -> None:
    """A program that is not there, and one that cannot run."""
    (tmp_path / "no-program").write_text("")
    for name in ("absent", "no-program"):
        with pytest.raises(CertmgrError, match="cannot be started") as caught:
            fetch(str(tmp_path / name), tmp_path)
        assert caught.value.code is Code.DEPLOY_SSH
        assert "openssh-client" in str(caught.value.hint)


@pytest.mark.parametrize("address", ["-oProxyCommand=id", "", "a b", "a@b@c", "x\n", "a@-b", "a" * 400])
def test_an_address_is_no_option(tmp_path: Path, address: str) -> None:
    """It has the form USER@HOST."""
    with pytest.raises(UsageError):
        list(deployment_fetching.fetch(Route(address=address, host=HOST, program="/bin/true"), hook_folder=tmp_path))


def replaying(folder: Path, lines: list[bytes]) -> str:
    """Return a program that answers each line that it reads with the next of `lines`, more than one at the first."""
    kept = folder / "answers.json"
    kept.write_text(json.dumps([line.decode("latin-1") for line in lines]))
    text = (
        f"#!{sys.executable}\nimport json, sys\n"
        f"answers = json.load(open({str(kept)!r}))\n"
        "for count in (2, *[1] * (len(answers) - 2)):\n"
        "    sys.stdin.readline()\n"
        "    for _ in range(count):\n"
        "        sys.stdout.buffer.write(answers.pop(0).encode('latin-1'))\n"
        "    sys.stdout.flush()\n"
    )
    return program(folder, text, "replay")


def offered(home: HomeForTest, folder: Path) -> tuple[Message, Message]:
    """Return an offer and its files as the CA's host would send them."""
    one = add(home, folder)
    with home.workspace.store().read() as snapshot:
        certificate = stored.for_server(snapshot, NAME)[0]
    material = installing.material_of(home.workspace, certificate)
    assert one.installation is not None
    offer = wire.Offer(
        deployment=one.id, installation=one.installation, content=material.content, recorded=False, waits=False
    )
    handed = wire.Handed(der=material.der, chain=material.chain, key=installing.find_key(certificate))
    return wire.offer_fields(offer), wire.files_fields(one.id, handed)


def b64(content: bytes) -> str:
    """Return base64 as it stands in a line."""
    return base64.b64encode(content).decode()


OFFERS: dict[str, Message] = {
    "a relative folder": {"folder": "tls"},
    "a way out of a folder": {"folder": "/etc/tls/../cron.d"},
    "a long folder": {"folder": "/" + "x" * 5000},
    "no text for a folder": {"folder": 7},
    "a format of its own": {"format": "shell"},
    "a mode for everybody": {"mode": 0o666},
    "setuid": {"mode": 0o4600},
    "a mode that is a text": {"mode": "0600"},
    "an owner with a colon": {"owner": "a:b"},
    "a hook that is one text": {"hook": "/bin/sh"},
    "a relative hook": {"hook": ["sh"]},
    "a hook with NUL": {"hook": ["/etc/certmgr/hooks/x", "a\0b"]},
    "a long hook": {"hook": ["/x"] * 65},
    "a hook without end": {"hook_timeout_s": 1 << 40},
    "no time for the hook": {"hook_timeout_s": 0},
    "a digest that leads elsewhere": {"sha256": "../../../etc"},
    "a deployment that is none": {"deployment": None},
    "a key or not": {"with_key": "yes"},
    "no server": {"server": None},
}


@pytest.mark.parametrize("name", OFFERS)
def test_an_offer_that_nobody_could_have_recorded_is_refused(home: HomeForTest, folder: Path, name: str) -> None:
    """Before anything is touched."""
    home.issue(NAME)
    offer, _ = offered(home, folder)
    head = wire.encoded(**{"is": "list", "host": HOST, "count": 1}) + b"\n"
    ssh = replaying(folder.parent, [head, wire.encoded(**{**offer, **OFFERS[name]}) + b"\n"])
    with pytest.raises(CertmgrError) as caught:
        fetch(ssh, folder)
    assert caught.value.code is Code.DEPLOY_PROTOCOL
    assert list(folder.iterdir()) == []


def test_more_offers_than_a_host_can_have_are_refused(tmp_path: Path) -> None:
    """It does not wait for a million lines."""
    head = wire.encoded(**{"is": "list", "host": HOST, "count": 1_000_000}) + b"\n"
    with pytest.raises(CertmgrError, match="more than 10000 deployments"):
        fetch(replaying(tmp_path, [head, b""]), tmp_path)


FILES: dict[str, Message] = {
    "another certificate": {"certificate": "MAIL"},
    "a CA's certificate": {"certificate": "CHAIN"},
    "a chain of another kind": {"chain": "CERTIFICATE"},
    "another key": {"key": "MAIL KEY"},
    "no key": {"key": None},
    "a key that is none": {"key": b64(b"#!/bin/sh")},
    "no base64": {"key": "***"},
    "a long key": {"key": b64(b"x" * 70_000)},
    "another answer": {"is": "recorded"},
    "nothing": {"certificate": ""},
}
"""What is handed out in place of the right thing; words in capitals stand for another part of it."""


@pytest.mark.parametrize("name", FILES)
def test_files_that_are_not_what_was_offered_are_refused(home: HomeForTest, folder: Path, name: str) -> None:
    """Nothing is put in place of them, and the message holds nothing of a key."""
    home.issue(NAME)
    mail = home.issue("mail.egov.internal").der
    mail_key = (home.out / "mail.egov.internal" / "live" / "privkey.pem").read_bytes()
    offer, files = offered(home, folder)
    head = wire.encoded(**{"is": "list", "host": HOST, "count": 1}) + b"\n"
    parts = {"MAIL": b64(mail), "MAIL KEY": b64(mail_key), "CHAIN": files["chain"], "CERTIFICATE": files["certificate"]}
    changed = {**files, **{key: parts.get(str(value), value) for key, value in FILES[name].items()}}
    ssh = replaying(folder.parent, [head, wire.encoded(**offer) + b"\n", wire.encoded(**changed) + b"\n"])
    with pytest.raises(CertmgrError) as caught:
        fetch(ssh, folder)
    assert caught.value.code is Code.DEPLOY_PROTOCOL
    assert str(files["key"])[80:120] not in caught.value.message
    assert [path.name for path in folder.iterdir()] == [install.HIDDEN]
    assert list((folder / install.HIDDEN).iterdir()) == []


def test_an_end_in_the_middle_of_the_key_quotes_nothing_of_it(home: HomeForTest, folder: Path) -> None:
    """Whether the line is cut, or ends as no JSON."""
    home.issue(NAME)
    offer, files = offered(home, folder)
    head = wire.encoded(**{"is": "list", "host": HOST, "count": 1}) + b"\n"
    line = wire.encoded(**files)
    for cut in (line[:-100], line[:-100] + b"\n"):
        with pytest.raises(CertmgrError) as caught:
            fetch(replaying(folder.parent, [head, wire.encoded(**offer) + b"\n", cut, b""][:3]), folder)
        assert caught.value.code is Code.DEPLOY_PROTOCOL
        assert "certificate" not in caught.value.message
        assert str(files["key"])[:20] not in caught.value.message
    assert not (folder / "privkey.pem").exists()
