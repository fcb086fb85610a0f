# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""A token is used again by its own login alone, as long as it lives, from a file that nobody else can read."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._azure.token_cache import LEAST_SECONDS, Token, TokenCache

NOW = 1_800_000_000.0
SCOPE = "https://management.example/.default"
OWNER = ("client_secret", "tenant", "client")


class Login:
    """Logs in, and counts how often."""

    def __init__(self, expires_on: float = NOW + 3600) -> None:
        self.made = self.asked = 0
        self._expires_on = expires_on

    def __call__(self) -> Login:
        self.made += 1
        return self

    def get_token(self, *_scopes: str, **_options: Any) -> Token:
        self.asked += 1
        return Token(f"token {self.asked}", int(self._expires_on))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "token.json"


def process(path: Path, login: Login, owner: tuple[str, ...] = OWNER, now: float = NOW) -> TokenCache:
    """What one call of a module has."""
    return TokenCache(str(path), owner, login, now=lambda: now)


def test_the_next_process_does_not_log_in(path: Path) -> None:
    login = Login()
    first = process(path, login).get_token(SCOPE, enable_cae=True)
    assert process(path, login).get_token(SCOPE, enable_cae=True) == first == Token("token 1", int(NOW) + 3600)
    assert (login.made, login.asked) == (1, 1)
    assert os.listdir(path.parent) == [path.name]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("owner", "scope", "later"),
    [
        pytest.param(("cli", "tenant", "client"), SCOPE, 0, id="another login"),
        pytest.param(OWNER, "https://other.example/.default", 0, id="for something else"),
        pytest.param(OWNER, SCOPE, 3600 - LEAST_SECONDS, id="about to expire"),
    ],
)
def test_a_token_that_does_not_fit_is_replaced(path: Path, owner: tuple[str, ...], scope: str, later: float) -> None:
    login = Login()
    process(path, login).get_token(SCOPE)
    again = process(path, login, owner, NOW + later)
    assert again.get_token(scope).token == "token 2"
    assert json.loads(path.read_text(encoding="utf-8"))["token"] == "token 2"


def test_a_token_that_azure_has_refused_is_replaced(path: Path) -> None:
    login = Login()
    cache = process(path, login)
    cache.get_token(SCOPE)
    assert cache.get_token(SCOPE, claims="{}").token == "token 2"
    assert cache.get_token(SCOPE).token == "token 2"
    assert login.made == 1


@pytest.mark.parametrize("text", ["", "[]", "{", '{"token": "t"}', '{"key": "k", "token": "t", "expires_on": "soon"}'])
def test_a_damaged_file_costs_a_login(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    assert process(path, Login()).get_token(SCOPE).token == "token 1"


def test_bytes_that_are_no_text_cost_a_login(path: Path) -> None:
    path.write_bytes(b"\xff\xfe")
    path.chmod(0o600)
    assert process(path, Login()).get_token(SCOPE).token == "token 1"


def test_a_file_that_others_may_read_is_not_used(path: Path) -> None:
    login = Login()
    process(path, login).get_token(SCOPE)
    path.chmod(0o640)
    assert process(path, login).get_token(SCOPE).token == "token 2"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    login = Login()
    process(tmp_path / "elsewhere", login).get_token(SCOPE)
    path.symlink_to(tmp_path / "elsewhere")
    assert process(path, login).get_token(SCOPE).token == "token 2"
    assert not path.is_symlink()


def test_a_folder_that_is_not_there_costs_a_login(tmp_path: Path) -> None:
    login = Login()
    cache = process(tmp_path / "gone" / "token.json", login)
    assert [cache.get_token(SCOPE).token for _call in range(2)] == ["token 1", "token 2"]
