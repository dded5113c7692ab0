"""What is doubtful about the notices of a configuration that can be used."""

from collections.abc import Iterator

from certmgr.codes import Code
from certmgr.config_sections import NoticeSettings
from certmgr.errors import Finding, Severity


def notice_doubts(settings: NoticeSettings) -> tuple[Finding, ...]:
    """Return the warnings about the section [notices]: what is set and has no effect, and what nobody would get."""
    return tuple(
        Finding(code=Code.CONFIG_CONFLICT, message=message, severity=severity, field=f"notices.{key}")
        for key, message, severity in (*_mail(settings), *_others(settings))
    )


def _mail(settings: NoticeSettings) -> Iterator[tuple[str, str, Severity]]:
    warning = Severity.WARNING
    if settings.smtp_host is None:
        unused = [key for key in ("mail_from", "smtp_ca", "smtp_user", "smtp_password_file") if getattr(settings, key)]
        for key in (*unused, *(["to"] if settings.to else [])):
            yield key, f"notices.{key} is set without notices.smtp_host: no mail is sent.", warning
        return
    if settings.mail_from is None:
        yield "mail_from", "notices.mail_from is not set: without a sender no mail is sent.", warning
    if not settings.to:
        yield "to", "notices.to is empty: those who run the service get no mail.", warning
    for key, other in (("smtp_user", "smtp_password_file"), ("smtp_password_file", "smtp_user")):
        if getattr(settings, key) is not None and getattr(settings, other) is None:
            yield key, f"notices.{key} is set without notices.{other}: certmgr does not log in.", warning
    if settings.smtp_security == "none":
        yield from _insecure(settings)


def _insecure(settings: NoticeSettings) -> Iterator[tuple[str, str, Severity]]:
    if settings.smtp_password_file is not None:
        text = "notices.smtp_security is none: the password of notices.smtp_password_file is not sent."
        yield "smtp_security", text, Severity.WARNING
    if settings.smtp_ca is not None:
        yield "smtp_ca", "notices.smtp_security is none: notices.smtp_ca has no effect.", Severity.WARNING
    yield "smtp_security", "notices.smtp_security is none: mails cross the network in the clear.", Severity.NOTICE


def _others(settings: NoticeSettings) -> Iterator[tuple[str, str, Severity]]:
    warning = Severity.WARNING
    if settings.webhook_url is None:
        for key in ("webhook_secret_file", "webhook_ca"):
            if getattr(settings, key) is not None:
                yield key, f"notices.{key} is set without notices.webhook_url: it has no effect.", warning
    elif settings.webhook_secret_file is None:
        text = "notices.webhook_secret_file is not set: the receiver cannot tell a notice from a forged one."
        yield "webhook_secret_file", text, warning
    if settings.webhook_ca is not None and not (settings.webhook_url or "https:").startswith("https:"):
        yield "webhook_ca", "notices.webhook_url is not https: notices.webhook_ca has no effect.", warning
    if settings.command and not settings.command[0].startswith("/"):
        text = "notices.command names its program without a path: it is looked for in the system's folders only."
        yield "command", text, Severity.NOTICE
