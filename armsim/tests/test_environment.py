# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""``armsim env``: shell lines that point a client at a running simulator."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from armsim.cli.command import main
from armsim.launch.environment import CLIENTS, PROXIES, shell_lines, variables

READY = {
    "base_url": "https://127.0.0.1:8443",
    "metadata_url": "https://127.0.0.1:8443/metadata/endpoints?api-version=2022-09-01",
    "authority": "https://127.0.0.1:8443",
    "tenant_id": "tenant",
    "client_id": "client",
    "client_secret": "it's $HOME `here`",
    "subscription_id": "subscription",
    "ca_file": "/a folder/ca.pem",
    "identity_endpoint": "http://127.0.0.1:8444/msi/token",
    "identity_header": "header",
    "federated_token_file": "/a folder/federated-token",
}
# Stands for the Azure CLI: it notes what it is called with, and where its configuration is.
NOTE_CALLS = 'az() { printf "%s\\n" "$AZURE_CONFIG_DIR" "$@" "" >> "$CALLS"; }; '


def evaluated(client, tmp_path, prologue=""):
    """The environment of a shell that has evaluated the lines, and that was behind a proxy before."""
    show = f'"{sys.executable}" -c "import json, os; print(json.dumps(dict(os.environ)))"'
    before = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path), "CALLS": str(tmp_path / "calls")}
    before |= {"HTTPS_PROXY": "http://proxy", "https_proxy": "http://proxy", "AZURE_TOKEN_CREDENTIALS": "prod"}
    lines = "\n".join(shell_lines(READY, client))
    command = ["sh", "-euc", f'{prologue}eval "$1"; {show}', "sh", lines]
    done = subprocess.run(command, env=before, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("client", CLIENTS)
def test_the_lines_make_the_environment(client, tmp_path):
    after = evaluated(client, tmp_path, NOTE_CALLS)
    wanted = variables(READY, client)
    assert {name: after[name] for name, value in wanted.items() if value} == {
        name: value for name, value in wanted.items() if value
    }
    assert not [name for name, value in wanted.items() if not value and name in after]
    assert after["REQUESTS_CA_BUNDLE"] == after["SSL_CERT_FILE"] == "/a folder/ca.pem"
    assert not [name for name in PROXIES if name in after]


def test_the_azure_cli_is_registered_and_logged_in_with_a_fresh_configuration(tmp_path):
    evaluated("az", tmp_path, NOTE_CALLS)
    register, switch, login = (call.split("\n") for call in (tmp_path / "calls").read_text().strip().split("\n\n"))
    assert register[0] == switch[0] == login[0] != ""
    assert os.listdir(register[0]) == []
    assert register[1:] == [
        *("cloud", "register", "--name", "armsim"),
        *("--endpoint-resource-manager", READY["base_url"], "--only-show-errors"),
    ]
    assert switch[1:] == ["cloud", "set", "--name", "armsim", "--only-show-errors"]
    assert login[1:3] == ["login", "--service-principal"]
    assert {"--username=client", f"--password={READY['client_secret']}", "--tenant=tenant"} <= set(login)
    evaluated("az", tmp_path, NOTE_CALLS)
    assert (tmp_path / "calls").read_text().count(f"{register[0]}\n") == 3


def test_the_command_prints_the_lines(tmp_path, capsys):
    file = tmp_path / "ready.json"
    file.write_text(json.dumps(READY))
    assert main(["env", "--ready-file", str(file), "--for", "ansible"]) == 0
    assert capsys.readouterr().out.splitlines() == shell_lines(READY, "ansible")


@pytest.mark.parametrize(
    ("text", "reason"),
    [(None, "cannot read"), ("nonsense", "not the ready file"), ("{}", "not the ready file"), ("[]", "not the ready")],
)
def test_an_unusable_ready_file_is_told_in_one_line(tmp_path, capsys, text, reason):
    file = tmp_path / "ready.json"
    if text is not None:
        file.write_text(text)
    assert main(["env", "--ready-file", str(file), "--for", "az"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("armsim: ")
    assert reason in line
