"""The editor of a user-defined field."""

from wtforms import BooleanField, SelectField, StringField, TextAreaField

from portal.desk.udfs import UdfValues
from portal.models import Udf
from portal.models.udf import TEXT, UDF_TYPES
from portal.web.forms.base import PortalForm, choice, trim


class UdfForm(PortalForm):
    name = StringField("Name", filters=[trim])
    type = SelectField(
        "Type",
        choices=[choice(value, label) for value, label in UDF_TYPES.items()],
        validate_choice=False,
        default=TEXT,
    )
    options = TextAreaField("Options")
    active = BooleanField("Active", default=True)

    def values(self, udf: Udf | None) -> UdfValues:
        """Give what was entered. A type that the page shows disabled is not sent, and stays."""
        kind = self.entered("type", udf) or (udf.type if udf else "")
        options = self.entered("options", udf) or ""
        if udf and not self.options.raw_data and kind == udf.type:
            options = udf.options
        return UdfValues(
            name=self.entered("name", udf) or "",
            type=kind,
            options=options,
            active=self.entered("active", udf),
        )


def udf_form(udf: Udf | None) -> UdfForm:
    form = UdfForm(obj=udf)
    if form.is_submitted() and form.options.raw_data == []:
        # the page disables the options of what is no List, and then the browser leaves them out
        form.options.data = ""
    return form
