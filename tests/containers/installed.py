"""What `cmake --install` put where, compared as a whole with what the tree has: a file that is missing is found, and so is one
that nobody wants. What the installed pages call for lies beside them: compose.yaml, container/secrets, the examples."""
import os
import re

import desk as d
import engine
import images
import yaml

KINDS = (*d.w.KINDS, "console", "archive")
SHARE, DOC = "share/buckstop", "share/doc/buckstop"
FOLDERS = ("channels", "container", "downstream", "examples", "grafana", "kubernetes", "policies", "prometheus", "redis")  # of deploy/
# what somebody made there, and what only builds the image
ELSEWHERE = ("secrets/", "with-redis/users.acl", "__pycache__/", "container/pin", "container/libraries")
ALONE = {"README.md": DOC, "LICENSE": DOC, "deploy/compose.yaml": SHARE, "deploy/systemd/buckstop.env": SHARE}
RUN = ("container/secrets", "examples/contact.sh", "examples/contact.py", "examples/contact.mjs")
UNITS = ("lib/systemd/system/buckstop@.service", "lib/systemd/system/buckstop.target", "lib/sysusers.d/buckstop.conf",
         "lib/tmpfiles.d/buckstop.conf")
COMPLETIONS = ("share/bash-completion/completions/{}", "share/zsh/vendor-completions/_{}",
               "share/fish/vendor_completions.d/{}.fish")


def below(folder):
    """Files of a folder of the tree, by their paths within it."""
    top = os.path.join(engine.ROOT, folder)
    return [os.path.relpath(os.path.join(path, name), top) for path, _, names in os.walk(top) for name in names]


def wanted(commands):
    """Paths below the prefix. commands: of the program buckstop, as it names them itself."""
    programs = ["buckstop", *("buckstop-" + kind for kind in KINDS)]
    paths = {*UNITS, *("bin/" + name for name in programs), "share/man/man1/buckstop.1"}
    paths |= {f"share/man/man8/buckstop-{kind}.8" for kind in KINDS}
    paths |= {f"share/man/man1/buckstop-{name.replace(' ', '-')}.1" for name in commands}
    paths |= {pattern.format(name) for pattern in COMPLETIONS for name in programs}
    paths |= {f"{to}/{os.path.basename(name)}" for name, to in ALONE.items()}
    paths |= {f"{DOC}/{name}" for name in os.listdir(engine.ROOT + "/deploy") if name.endswith(".md")}
    paths |= {f"{SHARE}/proto/{name}" for name in below("proto") if name.endswith((".proto", ".yaml"))}
    files = [f"{folder}/{name}" for folder in FOLDERS for name in below("deploy/" + folder)]
    return paths | {f"{SHARE}/{name}" for name in files if not any(part in name for part in ELSEWHERE)}


def put(podman):
    """What the image's last layer, which is the installation, adds."""
    lines = podman.do("image", "diff", images.NOW).splitlines()
    return {line.removeprefix("A /usr/") for line in lines if line.startswith("A /usr/")}


def compared(podman, root):
    """root: where the image is mounted. How many files there are."""
    commands = podman.do("run", "--rm", "--network", "none", images.NOW, "buckstop", "completion", "names").splitlines()
    files = {path for path in put(podman) if not os.path.isdir(f"{root}/usr/{path}")}
    expected = wanted(commands)
    assert commands and files == expected, (sorted(files - expected), sorted(expected - files))
    for path in [*(path for path in files if path.startswith("bin/")), *(f"{SHARE}/{name}" for name in RUN)]:
        assert os.stat(f"{root}/usr/{path}").st_mode & 0o111 == 0o111, path
    called_for(f"{root}/usr/{SHARE}")
    return len(files)


def called_for(share):
    """compose.yaml's own files, and what kustomization.yaml says to copy or run, are there under the names that they say."""
    with open(share + "/compose.yaml", encoding="utf-8") as file:
        services = yaml.safe_load(file)["services"].values()
    volumes = [volume for service in services for volume in service.get("volumes", ())]
    paths = {re.sub(r"\$\{\w+:-(.*?)\}", r"\1", volume).split(":")[0] for volume in volumes}
    paths = {path for path in paths if path.startswith("./") and not path.startswith("./secrets")}
    for folder in ("kubernetes", "kubernetes/with-redis"):
        with open(f"{share}/{folder}/kustomization.yaml", encoding="utf-8") as file:
            named = re.findall(r"(?<!\S)\.\./\S+/\S+", file.read())
        paths |= {f"{folder}/{path}" for path in named if "secrets/users.acl" not in path}
    assert len(paths) >= 7, paths
    for path in paths:
        assert os.path.exists(f"{share}/{path}"), path
