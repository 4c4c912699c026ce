"""SNAPSHOT for real: an archive of snapshots that has one day, images whose packages come from there, by apt.

What stands in for the archive is a server of this machine's own. It has the paths of one, and answers each that is of its day
with where the mirror has the file; so the packages are those of today, but that they were asked for by their day, and that
nothing else was asked, is seen.
"""
import contextlib
import http.server
import os
import re
import tempfile
import threading

import engine
import images

DAY, OTHER_DAY = "20260110T000000Z", "20260111T000000Z"
BASE, DATED = "localhost/buckstop-dated-base:latest", "localhost/buckstop-dated:latest"
SOURCES = """Types: deb
# http://127.0.0.1:{port}/archive/debian/20260105T000000Z
URIs: http://mirror.invalid/debian
Suites: trixie
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""


class Archive(http.server.BaseHTTPRequestHandler):
    asked = []

    def do_GET(self):
        self.asked.append(self.path)
        found = re.fullmatch(rf"/archive/debian/{DAY}(/.*)", self.path)
        self.send_response(302 if found else 404)
        if found:
            self.send_header("Location", engine.mirror() + found[1])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def base(podman):
    """A base image that names that archive, as Debian's own does, and beside it a mirror that nobody reaches."""
    Archive.asked.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Archive) as server, tempfile.TemporaryDirectory() as folder:
        threading.Thread(target=server.serve_forever).start()
        try:
            for name, text in (("sources", SOURCES.format(port=server.server_port)),
                               ("file", f"FROM {engine.BASE}\nRUN rm -f /etc/apt/sources.list\n"
                                        "COPY sources /etc/apt/sources.list.d/debian.sources\n")):
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text)
            podman.base_image()
            podman.build(BASE, folder, folder + "/file")
            yield
        finally:
            server.shutdown()
            podman.call("rmi", "--force", DATED, BASE)


def build(podman, day, target):
    podman.build(DATED, engine.ROOT, images.CONTAINERFILE, "--build-arg", "BASE=" + BASE, "--build-arg", "SNAPSHOT=" + day,
                 target=target)


def built(podman, target, package, *words):
    """All that an image has came by its day; of a day that the archive does not have none is made."""
    with base(podman):
        build(podman, DAY, target)
        assert all(path.startswith(f"/archive/debian/{DAY}/") for path in Archive.asked), Archive.asked
        got = [path for path in Archive.asked if path.endswith(".deb")]
        assert any(f"/{package}_" in path for path in got), f"no {package} among {len(got)}"
        said = podman.do("run", "--rm", "--network", "none", "--read-only", DATED, *words)
        try:
            build(podman, OTHER_DAY, target)
        except engine.Failed as failed:
            assert "does not have a Release file" in str(failed), failed
        else:
            raise AssertionError("an image of a day that the archive does not have")
    print(f"      {len(got)} packages by their day; {said.splitlines()[0]}")
