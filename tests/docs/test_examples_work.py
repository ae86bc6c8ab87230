"""What a reader is told to send is sent, word for word, and answered as they are told."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import httpx2
import pytest

from deploy.loading import people
from tests import http
from tests.docs.reading import curls, read
from tests.loading.a_town import Town, town

SCOPES = ("audit:write", "events:write", "read")  # what the documents give to my-form
EXAMPLES = [(path, words) for path in ("README.md", "docs/api.md") for words in curls(read(path))]
SENT = [(path, words) for path, words in EXAMPLES if "-d" in words]


@dataclass
class Curl:
    """As much of a curl command as the documents use."""

    url: str = ""
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None

    @staticmethod
    def of(words: Sequence[str]) -> Curl:
        asked, left = Curl(), list(words[1:])
        while left:
            match left.pop(0):
                case "-i":
                    pass
                case "-X":
                    asked.method = left.pop(0)
                case "-H":
                    name, _, value = left.pop(0).partition(": ")
                    asked.headers[name] = value
                case "-d":
                    asked.body = left.pop(0)
                case url:
                    asked.url = url
        return asked

    @property
    def service(self) -> str:
        found = re.match(r"\$GOLDENTHREAD_([A-Z]+)_ADDRESS/", self.url)
        assert found, self.url
        return found[1].lower()

    async def send(self, here: Town) -> httpx2.Response:
        token = http.token("my-form", SCOPES, ("901",))
        headers = {name: value.replace("$TOKEN", token) for name, value in self.headers.items()}
        url = f"http://{self.service}/{self.url.partition('/')[2]}"
        async with httpx2.AsyncClient(transport=here) as client:
            return await client.request(self.method, url, headers=headers, content=self.body)


@pytest.fixture(scope="module")
async def demo() -> AsyncIterator[Town]:
    """The services, knowing the demo's first authority."""
    async with town() as (here, poster):
        for stories in [[[one] for one in people.region_commands()], *people.structure("901")]:
            assert not (await poster.stories(stories)).refused
        yield here


@pytest.mark.parametrize(("path", "words"), SENT, ids=[f"{path}-{n}" for n, (path, _) in enumerate(SENT)])
async def test_an_example_is_kept_and_sent_again_changes_nothing(demo: Town, path: str, words: list[str]) -> None:
    asked = Curl.of(words)
    first, second = await asked.send(demo), await asked.send(demo)
    if "items" in first.json():
        assert [item["status"] for item in first.json()["items"]] == [201, 422]
        assert [item["status"] for item in second.json()["items"]] == [200, 422]
    else:
        assert first.status_code == 201, first.text
        assert second.status_code in (200, 201)
        assert (second.json(), second.headers["etag"]) == (first.json(), first.headers["etag"])
        assert first.headers["location"].startswith("/v1/")


async def test_a_refused_field_is_told_as_the_document_shows(demo: Town) -> None:
    wrong = Curl.of(SENT[0][1])
    wrong.headers["Idempotency-Key"] = "another"
    wrong.body = json.dumps({**json.loads(wrong.body or ""), "audit_type": "NO_SUCH_TYPE"})
    problem = (await wrong.send(demo)).json()
    assert problem["type"] == "https://goldenthread.example/problems/invalid"
    assert problem["errors"][0]["pointer"] == "#/audit_type"
    assert "NO_SUCH_TYPE" not in json.dumps(problem)
