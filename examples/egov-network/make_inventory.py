"""Print inventory.csv: the servers of an e-government network of 30 sites.

The network is that of rule N11: a hub with two lines, 8 district points, 10 second-level platforms, 9 subordinate
units and a machine room. What a site has depends on its kind. Site N has the networks
10.30.N.0/24 and fd00:30:N::/64; a server's last number is the same in both.

    python make_inventory.py > inventory.csv
"""

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass

COLUMNS = ("server", "dns", "ip", "owner", "contact", "purpose", "profile")
ZONE = "egov.internal"
PROFILE = "server"
PORTAL_NAMES = ("www", "政务")
"""Further names of the hub's portal; the second is an internationalised one, xn--zfr164b in a certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What a server does at its site."""

    name: str
    host: int
    """The last number of its addresses."""
    purpose: str
    aliases: tuple[str, ...] = ()
    duty: str = "duty"
    """The mailbox of the people who look after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One of the 30 lines of the network."""

    number: int
    label: str
    """The site's DNS label under the zone."""
    owner: str
    roles: tuple[Role, ...]


PORTAL = Role(name="portal", host=10, purpose="门户网站 web portal")
DATABASE = Role(name="database", host=20, purpose="业务数据库 PostgreSQL, TLS to clients", aliases=("db",), duty="dba")
API = Role(name="api", host=30, purpose="数据交换接口 data exchange API", duty="dev")
VIDEO = Role(name="video", host=40, purpose="视频会议 video conference bridge", aliases=("meet",))
MAIL = Role(name="mail", host=50, purpose="电子邮件 SMTP, IMAP and webmail", aliases=("smtp", "imap"))
DNS = Role(name="dns", host=53, purpose="域名解析 DNS over TLS")
TIME = Role(name="ntp", host=54, purpose="时间同步 NTS key exchange")
LOG = Role(name="log", host=60, purpose="日志审计 syslog over TLS")
MONITOR = Role(name="monitor", host=61, purpose="网络监控 monitoring")
BACKUP = Role(name="backup", host=62, purpose="数据备份 backup store")
LOGIN = Role(name="login", host=70, purpose="统一身份认证 single sign-on", aliases=("sso",))
VPN = Role(name="vpn", host=80, purpose="远程接入 remote access gateway", duty="noc")
SWITCH = Role(name="switch", host=254, purpose="核心交换机 management page of the core switch", duty="noc")
UPS = Role(name="ups", host=250, purpose="不间断电源 management page of the power supply", duty="noc")
COOLING = Role(name="cooling", host=251, purpose="机房空调 management page of the cooling", duty="noc")
HYPERVISORS = tuple(
    Role(name=f"hypervisor-{number}", host=100 + number, purpose=f"虚拟化主机 virtualisation host {number}", duty="noc")
    for number in (1, 2, 3)
)

FIRST_LINE = (PORTAL, LOGIN, API, DATABASE, MAIL, VIDEO, DNS, TIME, VPN, LOG, SWITCH)
SECOND_LINE = (PORTAL, LOGIN, DATABASE, VIDEO, DNS, TIME, VPN, SWITCH)
DISTRICT_POINT = (PORTAL, DATABASE, VIDEO, DNS, SWITCH)
PLATFORM = (PORTAL, API, DATABASE, MAIL, VIDEO)
UNIT = (PORTAL, VIDEO, SWITCH)
MACHINE_ROOM = (*HYPERVISORS, MONITOR, BACKUP, LOG, UPS, COOLING, SWITCH)

DISTRICTS = ("东湖", "西山", "南苑", "北塘", "清河", "新港", "云台", "石桥")
PLATFORMS = (
    ("statistics", "统计"),
    ("transport", "交通"),
    ("water", "水务"),
    ("education", "教育"),
    ("health", "卫生"),
    ("civil", "民政"),
    ("housing", "住房"),
    ("archives", "档案"),
    ("emergency", "应急"),
    ("environment", "生态环境"),
)
UNITS = (
    ("forestry", "林业"),
    ("culture", "文化"),
    ("sports", "体育"),
    ("grain", "粮食"),
    ("veterans", "退役军人"),
    ("audit", "审计"),
    ("justice", "司法"),
    ("market", "市场监管"),
    ("weather", "气象"),
)


def make_sites() -> tuple[Site, ...]:
    """Return the 30 sites, numbered in the order of the rule."""
    return tuple(
        Site(number=number, label=label, owner=owner, roles=roles)
        for number, (label, owner, roles) in enumerate(_plan(), start=1)
    )


def _plan() -> Iterator[tuple[str, str, tuple[Role, ...]]]:
    """Yield label, owner and roles of each site."""
    yield "hub", "政务网枢纽 一线", FIRST_LINE
    yield "hub2", "政务网枢纽 二线", SECOND_LINE
    for number, name in enumerate(DISTRICTS, start=1):
        yield f"district{number}", f"{name}区信息中心", DISTRICT_POINT
    for label, name in PLATFORMS:
        yield label, f"{name}二级平台", PLATFORM
    for label, name in UNITS:
        yield label, f"{name}直属单位", UNIT
    yield "room", "中心机房", MACHINE_ROOM


def make_rows() -> list[dict[str, str]]:
    """Return the lines of the inventory, a dictionary by column for each server."""
    return [_row(site, role) for site in make_sites() for role in site.roles]


def _row(site: Site, role: Role) -> dict[str, str]:
    domain = f"{site.label}.{ZONE}"
    names = [f"{name}.{domain}" for name in (role.name, *role.aliases)]
    if (site.label, role) == ("hub", PORTAL):
        names += [f"{name}.{ZONE}" for name in PORTAL_NAMES]
    return {
        "server": f"{site.label}-{role.name}",
        "dns": " ".join(names),
        "ip": f"10.30.{site.number}.{role.host} fd00:30:{site.number}::{role.host}",
        "owner": site.owner,
        "contact": f"{role.duty}@{domain}",
        "purpose": role.purpose,
        "profile": PROFILE,
    }


def main() -> None:
    """Write the inventory to standard output as CSV in UTF-8."""
    sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]  # the interpreter's own stream
    writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(make_rows())


if __name__ == "__main__":
    main()
