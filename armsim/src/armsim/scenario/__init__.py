# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The scenario file: its schema (version 1), whose classes forbid unknown fields, and reading it. The bundled ones.

What a scenario contains is carried out elsewhere: nothing here knows of a simulation.
"""

from __future__ import annotations

from armsim.scenario.actor_actions import ActorAction, Alert, ImageChange, Pick
from armsim.scenario.actors import Actor, When
from armsim.scenario.autoscale import Autoscale, AutoscaleLimits, AutoscaleProfile
from armsim.scenario.events import Event
from armsim.scenario.faults import (
    FAULT,
    AnswerFault,
    ChangedFault,
    ExpiredTokenFault,
    Fault,
    OperationFault,
    ResetFault,
    SlowFault,
    StaleFault,
    StaleSkipTokenFault,
    StatusFault,
    TruncatedFault,
)
from armsim.scenario.images import (
    Behaviour,
    Flapping,
    Gallery,
    GalleryImage,
    GalleryVersion,
    Images,
    ManagedImage,
    Plan,
    PlatformImage,
    PlatformVersion,
    PublicGallery,
    UpgradeFailure,
    Vhd,
)
from armsim.scenario.part import HealthReport, Part
from armsim.scenario.principals import FurtherPrincipal, Principal, Role
from armsim.scenario.problems import Problem, ScenarioError, problems
from armsim.scenario.reading import BUNDLED, check, load, locate, parse
from armsim.scenario.scale_sets import (
    AutomaticRepairs,
    Extension,
    Health,
    InstanceState,
    ModelImage,
    ScaleSet,
    StandbyPool,
    UpgradePolicy,
)
from armsim.scenario.service import Clock, RetryAfter, Subscription, Timings
from armsim.scenario.supply import Quota, Size
from armsim.scenario.throttling import OwnLimit, Throttling
from armsim.scenario.whole import ResourceGroup, Scenario, Tenant

__all__ = [
    "BUNDLED",
    "FAULT",
    "Actor",
    "ActorAction",
    "Alert",
    "AnswerFault",
    "AutomaticRepairs",
    "Autoscale",
    "AutoscaleLimits",
    "AutoscaleProfile",
    "Behaviour",
    "ChangedFault",
    "Clock",
    "Event",
    "ExpiredTokenFault",
    "Extension",
    "Fault",
    "Flapping",
    "FurtherPrincipal",
    "Gallery",
    "GalleryImage",
    "GalleryVersion",
    "Health",
    "HealthReport",
    "ImageChange",
    "Images",
    "InstanceState",
    "ManagedImage",
    "ModelImage",
    "OperationFault",
    "OwnLimit",
    "Part",
    "Pick",
    "Plan",
    "PlatformImage",
    "PlatformVersion",
    "Principal",
    "Problem",
    "PublicGallery",
    "Quota",
    "ResetFault",
    "ResourceGroup",
    "RetryAfter",
    "Role",
    "ScaleSet",
    "Scenario",
    "ScenarioError",
    "Size",
    "SlowFault",
    "StaleFault",
    "StaleSkipTokenFault",
    "StandbyPool",
    "StatusFault",
    "Subscription",
    "Tenant",
    "Throttling",
    "Timings",
    "TruncatedFault",
    "UpgradeFailure",
    "UpgradePolicy",
    "Vhd",
    "When",
    "check",
    "load",
    "locate",
    "parse",
    "problems",
]
