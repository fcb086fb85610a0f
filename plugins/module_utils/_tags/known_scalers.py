# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Services that scale a set from outside of Azure Monitor, recognised by the tags that they keep on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Scaler:
    """`rewrites_tags`: it writes the whole scale set as it read it earlier, so that tags written since are lost."""

    name: str
    rewrites_tags: bool = False


_AZURE_DEVOPS = Scaler("an Azure DevOps agent pool", rewrites_tags=True)
_CLUSTER_AUTOSCALER = Scaler("the Kubernetes cluster autoscaler")
_CLUSTER_API = Scaler("Cluster API")
# The beginnings of names, in lower case. Azure DevOps keeps the name of its pool and the time of its last write
# (reported: what configurations of pools have to ignore). The cluster autoscaler finds its sets by such tags, or has
# those of node templates (documented). Cluster API marks what it owns (documented). Runners of GitHub and GitLab, Nomad
# and KEDA leave no tags (documented: they are given the name of the set).
_TAGS = {
    "__azuredevopselasticpool": _AZURE_DEVOPS,
    "cluster-autoscaler-": _CLUSTER_AUTOSCALER,
    "k8s.io_cluster-autoscaler_": _CLUSTER_AUTOSCALER,
    "sigs.k8s.io_cluster-api-provider-azure_": _CLUSTER_API,
}


def scaler_of(tags: Iterable[str]) -> Scaler | None:
    """The service that scales a set, by the names of its tags; None where they name none."""
    names = [name.lower() for name in tags]
    return next((one for start, one in _TAGS.items() if any(name.startswith(start) for name in names)), None)
