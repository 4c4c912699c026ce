"""frames.py - what the two Python examples share: the messages of proto/, compiled when they are first needed, and requests on
the submit socket. Needs python3-zmq, python3-protobuf and protobuf-compiler."""
import importlib
import os
import subprocess
import sys
import tempfile

import zmq

PROTO = os.environ.get("BUCKSTOP_PROTO", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../proto"))


def messages():
    """The module of the Envelope."""
    with tempfile.TemporaryDirectory() as made:
        subprocess.run(["protoc", f"--proto_path={PROTO}", f"--python_out={made}"]
                       + [f"buckstop/v1/{name}.proto" for name in ("record", "event", "action", "envelope")], check=True)
        sys.path.insert(0, made)
        return importlib.import_module("buckstop.v1.envelope_pb2")


def ask(context, endpoint, envelope, pb, tries=5, timeout_ms=2000):
    """The answer. A request with an idempotency_key may be sent again: it is done once."""
    for _ in range(tries):
        socket = context.socket(zmq.DEALER)
        socket.linger = 0
        socket.connect(endpoint)
        socket.send(envelope.SerializeToString())
        if socket.poll(timeout_ms):
            answer = pb.Envelope.FromString(socket.recv_multipart()[-1])
            if answer.WhichOneof("body") != "refusal" or answer.refusal.status not in (429, 503):
                return answer
        socket.close()
    raise SystemExit(f"no answer from {endpoint}")
