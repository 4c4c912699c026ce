#!/usr/bin/python3
"""The image, compose.yaml, a rolling update and the manifests, for real, with podman. tests/containers/run starts it.

Ends with "N passed, N failed"; what this machine can't do is skipped, and says why.
"""
import os
import shutil
import subprocess
import sys
import tempfile

import desk as d
import composed
import dated
import engine
import image
import images
import installed
import kubernetes
import records
import rolling
import trixie
import units as booted

w = d.w
FOLDER = os.environ.get("BUCKSTOP_CONTAINERS", engine.ROOT + "/build-containers")
HERE = os.path.dirname(os.path.abspath(__file__))


class Podman:
    """Made when the first case needs it; its images are built when one needs those."""

    made = None
    built = False

    @classmethod
    def bare(cls):
        """None: this machine can't."""
        if cls.made is None and not engine.missing():
            cls.made = engine.Engine(FOLDER)
            cls.made.clear()
        return cls.made

    @classmethod
    def bare_or_skipped(cls):
        if not cls.bare():
            raise w.Skipped(engine.missing())
        return cls.made

    @classmethod
    def get(cls):
        cls.bare_or_skipped()
        if not cls.built and not (os.environ.get("BUCKSTOP_IMAGES") == "keep" and cls.made.has_image(images.NOW)):
            images.build(cls.made)
        cls.built = True
        return cls.made


def the_image(stack):
    """Its labels, its size, what is in it, its list of packages, Redis by TLS."""
    podman = Podman.get()
    stack.callback(podman.clear)
    image.checked(podman)


def units(stack):
    """What `cmake --install` left in the image: all files in their places, no other, and units that systemd takes, hardened."""
    podman = Podman.get()
    root = podman.do("image", "mount", images.NOW)
    try:
        print(f"      {installed.compared(podman, root)} files installed")
        if not shutil.which("systemd-analyze"):
            raise w.Skipped("systemd-analyze is missing")
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="buckstop-units-"))
        for name in ("buckstop@.service", "buckstop.target"):
            with open(f"{root}/usr/lib/systemd/system/{name}", encoding="utf-8") as file, \
                    open(f"{folder}/{name}", "w", encoding="utf-8") as copy:
                copy.write(file.read().replace("ExecStart=/usr/bin", f"ExecStart={root}/usr/bin"))
        one = folder + "/buckstop@intake.service"
        os.symlink("buckstop@.service", one)
        kubernetes.run(folder, "systemd-analyze", "--man=no", "verify", one, folder + "/buckstop.target")
        done = subprocess.run(["systemd-analyze", "--offline=yes", "--threshold=20", "--no-pager", "security", one],
                              capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout[-500:] + done.stderr
        print("      " + done.stdout.strip().splitlines()[-1].encode("ascii", "ignore").decode().strip())
    finally:
        podman.call("image", "unmount", images.NOW)


def compose(_stack):
    composed.brought_up_and_hurt(Podman.get())


def systemd(stack):
    """Its units, run by it."""
    podman = Podman.get()
    stack.callback(podman.clear)
    booted.run_by_systemd(podman)


def previous_image(_stack):
    """What rolling_update wants, made beforehand, beside other tests."""
    rolling.before(Podman.get())


def built_twice(_stack):
    """Some minutes: the packages of an image without any layer of an earlier one are those of the one that is there."""
    image.twice(Podman.get())


def on_trixie(stack):
    podman = Podman.get()
    stack.callback(podman.clear)
    trixie.tested(podman)


def rolling_update(_stack):
    rolling.exchanged_and_back(Podman.get())


def manifests(stack):
    """As kustomize renders them: tsc --strict, on what manifests.mjs makes of them."""
    if not shutil.which("npm"):
        raise w.Skipped("npm is missing")
    folder = FOLDER + "/npm"
    os.makedirs(folder, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(f"{HERE}/{name}", folder)
    if not os.path.isdir(folder + "/node_modules"):
        fetched = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=folder, capture_output=True, text=True,
                                 timeout=300, check=False)
        if fetched.returncode:
            shutil.rmtree(folder + "/node_modules", ignore_errors=True)
            raise w.Skipped("npm could not fetch what package-lock.json names: " + fetched.stderr[-300:])
    scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="buckstop-manifests-"))
    kubernetes.check(folder, scratch + "/kubernetes", Podman.bare)


SOURCES = """Types: deb
# http://snapshots.example/archive/debian/20260105T000000Z
URIs: http://mirror.example/debian
Suites: trixie

Types: deb
# http://snapshots.example/archive/debian-security/20260105T000000Z
URIs: http://mirror.example/debian-security
Suites: trixie-security
"""


def pinned(stack):
    """SNAPSHOT: each source becomes the one of that day that the base image names; else it is said what is wrong."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        raise w.Skipped("an /etc/apt of one's own needs the right to unshare mounts")
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="buckstop-pin-"))

    def pin(date, sources):
        with open(folder + "/sources", "w", encoding="utf-8") as file:
            file.write(sources)
        script = (f"mount -t tmpfs none /etc/apt && mkdir /etc/apt/sources.list.d /etc/apt/apt.conf.d && cd /etc/apt && "
                  f"cp {folder}/sources sources.list.d/debian.sources && sh {engine.ROOT}/deploy/container/pin '{date}'; "
                  f"status=$?; cat sources.list.d/debian.sources apt.conf.d/* 2>/dev/null; exit $status")
        done = subprocess.run(["unshare", "--mount", "sh", "-c", script], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    status, text, _ = pin("20260110T000000Z", SOURCES)
    uris = [line for line in text.splitlines() if line.startswith("URIs:")]
    assert status == 0 and uris == [f"URIs: http://snapshots.example/archive/{part}/20260110T000000Z"
                                    for part in ("debian", "debian-security")], text
    assert "Check-Valid-Until" in text and "mirror" not in text, text
    assert "debian-security/20260105T000000Z" in pin("base", SOURCES)[1].split("URIs:")[2]
    assert pin("", SOURCES) == (0, SOURCES, "")
    status, text, why = pin("20260110", SOURCES)
    assert (status, text) == (2, SOURCES) and "SNAPSHOT wants a day as" in why, why
    unnamed = SOURCES.replace("# http", "# see http")
    status, text, why = pin("base", unnamed)
    assert (status, text) == (1, unnamed) and "build without SNAPSHOT" in why, why


def dated_store(_stack):
    """By SNAPSHOT, the smallest image: every package by its day."""
    dated.built(Podman.bare_or_skipped(), "redis", "redis-server", "redis-server", "--version")


def dated_image(_stack):
    """Some minutes: buckstop's own, with all that compiles it."""
    dated.built(Podman.bare_or_skipped(), "buckstop", "libczmq4", "buckstop", "--version")


CASES = [manifests, pinned, dated_store, the_image, units, systemd, previous_image, compose, rolling_update]
ASKED = [built_twice, dated_image, on_trixie]  # only by its name

if __name__ == "__main__":
    try:
        if sys.argv[1:] == ["--records"]:
            images.build_previous(Podman.get(), images.previous())
            records.write(Podman.get())
            sys.exit(0)
        sys.exit(w.main(CASES + [case for case in ASKED if case.__name__ in sys.argv]))
    finally:
        if Podman.made:
            Podman.made.close()
