"""What the tests compare with: the program's flags and variables, and the files of this folder."""

import os
import re
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
TOOLS = ROOT / ".local/deploy/bin"
SERVERS = ROOT / ".local/servers/bin"
PROGRAM = Path(os.environ["PRIMATOMIC_PROGRAM"])

# What the AWS SDK reads by itself.
OF_THE_SDK = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
ROLES = {"all", "control-plane", "worker", "archiver"}


@cache
def help_page(*command):
    command = [PROGRAM, *(command or ["serve"]), "--help"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@cache
def variables():
    """The environment variables that the server reads."""
    found = set(re.findall(r"\[env: (\w+)", help_page()))
    assert "PRIMATOMIC_LISTEN" in found, help_page()
    return found | OF_THE_SDK


@cache
def flags():
    return set(re.findall(r"--[a-z][a-z0-9-]+", help_page()))


@cache
def flags_of_operators():
    """Those of the server, and of the commands that operators run beside it."""
    pages = help_page() + help_page("restore") + help_page("archive", "status")
    return set(re.findall(r"--[a-z][a-z0-9-]+", pages))


def named_variables(text):
    """The variables of Primatomic and of the SDK that a text names."""
    return set(re.findall(r"\b(?:PRIMATOMIC|AWS)_[A-Z0-9_]+\b", text))


def assigned(path):
    """The variables that an environment file sets, with their values."""
    lines = path.read_text().splitlines()
    pairs = [line.lstrip("#").split("=", 1) for line in lines if re.match(r"#?[A-Z0-9_]+=", line)]
    return dict(pairs)


def check_command(words):
    """That a command line such as `serve worker --flag` is one of the program's."""
    assert words[0] == "serve" and words[1] in ROLES, words
    unknown = {word.split("=")[0] for word in words[2:] if word.startswith("--")} - flags()
    assert not unknown, unknown
