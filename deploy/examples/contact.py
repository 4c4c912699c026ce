#!/usr/bin/python3
"""contact.py - opens a contact over ZeroMQ, and says who answers for it and by when.

    BUCKSTOP_TOKEN=bs_... ./contact.py --submit tcp://127.0.0.1:5001 [--channel mail] ["what is said"]
"""
import argparse
import datetime
import os
import sys
import uuid

import zmq

import frames


def main():
    parser = argparse.ArgumentParser(description="Opens a contact over ZeroMQ.")
    parser.add_argument("--submit", required=True, help="where intake binds it")
    parser.add_argument("--channel", default="mail")
    parser.add_argument("text", nargs="?", default="Where is my card?")
    given = parser.parse_args()
    token = os.environ.get("BUCKSTOP_TOKEN")
    if not token:
        sys.exit("needs BUCKSTOP_TOKEN: buckstop token issue --scope channel --workspace NAME")
    pb = frames.messages()
    request = pb.Envelope()
    request.submit.token, request.submit.idempotency_key = token, str(uuid.uuid4())
    request.submit.channel, request.submit.text = given.channel, given.text
    request.submit.customer = "kim@example.org"
    answer = frames.ask(zmq.Context(), given.submit, request, pb)
    if answer.WhichOneof("body") == "refusal":
        sys.exit(f"{answer.refusal.status} {answer.refusal.title}: {answer.refusal.detail}")
    receipt = answer.receipt
    print(f"opened {receipt.contact}, {receipt.accountable} answers for it")
    for promise in receipt.promises:
        due = datetime.datetime.fromtimestamp(promise.due / 1000).isoformat(" ", "seconds")
        print(f"  promised by {due}")


main()
