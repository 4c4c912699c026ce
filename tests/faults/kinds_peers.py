"""Far sides that fail for a while: calls and mail are refused, hang, are answered with 500, 404, 429, garbage, or the
connection closes half-way through the request or the answer. Then they are well, and what was held up arrives: that is
the check's at the end.

404 and its like end a delivery for good: it stands among the dead letters, and is sent again by hand once all is well.
"""
import json

from poison import shard_of

PATHS = ("/people", "/customer")
WEBHOOK = ("500", "429", "garbage", "lost", "silent", "slow", "half answer", "half request")
MAIL = ("451", "garbage", "silent", "half answer", "half request")
SHORT, LONG = 0.5, 4.0
SAID = (r"delivery failed for good",)


def behaving(ground, draw, where, how):
    ground.records.behave[where] = how
    try:
        ground.for_a_while(draw, SHORT, LONG)
    finally:
        ground.records.behave.pop(where, None)
    return f"{where}: {how}"


def webhook(ground, draw):
    ground.expects(*SAID)
    return behaving(ground, draw, draw.choice(PATHS), draw.choice(WEBHOOK))


def mail(ground, draw):
    return behaving(ground, draw, "smtp", draw.choice(MAIL))


def refused(ground, draw):
    """Nobody listens."""
    ground.records.deaf(True)
    try:
        ground.for_a_while(draw, SHORT, LONG)
    finally:
        ground.records.deaf(False)
    return "calls and mail"


def dead_letters(world):
    return json.loads(world.cli("dead", "list", "--json", "--workspace", "desk")) or []


def for_good(ground, draw):
    """404: there is no such place. What ends so is sent again by hand, and arrives under the same id."""
    ground.expects(*SAID)
    ground.records.behave["/people"] = "404"
    try:
        ground.for_a_while(draw, 0.1, 0.3)
    finally:
        ground.records.behave.pop("/people", None)
    ground.until("all that was under way has ended", lambda: ground.for_a_while(draw, 0.3, 0.4) is None, 5)
    sent = 0
    while letters := dead_letters(ground.world):
        for letter in letters:
            ground.excuse(letter["contact"])  # it ended twice: given up, and delivered
            ground.world.cli("dead", "replay", letter["id"], "--workspace", "desk")
            sent += 1
            key = f"b:{{{shard_of('desk')}}}:d:desk:{letter['id']}"
            ground.until("it arrives, or is moot", lambda k=key: not ground.world.redis.exists(k), 20)
    return f"{sent} sent again by hand"


KINDS = {"webhook peer says 404": for_good, "webhook peer": webhook, "mail peer": mail, "peers refuse": refused}
