"""Reports of mail servers about mails that did not arrive, as they come (RFC 3464)."""

from __future__ import annotations

import email
import email.policy
from typing import Literal


def report_of(
    mail: bytes,
    *,
    action: Literal["failed", "delayed", "delivered"] = "failed",
    status: str = "5.1.1",
    final: str | None = None,
    returns: Literal["mail", "headers"] = "headers",
) -> bytes:
    """Return what a mail server reports about a mail: that it failed for an address that is not there, unless said
    otherwise. ``final`` is the address it was forwarded to, by itself that of the mail.
    """
    sent = email.message_from_bytes(mail, policy=email.policy.SMTP)
    head, _, _ = mail.partition(b"\r\n\r\n")
    kind, content = ("message/rfc822", mail) if returns == "mail" else ("text/rfc822-headers", head)
    parts = (
        b"Content-Type: text/plain\r\n\r\nYour mail was not delivered.\r\n",
        b"Content-Type: message/delivery-status\r\n\r\n"
        b"Reporting-MTA: dns; mail.example.test\r\n\r\n"
        + f"Final-Recipient: rfc822; {final or sent['To']}\r\n".encode()
        + f"Action: {action}\r\nStatus: {status}\r\n".encode(),
        f"Content-Type: {kind}\r\n\r\n".encode() + content + b"\r\n",
    )
    return (
        b"From: MAILER-DAEMON@mail.example.test\r\n"
        b"To: exchange@bulkhead.test\r\n"
        b"Subject: Undelivered Mail Returned to Sender\r\n"
        b"MIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="report"\r\n\r\n'
        + b"".join(b"--report\r\n" + part for part in parts)
        + b"--report--\r\n"
    )
