"""A request whose query may hold any bytes: Werkzeug's own fails on those that aren't UTF-8."""

from urllib.parse import parse_qsl

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.utils import cached_property


class WaryRequest(Request):
    @cached_property
    def args(self) -> MultiDict[str, str]:
        text = self.query_string.decode(errors="replace")
        return ImmutableMultiDict(parse_qsl(text, keep_blank_values=True, errors="replace"))

    @cached_property
    def full_path(self) -> str:
        return f"{self.path}?{self.query_string.decode(errors='replace')}"
