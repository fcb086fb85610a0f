# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# Everything is installed into .env/ and written to build/, both in the checkout. PYTHON=/path/to/python3 chooses another
# Python than the newest one found.

.DEFAULT_GOAL := help
.PHONY: help demo sim test core soak matrix proof conformance bench lint format drawing docs lock clean

export PYTHON RECORDINGS SPECS CASES CORE CORE_PYTHON

# Of a dump, no scenario is needed.
SCENARIO ?= $(if $(DUMP),,quickstart)
SPEED ?= 60

help:
	@echo "make demo    roll a new image through 20 simulated instances, and show that nothing was down"
	@echo "make test    everything that must hold; one part of it: make test PART=units (PART=--list: all names)"
	@echo "make core CORE=2.18 [CORE_PYTHON=3.12]"
	@echo "             unit and end-to-end tests on another ansible-core, as pip gives it"
	@echo "make soak    10,000 random rollouts in one process, with everything that can go wrong; writes the page of the"
	@echo "             documentation. Fewer: make soak ROLLOUTS=500, or TIME=3600 (seconds); SEED=4711 plays one again"
	@echo "make matrix  real runs against everything that can go wrong, and killed at every step; writes the page of the"
	@echo "             documentation. A few cases: make matrix CASES='killed wire'"
	@echo "make proof   both of these: all numbers that the documentation shows, in one go (two hours)"
	@echo "make conformance RECORDINGS=folder SPECS=folder"
	@echo "             hold the simulator against recordings and the API description of the real service"
	@echo "make lint    the part of it that takes seconds; one command of it: make lint ONLY=ruff"
	@echo "make format  fix what can be fixed: code format, defaults and texts that stand in several places, the drawing of the packages"
	@echo "make drawing draw the packages and their imports into the documentation"
	@echo "make sim     a local Azure Resource Manager to play with: make sim SCENARIO=quickstart SPEED=$(SPEED)"
	@echo "             with a scale set of yours: make sim DUMP='set.json instances.json' [SCENARIO=overlay.yaml]"
	@echo "make bench   what a rollout costs, beside Ansible alone and a script on the Azure SDK, and how fast the simulator"
	@echo "             answers. Fewer: make bench SIZES=20; FUZZ=5000 fuzzes the simulator, too"
	@echo "make docs    the documentation pages, in build/docs/html"
	@echo "make lock    choose newer development dependencies: make lock UPGRADE=--upgrade"
	@echo "make clean   remove .env/ and build/"

demo:
	@dev/env runtime
	@.env/runtime/bin/python dev/demo.py

sim:
	@dev/env runtime
	@.env/runtime/bin/python dev/sim.py --speed $(SPEED) $(if $(SCENARIO),--scenario $(SCENARIO)) $(if $(DUMP),--from-dump $(DUMP))

test:
	@dev/env dev
	@.env/dev/bin/python dev/run_parts.py $(PART)

core:
	@dev/env dev
	@.env/dev/bin/python dev/run_parts.py core

soak:
	@dev/env dev
	@cd tests && PYTHONPATH=../build/collections ../.env/dev/bin/python -m rollouts.soak $(if $(SEED),--seed $(SEED) $(if $(NOISY),--noisy)) \
		$(if $(TIME),--seconds $(TIME)) $(if $(ROLLOUTS),--rollouts $(ROLLOUTS))

matrix:
	@dev/env dev
	@.env/dev/bin/python dev/run_parts.py matrix

proof: soak matrix

conformance:
	@dev/env dev
	@.env/dev/bin/python dev/run_parts.py mirror traffic

bench:
	@dev/env dev
	@cd dev && ../.env/dev/bin/python -m bench $(if $(SIZES),--sizes $(SIZES))
	@$(if $(FUZZ),ARMSIM_FUZZ=$(FUZZ) .env/dev/bin/pytest -q armsim/tests/test_fuzz.py)

lint:
	@dev/env dev
	@.env/dev/bin/python dev/run_parts.py lint $(if $(ONLY),--only $(ONLY))

format:
	@dev/env dev
	@.env/dev/bin/ruff check --fix .
	@.env/dev/bin/ruff format .
	@.env/dev/bin/python dev/defaults.py
	@.env/dev/bin/python dev/shared_docs.py
	@.env/dev/bin/python dev/role_readme.py
	@.env/dev/bin/python dev/drawing.py

drawing:
	@dev/env dev
	@.env/dev/bin/python dev/drawing.py

docs:
	@dev/env dev
	@.env/dev/bin/python dev/build_docs.py

lock:
	@dev/lock $(UPGRADE)

clean:
	rm -rf .env build .ansible .hypothesis armsim/.hypothesis armsim/.pytest_cache tests/output
