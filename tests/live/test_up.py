#!/usr/bin/python3
"""What deploy/up does before it starts anything (deploy/lib.sh): who comes second is told whom to stop; data move only while
nobody is there; taken ports are told at once; sockets lie in the same place at each start; who needs a mail server; how
far a build is.

Ends with "N passed, N failed".
"""
import contextlib
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

import world as w
from waiting import until

LIB = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "deploy", "lib.sh")
FIRST = '. "$0"; lock "$1"; start tail "$1.log" tail -f /dev/null; echo "$$ ${STARTED[0]}"; wait'


def first_start(stack, lock):
    """Both process ids: of the shell, and of what it started."""
    process = stack.enter_context(subprocess.Popen(["/bin/bash", "-euc", FIRST, LIB, lock], stdout=subprocess.PIPE,
                                                   text=True))
    stack.callback(process.kill)
    shell, child = map(int, process.stdout.readline().split())
    stack.callback(end, child)
    return process, shell, child


def end(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)


def second_start(lock):
    return subprocess.run(["/bin/bash", "-euc", '. "$0"; lock "$1"; echo free', LIB, lock], capture_output=True,
                          text=True, timeout=20, check=False)


def who_runs_is_named(stack):
    lock = os.path.join(stack.enter_context(tempfile.TemporaryDirectory(prefix="buckstop-up-")), "lock")
    process, shell, child = first_start(stack, lock)
    done = second_start(lock)
    assert done.returncode == 1 and f"stop it:  kill {shell} " in done.stderr, done
    process.kill()
    process.wait()
    left = f"an earlier start left runs in {os.path.dirname(lock)}: tail {child};"
    until("what is left has its own name", lambda: left in second_start(lock).stderr)
    done = second_start(lock)
    assert done.returncode == 1 and left in done.stderr, done
    assert re.search(rf"kill {child} ", done.stderr), done
    end(child)
    until("the lock is free", lambda: second_start(lock).stdout == "free\n")


PARKED = '. "$0"; lock "$1"; builds() { echo it; read -r _; }; builds 9>&-'


def who_builds_is_named(stack):
    """What must not have the lock is begun: a shell keeps it elsewhere meanwhile."""
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="buckstop-up-"))
    with subprocess.Popen(["/bin/bash", "-euc", PARKED, LIB, folder + "/lock"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as first:
        assert first.stdout.readline() == "it\n"
        done = second_start(folder + "/lock")
        assert done.returncode == 1 and f"stop it:  kill {first.pid} " in done.stderr, done


def move(old, new):
    return subprocess.run(["/bin/bash", "-euc", '. "$0"; move_data "$1" "$2"; echo here', LIB, old, new],
                          capture_output=True, text=True, timeout=20, check=False)


def data_of_before_are_found(stack):
    """What lay below the name of before goes on under the new one, once, and not from under somebody's feet."""
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="buckstop-up-"))
    old, new = f"{folder}/example", f"{folder}/data"
    assert move(old, new).stdout == "here\n"  # there is nothing
    os.mkdir(old)
    with open(f"{old}/token", "w", encoding="utf-8") as file:
        file.write("kept")
    process, shell, child = first_start(stack, f"{old}/lock")
    done = move(old, new)
    assert done.returncode == 1 and f"stop it:  kill {shell} " in done.stderr and not os.path.exists(new), done
    process.kill()
    process.wait()
    end(child)
    until("it is moved", lambda: move(old, new).returncode == 0)
    assert open(f"{new}/token", encoding="utf-8").read() == "kept" and not os.path.exists(old)
    os.mkdir(old)
    assert move(old, new).stdout == "here\n" and os.path.exists(old)  # both are there: neither is touched


def lib(words, *arguments, command="deploy/up --demo"):
    """What a function of it says; COMMAND is what was typed."""
    return subprocess.run(["/bin/bash", "-euc", f'. "$0"; COMMAND=({command}); {words}', LIB, *arguments], capture_output=True,
                          text=True, timeout=60, check=False)


def listener(stack):
    return "127.0.0.1:%d" % stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1]


def taken_ports_are_told_at_once(stack):
    quiet = stack.enter_context(socket.socket())
    quiet.bind(("127.0.0.1", 0))  # nobody answers there, and nobody else gets it meanwhile
    free = f"127.0.0.1:{quiet.getsockname()[1]}"
    first, second = listener(stack), listener(stack)
    avoided = {first, second, free}
    beside = stack.enter_context(socket.socket())
    with contextlib.suppress(OSError, OverflowError):  # somebody else may have it
        beside.bind(("127.0.0.1", int(first.rpartition(":")[2]) + 100))
        beside.listen()
        avoided.add("127.0.0.1:%d" % beside.getsockname()[1])
    done = lib('ports_taken "$@"', "--listen", free, "--console", "127.0.0.1:1")
    assert done.returncode == 0 and done.stdout == "", done
    done = lib('ports_taken "$@"', "--listen", first, "--console", second, "--lmtp", free,
               command=f"'./my up' --policy 'my own.yaml' --listen {first}")
    assert done.returncode == 1 and f"--listen {first}, --console {second};" in done.stdout and free not in done.stdout, done
    instead = shlex.split(done.stdout.splitlines()[1])
    assert instead[:4] == ["./my up", "--policy", "my own.yaml", "--listen"] and instead[5] == "--console", instead
    assert instead[4] != instead[6] and not {instead[4], instead[6]} & avoided, (instead, avoided)
    done = lib('free_beside "$@"', "127.0.0.1:00080", " ")  # no octal number
    assert re.fullmatch(r"127\.0\.0\.1:[1-9][0-9]*80\n", done.stdout), done
    done = lib('ports_taken "$@"', "--listen", free, "--console", free)  # the same twice
    assert done.returncode == 1 and f"already: --console {free};" in done.stdout, done


def no_folder_for_a_workspace_that_is_nowhere(stack):
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="buckstop-up-"))
    for place in (folder, f"{folder}/none"):
        done = subprocess.run([os.path.dirname(LIB) + "/up", "--workspace", "trial", "--data", place], capture_output=True, text=True,
                              timeout=60, check=False)
        assert done.returncode == 1 and f"no workspace 'trial' here: nothing has run in {place} yet" in done.stderr, done
        assert os.listdir(folder) == [], os.listdir(folder)


def sockets_lie_where_they_lay(stack):
    """The same folder at each start, empty; where its path is none for a socket: a short one, by the data's path."""
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="buckstop-up-"))
    for data, short in ((f"{folder}/data", True), (f"{folder}/" + "d" * 100, False), (f"{folder}/with space", False),
                        (f"{folder}/a,b", False)):
        os.mkdir(data)
        runs = set()
        for _ in range(2):
            done = lib('runtime_folder "$1"', data)
            assert done.returncode == 0, done
            run = done.stdout.strip()
            stack.callback(shutil.rmtree, run, ignore_errors=True)
            assert (run == f"{data}/buckstop-run") == short and os.listdir(run) == [], (data, run)
            assert os.stat(run).st_mode & 0o777 == 0o700
            with contextlib.closing(socket.socket(socket.AF_UNIX)) as door:
                door.bind(f"{run}/notification")
            runs.add(run)
        assert len(runs) == 1, runs
    none = f"{folder}/none"  # where no socket can be: nothing is left there
    os.mkdir(none)
    done = lib('takes_sockets() { false; }; runtime_folder "$1"', none)
    stack.callback(shutil.rmtree, done.stdout.strip(), ignore_errors=True)
    assert done.returncode == 0 and done.stdout.startswith("/tmp/buckstop-") and os.listdir(none) == [], done
    shutil.rmtree(run)
    os.symlink(folder, run)  # somebody was there first
    stack.callback(os.remove, run)
    done = lib('runtime_folder "$1"', data)
    assert done.returncode == 1 and "somebody else's" in done.stderr and os.path.exists(folder), done


def who_needs_a_mail_server(stack):
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="buckstop-up-"))
    chat = "channels: { chat: { live: true, answer: spoken } }\n"
    rows = (("people: { ada: { ways: [{ mail: ada@example.com }] } }\n" + chat, "people"),
            ("people:\n  ada:\n    ways:\n      - mail: \"ada@example.com\"\n" + chat, "people"),
            ("people: { ada: { ways: [{ log: ada }] } }\n", "customers"),  # the built-in channels
            ("channels: { mail: { address: desk@example.com, answer: mail } }\n", "customers"),
            ("people: { ada: { ways: [{ mail: ada@x.example }] } }\nchannels: { form: { answer: mail } }\n", "people and customers"),
            ("mail_from: \"Desk <desk@example.com>\"\n" + chat, ""),
            ("#people: { ada: { ways: [{ mail: ada@x.example }] } }\n" + chat + "# answer: mail\n", ""),
            ("dry: log # or mail:trial@example.com\nchannels: { form: { answer: mail } }\n", ""),
            ("dry: mail:trial@example.com\n" + chat, "people and customers"))
    for policy, words in rows:
        path = f"{folder}/policy"
        with open(path, "w", encoding="utf-8") as file:
            file.write(policy)
        done = lib('told_by_mail "$1"', path)
        assert done.returncode == 0 and done.stdout.strip() == words, (policy, done)


def pages_lead_where_people_can_go(_stack):
    """Behind a link in a notice: not to an address that only means "everywhere here"."""
    for console, leads in (("127.0.0.1:7480", "http://127.0.0.1:7480\n"), ("desk.example:80", "http://desk.example:80\n"),
                           ("[::1]:7480", "http://[::1]:7480\n"), ("0.0.0.0:7480", ""), ("[::]:7480", ""), ("*:7480", "")):
        done = lib('leads_on_to "$1"; echo on', console)
        assert done.returncode == 0 and done.stdout == leads + "on\n", (console, done)


def who_has_no_terminal_is_told_how_far_it_is(stack):
    """A line now and then; all that was said only when it fails, and the status is that of what ran."""
    place = tempfile.mkdtemp(prefix="buckstop-counted-")
    stack.callback(shutil.rmtree, place)
    log = place + "/log"
    ninja = "[1/903] Building a\nwarning: b\n[412/903] Building c\nninja: c failed\n"
    apt = ("Reading lists...\n1 upgraded, 2 newly installed, 0 to remove and 3 not upgraded.\nGet:1 http://a b\nGet:2 http://a c\n"
           "Unpacking b (1) ...\nSetting up b (1) ...\nUnpacking c (1) ...\n")
    for words, where, always, now_and_then in [
            (ninja, "ninja_at", "  1 of 903\n  412 of 903\n", ""),
            (apt, "apt_at", "".join(f"  {what} of 3\n" for what in (
                "downloading packages: 1", "downloading packages: 2", "unpacking packages: 1", "setting up packages: 1",
                "unpacking packages: 2")),
             "".join(f"  {what} packages: 1 of 3\n" for what in ("downloading", "unpacking", "setting up")))]:
        for every, shown in ("0", always), ("3600", now_and_then):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(log)
            done = lib('TELL_EVERY=$1; printf %s "$2" | counted "$3" "$4"', every, words, where, log)
            assert done.returncode == 0 and done.stdout == shown and not done.stderr, (every, done)
            with open(log, encoding="utf-8") as file:
                assert file.read() == words
    for status in 0, 7:
        with open(place + "/cmake", "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n[ \"$1\" = --build ] || exit 0\necho '[1/2] Building it'; echo 'it is wrong' >&2; exit {status}\n")
        os.chmod(place + "/cmake", 0o755)
        done = lib('PATH=$1:$PATH; export TMPDIR=$1; build "$1/made"; echo after', place)
        begun = f"building in {place}/made (some minutes the first time)\n"
        if status:
            assert done.returncode == 1 and done.stdout == begun, done
            assert done.stderr == "[1/2] Building it\nit is wrong\nbuckstop: the build failed, see above\n", done
        else:
            assert done.returncode == 0 and done.stdout == begun + "after\n" and not done.stderr, done
        assert not [name for name in os.listdir(place) if name.startswith("tmp.")], os.listdir(place)


def what_has_no_time_is_asked_again(_stack):
    """Three times more; another answer is taken as it is."""
    for answers, asked, status in ("0", 1, 0), ("3 3 0", 3, 0), ("3 3 3 3 0", 4, 3), ("3 1 0", 2, 1):
        done = lib('said=($1); n=0; ask() { echo "$*"; n=$((n + 1)); return "${said[n - 1]}"; }; patiently ask two words', answers)
        assert (done.returncode, done.stdout) == (status, asked * "two words\n"), (answers, done)
        assert done.stderr == (asked - 1) * "-- that is tried again\n", (answers, done)


def where_a_mail_server_is(_stack):
    """The door of an --smtp, as it is asked whether somebody answers there."""
    for url, door in (("smtp://mail.example", "mail.example:25"), ("smtps://mail.example/", "mail.example:465"),
                      ("smtp://me:word@mail.example:587/x", "mail.example:587"), ("smtp://[::1]:26", "[::1]:26"),
                      ("smtp://[::1]", "[::1]:25")):
        assert lib('smtp_door "$1"', url).stdout == door + "\n", url


CASES = [what_has_no_time_is_asked_again, who_runs_is_named, who_builds_is_named, data_of_before_are_found, taken_ports_are_told_at_once,
         no_folder_for_a_workspace_that_is_nowhere, sockets_lie_where_they_lay, who_needs_a_mail_server, where_a_mail_server_is, pages_lead_where_people_can_go,
         who_has_no_terminal_is_told_how_far_it_is]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
