"""A failed night is told to the addresses of the environment, by the sensor itself."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from dagster import DagsterInstance, build_run_status_sensor_context, job, op

from orchestration.jobs import AS_OF_TAG, JOB_NAME
from orchestration.notifications import NotificationError
from orchestration.sensors import build_failure_sensor
from orchestration.settings import Settings, load_settings

pytestmark = pytest.mark.slow
CANARY = "Zzyzx-Canary"


@dataclass
class Pager:
    """A listener on this machine, what it was told, and how it answers."""

    server: HTTPServer
    told: list[dict[str, str]] = field(default_factory=list)
    answer: int = 200

    @property
    def address(self) -> str:
        """Its Apprise URL."""
        return f"json://127.0.0.1:{self.server.server_port}/"


@pytest.fixture
def pager() -> Iterator[Pager]:
    """Return a listener that takes messages."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            listener.told.append(json.loads(body))
            self.send_response(listener.answer)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Print nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    listener = Pager(server)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield listener
    server.shutdown()
    thread.join()
    server.server_close()


def fail_a_night(settings: Settings) -> None:
    """Let a run of the nightly job fail, and have the sensor look at it."""

    @op
    def step() -> None:
        raise ValueError(f"could not read {CANARY}")

    @job(name=JOB_NAME)
    def night() -> None:
        step()

    with DagsterInstance.ephemeral() as instance:
        ran = night.execute_in_process(
            instance=instance, raise_on_error=False, tags={AS_OF_TAG: "2026-06-30"}
        )
        context = build_run_status_sensor_context(
            "night_failure_sensor", ran.get_run_failure_event(), instance, ran.dagster_run
        )
        build_failure_sensor(settings)(context.for_run_failure())


def test_a_failed_night_is_told_once_and_names_no_patient(settings: Settings, pager: Pager) -> None:
    fail_a_night(load_settings(landing=settings.landing, home=settings.home, notify_urls=pager.address))
    (message,) = pager.told
    assert message["title"] == "Warm Handoff: the night as of 2026-06-30 was not published"
    assert "Readers have nothing yet." in message["message"]
    assert CANARY not in json.dumps(message)


def test_an_address_that_does_not_take_the_message_is_an_error(settings: Settings, pager: Pager) -> None:
    pager.answer = 500
    with pytest.raises(NotificationError, match="did not take the message"):
        fail_a_night(load_settings(landing=settings.landing, home=settings.home, notify_urls=pager.address))
