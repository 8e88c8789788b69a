"""All the groups of read tables."""

from workledger.projections.accounts import Accounts
from workledger.projections.agent_logs import AgentLogChunks, AgentLogSessions
from workledger.projections.agent_runs import AgentRuns
from workledger.projections.agents import Agents
from workledger.projections.change_sets import ChangeSetEntries, ChangeSets
from workledger.projections.chat_sessions import ChatMessages, ChatSessions
from workledger.projections.commits import ProjectCommits
from workledger.projections.conversations import Conversations
from workledger.projections.engine.fold.group import Group
from workledger.projections.errands import Errands
from workledger.projections.initiatives import InitiativeProjects, Initiatives
from workledger.projections.messages import Messages
from workledger.projections.pages import Pages
from workledger.projections.phase_dependencies import PhaseDependencies
from workledger.projections.phases import Phases
from workledger.projections.projects import Projects
from workledger.projections.proposals import Proposals
from workledger.projections.review_comments import ReviewComments
from workledger.projections.run_models import RunModels
from workledger.projections.session_feed import SessionEvents
from workledger.projections.sessions import SessionParticipants, Sessions
from workledger.projections.stage_runs import StageRuns
from workledger.projections.task_counts import TaskCounts
from workledger.projections.task_dependencies import TaskDependencies
from workledger.projections.tasks import Tasks
from workledger.projections.tool_calls import AuditedAgents, AuditedProjects, AuditedTasks, RunTools, ToolCalls
from workledger.projections.workspaces import Workspaces
from workledger.projections.worktrees import Worktrees
from workledger.projections.write_operations import WriteOperations

GROUPS = (
    Group(
        "board",
        [
            Workspaces,
            Projects,
            Initiatives,
            InitiativeProjects,
            Phases,
            PhaseDependencies,
            ReviewComments,
            Tasks,
            TaskDependencies,
            TaskCounts,
            Accounts,
            Agents,
            AgentRuns,
            RunModels,
            Sessions,
            SessionParticipants,
            Worktrees,
            Pages,
            ChangeSets,
            ChangeSetEntries,
            Proposals,
            StageRuns,
            WriteOperations,
            ProjectCommits,
            Messages,
            Conversations,
            ChatSessions,
            ChatMessages,
            Errands,
        ],
    ),
    Group("tool_calls", [AuditedProjects, AuditedAgents, AuditedTasks, ToolCalls, RunTools]),
    Group("agent_logs", [AgentLogChunks, AgentLogSessions]),
    Group("session_feed", [SessionEvents]),
)
