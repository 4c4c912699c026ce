#!/usr/bin/python3
"""watch.py - follows a workspace's events without a gap: the stream is fast and may lose some, numbers tell which, and intake
has them.

    BUCKSTOP_TOKEN=bs_... ./watch.py --stream tcp://127.0.0.1:5005 --submit tcp://127.0.0.1:5001 --workspace NAME [--after N]

Prints one line an event, until it is ended. The number of the last line is where a later run goes on: --after.
"""
import argparse
import os
import signal
import sys

import zmq

import frames


class Watch:
    def __init__(self, given, token):
        self.pb, self.context, self.given, self.token = frames.messages(), zmq.Context(), given, token
        self.last = given.after
        self.stream = self.context.socket(zmq.SUB)
        self.stream.setsockopt(zmq.SUBSCRIBE, (given.workspace + ".").encode())
        self.stream.connect(given.stream)

    def show(self, event):
        if event.number <= self.last:
            return  # every replica publishes: it was here
        self.last = event.number
        words = ", ".join(self.pb.buckstop_dot_v1_dot_event__pb2.FactKind.Name(fact.kind)[len("FACT_KIND_"):].lower()
                          + (f" {fact.to}" if fact.to else "") for fact in event.facts)
        print(event.number, event.contact or event.person or "-", words, flush=True)

    def fill(self, until):
        """What stands between the last one and that number, from the store; until 0: all there is."""
        while not until or self.last + 1 < until:
            request = self.pb.Envelope()
            request.events_ask.token, request.events_ask.after, request.events_ask.limit = self.token, self.last, 250
            answer = frames.ask(self.context, self.given.submit, request, self.pb)
            if answer.WhichOneof("body") == "refusal":
                sys.exit(f"{answer.refusal.status} {answer.refusal.title}: {answer.refusal.detail}")
            page = answer.events_page
            if page.oldest_kept > self.last + 1:
                print(f"{self.last + 1} to {page.oldest_kept - 1} are not kept any more", file=sys.stderr)
                self.last = page.oldest_kept - 1
            for event in page.events:
                self.show(event)
            if not page.events or self.last >= page.newest:
                return

    def run(self):
        self.fill(0)
        while True:
            _topic, frame = self.stream.recv_multipart()
            event = self.pb.Envelope.FromString(frame).event
            if event.number > self.last + 1:
                self.fill(event.number)
            self.show(event)


def main():
    parser = argparse.ArgumentParser(description="Follows a workspace's events without a gap.")
    parser.add_argument("--stream", required=True, help="where notification binds it")
    parser.add_argument("--submit", required=True, help="where intake binds it")
    parser.add_argument("--workspace", required=True)
    parser.add_argument("--after", type=int, default=0, help="events with greater numbers")
    given = parser.parse_args()
    token = os.environ.get("BUCKSTOP_TOKEN")
    if not token:
        sys.exit("needs BUCKSTOP_TOKEN: buckstop token issue --scope operator --workspace NAME")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        Watch(given, token).run()
    except KeyboardInterrupt:
        pass
    except BrokenPipeError:  # whoever read it has enough; what is left is written to nobody
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


main()
