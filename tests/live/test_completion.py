#!/usr/bin/python3
"""TAB in fish and in zsh, by themselves; bash's is in test_hand.py.

Ends with "N passed, N failed".
"""
import os
import shutil
import subprocess
import sys

import world as w
from test_hand import POLICY, open_desk

SERVICE = "buckstop-intake"
# a line, and what its last word becomes
LINES = [("buckstop wat", "watch"), ("buckstop policy ro", "rollback"), ("buckstop people imp", "import"),
         ("buckstop completion z", "zsh"), ("buckstop watch --kin", "--kind"),
         ("buckstop policy show --du", "--durability"),
         ("buckstop policy show --al", "--al"),  # that is of `show`, another command
         ("buckstop watch --kind promise_k", "promise_kept"), ("buckstop token issue --scope op", "operator"),
         ("buckstop log-level esc", "escalation"), ("buckstop log-level escalation noti", "notice"),
         ("buckstop act acc", "accept"), (f"{SERVICE} --heal", "--health")]
ASKED = [("buckstop watch --team ba", "back"), ("buckstop list --owner da", "dana")]  # the policy in force


def needs(stack, shell):
    """A world and its environment, with the programs on the path and their scripts in a folder."""
    if not shutil.which(shell):
        raise w.Skipped(f"there is no {shell}")
    world = open_desk(stack, POLICY)
    for name, words in (("buckstop", ("completion", shell)), (SERVICE, ("--completion", shell))):
        done = subprocess.run([f"{w.BUILD}/{name}", *words], capture_output=True, text=True, check=True)
        with open(f"{world.dir}/_{name}", "w", encoding="utf-8") as file:
            file.write(done.stdout)
    return world, {**world.environment, "HOME": world.dir, "PATH": f"{w.BUILD}:{os.environ['PATH']}",
                   "BUCKSTOP_REDIS": "unix:" + world.socket}


def fish(stack):
    world, environment = needs(stack, "fish")
    for line, word in LINES + ASKED:
        code = f"source ../_buckstop; source ../_{SERVICE}; complete -C '{line}'"
        done = subprocess.run(["fish", "--no-config", "-c", code], env=environment, cwd=world.dir + "/secrets",
                              capture_output=True, text=True, check=True, timeout=60)  # no file there fits
        proposed = [row.split("\t")[0] for row in done.stdout.splitlines()]
        assert proposed == ([] if line.endswith(" " + word) else [word]) and not done.stderr, (line, done)


def zsh(stack):
    world, environment = needs(stack, "zsh")
    for line, word in LINES + ASKED:
        done = subprocess.run(["zsh", "-f", f"{w.ROOT}/tests/live/zsh_completed", world.dir, line], env=environment,
                              cwd=world.dir + "/secrets", capture_output=True, text=True, check=True, timeout=60)
        # what it adds behind a word goes by itself when one types on
        assert done.stdout.rstrip("\n =,") == f"{line.rsplit(' ', 1)[0]} {word}" and not done.stderr, (line, done)


if __name__ == "__main__":
    sys.exit(w.main([fish, zsh]))
