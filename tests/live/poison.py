"""Ways in which a key of the store can be bad: what stands there instead, and putting back what belongs there."""
import random

import redis

# what stands at a record's head (common/core/store/record.h)
HEAD_SIZE, NEWER = 16, b"D"
BAD_MEMBER = "not what belongs here"


def shard_of(workspace, shards=16):
    """As the services do (keys.c): FNV-1a, 32 bits."""
    value = 2166136261
    for byte in workspace.encode():
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return value % shards


def neighbours(workspace):
    """A name on the same shard, and one on another."""
    names = [f"desk{n}" for n in range(1000)]
    near = next(name for name in names if shard_of(name) == shard_of(workspace))
    far = next(name for name in names if shard_of(name) != shard_of(workspace))
    return near, far


def wrong_type(_bytes, _draw):
    return None


def head_cut(record, _draw):
    return record[:HEAD_SIZE - 5]


def body_cut(record, _draw):
    return record[:HEAD_SIZE + (len(record) - HEAD_SIZE) * 2 // 3]


def garbage(record, draw):
    head = HEAD_SIZE + 8 * record[2]
    return record[:head] + bytes(draw.randrange(256) for _ in range(len(record) - head))


def newer(record, _draw):
    return NEWER + record[1:]


def first_byte(record, _draw):
    """Of no schema, not even of a newer one."""
    return b"g" + record[1:]


def empty(_record, _draw):
    return b""


def noise(record, draw):
    return bytes(draw.randrange(256) for _ in range(len(record or b"") or 40))


RECORD_WAYS = (wrong_type, head_cut, body_cut, garbage, first_byte, newer, empty)
PLAIN_WAYS = (wrong_type, noise, empty)  # of a string that is no record
SET_WAYS = (wrong_type, noise)           # of a set, list, stream or hash: a list, a string


PLANT = """local kept, left = redis.call ('DUMP', KEYS[1]), redis.call ('PTTL', KEYS[1])
redis.call ('DEL', KEYS[1])
redis.call (ARGV[1], KEYS[1], ARGV[2])
return {kept, left, redis.call ('DUMP', KEYS[1])}"""


class Poison:
    """One key, made bad in one way, until it is mended. What belongs there is kept beside it."""

    def __init__(self, store, key, way, draw=random):
        self.store, self.key, self.way, self.draw, self.kept = store, key, way, draw, "kept:" + key
        self.there = False  # something belongs there
        self.bad = None     # the bytes; None: it is of another type
        self.planted = b""

    def plant(self):
        """In one step: nobody sees the key absent, and no write is lost. False: it is not there."""
        while True:
            with self.store.pipeline(transaction=True) as steps:
                try:
                    kind = self.store.type(self.key)
                    if kind in (b"string", b"none"):
                        steps.watch(self.key)
                        if steps.type(self.key) != kind:
                            continue  # the first, or the last, of a set that came or went just now
                        record = steps.get(self.key) if kind == b"string" else None
                        if record is None and self.way in RECORD_WAYS[1:]:
                            return False
                        self.bad, self.there = self.way(record or b"", self.draw), record is not None
                    else:  # large, and written to all the time: its bytes are not looked at
                        self.bad, self.there = self.way(b"", self.draw), True
                    steps.multi()
                    if self.there:
                        steps.rename(self.key, self.kept)
                    self.put_bad(steps, kind)
                    self.planted = steps.execute()[-1]
                    return True
                except redis.WatchError:
                    continue

    def put_bad(self, steps, kind):
        if self.bad is not None:
            steps.set(self.key, self.bad)
        elif kind == b"list":
            steps.sadd(self.key, BAD_MEMBER)
        else:
            steps.rpush(self.key, BAD_MEMBER)
        steps.dump(self.key)

    def untouched(self, now=None):
        """As it was planted, byte for byte."""
        return self.planted == (now or self.store.dump(self.key))

    def mend(self):
        """What belongs there is put back. What a record became meanwhile stays: a worker that had read it before may
        have written it whole, since head and version were right. False: so it was."""
        while True:
            with self.store.pipeline(transaction=True) as steps:
                try:
                    steps.watch(self.key)
                    changed = not self.untouched(steps.dump(self.key)) and not self.leased_only(steps)
                    steps.multi()
                    if changed:
                        steps.delete(self.kept)
                    elif self.there:
                        steps.rename(self.kept, self.key)
                    else:
                        steps.delete(self.key)
                    steps.execute()
                    return not changed
                except redis.WatchError:
                    continue

    def leased_only(self, steps):
        """A lease counts its attempts in the head."""
        now = steps.get(self.key) if self.bad and steps.type(self.key) == b"string" else b""
        return now and len(now) == len(self.bad) and now[:1] + now[2:] == self.bad[:1] + self.bad[2:]
