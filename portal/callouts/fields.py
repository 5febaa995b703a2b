"""The fields of an extension callout, each declared once; form, checks, page and script are made from this.

A new field is a line here (or a setting of its data format, in ``formats/``), its column in the model, a migration, and
whatever uses it.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from portal.callouts.formats import FORMATS
from portal.core.callouts import (
    POST,
    RESEND_ANY,
    RESEND_CHOICES,
    RESEND_CUSTOM,
    RESEND_ORIGINAL,
    RESEND_PRESETS,
    TRANSPORTS,
)
from portal.core.declared import Kind, Setting
from portal.core.wire import Target

RECEIVER, TICKETS, REQUEST, AFTER = "receiver", "tickets", "request", "after"
SCHEDULE, LIMITS, SIGNING = "schedule", "limits", "signing"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalloutValues(Target):
    """What an admin enters; the defaults are those of a new callout.

    ``recipients`` are pairs of a resource's id and the slot of its address.
    """

    name: str
    transport: str = POST
    active: bool = True
    username: str = ""
    udf_id: int | None = None
    data_format: str = "name_value"
    only_on_failure: bool = False
    resend_after: str = RESEND_ANY
    resend_preset: str = RESEND_ORIGINAL
    resend_seconds: int | None = None
    resend_limit: int | None = None
    max_per_second: int | None = None
    max_parallel: int | None = None
    timeout_seconds: int | None = None
    recipients: frozenset[tuple[int, int]] = frozenset()


@dataclass(frozen=True, slots=True)
class Field(Setting):
    """A setting of a callout, and where on the page it stands.

    ``help`` may name its bounds (``{least}``, ``{most}``) and what the page fills in, in braces.
    It applies where the field ``by`` has one of the values in ``under``, and then as that value's setting says; a field
    without ``by`` always applies.
    """

    section: str = ""
    by: str = ""
    under: Mapping[str, Setting] = dataclasses.field(default_factory=dict)

    def where(self) -> str:
        """Name the choices under which it applies: “SOAP” or “XML-RPC”."""
        return " or ".join(FIELDS[self.by].choices[value] for value in self.under)


def _no_colon(username: str) -> str | None:
    if ":" in username:
        return "HTTP Basic sends “user:password”, so a user name can't hold a colon. Remove it."
    return None


def _custom(name: str, label: str, text: str, *, called: str, least: int, most: int) -> Field:
    """A number of the custom schedule."""
    own = Setting(
        name, label, Kind.NUMBER, text, required=True, called=called, least=least, most=most, spellcheck=False
    )
    return _under(own, SCHEDULE, "resend_preset", {RESEND_CUSTOM: own})


def _under(setting: Setting, section: str, by: str, under: Mapping[str, Setting]) -> Field:
    values = {each.name: getattr(setting, each.name) for each in dataclasses.fields(setting)}
    return Field(**values, section=section, by=by, under=under)


def _format_fields() -> list[Field]:
    """Every setting of the data formats, once; those that share a line of the page first."""
    names = dict.fromkeys(each.name for chosen in FORMATS.values() for each in chosen.settings)
    found = []
    for name in names:
        under = {
            chosen.name: each for chosen in FORMATS.values() for each in chosen.settings if each.name == name
        }
        found.append(_under(next(iter(under.values())), REQUEST, "data_format", under))
    return sorted(found, key=lambda each: each.wide)


_DECLARED = (
    Field("name", "Name", required=True, most=100, section=RECEIVER),
    Field(
        "active",
        "Active",
        Kind.FLAG,
        "An inactive callout stays in the list and is never sent.",
        section=RECEIVER,
    ),
    Field(
        "url",
        "URL",
        Kind.URL,
        "The whole address, with http:// or https://. It is sent as {sent_as}.",
        required=True,
        missing="URL is required: where is the callout sent?",
        most=2000,
        placeholder="https://rmm.example/callouts",
        spellcheck=False,
        mono=True,
        wide=True,
        section=RECEIVER,
    ),
    Field(
        "username",
        "Username",
        help="Leave it empty for a receiver without a sign-in.",
        wrong=_no_colon,
        spellcheck=False,
        section=RECEIVER,
    ),
    Field("password", "Password", called="The password", most=1000, secret=True, section=RECEIVER),
    Field(
        "udf",
        "Ticket User-Defined Field",
        Kind.REFERENCE,
        "With a field chosen, the callout runs only for tickets that have a value in it, and the value is sent as udf. "
        "Only fields of type Text can be chosen.",
        refers_to="udf",
        placeholder="All tickets, whatever their fields say",
        section=TICKETS,
    ),
    Field(
        "transport",
        "HTTP Transport Method",
        Kind.CHOICE,
        "POST sends the values in the request's body, GET in the URL's query string.",
        choices={each: each for each in TRANSPORTS},
        section=REQUEST,
    ),
    Field(
        "data_format",
        "Data Format",
        Kind.CHOICE,
        "How the seven values are written. SOAP and XML-RPC need POST.",
        choices={each.name: each.label for each in FORMATS.values()},
        section=REQUEST,
    ),
    *_format_fields(),
    Field(
        "resend_after",
        "Resend after",
        Kind.CHOICE,
        "How often it is sent again stands under Sending. An answer that asks to wait longer is heeded.",
        choices=RESEND_CHOICES,
        section=AFTER,
    ),
    Field(
        "only_on_failure",
        "Do not generate e-mail notification unless a failure is detected",
        Kind.FLAG,
        "Who is notified is ticked on the Notification tab. Without a notification, no note is added to the ticket.",
        section=AFTER,
    ),
    Field(
        "resend_preset",
        "Resend schedule",
        Kind.CHOICE,
        "As the original: {original_schedule}. Long: for receivers that may be down overnight.",
        choices=RESEND_PRESETS,
        wide=True,
        section=SCHEDULE,
    ),
    _custom(
        "resend_seconds",
        "Pause, in seconds",
        "From {least} to {most}, which is a day.",
        called="Pause",
        least=1,
        most=86_400,
    ),
    _custom(
        "resend_limit",
        "Number of resends",
        "How often it is sent again after the first try, from {least} to {most}.",
        called="Resends",
        least=0,
        most=1000,
    ),
    Field(
        "max_per_second",
        "Deliveries a second",
        Kind.NUMBER,
        "How many are begun in a second at most. Empty: no limit.",
        least=1,
        most=10_000,
        section=LIMITS,
    ),
    Field(
        "max_parallel",
        "Parallel requests",
        Kind.NUMBER,
        "How many are under way at once at most. Empty: no limit of its own.",
        least=1,
        most=500,
        section=LIMITS,
    ),
    Field(
        "timeout_seconds",
        "Time-out, in seconds",
        Kind.NUMBER,
        "For a whole answer. Empty: the portal's {send_timeout} seconds.",
        called="Time-out",
        least=1,
        most=300,
        section=LIMITS,
    ),
    Field("signing_secret", "Signing secret", secret=True, section=SIGNING),
)
FIELDS: dict[str, Field] = {each.name: each for each in _DECLARED}
"""By their names on the page, in its order."""
PLAIN: dict[str, Field] = {name: each for name, each in FIELDS.items() if not each.secret}
"""Those that are shown, copied and compared: each is an attribute of CalloutValues, named as its column."""
