"""The images: this tree's by deploy/Containerfile, the previous release's programs in the same, by previous.containerfile.

What compiles has a name, so that the end of a run leaves its layers where the next one finds them."""
import os
import subprocess
import tempfile

import engine

HERE = os.path.dirname(os.path.abspath(__file__))
CONTAINERFILE = os.path.join(engine.ROOT, "deploy", "Containerfile")
NOW, BEFORE, TOOLS = "localhost/buckstop:latest", "localhost/buckstop:previous", "localhost/buckstop-build:latest"
OTHERS = ("redis", "mail", "prometheus")


def tools(podman):
    podman.base_image()
    podman.build(TOOLS, engine.ROOT, CONTAINERFILE, target="tools")


def build(podman):
    """This tree, and what compose.yaml has beside it."""
    tools(podman)
    podman.build(NOW, engine.ROOT, CONTAINERFILE, target="buckstop")
    for name in OTHERS:
        podman.build(f"localhost/buckstop-{name}:latest", engine.ROOT, CONTAINERFILE, target=name)


def previous():
    """The commit of the release before this one, whole; None: this clone does not hold it."""
    with open(os.path.join(HERE, "previous"), encoding="utf-8") as file:
        commit = file.read().strip()
    held = subprocess.run(["git", "-C", engine.ROOT, "cat-file", "-e", commit + "^{commit}"], capture_output=True, check=False)
    return commit if held.returncode == 0 else None


def build_previous(podman, commit):
    if podman.has_image(BEFORE) and podman.inspect(BEFORE, "Labels", "org.opencontainers.image.revision") == commit:
        return
    with tempfile.TemporaryDirectory(prefix="buckstop-previous-") as context:
        tar = subprocess.run(["git", "-C", engine.ROOT, "archive", commit], stdout=subprocess.PIPE, check=True)
        subprocess.run(["tar", "-x", "-C", context], input=tar.stdout, check=True)
        podman.build(BEFORE, context, os.path.join(HERE, "previous.containerfile"), "--build-arg", "REVISION=" + commit)
