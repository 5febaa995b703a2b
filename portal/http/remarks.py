"""Remarks on deviations in the head, framing and compression of an answer that counts all the same."""

from portal.core.verdicts import REMARKS, Remark

SURPLUS = "framing.surplus"
TEXTS = {
    "head.blank-lines": "Blank lines stand before the answer's first line.",
    "head.status-line": "The answer's first line is not written as HTTP/1.1 says.",
    "head.line-ends": "Lines of the answer's head do not end with CR LF.",
    "head.folded": "A header of the answer goes on in the next line, which HTTP no longer allows.",
    "head.no-colon": "A header line of the answer has no colon.",
    "head.name": "The name of a header of the answer is empty or has spaces or characters that no name may have.",
    "head.control-characters": "A header of the answer has control characters in its value.",
    "framing.two-lengths": "The answer states its length more than once.",
    "framing.lengths-differ": "The answer states several lengths, and they differ.",
    "framing.length-unreadable": "The answer's Content-Length is no number, so it was not believed.",
    "framing.length-syntax": "The answer's Content-Length is not written in plain digits.",
    "framing.length-and-chunked": "The answer has both a Content-Length and chunks; the chunks were read.",
    "framing.transfer-encoding": "The answer's Transfer-Encoding is not “chunked”, the only one HTTP/1.1 needs.",
    "framing.not-chunked": "The answer says that it comes in chunks, and does not.",
    "framing.chunk-syntax": "The sizes of the answer's chunks are not written as HTTP/1.1 says.",
    "framing.after-last-chunk": "The answer does not end properly after its last chunk.",
    "framing.body-unexpected": "The answer has a body, which HTTP does not allow for its status.",
    "framing.broken-off": "The answer broke off before its announced end, but the XML in it is whole.",
    "framing.other": "The answer is not written as HTTP/1.1 says.",
    "encoding.unknown": "The answer is packed in a way that callouts don't ask for, so it can't be read.",
    "encoding.not-as-said": "The answer is not packed as its Content-Encoding says; it was taken as it came.",
    "encoding.cut-off": "The packed answer ends too early; it was read as far as it goes.",
    SURPLUS: "The receiver sent more than its answer: what came after it was not read.",
}
# for filters: each stored code with its label
LABELS = REMARKS | {code: text.rstrip(".") for code, text in TEXTS.items()}


def remark(code: str) -> Remark:
    return Remark(code, TEXTS[code])
