"""What happens to Redis: killed, in the midst of a write, connections lost, stopped."""
import contextlib
import glob
import os

import redis


def killed(ground, draw):
    ground.world.end_redis()
    ground.for_a_while(draw, 0, 1.5)
    ground.world.start_redis()
    return "and restarted"


def append_only_file(world):
    return max(glob.glob(world.dir + "/appendonlydir/*.incr.aof"), key=os.path.getmtime)


def torn(ground, draw):
    """The power fails while a command is written: its first part stands at the end of the file."""
    ground.world.end_redis()
    command = b"*4\r\n$4\r\nZADD\r\n$11\r\nb:{7}:due:c\r\n$13\r\n1735689600000\r\n$6\r\ndesk:x\r\n"
    piece = command[:draw.randrange(1, len(command))]
    with open(append_only_file(ground.world), "ab") as file:
        file.write(piece)
    ground.world.start_redis()
    return f"{len(piece)} bytes of a command"


def connections_cut(ground, draw):
    for _ in range(10):
        with contextlib.suppress(redis.RedisError):
            ground.world.redis.execute_command("CLIENT", "KILL", "TYPE", "normal")
        ground.for_a_while(draw, 0, 0.04)
    return "ten times"


def stopped(ground, draw):
    with ground.world.redis_stopped():
        ground.for_a_while(draw, 0.2, 2.5)
    return ""


KINDS = {"Redis killed": killed, "Redis killed, torn write": torn, "connections cut": connections_cut,
         "Redis stopped": stopped}
