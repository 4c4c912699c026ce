"""The images: this tree's, and that of the release before it; each by the deploy/Containerfile of its own tree.

What compiles has a name, so that the end of a run leaves its layers where the next one finds them."""
import datetime
import json
import os
import re
import subprocess
import tempfile

import engine

HERE = os.path.dirname(os.path.abspath(__file__))
CONTAINERFILE = os.path.join(engine.ROOT, "deploy", "Containerfile")
NOW, BEFORE = "localhost/buckstop:latest", "localhost/buckstop:previous"
TOOLS, BUILT, AGAIN = "localhost/buckstop-build:latest", "localhost/buckstop-built:latest", "localhost/buckstop-again:latest"
OTHERS = ("redis", "mail", "prometheus")


def tools(podman):
    podman.base_image()
    podman.build(TOOLS, engine.ROOT, CONTAINERFILE, target="tools")


def git(*words):
    return subprocess.run(["git", "-C", engine.ROOT, *words], capture_output=True, text=True, check=False).stdout.strip()


def labels():
    """What is told of this tree: its version, the commit that it stands on and when that was made, so that what did not
    change is not built again."""
    with open(os.path.join(engine.ROOT, "CMakeLists.txt"), encoding="utf-8") as file:
        version = re.search(r"^project \(buckstop VERSION (\S+)", file.read(), re.M)[1]
    now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
    return {"version": version, "revision": git("rev-parse", "HEAD") or "none", "created": git("log", "-1", "--format=%cI") or now}


def told(podman):
    """The labels that the image was built with: an earlier run may have done it."""
    with open(podman.folder + "/labels", encoding="utf-8") as file:
        return json.load(file)


def arguments(given):
    return [word for name, value in given.items() for word in ("--build-arg", f"{name.upper()}={value}")]


def build(podman):
    """This tree, and what compose.yaml has beside it."""
    tools(podman)
    given = labels()
    podman.build(NOW, engine.ROOT, CONTAINERFILE, *arguments(given), target="buckstop")
    with open(podman.folder + "/labels", "w", encoding="utf-8") as file:
        json.dump(given, file)
    for name in OTHERS:
        podman.build(f"localhost/buckstop-{name}:latest", engine.ROOT, CONTAINERFILE, target=name)


def build_again(podman):
    """This tree's image without any layer of an earlier one, but for what was compiled."""
    podman.build(BUILT, engine.ROOT, CONTAINERFILE, target="build")
    podman.build(AGAIN, engine.ROOT, CONTAINERFILE, "--no-cache", "--build-context", "build=container-image://" + BUILT,
                 *arguments(told(podman)), target="buckstop")


def previous():
    """The commit of the release before this one, whole; None: this clone is not whole, or none."""
    with open(os.path.join(HERE, "previous"), encoding="utf-8") as file:
        commit = file.read().strip()
    if git("cat-file", "-t", commit) == "commit":
        return commit
    if git("rev-parse", "--is-shallow-repository") == "false":
        raise engine.Failed(f"tests/containers/previous names {commit}, which is no commit here: name one that has landed")
    return None


def build_previous(podman, commit):
    """Its own tree by its own deploy/Containerfile."""
    if podman.has_image(BEFORE) and podman.inspect(BEFORE, "Labels", "org.opencontainers.image.revision") == commit:
        return
    with tempfile.TemporaryDirectory(prefix="buckstop-previous-") as context:
        tar = subprocess.run(["git", "-C", engine.ROOT, "archive", commit], stdout=subprocess.PIPE, check=True)
        subprocess.run(["tar", "-x", "-C", context], input=tar.stdout, check=True)
        podman.build(BEFORE, context, context + "/deploy/Containerfile", *arguments({"revision": commit}), target="buckstop")
