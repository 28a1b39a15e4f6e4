"""The app from the outside: what it refuses, what it does not have, and how it ends."""

from __future__ import annotations

import signal
import socket
import sys
import time
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

import policy_lab as pl
from policy_lab.cli import main
from tests.lab.serving import App, message, replies, running_app

SMALL = ("fishery", "--worlds", "4", "--futures", "2")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with running_app(tmp_path_factory.mktemp("app"), *SMALL) as running:
        yield running


def refused(*arguments: str) -> str:
    """Run the command in vain, and return its one message."""
    done = CliRunner().invoke(main, ["app", "--no-browser", *arguments])
    assert done.exit_code == 2
    assert "Traceback" not in done.output
    assert "http" not in done.output  # nothing was served
    return done.output.strip()


def test_bad_input_is_refused_before_anything_is_served(tmp_path) -> None:
    (tmp_path / "screen.yaml").write_text("study: safeguarding\n", encoding="utf-8")
    assert "no study `fishry`" in refused("fishry")
    assert "fishery" in refused("fishry")
    assert "co-managment" in refused("fishery", "--designs", "co-managment")
    assert "safeguarding" in refused("fishery", "--screen", str(tmp_path / "screen.yaml"))


def test_a_port_that_is_taken_and_a_host_that_is_not_ours_are_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = refused("fishery", "--port", str(port))
    assert told.startswith(f"policy-lab: cannot serve on 127.0.0.1, port {port}: ")
    assert len(told.splitlines()) == 1
    assert "cannot serve on 192.0.2.1" in refused("fishery", "--host", "192.0.2.1")


@pytest.mark.parametrize(
    "path", ["/", "/?token=", "/?token=wrong", "/voila/static/voila.js", "/api/kernels", "/voila/files/screen.ipynb"]
)
def test_nothing_is_answered_without_the_token(app, path) -> None:
    assert app.ask(path).status == 403
    name = app.enter().split("=")[0]
    assert app.ask(path, f"{name}=wrong").status == 403


def test_a_websocket_needs_the_token_too(app) -> None:
    cookie = app.enter()
    kernel = app.kernel(cookie)
    name = cookie.split("=")[0]
    for given, more in ((f"{name}=wrong", {}), ("", {}), (cookie, {"Origin": "http://127.0.0.1:1"})):
        with pytest.raises(InvalidStatus) as refusal, app.channels(kernel, given, **more):
            pass
        assert refusal.value.response.status_code == 403
    with app.channels(kernel, cookie):
        pass


def test_the_token_leaves_the_address_line_and_the_cookie_is_for_this_site_alone(app) -> None:
    entered = app.ask("/?" + app.address.partition("?")[2])
    assert (entered.status, entered.headers["Location"]) == (302, "/")
    assert {"HttpOnly", "SameSite=Lax"} <= set(entered.headers["Set-Cookie"].split("; "))
    assert app.address.partition("token=")[2] not in entered.headers["Set-Cookie"]


def test_another_name_or_another_origin_is_refused(app) -> None:
    cookie = app.enter()
    assert app.ask("/voila/static/voila.js", cookie, Host="rebound.example").status == 403
    assert app.ask("/voila/static/voila.js", cookie, Origin="http://elsewhere.example").status == 403
    assert app.ask("/voila/static/voila.js", cookie, Origin=f"http://{app.place}").status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/screen.ipynb", "/opening.json", "/voila/files/screen.ipynb", "/voila/files/opening.json",
        "/files/opening.json", "/voila/tree", "/tree", "/voila/render/screen.ipynb", "/voila/api/contents",
        "/api/contents", "/api/kernels", "/api/sessions", "/api/terminals", "/api/kernelspecs", "/login",
        "/voila/execution/1-1-1-1-1", "/static/../app.py",
    ],
)  # fmt: skip
def test_there_is_no_listing_no_file_and_no_other_notebook(app, path) -> None:
    assert app.ask(path, app.enter()).status == 404


@pytest.mark.parametrize("root", ["/voila/static/", "/voila/labextensions/"])
def test_static_files_do_not_lead_out_of_their_folder(app, root) -> None:
    cookie = app.enter()
    for path in ("../../../../../../../etc/passwd", "%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "", "/etc/passwd"):
        answer = app.ask(root + path, cookie)
        assert answer.status in (403, 404)
        assert b"root:" not in answer.body


def test_a_kernel_cannot_be_changed_by_its_address(app) -> None:
    cookie = app.enter()
    kernel = app.kernel(cookie)
    assert app.ask(f"/api/kernels/{kernel}", cookie).status == 200
    assert app.ask(f"/api/kernels/{kernel}", cookie, "DELETE").status == 405
    assert app.ask(f"/api/kernels/{kernel}/restart", cookie, "POST").status == 404


def test_no_code_reaches_the_kernel_from_the_page(app, tmp_path) -> None:
    cookie = app.enter()
    mark = tmp_path / "mark"
    code = {"code": f"open({str(mark)!r}, 'w').close()", "silent": False, "store_history": False, "allow_stdin": False}
    stopped = {"restart": False}
    with app.channels(app.kernel(cookie), cookie) as way:
        replies(way, 10, "status")
        replies(way, 1)
        for channel in ("shell", "control", "stdin"):
            way.send(message("execute_request", code, channel))
            way.send(message("debug_request", {"command": "evaluate", "arguments": {"expression": "1"}}, channel))
            way.send(message("shutdown_request", stopped, channel))
        way.send(message("complete_request", {"code": "o", "cursor_pos": 1}))
        way.send(message("inspect_request", {"code": "open", "cursor_pos": 1, "detail_level": 0}))
        way.send(message("history_request", {"hist_access_type": "tail", "n": 9, "output": False, "raw": True}))
        way.send(message("comm_open", {"comm_id": "1", "target_name": "jupyter.widget", "data": {"state": {}}}))
        way.send(b"\0\1")
        way.send(b"\xff" * 64)  # counted, this would take for ever
        way.send('{"header": 1}')
        way.send(message("kernel_info_request", {}))  # the way is open, and its kernel lives
        told = replies(way, 60, "kernel_info_reply")
        assert told[-1] == "kernel_info_reply"
        assert not {name for name in told if name.endswith("_reply")} - {"kernel_info_reply"}
    assert not mark.exists()


def test_the_older_protocol_is_refused_because_it_stops_voila(app) -> None:
    cookie = app.enter()
    with (
        pytest.raises(InvalidStatus) as refusal,
        connect(f"ws://{app.place}/api/kernels/{app.kernel(cookie)}/channels", additional_headers={"Cookie": cookie}),
    ):
        pass
    assert refusal.value.response.status_code == 400


def test_each_visitor_has_a_kernel_and_a_page_that_leaves_takes_it_along(app) -> None:
    cookie = app.enter()
    first, second = app.kernel(cookie), app.kernel(cookie)
    assert first != second
    gone = app.ask(f"/voila/api/shutdown/{first}", cookie, "POST", Origin=f"http://{app.place}")
    assert gone.status == 204
    assert app.ask(f"/api/kernels/{first}", cookie).status == 404
    assert app.ask(f"/api/kernels/{second}", cookie).status == 200


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_with_all_its_kernels_and_leaves_nothing(how, tmp_path) -> None:
    with running_app(tmp_path / "app", *SMALL) as running:
        running.kernel(running.enter())
        assert running.kernels()
        assert running.stop(how) == 0
        end = time.monotonic() + 10
        while running.kernels() and time.monotonic() < end:
            time.sleep(0.1)
        assert running.kernels() == []
        left = {path.name for path in running.folder.iterdir()}
    assert [name for name in left if name.startswith("policy_lab_app")] == []
    assert (running.folder / "errors.log").read_text() == ""


def test_the_kernel_of_a_page_that_has_gone_is_stopped(tmp_path) -> None:
    program = (
        "from policy_lab.lab.app import server\n"
        "server.IDLE, server.LOOK = 12, 1\n"
        "told = server.Served('x', {'study': 'fishery', 'worlds': 4, 'futures': 2}, spare=0)\n"
        "server.serve(told, lambda address: print(address, flush=True))"
    )
    with running_app(tmp_path / "app", command=[sys.executable, "-c", program]) as running:
        cookie = running.enter()
        kernel = running.kernel(cookie)
        end = time.monotonic() + 90
        while running.ask(f"/api/kernels/{kernel}", cookie).status == 200 and time.monotonic() < end:
            time.sleep(0.5)
        assert running.ask(f"/api/kernels/{kernel}", cookie).status == 404


def test_it_says_what_other_machines_can_do(tmp_path) -> None:
    with running_app(tmp_path / "app", *SMALL, "--host", "0.0.0.0") as running:  # noqa: S104
        assert running.ask("/").status == 403
        running.stop()
    assert "not encrypted" in (running.folder / "errors.log").read_text()


def test_a_screen_that_was_saved_is_what_it_opens_at(tmp_path) -> None:
    saved = pl.lab("fishery", worlds=4, futures=2).save(tmp_path / "screen.yaml")
    with running_app(tmp_path / "app", *SMALL, "--screen", str(saved)) as running:
        assert b"widget-view" in running.ask("/", running.enter()).body
