# One image: `docker build -t parley .`, or with `--target with-model` the small model that needs no provider.
ARG PYTHON_IMAGE=docker.io/library/python:3.13-slim-bookworm
ARG NODE_IMAGE=docker.io/library/node:22-bookworm-slim

# The front end
FROM ${NODE_IMAGE} AS assets
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY vite.config.js ./
COPY frontend frontend
RUN npm run build -- --logLevel warn

# The packages, without pip: nothing is fetched when a container starts
FROM ${PYTHON_IMAGE} AS packages
RUN python3 -m venv /app/venv
COPY requirements.txt /tmp/
RUN grep -v '^xllamacpp==' /tmp/requirements.txt > /tmp/without-model.txt \
    && /app/venv/bin/pip install --no-cache-dir --only-binary=:all: -r /tmp/without-model.txt \
    && cp -a /app/venv /app/slim \
    && /app/slim/bin/python3 -m pip uninstall --yes --quiet setuptools pip \
    && for folder in /app/slim/lib/python3*/site-packages; do echo /app/runner > "$folder/runner.pth"; done

# The local model, and what runs it
FROM packages AS model
COPY src /app/src
RUN /app/venv/bin/pip install --no-cache-dir --only-binary=:all: --target /app/runner --no-deps \
        "$(grep '^xllamacpp==' /tmp/requirements.txt)" \
    && PARLEY_DATA_DIR=/tmp/data PYTHONPATH=/app/src /app/venv/bin/python -m parley_server.model_file \
    && mv /tmp/data/model /app/model && chmod -R a+rX /app/model

# The product
FROM ${PYTHON_IMAGE} AS product
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="Parley" \
      org.opencontainers.image.description="A self-hosted AI chat: durable answers, streamed into every open tab" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=packages /app/slim /app/venv
COPY deploy/image/parley /usr/local/bin/
COPY src /app/src
COPY --from=assets /app/src/parley/static /app/src/parley/static
RUN /app/venv/bin/python -m compileall -q /app/src && install -d -m 1777 /data
ENV PATH=/app/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONPATH=/app/src \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    HOST=0.0.0.0 \
    PORT=8000 \
    PARLEY_DATA_DIR=/data
WORKDIR /app
VOLUME /data
EXPOSE 8000
USER 1000:1000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s \
    CMD ["python", "-I", "/app/src/parley_server/health.py"]
CMD ["parley"]

FROM product AS with-model
USER 0:0
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends libgomp1 libstdc++6 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin
USER 1000:1000
COPY --from=model /app/runner /app/runner
COPY --from=model /app/model /app/src/parley_server/model

# The last one is built by default
FROM product
