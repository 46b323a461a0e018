# Two commands: `make lab` opens the course, `make test` passes all tests. Both set up what is missing.
PYTHON ?= python3
VENV   ?= .venv
RUN    := $(VENV)/bin/python
READY  := $(VENV)/.ready
# nbgrader calls the command alembic
export PATH := $(abspath $(VENV))/bin:$(PATH)

.PHONY: lab test lint notebooks assignments bundle grade prove bench clean

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or newer is needed, this is ' + sys.version)"
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet -c constraints.txt -e '.[lab,grade,dev]'
	touch $@

lab: $(READY)  ## open the course in JupyterLab
	$(RUN) -m jupyter lab --LabApp.default_url=/lab/tree/lectures/syllabus.ipynb $(if $(filter 0,$(shell id -u)),--allow-root)

test: $(READY) lint  ## every test: package, notebooks, grading, browser
	$(RUN) -m pytest -n 2 --dist loadfile --nbval-lax --nbval-current-env --nbval-cell-timeout 300 tests lectures solutions

lint: $(READY)
	$(RUN) -m ruff check . && $(RUN) -m ruff format --check .
	$(RUN) tools/build.py --check
	$(RUN) tools/grading.py release --check

notebooks: $(READY)  ## text twins in sources/ -> executed notebooks
	$(RUN) tools/build.py

assignments: notebooks  ## solutions/ -> assignments/, made by nbgrader
	$(RUN) tools/grading.py release

bundle: $(READY)  ## one zip to hand out: lectures, assignments, package; no solutions
	$(RUN) tools/bundle.py

grade: $(READY)  ## release, submit, grade and report three sample submissions of problem set 1
	$(RUN) tools/grading.py demo

prove: $(READY)  ## every wrong answer caught, every right one accepted: the banks through nbgrader, and mutants
	$(RUN) tools/prove.py $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(SET),--set $(SET))

bench: $(READY)  ## what is fast, as ratios beside the library
	for file in benchmarks/*.py; do $(RUN) $$file || exit; done

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .ruff_cache
