# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Any request at all, to every address: the answer is the service's own, never a failure of the simulator.

``ARMSIM_FUZZ=5000`` makes so many requests of each kind instead of the few of a usual run.
"""

from __future__ import annotations

import json
import logging
import os
import string
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from armsim.web.app import ENDPOINTS
from armsim.web.call import Endpoint

from .in_process import VERSION, Answer, Site

EXAMPLES = int(os.environ.get("ARMSIM_FUZZ", "60"))
METHODS = ["GET", "PUT", "PATCH", "POST", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY"]
WRITING = [endpoint for endpoint in ENDPOINTS if endpoint.method != "GET"]
KNOWN = {
    "group": "rg-shop",
    "scale_set": "web",
    "location": "westeurope",
    "publisher": "Canonical",
    "offer": "ubuntu-24_04-lts",
    "sku": "server",
    "version": "24.04.202510010",
    "setting": "web-autoscale",
}
FIELDS = [
    *("properties", "sku", "capacity", "name", "location", "zones", "tags", "identity", "plan", "etag", "instanceIds"),
    *("virtualMachineProfile", "storageProfile", "imageReference", "osDisk", "dataDisks", "upgradePolicy", "mode"),
    *("rollingUpgradePolicy", "automaticOSUpgradePolicy", "automaticRepairsPolicy", "extensionProfile", "extensions"),
    *("osProfile", "networkProfile", "networkInterfaceConfigurations", "healthProbe", "orchestrationMode", "settings"),
    *("protectionPolicy", "protectFromScaleIn", "protectFromScaleSetActions", "publisher", "offer", "version", "id"),
    *(
        "serviceName",
        "action",
        "overprovision",
        "scaleInPolicy",
        "rules",
        "platformFaultDomainCount",
        "type",
        "enabled",
    ),
    *("profiles", "minimum", "maximum", "default", "targetResourceUri", "notifications", "email", "recurrence"),
    *("gracePeriod", "maxBatchInstancePercent", "pauseTimeBetweenBatches", "typeHandlerVersion", "intervalInSeconds"),
]
OPTIONS = ["$expand", "$select", "$filter", "$top", "$orderby", "$skiptoken", "$skip", "monitor", "hibernate", "$what"]
WORDS = [
    *("instanceView", "*", "0", "-1", "1e9", "name desc", "properties/latestModelApplied eq true", "web", "Canonical"),
    *("Manual", "Automatic", "Rolling", "Uniform", "Flexible", "AutomaticRepairs", "Suspend", "PT10M", "latest", "'"),
    *("'virtualMachineScaleSet/id' eq ''", "startswith(name, 'a')", "eyJsYXN0IjogMX0=", "bGFzdA==", "\x00", "\ud800"),
]
text = st.sampled_from(WORDS) | st.text(max_size=12)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | text
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS) | text, inner, max_size=4),
    max_leaves=12,
)
queries = st.lists(st.tuples(st.sampled_from(OPTIONS) | text, text), max_size=3)


@pytest.fixture(scope="module")
def site() -> Site:
    """One simulator for all questions: it has to bear whatever was done to it before."""
    return Site.bundled()


@pytest.fixture(autouse=True)
def _no_failure_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.ERROR, "armsim"):
        yield


def _encoded(pairs: list[tuple[str, str]]) -> str:
    parts = [(name.encode("utf-8", "surrogatepass"), value.encode("utf-8", "surrogatepass")) for name, value in pairs]
    return "&".join(f"{_percent(name)}={_percent(value)}" for name, value in parts)


def _percent(content: bytes) -> str:
    safe = (string.ascii_letters + string.digits + "$-._").encode()
    return "".join(chr(byte) if byte in safe else f"%{byte:02X}" for byte in content)


@st.composite
def questions(draw: st.DrawFn, site: Site, endpoints: list[Endpoint]) -> tuple[str, str]:
    """Method and address of an operation: its names mostly right, the method, the case and the end now and then not."""
    if not site.host.simulation.scale_sets():
        site.admin("POST", "reset")
    endpoint = draw(st.sampled_from(endpoints))
    right = {**KNOWN, "subscription": site.spec.subscription.id, "instance": _instance(site)}
    segments = []
    for segment in endpoint.path.split("/"):
        name = segment.strip("{}")
        known = segment if name == segment else right.get(name, "0")
        variants = st.sampled_from(
            [known] * 40 + [known.upper(), known.lower(), *(["nope"] if name != segment else [])]
        )
        segments.append(draw(variants | text.map(_path) if name == "instance" else variants))
    end = draw(st.sampled_from([""] * 20 + ["/", "//", "/more", "%", "%zz", "?"]))
    method = draw(st.sampled_from([endpoint.method] * 20 + METHODS))
    return method, "/".join(segments) + end


def _instance(site: Site) -> str:
    """One of the instances there are; the questions may have deleted those there were."""
    sets = site.host.simulation.scale_sets()
    return next(iter(sets[0].instances), "0") if sets else "0"


def _path(item: str) -> str:
    return _percent(_bytes(item))


def _bytes(item: str) -> bytes:
    return item.encode("utf-8", "surrogatepass")


def check(answer: Answer, method: str) -> None:
    """What holds for every answer of the service."""
    assert answer.complete
    assert answer.status < 500, answer.body
    assert len(answer.headers["x-ms-request-id"]) == 36
    if method == "HEAD" or not answer.body:
        assert answer.status < 400 or method == "HEAD"
        return
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert int(answer.headers["content-length"]) == len(answer.body)
    body = json.loads(answer.body, parse_constant=pytest.fail)
    if answer.status >= 400:
        assert set(body) == {"error"}
        assert isinstance(body["error"]["code"], str)
        assert body["error"]["code"]
        assert isinstance(body["error"]["message"], str)


usual = settings(
    max_examples=EXAMPLES,
    derandomize="ARMSIM_FUZZ" not in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@usual
@given(data=st.data(), pairs=queries, version=st.sampled_from([VERSION] * 12 + ["2016-03-30", "", "x"]))
def test_any_query_at_any_address(site, data, pairs, version):
    method, path = data.draw(questions(site, ENDPOINTS))
    query = "&".join(part for part in (_encoded(pairs), f"api-version={version}") if part)
    check(site.send(method, path, query), method)
    site.wait(1)


@usual
@given(data=st.data(), document=documents, ids=st.lists(st.sampled_from(["*", "0", "1", "2", "x"]), max_size=3))
def test_any_document_at_any_address(site, data, document, ids):
    method, path = data.draw(questions(site, WRITING))
    if isinstance(document, dict) and ids:
        document = {"instanceIds": ids, **document}
    check(site.call(method, path, document=document), method)
    site.wait(20)


@usual
@given(data=st.data(), document=documents, method=st.sampled_from(["PUT", "PATCH"]))
def test_any_change_of_the_model(site, data, document, method):
    """Somewhere in a model that was right there stands something else, or more."""
    site.admin("POST", "reset")
    model = site.get(site.web).json()
    here: Any = model
    while True:
        name = data.draw(st.sampled_from([*here, *FIELDS[:4]] if isinstance(here, dict) else range(len(here))))
        deeper = here[name] if isinstance(here, list) or name in here else None
        if not isinstance(deeper, dict | list) or not deeper or data.draw(st.integers(0, 4)) == 0:
            break
        here = deeper
    here[name] = document
    check(site.call(method, site.web, document=model), method)
    site.wait(60)
    for path in ("", "/instanceView", "/rollingUpgrades/latest"):
        check(site.get(site.web + path), "GET")
    for path in ("/virtualMachines", f"/virtualMachines/{_instance(site)}"):
        check(site.get(site.web + path, "$expand=instanceView"), "GET")


@usual
@given(
    path=st.text(st.characters(max_codepoint=255, exclude_characters="?#"), max_size=40).map(lambda item: "/" + item),
    query=st.text(st.characters(max_codepoint=255), max_size=40),
    body=st.binary(max_size=60),
    headers=st.dictionaries(
        st.sampled_from(["If-Match", "If-None-Match", "Authorization", "Content-Type", "Host", "Accept", "x-ms-junk"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20),
        max_size=4,
    ),
    method=st.sampled_from(METHODS),
)
def test_noise(site, path, query, body, headers, method):
    for address in (path, site.web):
        check(site.send(method, address, query, body=body, headers=headers), method)
