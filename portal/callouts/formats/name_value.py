"""Name Value Pair: the seven values as a form, in the query of a GET or the body of a POST."""

from urllib.parse import urlencode

from portal.core.callouts import GET, POST
from portal.core.declared import Setting
from portal.core.verdicts import Answered, Reading
from portal.core.wire import Fields, Request, Target, encodable


class NameValue:
    name = "name_value"
    label = "Name Value Pair"
    transports: tuple[str, ...] = (GET, POST)
    settings: tuple[Setting, ...] = ()

    def encode(self, fields: Fields, target: Target) -> Request:
        clean = [(name, *encodable(value)) for name, value in fields.pairs()]
        replaced = sum(count for _, _, count in clean)
        # a receiver that cuts the text itself reads colons only as the documented sample has them
        form = urlencode([(name, value) for name, value, _ in clean], safe=":")
        if target.transport == GET:
            joint = "" if target.url.endswith(("?", "&")) else "&" if "?" in target.url else "?"
            return Request(GET, f"{target.url}{joint}{form}", replaced=replaced)
        headers = (("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),)
        return Request(POST, target.url, headers, form.encode("ascii"), replaced)

    def read(self, answer: Answered, target: Target) -> Reading:  # noqa: ARG002 - the status says it all
        return Reading()
