#!/usr/bin/python3
"""The programs of deploy/examples against the running system: each does what it says, and says what it needs. Ends with
"N passed, N failed".
"""
import os
import shutil
import signal
import subprocess
import sys

import world as w

EXAMPLES = f"{w.ROOT}/deploy/examples"
POLICY = ("workspace: desk\nlast_resort: dana\nchannels:\n  mail: { answer: spoken }\n"
          "  chat: { answer: callback, accept: auto }\n"
          "people:\n  ada: { name: Ada L. }\n  dana: {}\nteams: { front: { lead: dana, members: [ada] } }\nsettings: { presence: 1h }\n")


def house_of(stack):
    return w.open_world(stack, POLICY)


def run(world, name, *words, **more):
    """An example as somebody would start it."""
    environment = {**os.environ, "BUCKSTOP_SERVER": f"http://127.0.0.1:{world['intake'].port}", **more}
    return subprocess.Popen([f"{EXAMPLES}/{name}", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env=environment)


def ended(process, status=0):
    try:
        out, err = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    assert process.returncode == status, (process.returncode, out, err)
    return out + err


def by_curl(stack):
    world = house_of(stack)
    said = ended(run(world, "contact.sh", 'my "card" \\ is\ngone', BUCKSTOP_TOKEN=world.token))
    contact, = world.contacts()
    assert f"opened {contact['contact']}" in said and 'my \\"card\\" \\\\ is gone' in said, said
    assert "needs a token" in ended(run(world, "contact.sh", BUCKSTOP_TOKEN=""), 2)
    assert "The token is not known" in ended(run(world, "contact.sh", BUCKSTOP_TOKEN="bs_wrong"), 1)


def by_curl_at_the_console(stack):
    """With a session: signed in, the board read, a note written, signed out."""
    world = house_of(stack)
    console = world.add("console")
    stack.callback(console.end)
    contact = world.submit(customer="kim@example.org")
    where = {"BUCKSTOP_CONSOLE": f"http://127.0.0.1:{console.port}", "BUCKSTOP_TOKEN": world.issue("person", "--person", "ada")}
    said = ended(run(world, "console.sh", contact, 'a "note"', **where))
    assert "signed in: workspace desk, scope person" in said and 'counts: {"received":' in said, said
    assert [fact for fact in w.facts_of(world.view(contact)) if fact["fact"] == "noted"], world.view(contact)
    assert "not known" in ended(run(world, "console.sh", **{**where, "BUCKSTOP_TOKEN": "bs_wrong"}), 1)
    assert "needs a token" in ended(run(world, "console.sh", **{**where, "BUCKSTOP_TOKEN": ""}), 2)


def by_node(stack):
    if not shutil.which("node"):
        raise w.Skipped("there is no node")
    world = house_of(stack)
    world.present("ada")
    key = world.dir + "/secrets/callback"
    process = run(world, "contact.mjs", "hello", BUCKSTOP_TOKEN=world.issue("channel"), BUCKSTOP_CALLBACK_KEY=key)
    stack.callback(process.kill)
    contact = w.until("it opens one", world.contacts, 30)[0]["contact"]
    w.until("it is ada's", lambda: world.view(contact).get("owner") == "ada", 20)
    w.until("it is acknowledged", lambda: [fact for fact in w.facts_of(world.view(contact)) if fact["fact"] == "delivered"], 20)
    assert world.act(contact, "reply", "ada", text="It is on its way").status == 200
    said = ended(process)
    assert f"opened {contact}, dana answers for it" in said and "reply: It is on its way" in said, said
    assert "acknowledge:" in said, said
    assert "needs BUCKSTOP_TOKEN" in ended(run(world, "contact.mjs", BUCKSTOP_TOKEN=""), 2)
    said = ended(run(world, "contact.mjs", BUCKSTOP_TOKEN="x", BUCKSTOP_CALLBACK_KEY=world.dir + "/nowhere"), 2)
    assert said.startswith("BUCKSTOP_CALLBACK_KEY: ") and said.count("\n") == 1, said
    wrong = run(world, "contact.mjs", BUCKSTOP_TOKEN="bs_wrong", BUCKSTOP_CALLBACK_KEY=key)
    assert "The token is not known" in ended(wrong, 1)


def by_python(stack):
    world = house_of(stack)
    submit, stream = f"ipc://{world.dir}/submit-1", f"ipc://{world.dir}/stream-1"
    before = world.submit(customer="early@example.org")
    watch = run(world, "watch.py", "--submit", submit, "--stream", stream, "--workspace", "desk", BUCKSTOP_TOKEN=world.token)
    stack.callback(watch.kill)
    said = ended(run(world, "contact.py", "--submit", submit, "hello", BUCKSTOP_TOKEN=world.issue("channel")))
    contacts = {row["contact"] for row in world.contacts()} - {before}
    assert f"opened {contacts.pop()}, dana answers for it" in said and "promised by" in said, said
    ids = {world.submit(customer=f"late {n}") for n in range(20)}
    lines, wanted = [], ids | {before}

    def heard():
        lines.append(watch.stdout.readline().split())
        wanted.discard(lines[-1][1])
        return not wanted

    w.until(lambda: f"it hears of all: {wanted} {lines[-3:]}", heard, 30)
    assert [int(line[0]) for line in lines] == list(range(1, len(lines) + 1)), lines
    watch.send_signal(signal.SIGTERM)
    ended(watch)
    watch = run(world, "watch.py", "--submit", submit, "--stream", stream, "--workspace", "desk", BUCKSTOP_TOKEN=world.token)
    stack.callback(watch.kill)
    watch.stdout.close()  # as `head` does
    world.submit(customer="last@example.org")
    assert watch.wait(timeout=30) == 0
    refused = run(world, "contact.py", "--submit", submit, "--channel", "pigeon", BUCKSTOP_TOKEN=world.token)
    assert "422" in ended(refused, 1)
    assert "needs BUCKSTOP_TOKEN" in ended(run(world, "contact.py", "--submit", submit, BUCKSTOP_TOKEN=""), 1)


if __name__ == "__main__":
    sys.exit(w.main([by_curl, by_curl_at_the_console, by_node, by_python]))
