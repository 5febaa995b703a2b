# One image for the portal, its workers and the mock RMM; docker-compose.yml says which runs where.
FROM python:3.14-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
COPY requirements/run.txt requirements/run.in requirements/
RUN pip install --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md LICENSE worker.py ./
COPY portal portal
COPY mock_rmm mock_rmm
COPY migrations migrations
RUN pip install --no-deps --no-build-isolation --editable . \
 && python -m compileall -q portal mock_rmm worker.py \
 && useradd --system --uid 10001 --home-dir /var/lib/roundtrip --create-home roundtrip
USER roundtrip
ENV PORTAL_INSTANCE=/var/lib/roundtrip PORTAL_HOST=0.0.0.0
EXPOSE 8000 8001
CMD ["portal", "serve"]
