"""How a time and a finding stand in JSON, in the API and in what is exported."""

from datetime import datetime

from mock_rmm.diagnosis.finding import Finding


def finding_json(finding: Finding) -> dict[str, str]:
    return {"code": finding.code, "severity": finding.severity, "sentence": finding.sentence}


def time_json(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
