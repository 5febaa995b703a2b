"""The editor of a company."""

from wtforms import BooleanField, StringField

from portal.web.forms.base import PortalForm, trim


class CompanyForm(PortalForm):
    name = StringField("Name", filters=[trim])
    active = BooleanField("Active", default=True)
