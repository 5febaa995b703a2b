"""A request whose query may hold any bytes, where Werkzeug's own fails, and whose form is bounded."""

from urllib.parse import parse_qsl

from flask import Request, request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.utils import cached_property

MOST_FIELDS, LARGEST_FORM = 1000, 512 * 1024


class WaryRequest(Request):
    @cached_property
    def args(self) -> MultiDict[str, str]:
        text = self.query_string.decode(errors="replace")
        return ImmutableMultiDict(parse_qsl(text, keep_blank_values=True, errors="replace"))

    @cached_property
    def full_path(self) -> str:
        return f"{self.path}?{self.query_string.decode(errors='replace')}"


def bound_form() -> None:
    """Refuse a page's form that is too large, or has too many fields, before it is taken apart."""
    if request.blueprint == "doors" or request.mimetype != "application/x-www-form-urlencoded":
        return
    request.max_content_length = LARGEST_FORM
    if request.get_data(parse_form_data=False).count(b"&") >= MOST_FIELDS:
        raise RequestEntityTooLarge
