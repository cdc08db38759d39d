"""A client of pyright's language server: what an editor asks it, as far as a check needs that."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


class LanguageServer:
    """A running server, which knows one document."""

    def __init__(self, requests: IO[bytes], responses: IO[bytes], document: Path) -> None:
        self._requests = requests
        self._responses = responses
        self._document = {"uri": document.as_uri()}
        self._number = 0

    def open(self, folder: Path) -> None:
        """Begin a session in a *folder*, and open the document, which is empty."""
        self._ask(
            "initialize",
            processId=None,
            rootUri=folder.as_uri(),
            workspaceFolders=[{"uri": folder.as_uri(), "name": "folder"}],
            capabilities={
                "workspace": {"configuration": True, "workspaceFolders": True},
                "textDocument": {"hover": {"contentFormat": ["plaintext"]}},
            },
        )
        self._tell("initialized")
        self._tell(
            "textDocument/didOpen", textDocument={**self._document, "languageId": "python", "version": 0, "text": ""}
        )

    def completions(self, text: str, end: str) -> list[str]:
        """Return the names that are offered after *text* and a line *end*, as an editor sorts them."""
        answer = self._ask_after("textDocument/completion", text, end) or {"items": []}
        offered = answer["items"] if isinstance(answer, dict) else answer
        return [each["label"] for each in sorted(offered, key=lambda each: each.get("sortText", each["label"]))]

    def parameters(self, text: str, end: str) -> list[str]:
        """Return the parameters of the call that begins at the *end* of the last line, after *text*."""
        answer = self._ask_after("textDocument/signatureHelp", text, end)
        if not answer or not answer["signatures"]:
            return []
        signature = answer["signatures"][0]
        label: str = signature["label"]
        return [
            part if isinstance(part, str) else label[slice(*part)]
            for part in (parameter["label"] for parameter in signature["parameters"])
        ]

    def hover(self, text: str, end: str) -> str:
        """Return the text that is shown for the name at the *end* of the last line, after *text*."""
        answer = self._ask_after("textDocument/hover", text, end, back=1)
        return str(answer["contents"]["value"]) if answer else ""

    def end(self) -> None:
        """End the session, and so the server."""
        self._ask("shutdown")
        self._tell("exit")

    def _ask_after(self, method: str, text: str, end: str, back: int = 0) -> Any:
        """Ask about the place that is so many characters *back* from the *end* of a line after the *text*."""
        changed = {**self._document, "version": self._number + 1}
        self._tell("textDocument/didChange", textDocument=changed, contentChanges=[{"text": f"{text}{end}\n"}])
        # Lines and columns count from 0.
        position = {"line": text.count("\n"), "character": len(end) - back}
        return self._ask(method, textDocument=self._document, position=position)

    def _ask(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        self._send({"id": self._number, "method": method, "params": parameters})
        while True:
            message = self._received()
            if "method" in message:
                self._answer(message)
            elif message.get("id") == self._number:
                if "error" in message:
                    sys.exit(f"pyright's language server: {method}: {message['error']}")
                return message.get("result")

    def _tell(self, method: str, **parameters: Any) -> None:
        self._send({"method": method, "params": parameters})

    def _answer(self, message: dict[str, Any]) -> None:
        """Answer what the server asks: it gets no settings but the Python that runs here."""
        if "id" not in message:
            return
        result: Any = None
        if message["method"] == "workspace/configuration":
            known = {"python": {"pythonPath": sys.executable}}
            result = [known.get(item.get("section")) for item in message["params"]["items"]]
        self._send({"id": message["id"], "result": result})

    def _send(self, message: dict[str, Any]) -> None:
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._requests.write(b"Content-Length: %d\r\n\r\n%b" % (len(content), content))
        self._requests.flush()

    def _received(self) -> Any:
        length = 0
        while line := self._responses.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if not length:
            sys.exit("pyright's language server ended before it answered.")
        return json.loads(self._responses.read(length))


@contextmanager
def language_server(folder: Path, document: Path) -> Iterator[LanguageServer]:
    """Run the server for a *document* in a *folder*. The document need not exist."""
    command = (sys.executable, "-m", "pyright.langserver", "--stdio")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        server = LanguageServer(process.stdin, process.stdout, document)
        try:
            server.open(folder)
            yield server
            server.end()
        except BaseException:
            process.kill()
            raise
