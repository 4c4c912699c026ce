"""Packets that do not arrive: between a service and Redis, between services; one way and both."""
import contextlib
import os

import world as w
from kinds_redis import append_only_file

NEEDS_NETWORK = True
ALL = [f"{kind}-{n}" for kind in w.KINDS for n in (1, 2)]
SHORT, LONG = 0.5, 4.0  # seconds; heartbeats notice after 3


def cut(ground, draw, *ways):
    with ground.network.without(*ways):
        ground.for_a_while(draw, SHORT, LONG)


def from_redis(ground, draw):
    name = ground.one(draw).name
    cut(ground, draw, (name, "redis"), ("redis", name))
    return f"{name} and Redis"


def requests_lost(ground, draw):
    name = ground.one(draw).name
    cut(ground, draw, (name, "redis"))
    return f"{name} to Redis"


def answers_lost(ground, draw):
    name = ground.one(draw).name
    cut(ground, draw, ("redis", name))
    return f"Redis to {name}"


def from_each_other(ground, draw):
    """One service from all others, or all from all."""
    names = ALL if draw.random() < 0.3 else [ground.one(draw).name]
    ways = {(one, other) for one in names for other in ALL if one != other}
    cut(ground, draw, *ways, *[(other, one) for one, other in ways if (other, one) not in ways])
    return "all" if len(names) > 1 else names[0]


def one_way(ground, draw):
    """What one says does not come to another, while it hears it."""
    one, other = draw.sample(ALL, 2)
    cut(ground, draw, (one, other))
    return f"{one} to {other}"


def unacknowledged_cut(ground, draw):
    """What Redis writes after its answers no longer arrive is written, and nobody knows: a part of it is lost again."""
    world, path = ground.world, append_only_file(ground.world)
    with world.redis_stopped():  # what is in the file by now may be known, what comes is not
        known = os.path.getsize(path)
        for name in ALL:
            ground.network.cut("redis", name)
    with ground.network.without():
        with contextlib.suppress(AssertionError):
            ground.until("something is written", lambda: os.path.getsize(path) > known + 4000, 3)
        world.end_redis()  # its last answers must not come either, now or when the cut is mended
        ground.until("the kernel has given them up", lambda: ground.network.sockets("redis") == 0, 90)
    size = os.path.getsize(path)
    keep = draw.randint(known, size)
    os.truncate(path, keep)
    world.start_redis()
    return f"{size - keep} of {size - known} bytes"


KINDS = {"cut from Redis, both ways": from_redis, "cut, to Redis": requests_lost, "cut, from Redis": answers_lost,
         "cut from the others, both ways": from_each_other, "cut from another, one way": one_way,
         "Redis killed, unacknowledged cut": unacknowledged_cut}
