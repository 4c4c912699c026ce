"""This tree's tests on Debian 13, whose libraries are newer than those of the machine that usually runs them: every unit test,
every scenario, and of the live ones those that lean on a library or on Redis most. Only when asked for: tests/run does the same
on this machine."""
import glob
import os
import re

import engine
import images

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD, NAME = "/build", "trixie"
LIVE_C = ("test_http_stream", "test_http_server", "test_http_slow", "test_http_client", "test_store", "test_store_rights", "test_rdb_door",
          "test_bus")
LIVE = ("test_console.py", "test_backup.py", "test_redis_tls.py", "test_redis_acl.py", "test_archive.py")


def programs(folder):
    return sorted(os.path.basename(path)[:-2] for path in glob.glob(f"{engine.ROOT}/tests/{folder}/test_*.c"))


def ran(podman, name, *words):
    """Whether it went well; what it said is shown when not."""
    done = podman.call("exec", "-e", "BUCKSTOP_BUILD=" + BUILD, "-e", "PYTHONDONTWRITEBYTECODE=1", NAME, *words)
    skipped = re.findall(r"^skip  .*", done.stdout, re.M)
    print("\n".join([f"      {'ok  ' if done.returncode == 0 else 'FAIL'} {name}", *("        " + line for line in skipped)]), flush=True)
    if done.returncode:
        print((done.stdout + done.stderr)[-6000:])
    return done.returncode == 0


def tested(podman):
    images.tools(podman)
    podman.build("localhost/buckstop-tests:latest", HERE, HERE + "/trixie.containerfile")
    os.makedirs(podman.folder + "/ccache", exist_ok=True)
    podman.do("run", "-d", "--name", NAME, "--network", "none", "--init", "-v", engine.ROOT + ":/src:ro", "-v",
              podman.folder + "/ccache:/ccache", "localhost/buckstop-tests:latest", "sleep", "infinity")
    podman.do("exec", NAME, "cmake", "-S", "/src", "-B", BUILD, "-G", "Ninja")
    podman.do("exec", NAME, "nice", "cmake", "--build", BUILD, timeout=3600)
    wrong = [name for name in programs("unit") if not ran(podman, name, f"{BUILD}/tests/{name}")]
    wrong += [] if ran(podman, "replay", f"{BUILD}/tests/replay", "/src/tests/replay/scenarios") else ["replay"]
    wrong += [name for name in LIVE_C if not ran(podman, name, f"{BUILD}/tests/{name}")]
    wrong += [name for name in LIVE if not ran(podman, name, "python3", "/src/tests/live/" + name)]
    assert not wrong, wrong
