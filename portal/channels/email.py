"""E-mail: one to each chosen address, by way of the mail outbox."""

from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from portal.models import Mail

if TYPE_CHECKING:
    from portal.channels import Ending


class Email:
    name = "email"

    def tell(self, session: Session, ending: "Ending") -> None:
        outcome = "delivered" if ending.delivered else "failed"
        answer = f"\nWhat the receiver answered last:\n\n{ending.answer}\n" if ending.answer else ""
        body = (
            f"{ending.sentence()}\n\n"
            f"Ticket:   {ending.ticket_number} {ending.ticket_title}\n"
            f"Callout:  {ending.callout}\n"
            f"Outcome:  {outcome}\n"
            f"Attempts: {ending.attempts}\n"
            f"Result:   {ending.detail}\n"
            f"{answer}\n"
            f"All attempts: {ending.link}\n"
        )
        subject = f"Callout {outcome}: {ending.callout} for {ending.ticket_number} {ending.ticket_title}"
        for address in ending.addresses:
            session.add(
                Mail(
                    to_address=address,
                    # a header is one line
                    subject=" ".join(subject.split())[:500],
                    body=body,
                    state=ending.mail_state,
                    due_at=int(ending.at.timestamp()),
                    created_at=ending.at,
                    delivery_id=ending.delivery_id,
                )
            )
