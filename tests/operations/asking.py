"""Another host that talks to the CA's side of a deployment in lines of its own making."""

import json
import os
import threading
from typing import Any

from certmgr import deployment_wire as wire
from certmgr.errors import CertmgrError
from certmgr.net.lines import Lines
from certmgr.operations import deployment_serving
from tests.home import HomeForTest

HOST = "web1"
Message = dict[str, Any]


class Asker:
    """The other side, in lines of its own making; `problem` is what ended the conversation."""

    def __init__(self, home: HomeForTest, host: str = HOST) -> None:
        self._to, self._from = os.pipe(), os.pipe()
        self._speaking = self._listening = True
        self.problem: CertmgrError | None = None
        self._home = home
        lines = Lines(self._to[0], self._from[1], limit=wire.MAX_REQUEST)
        self._answers = Lines(self._from[0], self._to[1], limit=wire.MAX_ANSWER)
        actor = deployment_serving.serving_actor()
        self._conversation = deployment_serving.Conversation(home.workspace, actor, host, lines)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._conversation.run()
        except CertmgrError as problem:
            self.problem = problem
        finally:
            self._home.workspace.close()
            os.close(self._from[1])

    def send(self, line: bytes) -> None:
        """Write octets as they are."""
        os.write(self._to[1], line)

    def answer(self) -> Message:
        """Return the next answer; an empty one at the end."""
        line = self._answers.read(20)
        found: Message = json.loads(line) if line is not None else {}
        return found

    def ask(self, **fields: object) -> Message:
        """Ask as certmgr does, and return the answer."""
        self.send(wire.encoded(**fields) + b"\n")
        return self.answer()

    def list(self) -> list[Message]:
        """Return what is offered."""
        head = self.ask(do="list")
        assert (head["is"], head["host"]) == ("list", HOST)
        return [self.answer() for _ in range(head["count"])]

    def hang_up(self) -> None:
        """Say that nothing more comes."""
        if self._speaking:
            self._speaking = False
            os.close(self._to[1])

    def close(self) -> None:
        """End it, and wait for the other side."""
        self.hang_up()
        self._thread.join(20)
        assert not self._thread.is_alive()
        if self._listening:
            self._listening = False
            os.close(self._to[0])
            os.close(self._from[0])
