#!/bin/bash
# workflow_test.sh: the workflow is YAML in which each job has steps, and each script that a step runs exists.
set -euo pipefail
# shellcheck source=tests/repository/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

python3 -c 'import yaml' 2> /dev/null || skip "python3-yaml is not installed"
python3 - .github/workflows/ci.yml << 'PYTHON'
import os, sys, yaml

jobs = yaml.safe_load(open(sys.argv[1]))["jobs"]
scripts = 0
for name, job in jobs.items():
    assert job["steps"], f"{name}: no steps"
    for needed in job.get("needs", []):
        assert needed in jobs, f"{name}: needs {needed}"
    for step in job["steps"]:
        assert ("run" in step) != ("uses" in step), f"{name}: {step}"
        word = step.get("run", "").split(" ")[0]
        if word.startswith("scripts/"):
            assert os.access(word, os.X_OK), f"{name}: {word}"
            scripts += 1
print(f"{len(jobs)} jobs, {scripts} of the steps run a script")
PYTHON
