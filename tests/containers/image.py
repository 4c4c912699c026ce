"""What the image is: its labels, its user, how large, what is in it and what is not, the list of its packages, Redis by TLS."""
import contextlib
import os
import sys
import tempfile

import desk as d
import engine
import images

sys.path.insert(0, os.path.join(engine.ROOT, "tests", "live"))
import test_redis_tls as tls  # noqa: E402  pylint: disable=wrong-import-position,import-error

w = d.w
ABSENT = "gcc cc ld cmake make curl python3"
MORE_MB = 100  # what it may have beyond its base: ICU's tables are 37, translations that the real slim image leaves out 20
LISTED = "/usr/share/buckstop/packages"
NETWORK, STORE, SERVICE, PORT = "encrypted", "encrypted-store", "encrypted-intake", 6379
REDIS = ("redis-server", "--port", "0", "--tls-port", str(PORT), "--tls-cert-file", "/given/redis.crt", "--tls-key-file",
         "/given/redis.key", "--tls-ca-cert-file", "/given/ca.crt", "--protected-mode", "no", "--appendonly", "yes", "--appendfsync",
         "always", "--save", "")


def within(podman, *words, image=images.NOW):
    return podman.do("run", "--rm", "--network", "none", "--read-only", image, *words)


def labelled(podman, about):
    """As the build was told."""
    told = images.told(podman)
    names = ("title", "description", "licenses", *told)
    labels = {name: about["Labels"].get("org.opencontainers.image." + name) for name in names}
    assert all(labels.values()) and {name: labels[name] for name in told} == told, (labels, told)
    for kind in w.KINDS:
        said = within(podman, "buckstop-" + kind, "--version")
        assert said == f"buckstop-{kind} {told['version']}", (said, told)


def small(podman, about):
    """MB, and how many of them are not its base's."""
    size, base = about["Size"], podman.inspect(engine.BASE, "Size")
    assert size - base <= MORE_MB * 1000000, f"{size} bytes are {size - base} more than {engine.BASE} has"
    return size // 1000000, (size - base) // 1000000


def packages(podman, image=images.NOW):
    return within(podman, "cat", LISTED, image=image).splitlines()


def listed(podman):
    """Its list is what its own dpkg says."""
    names = packages(podman)
    assert names == within(podman, "dpkg-query", "-W").splitlines() and len(names) > 50, names
    return len(names)


def twice(podman):
    """Built once more it has the same packages. Where Debian has newer ones since, it is built twice."""
    had = None
    for _ in range(2):
        had, before = built_again(podman), had or packages(podman)
        if had == before:
            return
    raise AssertionError(f"two builds, one after the other: {sorted(set(had) ^ set(before))}")


def built_again(podman):
    images.build_again(podman)
    return packages(podman, images.AGAIN)


@contextlib.contextmanager
def encrypted(podman):
    """A Redis that takes TLS alone and wants a certificate. (its address; the options of a container that may come)"""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="buckstop-image-"))
        stack.callback(podman.clear)
        podman.do("network", "create", NETWORK)
        address = podman.inspect(NETWORK, "subnets", 0)["gateway"].rsplit(".", 1)[0] + ".9"
        tls.authority(folder, "ca")
        tls.certificate(folder, "ca", "redis", "IP:" + address)
        tls.certificate(folder, "ca", "client", "DNS:buckstop")
        for name in os.listdir(folder):
            os.chmod(f"{folder}/{name}", 0o644)
        os.chmod(folder, 0o755)
        given = ("--network", NETWORK, "--read-only", "-v", folder + ":/given:ro")
        podman.do("run", "-d", "--no-healthcheck", "--name", STORE, *given, "--ip", address, "localhost/buckstop-redis:latest",
                  *REDIS)
        yield address, (*given, "-e", f"BUCKSTOP_REDIS=tls:{address}:{PORT}", "-e", "BUCKSTOP_REDIS_CERT=/given/client.crt", "-e",
                        "BUCKSTOP_REDIS_KEY=/given/client.key")


def speaks_tls(podman):
    """Redis by TLS: a service is ready with the right authority; without it the store is not believed."""
    within(podman, "buckstop-intake", "--check", "--redis", "tls:127.0.0.1:1")
    with encrypted(podman) as (address, given):
        podman.do("run", "-d", "--no-healthcheck", "--name", SERVICE, *given, "-e", "BUCKSTOP_REDIS_CA=/given/ca.crt", images.NOW,
                  "buckstop-intake", "--submit", "ipc:///tmp/submit")
        w.until(lambda: "intake is ready: " + podman.call("logs", "--tail", "8", SERVICE).stderr,
                lambda: podman.call("exec", SERVICE, "buckstop", "health", "http://127.0.0.1:7420/readyz").returncode == 0, 60)
        done = podman.call("run", "--rm", *given, images.NOW, "buckstop", "audit")
        assert done.returncode == 3 and f"tls:{address}" in done.stderr and "its certificate is not good" in done.stderr, done


def checked(podman):
    about = podman.inspect(images.NOW)
    labelled(podman, about)
    assert about["User"] == "10001:10001" and about["Healthcheck"]["Test"], about
    within(podman, "sh", "-c", "for name in $0; do command -v $name && exit 1; done; exit 0", ABSENT)
    size, more = small(podman, about)
    count = listed(podman)
    speaks_tls(podman)
    print(f"      {size} MB, {more} of them ours; {count} packages; redis by tls")
