"""Losses of acknowledged writes, for a test: made, noticed by who knew, and looked after."""
import contextlib
import glob
import http.client
import os

import world as w

ENDED = 1  # the status of a service that noticed one


def path_of(folder):
    return sorted(glob.glob(folder + "/appendonlydir/*.incr.aof"))[-1]


def mark(folder):
    """Where the append-only file below that folder ends now."""
    return path_of(folder), os.path.getsize(path_of(folder))


def cut(folder, marked):
    """What was written since is gone, and a little before: in mid-command."""
    path, size = marked
    assert path_of(folder) == path, "the file was written anew since"
    os.truncate(path, size - 10)


def tear(folder):
    """Redis died within a write: a command that is not whole stands at the end."""
    with open(path_of(folder), "ab") as file:
        file.write(b"*3\r\n$3\r\nSET\r\n$7\r\nnothing\r\n$100\r\nhalf")


def answers_ready(service):
    with contextlib.suppress(OSError, http.client.HTTPException):  # it may end in this moment
        return service.process.poll() is None and service.ask("/readyz").status == 200
    return False


def restart_ended(world):
    """As a supervisor: whoever ended is started again, until all are ready. Who had noticed a loss."""
    ended = []

    def settled():
        for service in world.services.values():
            if service.process.poll() is not None:
                assert service.process.returncode == ENDED, (service.name, service.process.returncode)
                fact = service.facts("acknowledged writes are lost")
                assert fact and fact[0]["level"] == "error" and "event" in fact[0]["why"], service.text()[-2000:]
                service.process = None
                ended.append(service.name)
                service.start(wait=False).listens()
        return all(answers_ready(service) for service in world.services.values())

    w.until("all are ready", settled, 60)
    return ended


def looked_after(world, lines):
    """The audit names the losses until somebody has looked; else it finds nothing."""
    w.until("the outbox is empty", world.settled, 60)
    said = world.cli("audit", status=1)
    assert said.count("acknowledged write lost") == lines, said
    said = world.cli("audit", "--forget-losses")
    assert said.count("forgotten: event ") == lines, said
    world.audit()
