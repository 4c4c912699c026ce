"""Our own outage: nobody hears for longer than a presence lasts. People's work is not thrown about through it, and when
it is over each contact speaks of its highest overdue step only, once."""
import collections
import time

from ground import PRESENCE_S

SHORT_S, LONG_S = PRESENCE_S + 2, 60
THROWN = {"AWAY", "RETURNED", "DRAINED", "OFFER_EXPIRED", "LEAVING"}


def services_down(world):
    for service in world.services.values():
        service.kill()


def services_up(world):
    for service in world.services.values():
        service.start(wait=False)


def outage(ground, down, up):
    before, seconds = ground.events.newest(), LONG_S if ground.long else SHORT_S
    down(ground.world)
    began = time.time() * 1000
    over = time.monotonic() + seconds
    ground.until("the outage was long enough", lambda: time.monotonic() > over, seconds + 5)
    ended = time.time() * 1000
    up(ground.world)
    ground.afterwards(lambda: not_thrown_about(ground, before, began, ended))
    return f"{seconds} s"


def not_thrown_about(ground, before, began, ended):
    """What happened since: presence and offers were held, and of what fell due meanwhile nobody was told twice."""
    thrown, steps, opened = [], collections.Counter(), set()
    for event, fact, name in ground.events.facts_after(before):
        if event.at < began:
            continue
        if name in THROWN:
            thrown.append((name, event.person, event.contact and ground.story(event.contact)))
        if name == "OPENED":
            opened.add(event.contact)
        if name == "STEP" and fact.at < ended:
            steps[event.contact, fact.promise] += 1
    assert not thrown, f"thrown about by our own outage: {len(thrown)}, such as {thrown[:3]}"
    again = [key for key, n in steps.items() if n > 1 and key[0] not in opened]
    assert not again, f"told more than once what was overdue: {len(again)}, such as {ground.story(again[0][0])}"


def own_outage(ground, draw):
    """Of all services, or of what they keep everything in."""
    if draw.random() < 0.5:
        return "of all services, " + outage(ground, services_down, services_up)
    return "of Redis, " + outage(ground, lambda world: world.end_redis(), lambda world: world.start_redis())


KINDS = {"own outage": own_outage}
