"""Imports: a repository of 2,500 commits, and a project's transcripts and tasks."""

import subprocess
import time
from pathlib import Path

import pytest

import workledger
from workledger.adapters.beads import import_beads
from workledger.adapters.claude_code import import_claude_code
from workledger.adapters.git import import_git

from .conftest import Figures

pytestmark = pytest.mark.benchmark
COMMITS = 2500
