"""Answers of others over HTTP, read no further than they may be long."""

from __future__ import annotations

import json
from typing import Any

import httpx2


async def read_json(answer: httpx2.Response, *, most_bytes: int) -> Any:
    """Return what an answer that is being streamed says; raises `ValueError` that says what it is instead, in fixed
    words: packed, too long, or no JSON.
    """
    if "Content-Encoding" in answer.headers:  # what it is unpacked to has no limit
        raise ValueError("packed")
    text = b""
    async for part in answer.aiter_bytes():
        text += part
        if len(text) > most_bytes:
            raise ValueError(f"longer than {most_bytes} bytes")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise ValueError("no JSON") from problem
