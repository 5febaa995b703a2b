"""The page that looks through everything that was received."""

from flask import Blueprint, render_template, request
from msgspec import structs
from wtforms import Form, SelectField, StringField

from mock_rmm.api.reading import Problems, read_query
from mock_rmm.journal import Entry, Search
from mock_rmm.rmm import current_rmm
from mock_rmm.web.forms import ENDPOINT_LABELS, choices

blueprint = Blueprint("journal", __name__)

A_PAGE = 50
FINDINGS = {"": "Any", "problem": "Problems", "warning": "Warnings", "note": "Notes"}
_CLASSES = ("2xx", "3xx", "4xx", "5xx")
ANSWERS = {"": "Any", **dict(zip(_CLASSES, _CLASSES, strict=True)), "none": "None, the connection was ended"}


class SearchForm(Form):  # type: ignore[misc] # WTForms has no types
    """It changes nothing, so it goes by GET and needs no token."""

    text = StringField("Text", description="In the address, headers, values or bodies")
    receiver = SelectField("Receiver", validate_choice=False)
    door = SelectField("Endpoint", choices=choices({"": "Any", **ENDPOINT_LABELS}))
    finding = SelectField("Findings", choices=choices(FINDINGS), validate_choice=False)
    status = SelectField("Answer", choices=choices(ANSWERS), validate_choice=False)
    webhook_id = StringField("webhook-id", description="All attempts of one delivery")


@blueprint.get("/requests")
def listing() -> str | tuple[str, int]:
    form = SearchForm(request.args)
    names = [receiver.name for receiver in current_rmm().receivers.all()]
    form.receiver.choices = choices({"": "Any", **{name: name for name in names}})
    _offer_asked(form)
    wanted = read_query(Search, request.args)
    if not isinstance(wanted, Search):
        return _page(form, Search(), [], wanted), 422
    return _page(form, wanted, current_rmm().journal.search(wanted, limit=A_PAGE + 1), {})


def _offer_asked(form: SearchForm) -> None:
    """A link may ask for what the lists don't offer: one code, one status, a receiver that is gone."""
    for field in (form.receiver, form.finding, form.status):
        if field.data and all(field.data != choice.value for choice in field.choices):
            field.choices = [*field.choices, *choices({field.data: field.data})]


def _page(form: SearchForm, wanted: Search, found: list[Entry], problems: Problems) -> str:
    for name, problem in problems.items():
        if name in form:
            form[name].errors = [problem]
    entries = found[:A_PAGE]
    one_page = not wanted.before and len(found) <= A_PAGE
    # To count means to look through everything again
    count = len(found) if one_page else current_rmm().journal.count(structs.replace(wanted, before=0))
    asked = structs.asdict(structs.replace(wanted, before=0, after=0))
    return render_template(
        "requests.html",
        form=form,
        entries=entries,
        # The table's own words on how many there are don't fit a page of many
        entries_in_all=0,
        found_in_all=count,
        in_all=len(current_rmm().journal),
        given={name: value for name, value in asked.items() if value},
        first=not wanted.before,
        before=entries[-1].id if len(found) > A_PAGE else None,
    )
