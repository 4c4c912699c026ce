"""Ports that are ours before anybody listens there, and while nobody does.

One that was only looked up is soon given to somebody else: other tests start services all the time. So it stays bound, and
nobody listens: calls are refused, and a server that sets SO_REUSEADDR, as all do here, may listen whenever it likes.
"""
import socket

held = []  # until this process ends


def hold(address, port=0):
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        one.bind((address, port))
    except OSError:
        one.close()
        raise
    held.append(one)
    return one.getsockname()[1]


def free_port(address="127.0.0.1"):
    return hold(address)
