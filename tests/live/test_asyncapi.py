#!/usr/bin/python3
"""proto/asyncapi.yaml: its schemas are those of the .proto files; what really goes over the sockets is what it says, frame by
frame; AsyncAPI's own parser takes it, and Spectral has nothing to mend in openapi.yaml and console.yaml. Ends with "N passed, N failed".
"""
import importlib
import os
import shutil
import subprocess
import sys
import tempfile

import jsonschema
import yaml
import zmq
from google.protobuf import json_format

import world as w

NAMES = ("record", "event", "action", "envelope")
POLICY = ("workspace: desk\nlast_resort: dana\nchannels:\n  mail: { answer: spoken, accept: auto }\n  call: { answer: spoken, live: true }\n"
          "people:\n  ada: {}\n  dana: {}\nteams: { front: { lead: dana, members: [ada] } }\nsettings: { presence: 1h }\n"
          "promises: [{ when: { channel: call }, first_response: 400ms }, { first_response: 2s }]\n")

with open(f"{w.ROOT}/proto/asyncapi.yaml", encoding="utf-8") as document:
    ROOT = yaml.safe_load(document)
RESOLVER = jsonschema.RefResolver("", ROOT)


def envelopes(directory):
    subprocess.run(["protoc", f"--proto_path={w.ROOT}/proto", f"--python_out={directory}"]
                   + [f"buckstop/v1/{name}.proto" for name in NAMES], check=True)
    sys.path.insert(0, directory)
    return importlib.import_module("buckstop.v1.envelope_pb2")


def check(pb, channel, frame):
    """One frame of that channel: the message's name, and what it says."""
    envelope = pb.Envelope.FromString(frame)
    name = envelope.WhichOneof("body")
    said = json_format.MessageToDict(envelope, preserving_proto_field_name=True)
    messages = ROOT["channels"][channel]["messages"]
    assert name in messages, (channel, name)
    payload = RESOLVER.resolve(messages[name]["$ref"])[1]["payload"]
    errors = [f"{list(error.absolute_path)}: {error.message[:200]}"
              for error in jsonschema.Draft202012Validator(payload, resolver=RESOLVER).iter_errors(said)]
    assert not errors, (channel, name, errors, said)
    assert envelope.SerializeToString() and not envelope.UnknownFields(), (channel, name)
    return name, said


class Sockets:
    def __init__(self, stack, world, pb):
        self.world, self.pb, self.context = world, pb, zmq.Context()
        stack.callback(self.context.destroy, 0)

    def open(self, kind, link, bind=False):
        socket = self.context.socket(kind)
        socket.linger = 0
        address = f"ipc://{self.world.dir}/{link}-1"
        socket.bind(address) if bind else socket.connect(address)
        if kind == zmq.SUB:
            socket.setsockopt(zmq.SUBSCRIBE, b"desk.")
        return socket

    def request(self, socket, envelope):
        check(self.pb, "submit", envelope.SerializeToString())
        socket.send(envelope.SerializeToString())
        assert socket.poll(20000), "no answer"
        return check(self.pb, "submit", socket.recv_multipart()[-1])


def house_of(stack, **replicas):
    world = w.open_world(stack, POLICY, start=False, replicas=replicas)
    pb = envelopes(world.dir)
    return world, pb, Sockets(stack, world, pb)


# ---- the cases --------------------------------------------------------------------------------------


def schemas_are_those_of_the_protos(_stack):
    done = subprocess.run([f"{w.ROOT}/tests/documents/schemas.py"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def requests_and_the_stream(stack):
    world, pb, sockets = house_of(stack)
    world.start()
    stream, submit = sockets.open(zmq.SUB, "stream"), sockets.open(zmq.DEALER, "submit")
    ask = pb.Envelope()
    ask.submit.token, ask.submit.channel, ask.submit.text = world.token, "mail", "hello"
    ask.submit.customer, ask.submit.subject = "eve@example.org", "Card"
    name, said = sockets.request(submit, ask)
    assert name == "receipt", said
    contact = said["receipt"]["contact"]
    ask.submit.channel = "pigeon"
    name, said = sockets.request(submit, ask)
    assert (name, said["refusal"]["status"]) == ("refusal", 422), said
    world.present("ada")
    w.until("it is ada's", lambda: world.view(contact)["state"] == "owned", 20)
    for kind, text in ((pb.buckstop_dot_v1_dot_action__pb2.ACTION_KIND_REPLY, "said"),
                       (pb.buckstop_dot_v1_dot_action__pb2.ACTION_KIND_RESOLVE, "done")):
        act = pb.Envelope()
        act.action.token, act.action.contact, act.action.person = world.token, contact, "ada"
        act.action.kind, act.action.text = kind, text
        assert sockets.request(submit, act)[0] == "receipt"
    events = pb.Envelope()
    events.events_ask.token, events.events_ask.limit = world.token, 250
    name, page = sockets.request(submit, events)
    assert name == "events_page" and len(page["events_page"]["events"]) > 5, page
    heard, facts = set(), set()

    def listen():
        while stream.poll(100):
            topic, frame = stream.recv_multipart()
            name, said = check(pb, "stream", frame)
            workspace, fact = topic.decode().split(".")
            assert (workspace, said["workspace"], name) == ("desk", "desk", "event"), (topic, said)
            first = said["event"].get("facts", [{}])[0].get("kind", "FACT_KIND_EVENT")
            assert first == "FACT_KIND_" + fact.upper(), (topic, said)
            heard.add(int(said["event"]["number"]))
            facts.add(fact)
        return {"replied", "resolved"} <= facts

    w.until(lambda: f"the stream tells it: {facts}", listen, 20)
    assert heard and max(heard) <= int(page["events_page"]["newest"]) + 5


def hint(stack, link, kind, act):
    """Where a service would listen, this test does."""
    world, pb, sockets = house_of(stack, **{kind: 0})
    pull = sockets.open(zmq.PULL, link, bind=True)
    world.start()

    def comes():
        act(world)  # again, if nobody was connected yet: a hint is not kept
        return pull.poll(2000)

    w.until(f"something comes by {link}", comes, 30)
    name, said = check(pb, link, pull.recv())
    assert name == link, said


def hints_to_routing(stack):
    hint(stack, "route", "routing", lambda world: world.submit())


def hints_to_escalation(stack):
    hint(stack, "due", "escalation", lambda world: world.submit("call"))


def hints_to_notification(stack):
    world, pb, sockets = house_of(stack, notification=0)
    pull = sockets.open(zmq.PULL, "outbox", bind=True)
    world.start()
    world.present("ada")

    def comes():
        world.submit()
        return pull.poll(2000)

    w.until("something comes by outbox", comes, 30)
    assert check(pb, "outbox", pull.recv())[0] == "outbox"


def others_read_it(_stack):
    """By npm, pinned; kept beside the build."""
    source, target = f"{w.ROOT}/tests/documents", f"{w.BUILD}/documents"
    if not shutil.which("npm") or not shutil.which("node"):
        raise w.Skipped("there is no npm")
    os.makedirs(target, exist_ok=True)
    with open(f"{source}/package-lock.json", "rb") as lock, tempfile.TemporaryFile("w+") as log:
        stamp, wanted = f"{target}/installed", lock.read()
        if not os.path.exists(stamp) or open(stamp, "rb").read() != wanted:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(f"{source}/{name}", target)
            done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=target, stdout=log,
                                  stderr=log, check=False)
            if done.returncode:
                log.seek(0)
                raise w.Skipped("npm could not fetch the parsers: " + log.read()[-300:])
            with open(stamp, "wb") as file:
                file.write(wanted)
    shutil.copy(f"{source}/check.mjs", target)
    done = subprocess.run(["node", "check.mjs", f"{w.ROOT}/proto"], cwd=target, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


if __name__ == "__main__":
    sys.exit(w.main([schemas_are_those_of_the_protos, requests_and_the_stream, hints_to_routing, hints_to_escalation,
                     hints_to_notification, others_read_it]))
