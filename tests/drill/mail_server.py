"""A mail server: takes letters by SMTP (RFC 5321), and can be stopped, put letters off, or not answer."""

import socket
import threading
from collections import Counter
from email import message_from_bytes
from socketserver import StreamRequestHandler, ThreadingTCPServer


class MailServer:
    """Listens on one port whenever it runs; ``taken`` counts the Message-IDs of what was told to it."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as found:
            self.port = found.getsockname()[1]
        self.clear()
        self._listening: _Listening | None = None

    def clear(self) -> None:
        """Be well, with nothing taken."""
        self.taken: Counter[str] = Counter()
        self.connections = 0
        self.puts_off = False
        self.may_answer = threading.Event()
        self.may_answer.set()

    def start(self) -> None:
        """Listen."""
        self._listening = _Listening(self)
        threading.Thread(target=self._listening.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections, and cut those that stand."""
        if self._listening:
            self._listening.shutdown()
            self._listening.server_close()
            for standing in list(self._listening.standing):
                standing.close()
            self._listening = None


class _Listening(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, of: MailServer) -> None:
        self.of = of
        self.standing: set[socket.socket] = set()
        super().__init__(("127.0.0.1", of.port), _Conversation)


class _Conversation(StreamRequestHandler):
    server: _Listening

    def handle(self) -> None:
        mail = self.server.of
        mail.connections += 1
        self.server.standing.add(self.connection)
        self.say("220 mail.example.test")
        try:
            for line in self.rfile:
                match line.strip().upper()[:4]:
                    case b"EHLO" | b"HELO":
                        self.say("250 mail.example.test")
                    case b"RCPT" if mail.puts_off:
                        self.say("450 later")
                    case b"MAIL" | b"RCPT" | b"RSET" | b"NOOP":
                        self.say("250 good")
                    case b"DATA":
                        self.say("354 go on")
                        self.take()
                    case b"QUIT":
                        return self.say("221 good-bye")
                    case _:
                        self.say("502 not here")
        except OSError:  # whoever was there has gone
            return None
        finally:
            self.server.standing.discard(self.connection)
        return None

    def take(self) -> None:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        self.server.of.taken[message_from_bytes(b"".join(lines))["Message-ID"]] += 1
        self.server.of.may_answer.wait(30)
        self.say("250 taken")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())
