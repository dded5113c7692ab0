"""The texts of notices in Chinese."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from certmgr.models.notices import Kind
from certmgr.notice_texts.facts import Facts, Text

_RULE: Final = 76
_STOP: Final = "。"
_COMMAND: Final = "  "
"""What a line that is a command begins with."""

_PROMISES: Final = MappingProxyType(
    {
        "acknowledge-revocation": "确认收到 {name} 的吊销申请 {number}",
        "verify-revocation": "核实 {name} 的吊销申请 {number}",
        "publish-revocation": "发布 {name} 的吊销 {number}",
        "release-hold": "解除 {name} 证书的冻结",
        "decide-hold": "对 {name} 被冻结的证书作出决定",
        "report-incident": "报告 {name} 的密钥泄露事件（吊销 {number}）",
        "follow-change": "处理服务器 {name} 的信息变更",
        "finish-campaign": "完成集中更新 {name}",
    }
)
_COMMANDS: Final = MappingProxyType(
    {
        "acknowledge-revocation": ("certmgr --as NAME revocation acknowledge {number}",),
        "verify-revocation": ("certmgr --as NAME revocation verify {number}",),
        "publish-revocation": ("certmgr crl publish", "certmgr revocation list"),
        "release-hold": ("certmgr --as NAME release {name}",),
        "decide-hold": ("certmgr --as NAME release {name}", "certmgr --as NAME revoke {name} --cause CAUSE"),
        "report-incident": ("certmgr --as NAME revocation report-incident {number} --to WHOM",),
        "follow-change": (
            "certmgr server show {name}",
            "certmgr renew {name} --force --reason TEXT",
            "certmgr server confirm {name} --reason TEXT",
        ),
        "finish-campaign": ("certmgr campaign show {name}",),
    }
)


def certificate_expiring(facts: Facts) -> Text:
    """Return what is told of a certificate that ends soon or has ended."""
    server, end = facts["server"], facts.moment("not_after")
    if facts.has_passed("not_after"):
        return _text(
            f"{server}：证书已于 {facts.day('not_after')} 到期",
            f"{server} 的证书（序列号 {facts['serial']}）已于 {end} 到期，且没有新证书接替。"
            "到期的证书不能更新，请申请新证书：",
            f"{_COMMAND}certmgr issue --dns NAME --purpose TEXT --owner TEXT",
            "如果该服务器已停用，请登记停用，此后不再发送通知：",
            f"{_COMMAND}certmgr server retire {server}",
        )
    why = {
        "auto": "该证书应当已自动更新，但没有成功。立即再试并查看结果：",
        "csr": "其私钥在服务器上，因此需要服务器提供新的证书请求（CSR）。请在服务器上生成，然后执行：",
        "no": "该证书不会自动更新。请更新：",
    }[facts["renews"]]
    command = f"certmgr renew {server}" + (" --csr FILE" if facts["renews"] == "csr" else "")
    return _text(
        f"{server}：证书将于 {facts.day('not_after')} 到期（{_in_days(facts.days_left('not_after'))}）",
        f"{server} 的证书（序列号 {facts['serial']}）将于 {end} 到期。到期后客户端将拒绝访问该服务器。",
        why,
        _COMMAND + command,
        "如果在此之前没有更新，证书即告失效，须重新申请。",
    )


def authority_expiring(facts: Facts) -> Text:
    """Return what is told of a CA certificate that ends soon or has ended."""
    name, verb = facts["authority"], "已于" if facts.has_passed("not_after") else "将于"
    if facts["role"] == "root":
        step = "请及早建立新的根证书，以便在旧根到期之前安装到所有客户端。参见："
        command = "certmgr ca list"
    else:
        step = "由它签发的证书将同时失效。请建立接替它的签发 CA："
        command = "certmgr ca new-issuing"
    return _text(
        f"CA {name} {verb} {facts.day('not_after')} 到期（{_in_days(facts.days_left('not_after'))}）",
        f"CA {name} 的证书{verb} {facts.moment('not_after')} 到期。",
        step,
        _COMMAND + command,
    )


def root_crl_ending(facts: Facts) -> Text:
    """Return what is told of a root's CRL that ends soon or has ended."""
    name, verb = facts["authority"], "已于" if facts.has_passed("not_after") else "将于"
    return _text(
        f"{name} 的吊销列表{verb} {facts.day('not_after')} 失效（{_in_days(facts.days_left('not_after'))}）",
        f"{name} 的证书吊销列表（CRL）{verb} {facts.moment('not_after')} 失效。"
        "此后，检查吊销列表的客户端将拒绝所有证书。下一份列表须由有权使用根密钥的人员签发：",
        f"{_COMMAND}certmgr --as NAME crl publish --root",
    )


def csr_needed(facts: Facts) -> Text:
    """Return what is told of a certificate whose owner has to send a CSR."""
    server = facts["server"]
    return _text(
        f"{server}：须在 {facts.day('not_after')} 之前提供 CSR 以更新证书",
        f"{server} 的证书（序列号 {facts['serial']}）将于 {facts.moment('not_after')} 到期，现应更新。"
        "其私钥在服务器上生成，certmgr 无法自行更新。请在服务器上生成新密钥和证书请求（CSR），然后执行：",
        f"{_COMMAND}certmgr renew {server} --csr FILE",
    )


def renewal_failing(facts: Facts) -> Text:
    """Return what is told of a renewal that fails again and again."""
    server = facts["server"]
    return _text(
        f"{server}：证书更新已失败 {facts.number('failures')} 次",
        f"{server} 的证书自动更新已失败 {facts.number('failures')} 次，"
        f"最近一次的原因：{facts.sentence('problem', _STOP)}",
        "系统会自动重试。立即再试并查看结果：",
        f"{_COMMAND}certmgr renew {server}",
    )


def deployment_failing(facts: Facts) -> Text:
    """Return what is told of a deployment that fails again and again."""
    server = facts["server"]
    return _text(
        f"{server}：证书部署已失败 {facts.number('failures')} 次",
        f"{server} 的证书未能安装（部署 {facts['number']}），已失败 {facts.number('failures')} 次，"
        f"最近一次的原因：{facts.sentence('problem', _STOP)}",
        "服务器继续使用原有文件。系统会自动重试。立即再试：",
        f"{_COMMAND}certmgr deploy --due --retry",
    )


def application_waiting(facts: Facts) -> Text:
    """Return what is told of an application that lacks a decision."""
    number, server = facts.number("application"), facts["server"]
    return _text(
        f"{server} 的申请 {number} 等待审批",
        f"{server} 的证书申请 {number}（{facts.moment('submitted_at')} 提交）还需 {facts.number('lacking')} 人批准。"
        f"如无决定，该申请于 {facts.moment('expires_at')} 失效。",
        f"{_COMMAND}certmgr application show {number}",
        f"{_COMMAND}certmgr --as NAME application approve {number} --reason TEXT",
        f"{_COMMAND}certmgr --as NAME application reject {number} --reason TEXT",
    )


def commitment_escalated(facts: Facts) -> Text:
    """Return what is told of a promise whose time runs out."""
    promise = _promise(facts)
    return _text(
        f"时限已用 {facts['percent']}%：{promise}",
        f"承诺事项：{promise}。承诺期限为 {facts.moment('due_at')}，自 {facts.moment('opened_at')} 起计，"
        f"已用去 {facts['percent']}% 的时间。",
        *_commands(facts),
    )


def commitment_breached(facts: Facts) -> Text:
    """Return what is told of a promise that was not kept in time."""
    promise = _promise(facts)
    return _text(
        f"已逾期：{promise}",
        f"承诺事项：{promise}。承诺期限为 {facts.moment('due_at')}，未按时完成。逾期已记入日志，不会消除。如仍未完成：",
        *_commands(facts),
    )


def hold_to_decide(facts: Facts) -> Text:
    """Return what is told of a suspension that has to end."""
    name = facts["name"]
    return _text(
        f"{name}：须在 {facts.day('due_at')} 之前决定是否解除冻结",
        f"{name} 的证书（序列号 {facts['serial']}）自 {facts.moment('opened_at')} 起被冻结。须在 "
        f"{facts.moment('due_at')} 之前解除冻结或予以吊销；已用去 {facts['percent']}% 的时间。",
        *_commands(facts),
    )


def hold_released(facts: Facts) -> Text:
    """Return what is told of a suspension that has ended."""
    server = facts["server"]
    return _text(
        f"{server}：证书已解除冻结",
        f"{server} 的证书（序列号 {facts['serial']}）已解除冻结，可以继续使用。"
        "仍保存旧吊销列表的客户端在取得新列表之前会拒绝该证书。",
    )


def campaign_announced(facts: Facts) -> Text:
    """Return what is told of a required renewal."""
    return _campaign(facts, "须在")


def campaign_reminder(facts: Facts) -> Text:
    """Return what those are told again who are left in a campaign."""
    return _campaign(facts, "仍须在")


def revocation_to_verify(facts: Facts) -> Text:
    """Return what is told of a request that needs a person's word."""
    number, server = facts.number("revocation"), facts["server"]
    return _text(
        f"{server} 的吊销申请 {number} 等待核实（{facts['cause']}）",
        f"{facts.moment('received_at')} 收到吊销 {server} 的证书（序列号 {facts['serial']}）的申请，"
        f"原因 {facts['cause']}。须在 {facts.moment('verify_due_at')} 之前由专人向服务器负责人核实申请是否属实，"
        "并登记结果：",
        f"{_COMMAND}certmgr --as NAME revocation verify {number}",
        f"{_COMMAND}certmgr --as NAME revocation reject {number} --reason TEXT",
    )


def revocation_received(facts: Facts) -> Text:
    """Return what a contact is told of a request."""
    number, server = facts.number("revocation"), facts["server"]
    what = "冻结" if facts["cause"] == "suspended" else "吊销"
    return _text(
        f"{server}：收到{what}证书的申请",
        f"{facts.moment('received_at')} 收到{what} {server} 的证书（序列号 {facts['serial']}）的申请，"
        f"原因 {facts['cause']}（申请 {number}）。核实之后 24 小时之内执行。",
        "如果您对此申请并不知情，请立即告知证书服务的管理人员。",
    )


def revocation_done(facts: Facts) -> Text:
    """Return what a contact is told when relying parties can see the revocation."""
    server = facts["server"]
    suspended = facts["cause"] == "suspended"
    what = "冻结" if suspended else "吊销"
    return _text(
        f"{server}：证书已{what}" + ("" if suspended else f"（{facts['cause']}）"),
        f"{server} 的证书（序列号 {facts['serial']}）已{what}，原因 {facts['cause']}。载明此事的吊销列表自 "
        f"{facts.moment('published_at')} 起公布。"
        + ("解除冻结之前请勿使用该证书。" if suspended else "请勿再使用该证书及其私钥。"),
    )


def revocation_closed(facts: Facts) -> Text:
    """Return what a contact is told when a request came to nothing."""
    number, server = facts.number("revocation"), facts["server"]
    return _text(
        f"{server}：证书不予吊销",
        f"吊销 {server} 的证书（序列号 {facts['serial']}）的申请 {number} 已撤回或被驳回。该证书继续有效。",
    )


def test(facts: Facts) -> Text:
    """Return what `certmgr notice test` sends."""
    return _text(
        "通知测试",
        f"这是 {facts.organisation} 的证书服务为检查通知能否送达而发送的测试，无需处理。",
    )


def digest(texts: Sequence[Text], day: str) -> Text:
    """Return one text of several, for one day."""
    subjects = "\n".join(f"- {one.subject}" for one in texts)
    bodies = "\n".join(f"{'-' * _RULE}\n{one.body}" for one in texts)
    return Text(f"{day}：{len(texts)} 项证书或吊销列表即将到期", f"{subjects}\n\n{bodies}")


def _campaign(facts: Facts, verb: str) -> Text:
    name, day = facts["campaign"], facts.day("last_day")
    if facts["server"]:
        server = facts["server"]
        return _text(
            f"{server}：证书{verb} {day} 之前更新",
            f"证书服务要求 {server} {verb} {day} 当日结束之前换用新证书（集中更新 {name}）："
            f"{facts.sentence('reason', _STOP)}",
            "如已设置自动更新，则无需处理；否则请执行：",
            f"{_COMMAND}certmgr renew {server}",
        )
    return _text(
        f"集中更新 {name}：{facts.number('left')} 张证书{verb} {day} 之前更新",
        f"{facts.number('left')} 张证书{verb} {day} 当日结束之前更新：{facts.sentence('reason', _STOP)}",
        f"{_COMMAND}certmgr campaign show {name}",
    )


def _promise(facts: Facts) -> str:
    return _PROMISES[facts["promise"]].format(name=facts["name"], number=facts["number"])


def _commands(facts: Facts) -> list[str]:
    return [_COMMAND + one.format(name=facts["name"], number=facts["number"]) for one in _COMMANDS[facts["promise"]]]


def _in_days(days: int) -> str:
    if days < 0:
        return f"{-days} 天前"
    return {0: "今天", 1: "明天"}.get(days, f"还有 {days} 天")


def _text(subject: str, *paragraphs: str) -> Text:
    """Return the text, a paragraph a line; Chinese needs no breaking."""
    return Text(subject, "\n\n".join(paragraphs).replace(f"\n\n{_COMMAND}", f"\n{_COMMAND}") + "\n")


TEXTS: Final[Mapping[Kind, Callable[[Facts], Text]]] = MappingProxyType(
    {
        Kind.CERTIFICATE_EXPIRING: certificate_expiring,
        Kind.AUTHORITY_EXPIRING: authority_expiring,
        Kind.ROOT_CRL_ENDING: root_crl_ending,
        Kind.CSR_NEEDED: csr_needed,
        Kind.RENEWAL_FAILING: renewal_failing,
        Kind.DEPLOYMENT_FAILING: deployment_failing,
        Kind.APPLICATION_WAITING: application_waiting,
        Kind.COMMITMENT_ESCALATED: commitment_escalated,
        Kind.COMMITMENT_BREACHED: commitment_breached,
        Kind.HOLD_TO_DECIDE: hold_to_decide,
        Kind.HOLD_RELEASED: hold_released,
        Kind.CAMPAIGN_ANNOUNCED: campaign_announced,
        Kind.CAMPAIGN_REMINDER: campaign_reminder,
        Kind.REVOCATION_TO_VERIFY: revocation_to_verify,
        Kind.REVOCATION_RECEIVED: revocation_received,
        Kind.REVOCATION_DONE: revocation_done,
        Kind.REVOCATION_CLOSED: revocation_closed,
        Kind.TEST: test,
    }
)
"""Every kind's text."""
