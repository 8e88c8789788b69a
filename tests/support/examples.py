"""How many examples Hypothesis tries of a test that takes long over each."""

from hypothesis import settings


def examples(count: int) -> int:
    """So many of them, and ten times as many when exploring (`make explore`)."""
    return count * (10 if settings.get_current_profile_name() == "explore" else 1)
