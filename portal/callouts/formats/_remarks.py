"""What is odd about an answer that tells of no fault, in both XML formats. The first sentence is short, for lists."""

from http import HTTPStatus

from portal.callouts.formats._xml import Document
from portal.core.verdicts import (
    HTML_PAGE,
    MALFORMED,
    NO_RESPONSE,
    NOT_WHOLE,
    OTHER_NAMESPACE,
    UNREADABLE,
    Answered,
    Remark,
)
from portal.core.wire import one_line

_MOST = 200
_LOOK = "Look into the receiver's log whether it did the work, and check the URL and the Method Name."


def on_reading(
    answer: Answered, document: Document, envelope: str, response: str | None
) -> tuple[Remark, ...]:
    """Say what is odd about the answer as a whole.

    ``envelope`` is the name of the format's outermost element, and ``response`` says what stands where the
    method's response should: "" where that is right, None where there is no envelope.
    """
    if not answer.body.strip():
        # 202, 204 and the like promise no body
        empty = Remark(NO_RESPONSE, f"The answer is empty. It should hold the method's response. {_LOOK}")
        return (empty,) if answer.status == HTTPStatus.OK else ()
    found = []
    if response is None:
        found.append(_without_envelope(document, envelope))
    elif response:
        found.append(Remark(NO_RESPONSE, f"The answer is without the method's response. {response} {_LOOK}"))
    if document.mended and response is not None:
        said = "The answer is no well-formed XML. It was read past its mistakes, and tells of no fault."
        found.append(Remark(MALFORMED, said))
    if answer.more:
        said = "The answer is longer than 64 KiB. Only its beginning was read, and that tells of no fault."
        found.append(Remark(NOT_WHOLE, said))
    return tuple(found)


def on_namespace(found: str, sent: str) -> tuple[Remark, ...]:
    """Compare the namespace of a SOAP response with the one that was sent."""
    if found == sent:
        return ()
    told, was = (f"“{one_line(each, _MOST)}”" if each else "none" for each in (found, sent))
    slash = " They differ in the slash at the end." if found.rstrip("/") == sent.rstrip("/") else ""
    repair = f"enter {told} as Namespace override" if found else "check the Namespace override"
    return (
        Remark(
            OTHER_NAMESPACE,
            "The answer's namespace is another than the one sent. "
            f"The answer's is {told}, and {was} was sent.{slash} Such a receiver may have read seven empty values: "
            f"if it did, {repair} on the callout's General tab.",
        ),
    )


def _without_envelope(document: Document, envelope: str) -> Remark:
    if document.html:
        return Remark(
            HTML_PAGE,
            "The answer is an HTML page. The URL may lead to a site's page, its sign-in or an error page instead "
            "of the service. Check it on the callout's General tab.",
        )
    if document.root is not None and not document.mended:
        said = f"It is XML without the element {envelope}."
        return Remark(NO_RESPONSE, f"The answer is without the method's response. {said} {_LOOK}")
    line = next(filter(None, map(str.strip, document.text.splitlines())), "")
    return Remark(
        UNREADABLE,
        f"The answer could not be read. It is no XML, and begins with “{one_line(line, _MOST)}”. {_LOOK}",
    )
