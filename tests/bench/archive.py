#!/usr/bin/python3
"""What an archive and a backup take: bytes of an event in the store and in a file, events a second, seconds of a copy.

tests/bench/archive.py [CONTACTS]; BUCKSTOP_BUILD names the build folder. For deploy/SIZING.md.
"""
import contextlib
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "live"))
import world as w  # noqa: E402  pylint: disable=wrong-import-position
from stream import stream_bytes  # noqa: E402  pylint: disable=wrong-import-position

POLICY = """workspace: desk
last_resort: dana
channels:
  chat: { weight: 1, accept: auto, answer: spoken }
people:
  ada: { capacity: 100000, ways: [{ log: ada }] }
  dana: { ways: [{ log: dana }] }
teams:
  front: { lead: dana, members: [ada] }
settings: { presence: 1h }
"""
TEXT = "I have been waiting for my new card for two weeks now and nobody tells me where it is. " * 4


def life(world, key):
    contact = world.submit("chat", key=key, return_way="spoken", subject="Where is my card?", text=TEXT)
    w.until("ada has it", lambda: world.view(contact).get("owner") == "ada")
    assert world.act(contact, "reply", "ada", text="It is on its way, and will be with you by Thursday.").status == 200
    assert world.act(contact, "resolve", "ada", text="done").status == 200
    return contact


def line(what, value):
    print(f"  {what:66} {value}", flush=True)


def main(contacts):
    with contextlib.ExitStack() as stack:
        world = w.open_world(stack, POLICY)
        world.present("ada")
        customers = w.Customers(world, lambda who, key: life(world, key), n=8)
        w.until("lives", lambda: customers.go_on() and len(customers.done) >= contacts, 600)
        customers.stop()
        w.until("all is sent", world.settled, 60)
        stream = world.redis.keys("b:{*}:ev:desk")[0].decode()
        events = world.redis.xlen(stream)
        line("contacts; events of each", f"{len(customers.done)}; {events / len(customers.done):.1f}")
        line("bytes of an event in the store", f"{stream_bytes(world.redis, stream) / events:.0f}")
        lists = world.redis.keys("b:{*}:tl:desk:*")
        line("bytes of a contact's timeline in the store",
             f"{sum(world.redis.memory_usage(key) for key in lists) / len(lists):.0f}")
        os.mkdir(world.dir + "/archive")
        world.options["archive"] = ["--dir", world.dir + "/archive", "--file-age", "1"]
        began = time.monotonic()
        world.add("archive")
        cursor = stream.replace(":ev:", ":arch:")
        w.until("it is archived", lambda: (world.redis.zscore(cursor, "archive") or 0) >= events, 300)
        line("events archived a second, from a standing start", f"{events / (time.monotonic() - began):.0f}")
        place = world.dir + "/archive/desk"
        plain = world["archive"].metric("buckstop_archive_bytes_total")
        w.until("the file is closed", lambda: all(name.endswith(".gz") for name in os.listdir(place)), 60)
        packed = sum(os.path.getsize(f"{place}/{name}") for name in os.listdir(place))
        line("bytes of an event in a file; compressed", f"{plain / events:.0f}; {packed / events:.0f}")
        line("memory of the archive", f"{world['archive'].metric('process_resident_memory_bytes') / 1e6:.0f} MB")
        began = time.monotonic()
        world.cli("backup", world.dir + "/copy")
        line("seconds of a backup", f"{time.monotonic() - began:.2f}")
        used = world.redis.info("memory")["used_memory"]
        size = os.path.getsize(world.dir + "/copy/dump.rdb")
        line("redis memory; size of the copy", f"{used / 1e6:.1f} MB; {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
