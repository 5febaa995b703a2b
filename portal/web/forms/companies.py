"""The editor of a company."""

from wtforms import BooleanField, StringField

from portal.models import Company
from portal.web.forms.base import PortalForm, trim


class CompanyForm(PortalForm):
    name = StringField("Name", filters=[trim])
    active = BooleanField("Active", default=True)

    def values(self, company: Company | None) -> tuple[str, bool]:
        """Return name and active as entered; untouched fields keep their stored values."""
        return self.entered("name", company) or "", self.entered("active", company)
