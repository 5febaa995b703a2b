"""A bare `requests.Session` loop, the measure of all: `python -m tests.bench.loop URL PAIR COUNT`.

Writes the seconds that it took, and the seconds of processor time, as JSON.
"""

import json
import sys
import time

import requests

from portal.callouts.formats import FORMATS
from portal.core.wire import Target
from tests.bench.ground import PAIRS, sample


def main() -> None:
    url, pair, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    values = {"transport": "POST"} | PAIRS[pair]
    name = values.pop("data_format")
    request = FORMATS[name].encode(sample(1), Target(f"{url}/{name}", **values))
    headers = dict(request.headers)
    with requests.Session() as session:
        session.trust_env = False
        session.request(request.method, request.url, data=request.body, headers=headers).raise_for_status()
        begun, used = time.perf_counter(), time.process_time()
        for _ in range(count):
            session.request(
                request.method, request.url, data=request.body, headers=headers
            ).raise_for_status()
        took, cpu = time.perf_counter() - begun, time.process_time() - used
    json.dump({"seconds": took, "cpu": cpu}, sys.stdout)


if __name__ == "__main__":
    main()
