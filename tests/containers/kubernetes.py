"""deploy/kubernetes: read with strict types, references followed (manifests.mjs); rendered by kubectl's own kustomize, or by
Debian 13's in a container, with the store in the cluster and outside of it, and judged once more."""
import os
import re
import shutil
import subprocess

import engine

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = engine.ROOT + "/deploy/kubernetes"
SERVICES = ("intake", "routing", "escalation", "notification", "console", "archive", "cli")
KUSTOMIZE = 4  # its first version that knows `labels:`; Debian bookworm's kubectl has 2
IMAGE = "localhost/buckstop-kustomize:latest"
TSC = ("node_modules/.bin/tsc", "--strict", "--noEmit", "--skipLibCheck", "--target", "es2022", "--module", "esnext",
       "--moduleResolution", "bundler")


def run(folder, *words):
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, (words, done.stdout[-4000:], done.stderr[-4000:])
    return done.stdout


def kubectl_renders():
    if not shutil.which("kubectl"):
        return False
    found = re.search(r"Kustomize Version: v(\d+)", run("/", "kubectl", "version", "--client"))
    return bool(found) and int(found[1]) >= KUSTOMIZE


def renderer(podman):
    """Folder -> what it renders to. None: neither kubectl nor podman can."""
    if kubectl_renders():
        return lambda folder: run(folder, "kubectl", "kustomize", ".")
    ours = podman()
    if not ours:
        return None
    ours.base_image()
    ours.build(IMAGE, HERE, HERE + "/kustomize.containerfile")
    words = ("run", "--rm", "--network", "none", "-v")
    return lambda folder: ours.do(*words, folder + ":/given:ro", IMAGE, "kustomize", "build", "/given")


def filled(folder):
    """As kustomization.yaml says it is prepared; what secrets say does not matter here."""
    shutil.copytree(FOLDER, folder)
    os.makedirs(folder + "/secrets/secrets", exist_ok=True)
    os.makedirs(folder + "/secrets/keys/public", exist_ok=True)
    shutil.copy(engine.ROOT + "/deploy/policies/example.yaml", folder + "/policy.yaml")
    shutil.copy(engine.ROOT + "/deploy/redis/redis.conf", folder + "/with-redis")
    keys = [name for service in SERVICES for name in (f"keys/{service}.key", f"keys/public/{service}.pub")]
    for name in ["secrets/redis-password", "secrets/session-key", "secrets/secrets/callback", "with-redis/users.acl",
                 *("secrets/" + key for key in keys)]:
        with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
            file.write("word\n")


def rendered(render, folder):
    """What kustomize makes of it, alone and with with-redis; the file with the latter."""
    filled(folder)
    render(folder)
    with open(folder + "/kustomization.yaml", encoding="utf-8") as file:
        text = file.read()
    with open(folder + "/kustomization.yaml", "w", encoding="utf-8") as file:
        assert re.search(r"^# components: \[with-redis\]", text, re.M), "kustomization.yaml does not say how with-redis joins"
        file.write(re.sub(r"^# (components: \[with-redis\])", r"\1", text, flags=re.M))
    path = folder + "/rendered.out"
    with open(path, "w", encoding="utf-8") as file:
        file.write(render(folder))
    return path


def check(npm, scratch, podman):
    """npm: a folder with what package-lock.json names. podman: () -> an engine, or None; asked only where it is needed."""
    render = renderer(podman)
    for name in ("manifests.mjs", "references.mjs"):
        shutil.copy(f"{HERE}/{name}", npm)
    print("      " + run(npm, "node", "manifests.mjs", "manifests.ts", FOLDER, *([rendered(render, scratch)] if render else [])).strip()
          + ("" if render else f"; not rendered: no kubectl with kustomize {KUSTOMIZE}, and no podman"))
    run(npm, *TSC, "manifests.ts")
