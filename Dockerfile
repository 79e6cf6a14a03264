# docker build -t haitang .  &&  docker run -p 8000:8000 -v haitang:/data haitang

FROM python:3.13-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY requirements/run.txt requirements/build.txt requirements/
RUN python -m venv /opt/haitang && /opt/haitang/bin/python -m pip install --require-hashes -r requirements/run.txt
RUN python -m venv /opt/build && /opt/build/bin/python -m pip install --require-hashes -r requirements/build.txt
COPY . .
RUN /opt/build/bin/python -m app.assets \
 && /opt/build/bin/python -m pip wheel --no-build-isolation --no-deps --wheel-dir /wheels . \
 && /opt/haitang/bin/python -m pip install --no-index --no-deps /wheels/*.whl

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home haitang && install --directory --owner=haitang /data
COPY --from=build /opt/haitang /opt/haitang
ENV PATH=/opt/haitang/bin:$PATH PYTHONUNBUFFERED=1 HAITANG_DATABASE_URL=sqlite:////data/haitang.db
# The process that draws keeps its list of fonts here; the user has no home.
ENV MPLCONFIGDIR=/tmp/matplotlib
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-c", \
  "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["haitang", "serve", "--host", "0.0.0.0"]
