"""Prints the public names of the installed kazoo, one a line: classes and their members, functions and
constants, and what the client's and the retry object's calls take beside what they must."""

import ast
import importlib
import inspect

MODULES = """client exceptions protocol.states retry security interfaces hosts handlers.threading handlers.utils
recipe.barrier recipe.cache recipe.counter recipe.election recipe.lease recipe.lock recipe.partitioner recipe.party
recipe.queue recipe.watchers""".split()


def public(name):
    return not name.startswith("_")


def attributes(cls):
    """The attributes that the constructor of a class sets."""
    init = vars(cls).get("__init__")
    if not inspect.isfunction(init):
        return
    tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(init)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and getattr(target.value, "id", "") == "self":
                    yield target.attr


def options(function):
    """The parameters of a function that may be left out."""
    for p in inspect.signature(function).parameters.values():
        if p.default is not p.empty:
            yield p.name


for name in MODULES:
    module = importlib.import_module("kazoo." + name)
    names = set()
    for key, value in vars(module).items():
        own = getattr(value, "__module__", None) == module.__name__
        if not public(key):
            continue
        if inspect.isclass(value) and own:
            names.add(key)
            if issubclass(value, Exception):
                continue
            members = set(vars(value)) | set(getattr(value, "_fields", ()))
            if name == "client":
                members |= set(attributes(value))
            # The recipes are attributes of the client too.
            names.update(key + "." + m for m in members if public(m) and not (key == "KazooClient" and m[0].isupper()))
            if key in ("KazooClient", "KazooRetry"):
                names.update(key + "." + o for o in options(value.__init__))
            if key == "KazooClient":
                for m, f in vars(value).items():
                    if public(m) and inspect.isfunction(f) and not m.endswith("_async"):
                        names.update(key + "." + m + "." + o for o in options(f))
        elif inspect.isfunction(value) and own or key.isupper():
            names.add(key)
    print("\n".join(sorted(names)))
