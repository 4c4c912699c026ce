"""The disk of Redis is full. Its append-only files are brought to a small file system of their own, which is filled up;
with appendfsync always Redis ends at the first write that does not fit, which stands there in part. Then there is room
again: the files come back, and Redis is started on them. Nothing was acknowledged that is not in them.
"""
import contextlib
import glob
import os
import shutil
import signal
import subprocess

from ground import Skipped
from waiting import until

NAME = "appendonlydir"
ROOM_MIN, ROOM_MAX = 64 << 10, 1 << 20  # bytes that still fit
SPARE = 4 << 20                         # what the file that fills it takes away
MOST = 2 << 30                          # of the files: they are in memory for a moment


def mount(path, size):
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", path], capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise Skipped(f"no file system of its own: {done.stderr.strip()}")


def unmount(path):
    """A child of the Redis that ended may still be writing there (a rewrite of the file)."""
    words = ["umount", path]
    until("nobody uses the small file system",
          lambda: subprocess.run(words, capture_output=True, check=False).returncode == 0, 30)


def copy_all(source, target):
    for path in glob.glob(source + "/*"):
        shutil.copy2(path, target)


def fill(path, room):
    """All but so many bytes are taken."""
    left = shutil.disk_usage(path).free - room
    with open(path + "/filler", "wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(left, 1))


@contextlib.contextmanager
def small(world):
    """Redis runs on a small file system; afterwards what it wrote is where it was, and it is down."""
    home, aside = os.path.join(world.dir, NAME), os.path.join(world.dir, "aside")
    world.end_redis(signal.SIGTERM)
    used = sum(os.path.getsize(path) for path in glob.glob(home + "/*"))
    if used > MOST:
        world.start_redis()
        raise Skipped(f"{used >> 20} MB of append-only files")
    os.rename(home, aside)
    os.mkdir(home)
    try:
        mount(home, used + ROOM_MAX + SPARE)
    except Skipped:
        os.rmdir(home)
        os.rename(aside, home)
        world.start_redis()
        raise
    try:
        copy_all(aside, home)
        shutil.rmtree(aside)
        world.start_redis()
        yield home
    finally:
        if world.redis_process.poll() is None:
            world.end_redis()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(home + "/filler")
        os.makedirs(aside, exist_ok=True)
        copy_all(home, aside)
        unmount(home)
        os.rmdir(home)
        os.rename(aside, home)


def full(ground, draw):
    world, room = ground.world, draw.randrange(ROOM_MIN, ROOM_MAX)
    if os.geteuid() != 0:
        raise Skipped("mounting needs root")
    with small(world) as home:
        fill(home, room)
        ground.until("Redis ends: there is no room", lambda: world.redis_process.poll() is not None, 60)
        assert world.redis_process.returncode == 1, world.redis_process.returncode
        world.redis.connection_pool.disconnect()
        ground.for_a_while(draw, 0, 1)
    world.start_redis()
    return f"after {room >> 10} KB"


KINDS = {"disk of Redis full": full}
