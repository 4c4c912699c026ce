"""What a stream takes of Redis's memory."""


def stream_bytes(client, key):
    """By a copy of it, since MEMORY USAGE only estimates a stream."""
    before = client.info("memory")["used_memory"]
    client.copy(key, "copy")
    taken = client.info("memory")["used_memory"] - before
    client.delete("copy")
    return taken
