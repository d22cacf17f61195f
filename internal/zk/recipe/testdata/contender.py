"""One kazoo client with one lock or semaphore, for a test to drive.

    contender.py HOSTS KIND PATH IDENTIFIER [LEASES]

What CONTENDER_AUTH in the environment holds, as user:password, is its identity. It reads commands from standard input, a line each, and answers each with a line: a word, or JSON. It ends with its
input, whatever it waits for then.
"""
import json
import os
import queue
import sys
import threading

from kazoo.client import KazooClient

hosts, kind, path, identifier = sys.argv[1:5]
auth = os.environ.get("CONTENDER_AUTH")
client = KazooClient(hosts=hosts, timeout=30, auth_data=[("digest", auth)] if auth else None)
client.start(timeout=30)
if kind == "Semaphore":
    recipe = client.Semaphore(path, identifier, max_leases=int(sys.argv[5]))
else:
    recipe = getattr(client, kind)(path, identifier)


def count(node, rounds):
    """Adds one to the number in a node again and again, each time with the lock, and with nothing else to protect it."""
    for _ in range(rounds):
        with recipe:
            number = int(client.get(node)[0])
            client.set(node, str(number + 1).encode())
    return "counted"


def run(command, *args):
    if command == "acquire":
        return "held" if recipe.acquire() else "not held"
    if command == "try":
        return "held" if recipe.acquire(blocking=False) else "busy"
    if command == "release":
        return "released" if recipe.release() else "not held"
    if command == "contenders":
        return json.dumps(recipe.contenders())
    if command == "holders":
        return json.dumps(sorted(recipe.lease_holders()))
    if command == "count":
        return count(args[0], int(args[1]))
    return "unknown command " + command


def work():
    while True:
        words = commands.get()
        try:
            answer = run(*words)
        except Exception as e:
            answer = "{}: {}".format(type(e).__name__, e)
        print(answer, flush=True)


commands = queue.Queue()
threading.Thread(target=work, daemon=True).start()
print("started", flush=True)
for line in sys.stdin:
    commands.put(line.split())
client.stop()
os._exit(0)
