"""E-mail: one to each chosen address, by way of the mail outbox."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from portal.core.texts import as_line, isolated
from portal.models import Mail

if TYPE_CHECKING:
    from portal.notify.channels import Ending


class Email:
    name = "email"

    def tell(self, session: Session, ending: "Ending") -> None:
        outcome = "delivered" if ending.delivered else "failed"
        callout, title = (isolated(as_line(each)) for each in (ending.callout, ending.ticket_title))
        answer = f"\nWhat the receiver answered last:\n\n{ending.answer}\n" if ending.answer else ""
        remarks = "".join(f"Remark:   {each}\n" for each in ending.remarks)
        body = (
            f"{ending.sentence()}\n\n"
            f"Ticket:   {ending.ticket_number} {title}\n"
            f"Callout:  {callout}\n"
            f"Outcome:  {outcome}\n"
            f"Attempts: {ending.attempts}\n"
            f"Result:   {ending.detail}\n"
            f"{remarks}"
            f"{answer}\n"
            f"All attempts: {ending.link}\n"
        )
        subject = f"Callout {outcome}: {callout} for {ending.ticket_number} {title}"
        write_mails(
            session,
            ending.addresses,
            subject,
            body,
            state=ending.mail_state,
            at=ending.at,
            delivery_id=ending.delivery_id,
        )


def write_mails(
    session: Session,
    addresses: Iterable[str],
    subject: str,
    body: str,
    *,
    state: str,
    at: datetime,
    delivery_id: int | None = None,
) -> None:
    """Write a mail to each address into the mail outbox. The caller commits."""
    for address in addresses:
        session.add(
            Mail(
                to_address=address,
                # a header is one line
                subject=" ".join(subject.split())[:500],
                body=body,
                state=state,
                due_at=int(at.timestamp()),
                created_at=at,
                delivery_id=delivery_id,
            )
        )
