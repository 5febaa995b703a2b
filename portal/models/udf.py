"""User-defined fields of tickets."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, Named

TEXT, NUMBER, DATE, LIST = "text", "number", "date", "list"
UDF_TYPES = {TEXT: "Text", NUMBER: "Number", DATE: "Date", LIST: "List"}
MAX_UDF_VALUE = 255


class Udf(Named, Base):
    """A user-defined field. Deactivating it keeps its data."""

    __tablename__ = "udf"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    type: Mapped[str] = mapped_column(String(10))
    # a List's values, one a line, in order
    options: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)

    def choices(self) -> list[str]:
        return [line.strip() for line in self.options.splitlines() if line.strip()]
