"""What people and programs enter into a form's texts that no page may stumble over."""

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.web.reading import form_data

HTML = "<script>alert('x')</script>\"&amp;"
# half of a character, written as if it were UTF-8
NO_TEXT = b"Acme\xed\xa0\x80"
HOSTILE = {
    "NUL": "Acme\x00",
    "10,000 characters": "x" * 10_000,
    "control characters": "a\x1b[31m\x7f",
    "line separator": "a\u2028b",
}


def fill_in(client: FlaskClient, path: str, form_id: str, **changes: str | None) -> dict[str, object]:
    """Give what a browser would send from a page's form, with some fields changed; None unticks one."""
    data = form_data(client.get(path), form_id)
    return {name: value for name, value in (data | changes).items() if value is not None}


def send_bytes(client: FlaskClient, path: str, field: str, raw: bytes) -> TestResponse:
    """Post one field whose bytes are no UTF-8, as no browser would."""
    head = f'--X\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n'
    kind = "multipart/form-data; boundary=X"
    return client.post(path, data=head.encode() + raw + b"\r\n--X--\r\n", content_type=kind)
