"""What an agent is told before it begins: pages, summaries and messages, within a budget of tokens (domain.md 3.8)."""

from workledger.projections.context.assembled import BUDGET as BUDGET
from workledger.projections.context.assembled import assemble_context as assemble_context
from workledger.projections.context.entries import Context as Context
from workledger.projections.context.entries import Entry as Entry
from workledger.projections.context.entries import as_text as as_text
from workledger.projections.context.entries import estimate as estimate
