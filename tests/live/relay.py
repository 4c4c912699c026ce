"""A command of `buckstop` with a relay before its store or its intake, which sees each request before that passes."""
import contextlib
import os
import select
import socket
import subprocess

import world as w


def relayed(stack, world, words, at, then, far=None):
    """Calls `then` with the command before a request with `at` in it passes. far: where requests go to: the path of a
    Redis, or the port of an intake; none: the world's Redis. The command's status, and what it said on stderr."""
    door = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    far, address = far or world.socket, f"127.0.0.1:{door.getsockname()[1]}"
    kind = socket.AF_INET if isinstance(far, int) else socket.AF_UNIX
    where = {"BUCKSTOP_SERVER": "http://" + address, "BUCKSTOP_REDIS": "unix:" + world.socket} if isinstance(far, int) \
        else {"BUCKSTOP_REDIS": address}
    with open(said_to(world), "w", encoding="utf-8") as errors:
        command = subprocess.Popen([f"{w.BUILD}/buckstop", *words], stdout=subprocess.DEVNULL, stderr=errors,
                                   cwd=world.dir, env={**world.environment, **where})
    stack.callback(command.kill)
    others, near = {}, set()  # each end of a link: the other; those of the command
    while command.poll() is None:
        for end in select.select([door, *others], [], [], 0.1)[0]:
            if end is door:
                link, store = stack.enter_context(door.accept()[0]), stack.enter_context(socket.socket(kind))
                store.connect(("127.0.0.1", far) if isinstance(far, int) else far)
                others |= {link: store, store: link}
                near.add(link)
            elif end in others:
                got = b""
                with contextlib.suppress(OSError):  # it may be gone, and so may the other
                    got = end.recv(1 << 16)
                    if at in got and end in near:
                        then(command)
                    others[end].sendall(got)
                if not got:
                    for one in (others[end], end):
                        del others[one]
                        one.close()
    return command.returncode, said(world)


def said_to(world):
    return world.dir + "/relayed.err"


def said(world):
    """What the command has said on stderr so far."""
    with open(said_to(world), encoding="utf-8") as errors:
        return errors.read()
