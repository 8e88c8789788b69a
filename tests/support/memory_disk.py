"""A folder in memory for what tests throw away: commits and copies need not wait for a disk there."""

import os
import shutil
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")
ROOM = 2 * 2**30
"""Bytes that must be free; what tests keep at any one time is a fraction of that."""


def memory_disk() -> Path | None:
    """The system's folder in memory, where it has room and lets programs run; None elsewhere."""
    if not SHARED_MEMORY.is_dir() or not os.access(SHARED_MEMORY, os.W_OK):
        return None
    runs_programs = not os.statvfs(SHARED_MEMORY).f_flag & os.ST_NOEXEC
    return SHARED_MEMORY if runs_programs and shutil.disk_usage(SHARED_MEMORY).free >= ROOM else None
