# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What the front door makes of requests that are not as they should be."""

from __future__ import annotations

import pytest

from .in_process import VERSION, Answer, Site

QUERY = f"api-version={VERSION}"


@pytest.fixture(scope="module")
def site() -> Site:
    return Site.bundled()


def refusal(answer: Answer) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    return answer.status, answer.json()["error"]["code"]


def test_a_body_of_more_than_four_megabytes_is_too_large(site):
    fits, too_large = (b'{"extendedLocation": {"name": "%s"}}' % (b"x" * size) for size in (4_000_000, 5_000_000))
    assert site.send("PATCH", site.web, QUERY, body=fits).status == 200
    assert refusal(site.send("PATCH", site.web, QUERY, body=too_large)) == (413, "RequestContentTooLarge")


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_has_to_say_that_it_is_json(site, media_type):
    answer = site.send("PATCH", site.web, QUERY, body=b'{"tags": {}}', headers={"Content-Type": media_type})
    assert refusal(answer) == (415, "UnsupportedMediaType")


@pytest.mark.parametrize("body", [b"{", b"\xff", b"NaN", b'{"sku": {"capacity": Infinity}}', b"[" * 100_000])
def test_a_body_that_is_no_json_is_refused(site, body):
    assert refusal(site.send("PATCH", site.web, QUERY, body=body)) == (400, "InvalidRequestContent")


@pytest.mark.parametrize(
    "query", [f"{QUERY}&x=\xe9", f"{QUERY}&x=%e9&%", f"{QUERY}&=&&", f"%24expand=instanceView&{QUERY}"]
)
def test_a_query_in_odd_octets_is_read_all_the_same(site, query):
    assert site.send("GET", site.web, query).status == 200


@pytest.mark.parametrize(
    ("version", "code"), [("", "Missing"), ("api-version=", "Missing"), ("api-version=1", "Invalid")]
)
def test_an_api_version_is_needed(site, version, code):
    assert refusal(site.send("GET", site.web, version)) == (400, f"{code}ApiVersionParameter")


def test_an_unknown_method_is_refused(site):
    assert refusal(site.send("BREW", site.web, QUERY)) == (405, "MethodNotAllowed")
