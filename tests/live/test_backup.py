#!/usr/bin/python3
"""A backup is of one moment, taken under load; a restore on another machine sends nothing until somebody says so.

Ends with "N passed, N failed".
"""
import json
import os
import subprocess
import sys

import redis

import world as w

POLICY = """workspace: desk
last_resort: dana
channels:
  chat: { weight: 1, accept: auto, answer: callback }
  mail: { weight: 1, accept: auto, answer: mail }
people:
  ada: { capacity: 100000, ways: [{ webhook: "%s", secret: pager }] }
  dana: { ways: [{ log: dana }] }
teams:
  front: { lead: dana, members: [ada] }
settings: { presence: 1h }
"""


class Spare:
    """A Redis on another machine, as far as a test has one."""

    def __init__(self, stack, world, name, *more):
        self.dir = f"{world.dir}/{name}"
        os.mkdir(self.dir)
        self.socket = self.dir + "/redis.sock"
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.socket, "--dir", self.dir, "--appendonly", "yes",
             "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction", *more],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        stack.callback(self.end)
        self.redis = redis.Redis(unix_socket_path=self.socket)
        w.until("the spare answers", self.answers)

    def answers(self):
        try:
            return self.redis.ping()
        except redis.RedisError:
            return False

    def end(self):
        self.process.kill()
        self.process.wait()


def open_desk(stack):
    """With one answer and some pages that can't go: their far sides say no for now."""
    receiver = w.open_receiver(stack)
    receiver.behave["/pager"] = receiver.behave["/back"] = "500"
    world = w.open_world(stack, POLICY % receiver.url("/pager"))
    world.present("ada")
    return world, receiver


def answered(world, receiver):
    contact = world.submit("chat", return_way="callback", return_to=receiver.url("/back"))
    w.until("ada has it", lambda: world.view(contact).get("owner") == "ada")
    assert world.act(contact, "reply", "ada", text="it is on its way").status == 200
    return contact


def end(world, receiver):
    """Nobody calls any more; what was heard until now is forgotten."""
    world.end_redis()
    world.redis_process = None
    for service in world.services.values():
        service.kill()
    w.until("the last call is over", lambda: not receiver.writers)
    receiver.calls.clear()


def move_to(world, spare):
    """The services go on with the other Redis."""
    os.rename(world.socket, world.socket + ".old") if os.path.exists(world.socket) else None
    os.symlink(spare.socket, world.socket)
    world.redis = spare.redis
    for service in world.services.values():
        service.start(wait=False)
    for service in world.services.values():
        service.wait()


def rows(world, *more):
    return json.loads(world.cli("held", "list", "--json", *more))


def a_restore_holds_all_that_it_finds(stack):
    world, receiver = open_desk(stack)
    first, second, third = (answered(world, receiver) for _ in range(3))
    world.cli("backup", world.dir + "/copy")
    about = json.load(open(world.dir + "/copy/backup.json", encoding="utf-8"))
    assert about["workspaces"][0]["name"] == "desk" and about["workspaces"][0]["events_at_least"] > 3, about
    assert "holds a backup already" in world.cli("backup", world.dir + "/copy", status=1)

    spare = Spare(stack, world, "spare")
    address = "unix:" + spare.socket
    world.cli("restore", world.dir + "/copy", "--redis", address, "--by", "olga")
    assert "is not empty" in world.cli("restore", world.dir + "/copy", "--redis", address, status=1)
    assert spare.redis.info("replication")["role"] == "master"
    end(world, receiver)
    for path in ("/pager", "/back"):
        receiver.behave[path] = "ok"
    move_to(world, spare)
    world.audit()
    w.until("it is counted", lambda: world["notification"].metric("buckstop_sending_held") == 1)
    w.until("all wait", lambda: {row["state"] for row in rows(world)["deliveries"]} == {"waits"}, 60)
    listed = rows(world)
    assert listed["held"] and listed["by"] == "olga" and "restored from the backup of 20" in listed["reason"], listed
    replies = {row["contact"]: row["id"] for row in listed["deliveries"] if row["purpose"] == "reply"}
    assert set(replies) == {first, second, third} and not receiver.calls, (listed, receiver.calls)
    assert "it is on its way" in world.cli("held", "show", replies[first])
    w.until("each says so", lambda: any(
        fact["fact"] == "delivery_held" and "sending is held by olga" in fact.get("detail", "")
        for fact in w.facts_of(world.view(first))))

    # by name: one goes, one never does, one had gone before the backup
    assert "would: " + replies[first] in world.cli("held", "release", replies[first], "--by", "olga", "--dry-run")
    world.cli("held", "release", replies[first], "--by", "olga")
    w.until("it arrives", lambda: [call for call in receiver.calls if call.path == "/back"])
    world.cli("held", "drop", replies[second], "--by", "olga", "--reason", "she was called")
    w.until("it is dead", lambda: replies[second] in world.cli("dead"))
    assert "dropped by olga: she was called" in world.cli("dead")
    world.cli("held", "drop", "--contact", third, "--customers", "--purpose", "reply", "--sent", "--by", "olga", "--reason",
              "the log of the mail server has it")
    w.until("it counts as given", lambda: "first_response" not in
            {promise["kind"] for promise in world.view(third)["promises"] if promise["state"] == "pending"})
    assert receiver.ids("/back") == {replies[first]}, receiver.calls
    assert any(fact["fact"] == "sending_released" and "counts as sent" in fact["detail"]
               for fact in w.facts_of(world.view(third)))
    world.environment["BUCKSTOP_TOKEN"] = world.token
    shown = world.cli("show", first, "--server", f"http://{world['intake'].host}:{world['intake'].port}")
    assert "olga has decided: reply by webhook is sent in spite of the hold" in shown, shown

    # what comes in now waits, too; then all goes
    late = answered(world, receiver)
    w.until("it waits", lambda: late in {row["contact"] for row in rows(world)["deliveries"] if row["state"] == "waits"})
    done = world.call("held", "drop", "--person", "aada", "--purpose", "asigned", "--by", "olga", "--reason", "old pages")
    told = done.stdout + done.stderr
    assert "0 dropped" in told, told
    for words in ("has the person 'aada'; did you mean 'ada'?", "there are: ada", "has the purpose 'asigned'; did you mean 'assigned'?"):
        assert words in told, (words, told)
    world.cli("held", "drop", "--person", "ada", "--purpose", "assigned", "--by", "olga", "--reason", "old pages")
    world.cli("held", "end", "--by", "olga")
    w.until("nothing waits", lambda: not rows(world)["deliveries"], 30)
    w.until("it is counted", lambda: world["notification"].metric("buckstop_sending_held") == 0)
    calls = [call for call in receiver.calls if call.path == "/back"]
    assert w.count_facts(world.view(late))["delivered"] >= 1 and len(calls) >= 2, calls
    world.audit()


def a_backup_under_load_is_of_one_moment(stack):
    """The audit of a copy that was made while hundreds were on their way finds nothing."""
    world = w.open_world(stack, POLICY % "http://127.0.0.1:9/pager")
    world.present("ada")
    customers = w.Customers(world, lambda who, key: world.submit("chat", key=key, return_way="spoken"))
    customers.more(100, 60)
    for number in (1, 2):
        world.cli("backup", f"{world.dir}/copy{number}")
        spare = Spare(stack, world, f"spare{number}")
        world.cli("restore", f"{world.dir}/copy{number}", "--redis", "unix:" + spare.socket)
        done = world.call("audit", "--json", "--redis", "unix:" + spare.socket)
        report = json.loads(done.stdout)
        assert not report["findings"] and report["contacts"] > 50, report
        spare.end()
        customers.more(20)
    customers.stop()


def replies(receiver):
    return [call for call in receiver.of("/back") if json.loads(call.body)["purpose"] == "reply"]


def what_is_on_its_way_is_not_dropped(stack):
    """The word of whoever sends it stands: it is waited for, and was not dropped. What waits still is."""
    receiver = w.open_receiver(stack)
    receiver.behave["/pager"], receiver.behave["/back"] = "500", "gate"
    world = w.open_world(stack, POLICY % receiver.url("/pager"), options={"notification": ["--attempt-ms", "30000"]})
    world.present("ada")
    contact = answered(world, receiver)
    w.until("it is on its way", lambda: replies(receiver))
    reply = next(row["id"] for row in rows(world)["deliveries"] if row["purpose"] == "reply")
    world.cli("held", "begin", "--by", "olga", "--reason", "a mistake in it")
    drop = subprocess.Popen([f"{w.BUILD}/buckstop", "held", "drop", reply, "--by", "olga", "--reason", "a mistake"], text=True,
                            env={**world.environment, "BUCKSTOP_REDIS": "unix:" + world.socket}, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)
    stack.callback(drop.kill)
    assert any("is being sent in this moment" in line for line in drop.stderr), drop.poll()  # among what else takes long
    receiver.opened()
    _, said = drop.communicate(timeout=60)
    assert drop.returncode == 1 and "it was being sent in that moment, and is settled" in said, (drop.returncode, said)
    facts = w.count_facts(world.view(contact))
    assert facts["sending_released"] == 0 and facts["delivered"] >= 1 and len(replies(receiver)) == 1, (facts, receiver.calls)
    late = answered(world, receiver)
    w.until("it waits", lambda: late in {row["contact"] for row in rows(world)["deliveries"] if row["state"] == "waits"})
    world.cli("held", "drop", "--contact", late, "--purpose", "reply", "--by", "olga", "--reason", "a mistake")
    w.until("it is dead", lambda: "dropped by olga: a mistake" in world.cli("dead"))
    world.cli("held", "end", "--by", "olga")
    world.audit()


OPERATOR = ("on >secret ~b:* -@all +info +sync +replicaof +dbsize +exists +hget +smembers +xrevrange "
            "+multi +exec").split()  # BACKUP.md


def a_user_of_its_own_is_enough(stack):
    """With what deploy/BACKUP.md lets it do, and no more; without SYNC it says what is missing."""
    world = w.open_world(stack, POLICY % "http://127.0.0.1:9/pager")
    spare = Spare(stack, world, "spare")
    with open(world.dir + "/operator.pw", "w", encoding="utf-8") as file:
        file.write("secret\n")
    login = ["--redis-user", "operator", "--redis-password-file", world.dir + "/operator.pw"]
    for store in (world.redis, spare.redis):
        store.execute_command("ACL", "SETUSER", "operator", *OPERATOR)
    world.redis.execute_command("ACL", "SETUSER", "operator", "-sync")
    words = world.cli("backup", world.dir + "/copy", *login, status=1)
    assert "the user needs SYNC" in words and not os.path.exists(world.dir + "/copy/backup.json"), words
    world.redis.execute_command("ACL", "SETUSER", "operator", "+sync")
    world.cli("backup", world.dir + "/copy", *login)
    world.cli("restore", world.dir + "/copy", "--redis", "unix:" + spare.socket, *login)
    assert spare.redis.info("replication")["role"] == "master" and len(spare.redis.keys("b:{*}:hold:desk")) == 1


def a_replica_is_restored_into(stack):
    """A restore that failed leaves one, which is used again: it comes by an id that is drawn for that (test_rdb_door: and no
    one else gets anything), and is never writable meanwhile."""
    world = w.open_world(stack, POLICY % "http://127.0.0.1:9/pager")
    world.cli("backup", world.dir + "/copy")
    spare = Spare(stack, world, "spare")
    spare.redis.set("left", "over")
    spare.redis.execute_command("REPLICAOF", "127.0.0.1", "9")  # as one that failed: nothing there to copy from
    address = "unix:" + spare.socket
    assert "is not empty" in world.cli("restore", world.dir + "/copy", "--redis", address, status=1)
    with open(world.dir + "/operator.pw", "w", encoding="utf-8") as file:
        file.write("secret\n")
    login = ["--redis-user", "operator", "--redis-password-file", world.dir + "/operator.pw"]
    spare.redis.execute_command("ACL", "SETUSER", "operator", *[right for right in OPERATOR if right != "+multi"])
    words = world.cli("restore", world.dir + "/copy", "--replace", "--redis", address, *login, status=3)
    assert "needs MULTI, EXEC and REPLICAOF" in words and spare.redis.info("replication")["role"] == "slave", words
    spare.redis.execute_command("ACL", "SETUSER", "operator", *OPERATOR)
    world.cli("restore", world.dir + "/copy", "--replace", "--redis", address, *login)
    assert spare.redis.info("replication")["role"] == "master" and not spare.redis.exists("left")


def what_is_not_whole_is_refused(stack):
    world = w.open_world(stack, POLICY % "http://127.0.0.1:9/pager")
    copy = world.dir + "/copy"
    world.cli("backup", copy)
    spare = Spare(stack, world, "spare")
    with open(copy + "/dump.rdb", "r+b") as dump:
        dump.seek(40)
        dump.write(b"?")
    words = world.cli("restore", copy, "--redis", "unix:" + spare.socket, status=1)
    assert "is not what was written there" in words and spare.redis.dbsize() == 0, words
    os.remove(copy + "/backup.json")
    assert "is not whole" in world.cli("restore", copy, "--redis", "unix:" + spare.socket, status=1)
    plain = Spare(stack, world, "plain", "--appendonly", "no")
    world.cli("backup", world.dir + "/copy2")
    assert "no append-only file" in world.cli("restore", world.dir + "/copy2", "--redis", "unix:" + plain.socket, status=1)
    assert "no store of buckstop's" in world.cli("backup", world.dir + "/copy3", "--redis", "unix:" + plain.socket, status=1)
    assert "say which" in world.cli("held", "release", "--by", "olga", status=2)
    assert "--contact is empty" in world.cli("held", "drop", "--contact", "", "--by", "olga", "--reason", "x", status=2)
    assert "is not held" in world.cli("held", "release", "--all", "--by", "olga", status=1)
    world.cli("held", "begin", "--by", "olga", "--reason", "a mistake in a text")
    assert "held already: a mistake in a text" in world.cli("held", "begin", "--by", "olga", "--reason", "again", status=1)
    world.cli("held", "end", "--by", "olga")


CASES = [a_restore_holds_all_that_it_finds, what_is_on_its_way_is_not_dropped, a_backup_under_load_is_of_one_moment, a_user_of_its_own_is_enough, a_replica_is_restored_into,
         what_is_not_whole_is_refused]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
