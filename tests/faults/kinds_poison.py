"""Records and keys of each kind poisoned for a while, in a way that is drawn: another type, cut short, garbage behind a
good head, a first byte of no schema, a newer schema, empty; then what belongs there is put back.

What is about one contact is done to contacts of its own, which customers do not have: whoever asks for a bad record is
refused for good. What many share is refused for a while (503): customers come again.
"""
import poison
from poison import PLAIN_WAYS, RECORD_WAYS, SET_WAYS, Poison

SHORT, LONG = 0.5, 4.0  # seconds
PAGE = 5000             # keys of one call
SAID = (r'"set aside"', r'"fact":"audit"', r"can't be (read|written|decided|offered)", r"policy not usable",
        r"counts as away", r"contact of a delivery", r"are legitimately late")
PEOPLE = ("cara", "eve")  # whom the load does not act for while a fault is on


def shard(ground):
    return f"b:{{{poison.shard_of('desk')}}}"


def hold(ground, draw, key, ways):
    """It is bad for a while. Nothing: it was gone before it could be."""
    ground.expects(*SAID)
    bad = Poison(ground.world.redis, key, draw.choice(ways), draw)
    if not bad.plant():
        return None
    try:
        ground.for_a_while(draw, SHORT, LONG)
        if bad.way is poison.newer:
            record = ground.world.redis.get(key) or b""  # who had read it before may have written or deleted it
            assert bad.untouched() or record[:1] != poison.NEWER, f"{key}: a newer record was changed"
    finally:
        mended = bad.mend()
    return f"{bad.way.__name__.replace('_', ' ')}{'' if mended else ', written anew meanwhile'}"


class Own:
    """A contact of this fault's own; it ends it."""

    def __init__(self, ground, draw, channel):
        self.ground, self.key = ground, f"own-{draw.randrange(1 << 40)}"
        self.thread = self.key
        self.contact = ground.world.submit(channel, self.key, subject=f"poisoned of {self.key}", thread=self.thread,
                                            return_way="spoken")

    def end(self):
        """It goes on by itself: somebody owns it, or may; then it is resolved by who is accountable."""
        def resolved():
            answer = self.ground.world.insist("GET", "/v1/contacts/" + self.contact)
            if answer.status != 200:
                return False
            view = answer.json()
            person = view.get("owner") or view["accountable"]
            done = self.ground.world.act(self.contact, "resolve", person, text="done")
            return done.status == 200 or view["state"] == "resolved"
        self.ground.until("its contact is resolved", resolved, 30)


def find(store, pattern, part):
    """The key of that pattern whose value has that in it. There may be very many: few calls."""
    keys = list(store.scan_iter(pattern, PAGE))
    for at in range(0, len(keys), PAGE):
        some = keys[at:at + PAGE]
        for key, value in zip(some, store.mget(some)):
            if part in (value or b""):
                return key.decode()
    raise AssertionError(f"no key {pattern} has {part}")


def of_own(channel, name, ways, pattern=None):
    """About a contact of its own. name: of the key family; pattern: to be found, else by the contact's id."""
    def fault(ground, draw):
        own = Own(ground, draw, channel)
        key = f"{shard(ground)}:{name}:desk:{own.contact}"
        if pattern:
            key = find(ground.world.redis, f"{shard(ground)}:{name}:desk:*", own.contact.encode())
        what = hold(ground, draw, key, ways)
        own.end()
        return what
    return fault


def person(ground, draw):
    name = draw.choice(PEOPLE)
    return f"{name}: {hold(ground, draw, f'{shard(ground)}:p:desk:{name}', RECORD_WAYS)}"


def delivery(ground, draw):
    """One of those that are about to be sent."""
    for _ in range(200):
        due = ground.world.redis.zrange(f"{shard(ground)}:due:d", -5, -1)
        if due:
            what = hold(ground, draw, f"{shard(ground)}:d:{draw.choice(due).decode()}", RECORD_WAYS)
            if what:
                return what
    return False  # none was waiting


def workspace(ground, draw):
    """Who looks once a second may say it when it is mended already."""
    what = hold(ground, draw, f"{shard(ground)}:w:desk", RECORD_WAYS)
    ground.for_a_while(draw, 2.5, 3)
    return what


def token(ground, draw):
    """Of somebody who has not asked yet: refused while it is bad, then taken."""
    world = ground.world
    text = world.issue("operator")
    key = next(key for key in world.redis.scan_iter("b:tok:*", PAGE) if key.decode().split(":")[2] in text).decode()
    bad = Poison(world.redis, key, draw.choice(PLAIN_WAYS), draw)
    assert bad.plant()
    ask = lambda: world.ask("GET", "/v1/people", token=text).status
    try:
        assert ask() == 401, "a token that can't be read was taken"
        ground.for_a_while(draw, SHORT, SHORT * 2)
    finally:
        bad.mend()
    assert ask() == 200
    return bad.way.__name__.replace("_", " ")


def held(ground, draw):
    """What somebody holds."""
    store, name = ground.world.redis, draw.choice(("ada", "ben", "cara"))
    keys = sorted(store.scan_iter(f"{shard(ground)}:own:desk:{name}:*", PAGE))
    if not keys:
        return False
    return f"{name}: {hold(ground, draw, keys[-1].decode(), SET_WAYS)}"


def shared(*words):
    def fault(ground, draw):
        return hold(ground, draw, ":".join((shard(ground),) + words), SET_WAYS)
    return fault


KINDS = {"poisoned contact": of_own("form", "c", RECORD_WAYS), "poisoned timeline": of_own("form", "tl", SET_WAYS),
         "poisoned thread": of_own("form", "th", PLAIN_WAYS, True),
         "poisoned idempotency key": of_own("form", "i", PLAIN_WAYS, True),
         "poisoned person": person, "poisoned delivery": delivery, "poisoned workspace": workspace,
         "poisoned token": token, "poisoned load": held,
         "poisoned timers of contacts": shared("due", "c"), "poisoned timers of people": shared("due", "p"),
         "poisoned outbox": shared("due", "d"), "poisoned match timers": shared("match"),
         "poisoned queue": shared("q", "desk"), "poisoned open contacts": shared("open", "desk"),
         "poisoned idle times": shared("idle", "desk"), "poisoned events": shared("ev", "desk"),
         "poisoned counts": shared("n", "desk"), "poisoned dead letters": shared("dead", "desk"),
         "poisoned closed contacts": shared("closed", "desk")}
