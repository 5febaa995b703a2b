"""The portal as a technician sees it: signs in, presses Complete, and reads pages. HTTP and HTML only."""

from dataclasses import dataclass

import requests
from lxml import html

from portal.verify.site import Site

_TIMEOUT = 20


class Unexpected(Exception):  # noqa: N818 - describes an answer
    """An unexpected answer; the text describes it."""


@dataclass(frozen=True, slots=True)
class Delivery:
    state: str
    attempts: int

    @property
    def open(self) -> bool:
        return self.state in {"waiting", "sending"}


@dataclass(frozen=True, slots=True)
class Note:
    title: str
    text: str


class Pages(Site):
    def sign_in(self, user_name: str, password: str) -> None:
        form = self._page("/sign-in").xpath("//form[.//input[@name='password']]")[0]
        self._send(form, user_name=user_name, password=password)

    def complete(self, ticket_id: int) -> None:
        """Press the ticket's Complete button."""
        page = self._page(f"/tickets/{ticket_id}")
        forms = page.xpath("//form[.//button[normalize-space()='Complete']]")
        if not forms:
            raise Unexpected("the ticket's page has no Complete button")
        self._send(forms[0])

    def deliveries(self, ticket_id: int) -> list[Delivery]:
        rows = self._page(f"/tickets/{ticket_id}").xpath("//*[@data-delivery]")
        return [Delivery(row.get("data-state"), int(row.get("data-attempts"))) for row in rows]

    def notes(self, ticket_id: int) -> list[Note]:
        notes = self._page(f"/tickets/{ticket_id}").xpath("//*[@class='note']")
        return [Note(_text(note.xpath(".//b")[0]), _text(note)) for note in notes]

    def mails_about(self, ticket_number: str) -> list[str]:
        """Return the subjects of the mails that name a ticket, from all pages of the list."""
        subjects: list[str] = []
        path = "/admin/mail"
        while path:
            page = self._page(path)
            subjects += [_text(each) for each in page.xpath("//main//tbody//th[@scope='row']")]
            following = page.xpath("//a[@rel='next']/@href")
            path = str(following[0]) if following else ""
        return [each for each in subjects if ticket_number in each]

    def _page(self, path: str) -> html.HtmlElement:
        answer = self._session.get(self._url + path, timeout=_TIMEOUT)
        if answer.status_code != requests.codes.ok:
            raise Unexpected(f"the portal answered HTTP {answer.status_code} at {path}")
        return html.fromstring(answer.text)

    def _send(self, form: html.HtmlElement, **typed: str) -> None:
        """Send a form as a browser does: with its own fields, including the CSRF token, and what was typed."""
        fields = dict(form.form_values()) | typed
        answer = self._session.post(
            self._url + form.get("action"), data=fields, timeout=_TIMEOUT, allow_redirects=False
        )
        if answer.status_code != requests.codes.found:
            raise Unexpected(
                f"the portal answered HTTP {answer.status_code} to the form at {form.get('action')}"
            )


def _text(element: html.HtmlElement) -> str:
    return " ".join(str(element.text_content()).split())
