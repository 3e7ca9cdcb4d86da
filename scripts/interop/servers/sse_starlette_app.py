"""An EventSourceResponse of sse-starlette, which ends its lines with CR LF."""

import asyncio
import socket
import sys

import uvicorn
from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.routing import Route

EVENTS = int(sys.argv[1])


async def readings():
    for reading in range(EVENTS):
        await asyncio.sleep(0.005)
        yield {"event": "reading", "id": str(reading), "data": f"first line of {reading}\nsecond line"}


async def stream(_request):
    return EventSourceResponse(readings())


app = Starlette(routes=[Route("/", stream)])

with socket.create_server(("127.0.0.1", 0)) as listener:
    print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
