"""What a workflow rule can do: one file an action, and this literal list of them.

An action knows nothing of the database: it acts through ``Effects``, which the engine provides.
"""

from portal.workflow.actions.action import Action
from portal.workflow.actions.execute_callout import ExecuteCallout

ACTIONS: dict[str, Action] = {each.name: each for each in (ExecuteCallout(),)}
