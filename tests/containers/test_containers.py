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
import engine
import images
import records
import rolling

w = d.w
FOLDER = os.environ.get("BUCKSTOP_CONTAINERS", engine.ROOT + "/build-containers")
ABSENT = "gcc cc ld cmake make curl python3"
HERE = os.path.dirname(os.path.abspath(__file__))


class Podman:
    """Made when the first case needs it; its images are built then."""

    made = None

    @classmethod
    def get(cls):
        if cls.made is None:
            why = engine.missing()
            if why:
                raise w.Skipped(why)
            cls.made = engine.Engine(FOLDER)
            cls.made.clear()
            if not (os.environ.get("BUCKSTOP_IMAGES") == "keep" and cls.made.has_image(images.NOW)):
                images.build(cls.made)
        return cls.made


def the_image(_stack):
    podman = Podman.get()
    about = podman.inspect(images.NOW)
    labels = about["Labels"]
    for name in ("title", "description", "licenses", "version", "revision"):
        assert labels["org.opencontainers.image." + name], labels
    assert about["User"] == "10001:10001" and about["Healthcheck"]["Test"], about
    look = "for name in $0; do command -v $name && exit 1; done; wc -l < /usr/share/buckstop/packages; ls /usr/bin/buckstop*"
    text = podman.do("run", "--rm", "--network", "none", images.NOW, "sh", "-c", look, ABSENT)
    for kind in w.KINDS:
        podman.do("run", "--rm", "--network", "none", "--read-only", images.NOW, "buckstop-" + kind, "--version")
    print(f"      {about['Size'] // 1000000} MB, {text.split()[0]} packages")


def units(stack):
    """What `cmake --install` left in the image: files in their places, and units that systemd takes, hardened."""
    podman = Podman.get()
    root = podman.do("image", "mount", images.NOW)
    try:
        for path in ("bin/buckstop", "share/buckstop/channels/slack.yaml", "share/buckstop/policies/example.yaml",
                     "share/buckstop/redis/redis.conf", "share/buckstop/prometheus/rules.yml", "lib/sysusers.d/buckstop.conf",
                     "share/buckstop/buckstop.env", "lib/systemd/system/buckstop.target"):
            assert os.path.exists(f"{root}/usr/{path}"), path
        if not shutil.which("systemd-analyze"):
            raise w.Skipped("systemd-analyze is missing")
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="buckstop-units-"))
        for name in ("buckstop@.service", "buckstop.target"):
            with open(f"{root}/usr/lib/systemd/system/{name}", encoding="utf-8") as file, \
                    open(f"{folder}/{name}", "w", encoding="utf-8") as copy:
                copy.write(file.read().replace("ExecStart=/usr/bin", f"ExecStart={root}/usr/bin"))
        one = folder + "/buckstop@intake.service"
        os.symlink("buckstop@.service", one)
        run(folder, "systemd-analyze", "--man=no", "verify", one, folder + "/buckstop.target")
        done = subprocess.run(["systemd-analyze", "--offline=yes", "--threshold=20", "--no-pager", "security", one],
                              capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout[-500:] + done.stderr
        print("      " + done.stdout.strip().splitlines()[-1].encode("ascii", "ignore").decode().strip())
    finally:
        podman.call("image", "unmount", images.NOW)


def compose(_stack):
    composed.brought_up_and_hurt(Podman.get())


def rolling_update(_stack):
    rolling.exchanged_and_back(Podman.get())


def manifests(_stack):
    """tsc --strict, on what manifests.mjs makes of them."""
    if not shutil.which("npm"):
        raise w.Skipped("npm is missing")
    folder = FOLDER + "/npm"
    os.makedirs(folder, exist_ok=True)
    for name in ("package.json", "package-lock.json", "manifests.mjs"):
        shutil.copy(f"{HERE}/{name}", folder)
    if not os.path.isdir(folder + "/node_modules"):
        fetched = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=folder, capture_output=True, text=True,
                                 timeout=300, check=False)
        if fetched.returncode:
            shutil.rmtree(folder + "/node_modules", ignore_errors=True)
            raise w.Skipped("npm could not fetch what package-lock.json names: " + fetched.stderr[-300:])
    kubernetes = engine.ROOT + "/deploy/kubernetes"
    print("      " + run(folder, "node", "manifests.mjs", "manifests.ts", kubernetes, kubernetes + "/with-redis").strip())
    run(folder, "node_modules/.bin/tsc", "--strict", "--noEmit", "--skipLibCheck", "--target", "es2022", "--module", "esnext",
        "--moduleResolution", "bundler", "manifests.ts")


def run(folder, *words):
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, (words, done.stdout[-4000:], done.stderr[-4000:])
    return done.stdout


CASES = [manifests, the_image, units, compose, rolling_update]

if __name__ == "__main__":
    try:
        if sys.argv[1:] == ["--records"]:
            images.build_previous(Podman.get(), images.previous())
            records.write(Podman.get())
            sys.exit(0)
        sys.exit(w.main(CASES))
    finally:
        if Podman.made:
            Podman.made.close()
