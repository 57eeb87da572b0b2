"""Requests that address the service by a name of others are refused."""

from __future__ import annotations

import pytest

from sklvision.serving import ServiceSettings
from tests.serving._clients import call, check_refusal, run_command, run_in_thread, send_raw


def ask(address, host):
    return call(address, path="/health", Host=host)


def test_service_takes_any_name_unless_names_are_set(spectra_server):
    assert ask(spectra_server, "line.example").status == 200


def test_service_takes_its_names_alone(spectra):
    with run_in_thread(spectra.model, server_names=["line.example", "[::1]"]) as address:
        for name in ("line.example", "LINE.example:8443", "[::1]:80"):
            assert ask(address, name).status == 200, name
        for name in ("127.0.0.1", "evil.example", "line.example.evil.example", "a/b", ""):
            check_refusal(ask(address, name), 421, "not known by the host name")
        two = send_raw(address, b"GET / HTTP/1.1\r\nHost: line.example\r\nHost: x\r\n\r\n")
        assert b" 421 " in two or b" 400 " in two
        assert "421" in call(address, path="/openapi.json", Host="line.example").body.decode()


def test_service_with_the_name_of_all_takes_any(spectra):
    with run_in_thread(spectra.model, server_names=["*"]) as address:
        assert ask(address, "line.example").status == 200


def test_serve_on_loopback_takes_names_of_loopback_alone(spectra_file):
    with run_command(spectra_file, "--allow-pickle", "--port", 0, "--quiet") as (_, address):
        for name in ("127.0.0.1", f"localhost:{address[1]}", "[::1]"):
            assert ask(address, name).status == 200, name
        check_refusal(ask(address, "evil.example"), 421)


@pytest.mark.slow
def test_serve_takes_the_name_of_a_proxy(spectra_file):
    argv = (spectra_file, "--allow-pickle", "--port", 0, "--quiet", "--read-timeout", "3.5")
    with run_command(*argv, "--server-name", "line.example") as (_, address):
        assert ask(address, "line.example").status == 200
        check_refusal(ask(address, "127.0.0.1"), 421)


@pytest.mark.parametrize("name", ["line.example:80", "http://line.example", "a b", ""])
def test_names_of_servers_are_checked(name):
    with pytest.raises(ValueError, match="server_names must be"):
        ServiceSettings(server_names=[name])
