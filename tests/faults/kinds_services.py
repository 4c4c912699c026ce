"""What happens to the services: killed, stopped, ended, started twice, all of a kind."""
import contextlib
import signal
import subprocess

import world as w


def killed(ground, draw):
    service = ground.one(draw)
    service.kill()
    ground.for_a_while(draw, 0, 0.5)
    service.start(wait=False)
    return service.name


def stopped(ground, draw):
    """SIGSTOP: its connections hold, and it says nothing."""
    service = ground.one(draw)
    service.process.send_signal(signal.SIGSTOP)
    try:
        ground.for_a_while(draw, 0.2, 2.5)
    finally:
        service.process.send_signal(signal.SIGCONT)
    return service.name


def ended(ground, draw):
    """SIGTERM: it finishes what it has begun, and says that all is well."""
    service = ground.one(draw)
    status = service.end()
    assert status == 0, f"{service.name} ended with {status}: {service.text()[-2000:]}"
    ground.for_a_while(draw, 0, 0.3)
    service.start(wait=False)
    return service.name


def started_twice(ground, draw):
    """The very same arguments again. Over TCP its place is taken: it ends and says why. A unix socket can be taken
    over: then both run for a while, and do no harm."""
    service = ground.one(draw)
    path = f"{ground.world.dir}/{service.name}.second.log"
    second = service.spawn(service.command(), path)
    try:
        with contextlib.suppress(subprocess.TimeoutExpired):
            second.wait(2 if ground.network is None else 10)
        with open(path, encoding="utf-8") as log:
            text = log.read()
        if second.poll() is None:
            assert ground.network is None, f"a second {service.name} runs on the same addresses: {text}"
            second.terminate()
            assert second.wait(10) == 0, text
            service.kill()  # its socket's name went with the second
            service.start(wait=False)
        else:
            assert second.returncode == 1 and '"error"' in text, f"{second.returncode}: {text}"
    finally:
        if second.poll() is None:
            second.kill()
            second.wait()
    return service.name


def all_of_a_kind(ground, draw):
    kind = draw.choice(w.KINDS)
    for service in ground.world.of(kind):
        service.kill()
    ground.for_a_while(draw, 0.1, 1)
    for service in ground.world.of(kind):
        service.start(wait=False)
    return kind


KINDS = {"killed": killed, "stopped": stopped, "ended": ended, "started twice": started_twice,
         "all of a kind killed": all_of_a_kind}
