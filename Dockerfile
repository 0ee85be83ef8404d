# One image for the site, the workers and beat; docker-compose.yml says what each runs.

FROM node:24-bookworm-slim AS front
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM python:3.11-slim-bookworm AS packages
WORKDIR /app
COPY requirements/uv.txt requirements/base.txt requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/uv.txt && python -m venv /opt/venv
# Compiled now: a container that cannot write its bytecode would compile everything at each start.
RUN UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never UV_NO_CACHE=1 \
    uv pip install --python /opt/venv/bin/python --require-hashes -r requirements/base.txt

FROM python:3.11-slim-bookworm
# What WeasyPrint loads; without harfbuzz-subset a page costs nine times more.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --home-dir /data --create-home ctg \
    && mkdir /data/media && chown ctg:ctg /data/media
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DEBUG=false CTG_DATA_DIR=/data
COPY --from=packages /opt/venv /opt/venv
COPY --from=front /app/node_modules node_modules
COPY . .
# The served files belong to the image: only media/ is a volume. The secret signs nothing that is kept.
RUN python -m compileall -q . -x node_modules \
    && SECRET_KEY=build-only python manage.py collectstatic --noinput
USER ctg
EXPOSE 8000
CMD ["gunicorn", "ctg.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--worker-class", "gthread", \
     "--threads", "4", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
