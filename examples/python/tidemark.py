"""Starts a Tidemark server for tests and moves its clock. Copy it.

The program is found on the PATH (go install github.com/tidemark-db/tidemark/cmd/tidemark@latest), or where the
environment variable TIDEMARK says.
"""

import datetime
import json
import os
import subprocess
import urllib.request

import boto3


class Tidemark:
    """A server with a clock that stands still until it is moved. It takes further flags of the program."""

    def __init__(self, *flags):
        program = os.environ.get("TIDEMARK", "tidemark")
        self.process = subprocess.Popen(
            [program, "-addr", "127.0.0.1:0", "-clock", "manual", "-log", "error", *flags],
            stdout=subprocess.PIPE,
            text=True,
        )
        words = self.process.stdout.readline().split()  # as soon as it listens
        if not words:
            raise RuntimeError(f"{program} has not started: it ended with {self.process.wait()}")
        self.url = words[-1]

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def settings(self, account="123456789012"):
        """What boto3 needs. Accounts do not see each other, so tests that run side by side can have one each."""
        return {
            "endpoint_url": self.url,
            "region_name": "us-east-1",
            "aws_access_key_id": account,
            "aws_secret_access_key": "any",
        }

    def client(self, service="dynamodb", **more):
        return boto3.client(service, **self.settings(), **more)

    def resource(self, **more):
        return boto3.resource("dynamodb", **self.settings(), **more)

    def reset(self):
        """Forgets all tables and backups, of all accounts. The clock stays."""
        self.control("reset")

    def advance(self, duration):
        """Moves the clock ahead, by "90m" for example, and returns what it shows then."""
        return self.time(self.control("clock", advance=duration))

    def now(self):
        with urllib.request.urlopen(f"{self.url}/_tidemark/clock") as answer:
            return self.time(json.load(answer))

    @staticmethod
    def time(clock):
        return datetime.datetime.fromisoformat(clock["now"].replace("Z", "+00:00"))

    def control(self, name, **members):
        request = urllib.request.Request(
            f"{self.url}/_tidemark/{name}",
            data=json.dumps(members).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)
