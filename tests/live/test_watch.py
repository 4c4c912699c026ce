#!/usr/bin/python3
"""buckstop watch while the services it listens to are killed and come back: every event once, in order, none missing.

Ends with "N passed, N failed".
"""
import sys

import world as w

POLICY = """workspace: desk
last_resort: dana
channels:
  mail: { weight: 1, accept: auto, answer: spoken }
people:
  ada: { name: Ada L., capacity: 100000 }
  dana: { name: Dana R. }
teams:
  front: { lead: dana, members: [ada] }
settings: { presence: 1h }
"""


def open_desk(stack, **replicas):
    world = w.open_world(stack, POLICY, replicas=replicas)
    world.present("ada")
    return world


def customers_of(world, at):
    def one(_who, key):
        contact = world.submit("mail", key, at=at)
        assert world.act(contact, "note", "dana", key + "n", at=at, text="seen").status == 200
        return contact

    return w.Customers(world, one, 2)


def no_gap(world, *watches):
    """All that the store has numbered was printed, by each watch, once and in order."""
    newest = world.insist("GET", "/v1/events?limit=1")["newest"]
    for watch in watches:
        w.until(lambda watch=watch: f"all is watched: {len(watch.events)} of {newest}; {watch.errors}",
                lambda watch=watch: len(watch.events) >= newest)
        assert watch.numbers() == list(range(1, len(watch.events) + 1)), "a gap, or a double"


def watches_of(world):
    """With the workspace each event is printed as it comes; without it the stream only wakes, and HTTP is asked."""
    watches = [world.watch("--last", "1000000", "--workspace", "desk"), world.watch("--last", "1000000")]
    w.until("both have begun", lambda: all(watch.events for watch in watches))
    return watches


def another_workspace_than_the_token_s(stack):
    """Nothing of the token's workspace is shown under another name."""
    world = open_desk(stack)
    world.environment["BUCKSTOP_SERVER"] = f"http://127.0.0.1:{world['intake'].port}"
    world.environment["BUCKSTOP_TOKEN"] = world.token
    for name in ("nope", "des"):
        told = world.cli("watch", "--workspace", name, "--last", "1", status=2)
        assert f"good for workspace 'desk', not for '{name}'" in told and "opened" not in told, told


def said(watch, words):
    """On stderr, for the operator; what was said before does not count again."""
    w.until(lambda: f"it says that it {words}: {watch.errors}", lambda: any(words in line for line in watch.errors), 20)
    watch.errors.clear()


def notification_dies(stack):
    world = open_desk(stack)
    watches = watches_of(world)
    customers = customers_of(world, 1)
    for _ in range(3):
        customers.more(10)
        world["notification"].kill()
        customers.more(10)
        world["notification"].start()
    customers.more(10)
    customers.end()
    no_gap(world, *watches)


def intake_dies(stack):
    """The one that is asked for missing ranges; contacts go on by another."""
    world = open_desk(stack, intake=2)
    watches = watches_of(world)
    customers = customers_of(world, 2)
    for _ in range(3):
        customers.more(10)
        world["intake-1"].kill()
        customers.more(10)
        world["intake-1"].start()
    customers.more(10)
    customers.end()
    no_gap(world, *watches)


def both_die(stack):
    """Nobody publishes and nobody answers; then the last word is spoken before anybody publishes again."""
    world = open_desk(stack, intake=2)
    watches = watches_of(world)
    customers = customers_of(world, 2)
    for _ in range(2):
        customers.more(5)
        world["intake-1"].kill()
        world["notification"].kill()
        customers.more(20)
        for watch in watches:
            said(watch, "does not answer")
        world["intake-1"].start()
        for watch in watches:
            said(watch, "connected again")
        world["notification"].start()
    world["notification"].kill()
    customers.end()
    no_gap(world, *watches)
    world["notification"].start()
    for watch in watches:
        assert watch.stop() == 0, watch.errors


def nobody_reads(stack):
    """A pipe that is full: the watch hears on, and prints all once it is read; it ends when it is told to."""
    world = open_desk(stack)
    watches = watches_of(world)
    others = watches_of(world)
    for watch in watches + others:
        watch.reads.clear()
    customers = customers_of(world, 1)
    customers.more(150)
    customers.end()
    for watch in others:
        assert watch.stop() == 0, watch.errors
    for watch in watches:
        watch.reads.set()
    no_gap(world, *watches)


CASES = [another_workspace_than_the_token_s, notification_dies, intake_dies, both_die, nobody_reads]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
