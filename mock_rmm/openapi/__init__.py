"""The JSON API described in OpenAPI 3.1: one literal list of its operations, and the schemas that they name."""

from mock_rmm.openapi.document import document
from mock_rmm.openapi.operation import Operation
from mock_rmm.openapi.operations import OPERATIONS

__all__ = ["OPERATIONS", "Operation", "document"]
