"""podman with a store of its own below the build folder, so that nobody else's images, containers and networks are touched.

Where no registry is reached the base image is made by debootstrap, under the name that the Containerfile asks for. What
is kept over runs: images (layers that did not change are not built again). Containers, networks and volumes are not.
"""
import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BASE = "docker.io/library/debian:trixie-slim"
CONF = """[containers]
default_ulimits = ["nofile=16384:16384", "nproc=32768:32768"]
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
network_config_dir = "{networks}"
"""
NEEDED = ("podman", "runc", "debootstrap", "nft", "iptables")


class Failed(Exception):
    """A command that must not fail."""


def missing():
    """Why this machine can't, in words; or nothing."""
    if os.geteuid() != 0:
        return "containers with networks of their own need root"
    absent = [name for name in NEEDED if not shutil.which(name)]
    return f"{', '.join(absent)} is missing" if absent else ""


def mirror():
    """Where this machine gets its Debian packages."""
    for path in ("/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"):
        with contextlib.suppress(OSError), open(path, encoding="utf-8") as file:
            found = re.search(r"^(?:URIs:|deb(?: \[.*\])?) *(\S+/debian)\b", file.read(), re.M)
            if found:
                return found[1]
    raise Failed("no Debian mirror is named in /etc/apt")


class Engine:
    def __init__(self, folder):
        # what runs is known below /run, at a place that is the same each time: podman's store remembers it
        self.folder, self.run_folder = folder, "/run/buckstop-" + digest(folder)
        self.conf = self.run_folder + "/containers.conf"
        os.makedirs(folder + "/tmp", exist_ok=True)
        os.makedirs(self.run_folder + "/networks", exist_ok=True)
        self.lock = open(folder + "/lock", "w", encoding="utf-8")  # pylint: disable=consider-using-with
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Failed(f"another run works with {folder}") from None
        with open(self.conf, "w", encoding="utf-8") as file:
            file.write(CONF.format(networks=self.run_folder + "/networks"))
        self.environment = {**os.environ, "CONTAINERS_CONF": self.conf, "TMPDIR": folder + "/tmp"}

    def words(self, *words):
        return ["podman", "--root", self.folder + "/storage", "--runroot", self.run_folder + "/run", "--tmpdir",
                self.run_folder + "/tmp", *words]

    def call(self, *words, timeout=600, text=None):
        return subprocess.run(self.words(*words), env=self.environment, input=text, capture_output=True, text=True,
                              timeout=timeout, check=False)

    def do(self, *words, timeout=600, text=None):
        done = self.call(*words, timeout=timeout, text=text)
        if done.returncode:
            raise Failed(f"podman {' '.join(words)}: {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done.stdout.strip()

    def inspect(self, name, *path):
        value = json.loads(self.do("inspect", name))[0]
        for step in path:
            value = value[step]
        return value

    def has_image(self, name):
        return self.call("image", "exists", name).returncode == 0

    # -- images

    def base_image(self):
        """debian:trixie-slim as debootstrap makes it."""
        if self.has_image(BASE):
            return
        with tempfile.TemporaryDirectory(dir=self.folder) as rootfs:
            for words in (["debootstrap", "--variant=minbase", "trixie", rootfs, mirror()],
                          ["rm", "-rf", rootfs + "/var/cache/apt/archives", rootfs + "/var/lib/apt/lists"]):
                done = subprocess.run(words, capture_output=True, text=True, timeout=600, check=False)
                if done.returncode:
                    raise Failed(f"{' '.join(words)}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
            tar = subprocess.Popen(["tar", "-C", rootfs, "-c", "."], stdout=subprocess.PIPE)
            done = subprocess.run(self.words("import", "-", BASE), env=self.environment, stdin=tar.stdout,
                                  capture_output=True, text=True, timeout=600, check=False)
            tar.stdout.close()
            if tar.wait() or done.returncode:
                raise Failed("podman import: " + done.stderr)

    def build(self, tag, context, containerfile, *more, target=None):
        self.do("build", "--pull=never", "--format", "docker", "--network", "host", "-t", tag, "-f", containerfile,
                *(["--target", target] if target else []), *more, context, timeout=1200)

    # -- the end

    def clear(self):
        """Containers, networks and volumes that were made here go."""
        self.call("rm", "--all", "--force", "--time", "1")
        self.call("network", "prune", "--force")
        self.call("volume", "prune", "--force")

    def close(self):
        """Images stay for the next run."""
        self.clear()
        self.call("image", "prune", "--force")
        shutil.rmtree(self.run_folder, ignore_errors=True)


def digest(*texts):
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]
