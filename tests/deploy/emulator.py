"""An emulator of AWS that nobody here wrote (ministack), a shop and a Slack, all on loopback."""

import contextlib
import http.server
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time
import urllib.request

REGION = "ap-northeast-2"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(what, look, seconds=90):
    """The first true answer of `look`; ends the test if there is none in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = look()
        if answer:
            return answer
        time.sleep(0.5)
    sys.exit(f"FAILED: {what}: not within {seconds} s")


@contextlib.contextmanager
def ministack(folder):
    """Starts the emulator with its state in `folder`; gives its address."""
    port = free_port()
    log = open(pathlib.Path(folder) / "emulator.log", "w")
    environment = os.environ | {
        # It listens on every interface otherwise.
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "STATE_DIR": str(pathlib.Path(folder) / "state"),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    process = subprocess.Popen(["ministack"], env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"

    def answers():
        if process.poll() is not None:
            sys.exit(f"FAILED: the emulator ended: {log.name}")
        with contextlib.suppress(OSError):
            return urllib.request.urlopen(f"{address}/_ministack/health", timeout=2).status == 200

    try:
        until("the emulator answers", answers)
        yield address
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()


class Site(http.server.ThreadingHTTPServer):
    """A server on loopback that counts what it is asked."""

    daemon_threads = True

    def __init__(self, handler):
        super().__init__(("127.0.0.1", 0), handler)
        self.seen = []
        # A shop whose pages are all gone; one that is too busy to answer for an hour.
        self.gone = self.busy = False
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def host(self):
        return f"127.0.0.1:{self.server_port}"


class ShopPages(http.server.BaseHTTPRequestHandler):
    """`/p/7` is a product page whose price is 1,000 won and its number."""

    def do_GET(self):
        self.server.seen.append(self.path)
        number = self.path.removeprefix("/p/")
        if self.server.busy:
            self.send_response(429)
            self.send_header("retry-after", "3600")
            self.send_header("content-length", "0")
            self.end_headers()
            return
        if not number.isdigit() or self.server.gone:
            self.send_error(404)
            return
        offer = {"@type": "Offer", "price": str(price(int(number))), "priceCurrency": "KRW",
                 "availability": "https://schema.org/InStock"}
        product = {"@context": "https://schema.org", "@type": "Product", "name": f"상품 {number}",
                   "offers": offer}
        data = json.dumps(product, ensure_ascii=False)
        page = f'<!doctype html><title>shop</title><script type="application/ld+json">{data}</script>'
        body = page.encode()
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class SlackPosts(http.server.BaseHTTPRequestHandler):
    """An incoming webhook that keeps what is posted."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.seen.append(json.loads(body))
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


def price(number):
    return 1000 + number
