"""Clients of kazoo's, for tests to drive: one process serves all of them.

    PYTHONPATH=.kazoo/lib tools/kazoo/peer.py HOSTS

It reads requests from standard input, a line of JSON each: {"id", "space", "code"}. The code is evaluated, or executed, on a
thread of its own among the names of its space, of which `client` is a KazooClient of the space's own. The answer is a line
of JSON: {"id", "value"}, with bytes as Latin-1, or {"id", "error"}. Code "" ends the space and its session.
"""
import json
import os
import sys
import threading

from kazoo.client import KazooClient

hosts = sys.argv[1]
spaces = {}
making = threading.Lock()
writing = threading.Lock()


def space(name):
    with making:
        if name not in spaces:
            client = KazooClient(
                hosts=hosts, timeout=30, command_retry={"max_tries": -1, "delay": 0.01, "max_delay": 0.05}
            )
            client.start(timeout=30)
            spaces[name] = {"client": client}
        return spaces[name]


def plain(value):
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return str(value)


def serve(request):
    answer = {"id": request["id"]}
    try:
        if request["code"] == "":
            client = spaces.pop(request["space"])["client"]
            client.stop()
            client.close()
        else:
            names = space(request["space"])
            try:
                code = compile(request["code"], "<test>", "eval")
            except SyntaxError:
                exec(request["code"], names)
            else:
                answer["value"] = eval(code, names)
    except BaseException as e:
        answer["error"] = "{}: {}".format(type(e).__name__, e)
    with writing:
        print(json.dumps(answer, default=plain), flush=True)


for line in sys.stdin:
    threading.Thread(target=serve, args=(json.loads(line),), daemon=True).start()
os._exit(0)
