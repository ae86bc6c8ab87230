# One image for every process of Golden Thread; the command chooses which.
FROM python:3.11-slim AS build
WORKDIR /build
COPY requirements.lock pyproject.toml README.md ./
COPY deploy deploy
COPY services services
COPY shared shared
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
 && /venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home goldenthread
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 GOLDENTHREAD_HOST=0.0.0.0 GOLDENTHREAD_PORT=8000
USER goldenthread
EXPOSE 8000
ENTRYPOINT ["goldenthread"]
CMD ["--help"]
