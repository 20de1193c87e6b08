"""Writes a Dockerfile for each runtime and version of Python into docker/dockerfiles."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent
TEMPLATE = """FROM docker.io/library/python:{python}-slim
ARG PYTHON_VERSION
ARG RUNTIME
WORKDIR /home/opencrate
COPY setup.cfg ./
COPY src src
COPY tests tests
RUN printf '%s-py%s\\n' "$RUNTIME" "$PYTHON_VERSION" > variant
USER 65532:65532
CMD ["cat", "variant"]
"""

folder = ROOT / "dockerfiles"
folder.mkdir(exist_ok=True)
for python in (ROOT.parent / "PYTHON_VERSIONS").read_text().split():
    for runtime in ("cpu", "cuda"):
        (folder / f"Dockerfile.{runtime}-py{python}").write_text(TEMPLATE.format(python=python))
