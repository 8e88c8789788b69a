"""The tables of Codewalkers, as its documentation describes them: what a database for a test is made with."""

import re

SCHEMA = """
create table `initiatives` (
    `id` text primary key not null, `name` text not null, `status` text not null default 'active', `branch` text,
    `created_at` integer not null, `updated_at` integer not null
);
create table `phases` (
    `id` text primary key not null, `initiative_id` text not null, `name` text not null, `content` text,
    `status` text not null default 'pending', `merge_base` text, `created_at` integer not null,
    `updated_at` integer not null,
    foreign key (`initiative_id`) references `initiatives`(`id`) on delete cascade
);
create table `phase_dependencies` (
    `phase_id` text not null, `depends_on_phase_id` text not null,
    foreign key (`phase_id`) references `phases`(`id`) on delete cascade,
    foreign key (`depends_on_phase_id`) references `phases`(`id`) on delete cascade
);
create table `tasks` (
    `id` text primary key not null, `phase_id` text, `initiative_id` text, `parent_task_id` text, `name` text not null,
    `description` text, `type` text not null default 'auto', `category` text not null default 'execute',
    `priority` text not null default 'medium', `status` text not null default 'pending',
    `order` integer not null default 0, `summary` text, `retry_count` integer not null default 0,
    `created_at` integer not null, `updated_at` integer not null,
    foreign key (`phase_id`) references `phases`(`id`) on delete cascade,
    foreign key (`initiative_id`) references `initiatives`(`id`) on delete cascade,
    foreign key (`parent_task_id`) references `tasks`(`id`) on delete cascade
);
create table `task_dependencies` (
    `task_id` text not null, `depends_on_task_id` text not null,
    foreign key (`task_id`) references `tasks`(`id`) on delete cascade,
    foreign key (`depends_on_task_id`) references `tasks`(`id`) on delete cascade
);
create table `accounts` (
    `id` text primary key not null, `email` text not null, `provider` text not null default 'claude',
    `config_json` text, `credentials` text, `is_exhausted` integer not null default 0, `exhausted_until` integer,
    `last_used_at` integer, `sort_order` integer not null default 0, `created_at` integer not null,
    `updated_at` integer not null
);
create table `agents` (
    `id` text primary key not null, `name` text not null unique, `task_id` text, `initiative_id` text,
    `session_id` text, `worktree_id` text not null, `provider` text not null default 'claude', `account_id` text,
    `status` text not null default 'idle', `mode` text not null default 'execute', `pid` integer, `exit_code` integer,
    `prompt` text, `output_file_path` text, `result` text, `pending_questions` text, `user_dismissed_at` integer,
    `created_at` integer not null, `updated_at` integer not null,
    foreign key (`task_id`) references `tasks`(`id`) on delete set null,
    foreign key (`initiative_id`) references `initiatives`(`id`) on delete set null,
    foreign key (`account_id`) references `accounts`(`id`) on delete set null
);
create table `proposals` (
    `id` text primary key not null, `agent_id` text not null, `initiative_id` text not null,
    `target_type` text not null, `target_id` text, `title` text not null, `summary` text, `content` text,
    `metadata` text, `status` text not null default 'pending', `sort_order` integer not null default 0,
    `created_at` integer not null, `updated_at` integer not null,
    foreign key (`agent_id`) references `agents`(`id`) on delete cascade,
    foreign key (`initiative_id`) references `initiatives`(`id`) on delete cascade
);
create table `pages` (
    `id` text primary key not null, `initiative_id` text not null, `parent_page_id` text, `title` text not null,
    `content` text, `sort_order` integer not null default 0, `created_at` integer not null,
    `updated_at` integer not null,
    foreign key (`initiative_id`) references `initiatives`(`id`) on delete cascade,
    foreign key (`parent_page_id`) references `pages`(`id`) on delete cascade
);
create table `projects` (
    `id` text primary key not null, `name` text not null unique, `url` text not null unique,
    `default_branch` text not null default 'main', `last_fetched_at` integer, `created_at` integer not null,
    `updated_at` integer not null
);
create table `initiative_projects` (
    `initiative_id` text not null, `project_id` text not null, `created_at` integer not null,
    foreign key (`initiative_id`) references `initiatives`(`id`) on delete cascade,
    foreign key (`project_id`) references `projects`(`id`) on delete cascade
);
create table `messages` (
    `id` text primary key not null, `sender_type` text not null, `sender_id` text, `recipient_type` text not null,
    `recipient_id` text, `type` text not null default 'info', `content` text not null,
    `requires_response` integer not null default 0, `status` text not null default 'pending',
    `parent_message_id` text, `created_at` integer not null, `updated_at` integer not null,
    foreign key (`sender_id`) references `agents`(`id`) on delete set null,
    foreign key (`recipient_id`) references `agents`(`id`) on delete set null,
    foreign key (`parent_message_id`) references `messages`(`id`) on delete set null
);
create table `agent_log_chunks` (
    `id` text primary key not null, `agent_id` text not null, `agent_name` text not null,
    `session_number` integer not null default 1, `content` text not null, `created_at` integer not null
);
create index `agent_log_chunks_agent` on `agent_log_chunks` (`agent_id`);
create table `conversations` (
    `id` text primary key not null, `from_agent_id` text not null, `to_agent_id` text not null, `initiative_id` text,
    `phase_id` text, `task_id` text, `question` text not null, `answer` text,
    `status` text not null default 'pending', `created_at` integer not null, `updated_at` integer not null,
    foreign key (`from_agent_id`) references `agents`(`id`) on delete cascade,
    foreign key (`to_agent_id`) references `agents`(`id`) on delete cascade,
    foreign key (`initiative_id`) references `initiatives`(`id`) on delete set null,
    foreign key (`phase_id`) references `phases`(`id`) on delete set null,
    foreign key (`task_id`) references `tasks`(`id`) on delete set null
);
create table `chat_sessions` (
    `id` text primary key not null, `target_type` text not null, `target_id` text not null,
    `initiative_id` text not null, `agent_id` text, `status` text not null default 'active',
    `created_at` integer not null, `updated_at` integer not null,
    foreign key (`initiative_id`) references `initiatives`(`id`) on delete cascade,
    foreign key (`agent_id`) references `agents`(`id`) on delete set null
);
create table `chat_messages` (
    `id` text primary key not null, `chat_session_id` text not null, `role` text not null, `content` text not null,
    `change_set_id` text, `created_at` integer not null,
    foreign key (`chat_session_id`) references `chat_sessions`(`id`) on delete cascade
);
create table `errands` (
    `id` text primary key not null, `description` text not null, `branch` text not null,
    `base_branch` text not null default 'main', `agent_id` text, `project_id` text,
    `status` text not null default 'active', `created_at` integer not null, `updated_at` integer not null,
    foreign key (`agent_id`) references `agents`(`id`) on delete set null,
    foreign key (`project_id`) references `projects`(`id`) on delete cascade
);
create table `review_comments` (
    `id` text primary key not null, `phase_id` text not null, `file_path` text not null,
    `line_number` integer not null, `line_type` text not null, `body` text not null,
    `author` text not null default 'you', `resolved` integer not null default 0, `created_at` integer not null,
    `updated_at` integer not null,
    foreign key (`phase_id`) references `phases`(`id`) on delete cascade
);
create unique index `initiative_project` on `initiative_projects` (`initiative_id`, `project_id`);
create table `__drizzle_migrations` (`id` integer primary key, `hash` text not null, `created_at` numeric);
"""

TABLE = re.compile(r"((?:table|references|on) )`(\w+)`")
COLUMN = re.compile(r"`(\w+)`")
RULES = re.compile(
    r" primary key| unique(?= index)| not null| unique"
    r"|,\s*foreign key \([^)]*\) references \S+ on delete (?:cascade|set null)"
)


def statements(*, camel: bool = False, rules: bool = True) -> str:
    """The statements.

    Args:
        camel: columns are called `createdAt`, not `created_at`.
        rules: keys and what else a database refuses are declared.
    """
    made = SCHEMA if rules else RULES.sub("", SCHEMA)
    made = TABLE.sub(r'\1"\2"', made)
    return COLUMN.sub(lambda match: f'"{camelled(match[1]) if camel else match[1]}"', made)


def camelled(name: str) -> str:
    """`created_at` as `createdAt`."""
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)
