"""The ticket's form, with a field for each user-defined field, and the form of a note."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from wtforms import Field, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import Optional

from portal.core.tickets import DEFAULT_PRIORITY, MAX_DESCRIPTION, NEW, PUBLISH
from portal.db.engine import db
from portal.models import Company, Resource, Ticket, Udf
from portal.models.people import API_USER
from portal.models.udf import DATE, LIST
from portal.tickets.fields import FIELDS, picklist
from portal.web.finding import whole_number
from portal.web.forms.base import DayField, MomentField, PortalForm, choice, trim, with_line_feeds
from portal.web.presenting import local, user_zone, zone_named

LISTS = ("status", "priority", "queue", "source", "ticket_type")
_DATE_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]


def _select(label: str) -> SelectField:
    # whether a value may be chosen is for the use case to say, in its own words
    return SelectField(label, coerce=whole_number, validate_choice=False)


class TicketForm(PortalForm):
    title = StringField("Title", filters=[trim])
    company_id = _select("Company")
    description = TextAreaField("Description", filters=[with_line_feeds, trim])
    status = _select("Status")
    priority = _select("Priority")
    queue = _select("Queue")
    source = _select("Source")
    ticket_type = _select("Ticket type")
    assigned_resource_id = _select("Assigned resource")
    due_at = MomentField("Due", [Optional()], format=_DATE_FORMATS)
    external_id = StringField("External ID", filters=[trim])
    resolution = TextAreaField("Resolution", filters=[with_line_feeds, trim])
    # the ticket's last activity when the editor opened it, and the zone of the times that it showed
    seen = HiddenField()
    zone = HiddenField()

    def udf_fields(self) -> list[Field]:
        return [field for name, field in self._fields.items() if name.startswith("udf_")]

    def values(self, ticket: Ticket | None) -> dict[str, Any]:
        """Give what was entered; what nobody touched is left out."""
        found = {name: self[name].data for name in FIELDS if ticket is None or not self.untouched(name)}
        if found.get("due_at") is not None:
            found["due_at"] = self._moment(found["due_at"], ticket.due_at if ticket else None)
        return {name: value for name, value in found.items() if ticket or value not in {None, ""}}

    def udf_values(self, ticket: Ticket | None) -> dict[int, str]:
        entered = {
            int(field.name.removeprefix("udf_")): field.data
            for field in self.udf_fields()
            if ticket is None or not self.untouched(field.name)
        }
        return {udf_id: "" if value is None else str(value) for udf_id, value in entered.items()}

    def _moment(self, entered: datetime, stored: datetime | None) -> datetime:
        """Read a time in the zone that the page named. One that comes twice that night means the stored one's turn."""
        moment = entered.replace(tzinfo=zone_named(self.zone.data))
        before = stored.astimezone(moment.tzinfo) if stored else None
        return moment.replace(fold=before.fold) if before and before.date() == moment.date() else moment


class NoteForm(PortalForm):
    title = StringField("Title", filters=[trim])
    description = TextAreaField("Description", filters=[with_line_feeds, trim])
    publish = SelectField(
        "Who may read it",
        coerce=int,
        choices=[choice(value, label) for value, label in PUBLISH.items()],
        default=1,
    )


def ticket_form(ticket: Ticket | None = None, preset: Mapping[str, Any] | None = None) -> TicketForm:
    """Make the form of a ticket, or of a new one, with today's UDFs and choices."""
    own = {each.udf_id: each.value for each in ticket.udf_values} if ticket else {}
    udfs = db.session.scalars(select(Udf).where(Udf.active).order_by(Udf.name)).all()

    class Form(TicketForm):
        pass

    for udf in udfs:
        setattr(Form, f"udf_{udf.id}", _udf_field(udf, own.get(udf.id, "")))
    form = Form(data={**_data(ticket, own, udfs), **(preset or {})})
    for name in LISTS:
        form[name].choices = _picklist_choices(name, getattr(ticket, name, None))
    form.company_id.choices = _company_choices(ticket.company_id if ticket else None)
    form.assigned_resource_id.choices = _resource_choices(ticket.assigned_resource_id if ticket else None)
    return form


def _data(ticket: Ticket | None, own: Mapping[int, str], udfs: Any) -> dict[str, Any]:
    zone = str(user_zone())
    if ticket is None:
        return {"status": NEW, "priority": DEFAULT_PRIORITY, "zone": zone}
    data: dict[str, Any] = {name: getattr(ticket, name) for name in FIELDS}
    data["due_at"] = local(ticket.due_at).replace(tzinfo=None) if ticket.due_at else None
    data["zone"] = zone
    data["seen"] = ticket.last_activity_at.isoformat()
    for udf in udfs:
        value = own.get(udf.id, "")
        data[f"udf_{udf.id}"] = _as_date(value) if udf.type == DATE else value
    return data


def _udf_field(udf: Udf, current: str) -> Any:
    if udf.type == LIST:
        kept = [] if current in {"", *udf.choices()} else [current]
        options = [choice("", "–"), *(choice(each, each) for each in [*udf.choices(), *kept])]
        return SelectField(udf.name, choices=options, validate_choice=False)
    if udf.type == DATE:
        return DayField(udf.name, [Optional()])
    return StringField(udf.name, filters=[trim])


def _as_date(value: str) -> Any:
    try:
        return datetime.fromisoformat(value).date() if value else None
    except ValueError:
        return None


def _picklist_choices(name: str, current: int | None) -> list[Any]:
    options = [choice(each.value, each.label) for each in picklist(db.session(), name, keep=current)]
    return options if FIELDS[name].required else [choice("", "–"), *options]


def _company_choices(current: int | None) -> list[Any]:
    query = select(Company).where(Company.active | (Company.id == current)).order_by(Company.name)
    options = [choice(each.id, each.name) for each in db.session.scalars(query)]
    return options if current else [choice("", "Choose a company"), *options]


def _resource_choices(current: int | None) -> list[Any]:
    usable = Resource.active & (Resource.security_level != API_USER)
    query = (
        select(Resource)
        .where(usable | (Resource.id == current))
        .order_by(Resource.first_name, Resource.last_name)
    )
    return [choice("", "Nobody"), *(choice(each.id, each.name) for each in db.session.scalars(query))]


LIMITS = {"title": "At most 255 characters.", "description": f"At most {MAX_DESCRIPTION:,} characters."}
