"""E-mail: a message to each address that was ticked for a callout, through the mail server of SMTP_URL."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal.core.texts import as_line, isolated
from portal.models import Callout, CalloutRecipient
from portal.notify.channels.channel import Content
from portal.notify.notices import CalloutFailing, CalloutRecovered, DeliveryEnded, Notice
from portal.notify.smtp import SmtpTransport
from portal.settings import Settings


class Email:
    name = "email"

    def has_recipients(self) -> ColumnElement[bool]:
        return Callout.recipients.any()

    def recipients(self, session: Session, callout_ids: Collection[int]) -> dict[int, list[str]]:
        """Read the addresses of active resources, each once."""
        query = (
            select(CalloutRecipient)
            .where(CalloutRecipient.callout_id.in_(callout_ids))
            .order_by(CalloutRecipient.resource_id, CalloutRecipient.slot)
        )
        found: dict[int, dict[str, None]] = {}
        for each in session.scalars(query):
            address = each.resource.email(each.slot)
            if each.resource.active and address:
                found.setdefault(each.callout_id, {})[address] = None
        return {callout_id: list(addresses) for callout_id, addresses in found.items()}

    def write(self, notice: Notice) -> Content:
        match notice:
            case DeliveryEnded():
                return _ended(notice)
            case CalloutFailing():
                return _failing(notice)
            case CalloutRecovered():
                return _recovered(notice)

    def transport(self, settings: Settings) -> SmtpTransport | None:
        return SmtpTransport(settings.smtp, settings.mail_from) if settings.smtp else None


def _ended(notice: DeliveryEnded) -> Content:
    outcome = "delivered" if notice.delivered else "failed"
    callout, title = (isolated(as_line(each)) for each in (notice.callout, notice.ticket_title))
    answer = f"\nWhat the receiver answered last:\n\n{notice.answer}\n" if notice.answer else ""
    remarks = "".join(f"Remark:   {each}\n" for each in notice.remarks)
    return Content(
        f"Callout {outcome}: {callout} for {notice.ticket_number} {title}",
        f"{notice.sentence()}\n\n"
        f"Ticket:   {notice.ticket_number} {title}\n"
        f"Callout:  {callout}\n"
        f"Outcome:  {outcome}\n"
        f"Attempts: {notice.attempts}\n"
        f"Result:   {notice.detail}\n"
        f"{remarks}"
        f"{answer}\n"
        f"All attempts: {notice.link}\n",
    )


def _failing(notice: CalloutFailing) -> Content:
    return Content(
        f"Callout is failing: {notice.callout}",
        f"Extension callout '{notice.callout}' is failing: its last {notice.failures} attempts ended "
        f"in errors.\n\n"
        f"The last one: {notice.reason}\n\n"
        "What was tried is sent again on its own schedule. What is new waits, and none of it is lost: one "
        "delivery at a time is tried, and as soon as one arrives, all go out.\n\n"
        f"The callout: {notice.link}\n",
    )


def _recovered(notice: CalloutRecovered) -> Content:
    return Content(
        f"Callout delivers again: {notice.callout}",
        f"Extension callout '{notice.callout}' delivers again. It was failing since "
        f"{notice.since:%Y-%m-%d %H:%M} UTC.\n\n"
        "What was waiting is being sent now.\n\n"
        f"The callout: {notice.link}\n",
    )
