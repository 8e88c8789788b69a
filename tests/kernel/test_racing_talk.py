"""Talk that races: what happens once happens once, whoever comes first."""

from collections import Counter
from collections.abc import Callable

import pytest

from support.races import at_once
from workledger import Workledger
from workledger.domain.agent import Agent
from workledger.domain.chat_session import ChatSession
from workledger.domain.conversation import Conversation
from workledger.domain.errand import Errand
from workledger.domain.message import Message
from workledger.domain.services.messages import respond
from workledger.domain.task import Task
