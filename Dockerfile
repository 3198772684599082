# Build: wheels of imnot and of all it depends on.
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY imnot_core imnot_core
COPY imnot_patterns imnot_patterns
COPY partners partners
RUN pip wheel --no-cache-dir --wheel-dir /wheels .

# Run: those wheels, no sources, no compiler, no root.
FROM python:3.13-slim
LABEL org.opencontainers.image.title="imnot" \
      org.opencontainers.image.description="A stateful API mock server for integration tests" \
      org.opencontainers.image.licenses="MIT"
ENV PYTHONUNBUFFERED=1

RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links /wheels imnot

# The folders exist and belong to the user before they become volumes: a new volume starts as a copy.
WORKDIR /app
RUN groupadd --gid 1000 imnot \
    && useradd --uid 1000 --gid imnot --no-create-home --home-dir /app imnot \
    && mkdir data partners \
    && chown imnot:imnot . data partners
COPY --chown=1000:1000 partners partners
VOLUME ["/app/data", "/app/partners"]

USER 1000:1000
EXPOSE 8000

# Straight to the server, whatever proxy the environment names.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
    CMD ["python", "-c", "from urllib.request import ProxyHandler, build_opener; build_opener(ProxyHandler({})).open('http://127.0.0.1:8000/healthz', timeout=2)"]

ENTRYPOINT ["imnot"]
CMD ["start", "--host", "0.0.0.0", "--db", "/app/data/imnot.db", "--partners-dir", "/app/partners"]
