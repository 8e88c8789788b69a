-- A ledger of version 1, with some work in it, as the code of that version left it in PostgreSQL.
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
CREATE FUNCTION public.workledger_events_are_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  if exists (select 1 from workledger where key = 'erasing') then return old; end if;
  raise exception 'events are never changed or deleted';
end $$;
CREATE TABLE public.agent_log_chunks (
    agent_id text NOT NULL COLLATE pg_catalog."C",
    session_number bigint NOT NULL,
    seq bigint NOT NULL,
    agent_name text NOT NULL COLLATE pg_catalog."C",
    content text NOT NULL COLLATE pg_catalog."C",
    bytes bigint NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.agent_log_sessions (
    agent_id text NOT NULL COLLATE pg_catalog."C",
    session_number bigint NOT NULL,
    agent_name text COLLATE pg_catalog."C",
    chunks bigint DEFAULT '0'::bigint NOT NULL,
    bytes bigint DEFAULT '0'::bigint NOT NULL,
    last_at timestamp with time zone
);
CREATE TABLE public.agent_runs (
    id text NOT NULL COLLATE pg_catalog."C",
    agent_id text NOT NULL COLLATE pg_catalog."C",
    agent_name text COLLATE pg_catalog."C",
    task_id text COLLATE pg_catalog."C",
    project_id text COLLATE pg_catalog."C",
    initiative_id text COLLATE pg_catalog."C",
    session_id text COLLATE pg_catalog."C",
    provider_session_id text COLLATE pg_catalog."C",
    session_number bigint NOT NULL,
    provider text NOT NULL COLLATE pg_catalog."C",
    account_id text COLLATE pg_catalog."C",
    mode text NOT NULL COLLATE pg_catalog."C",
    model text COLLATE pg_catalog."C",
    max_turns bigint DEFAULT '0'::bigint NOT NULL,
    status text NOT NULL COLLATE pg_catalog."C",
    prompt text COLLATE pg_catalog."C",
    prompt_ref text COLLATE pg_catalog."C",
    result jsonb,
    pending_questions jsonb,
    pause_reason text COLLATE pg_catalog."C",
    end_reason text COLLATE pg_catalog."C",
    worktree_path text COLLATE pg_catalog."C",
    worktree_id text COLLATE pg_catalog."C",
    pid bigint,
    exit_code bigint,
    output_file_path text COLLATE pg_catalog."C",
    turn_count bigint DEFAULT '0'::bigint NOT NULL,
    token_input_count bigint DEFAULT '0'::bigint NOT NULL,
    token_output_count bigint DEFAULT '0'::bigint NOT NULL,
    cache_token_count bigint DEFAULT '0'::bigint NOT NULL,
    cost_usd bigint DEFAULT '0'::bigint NOT NULL,
    error text COLLATE pg_catalog."C",
    error_type text COLLATE pg_catalog."C",
    started_at timestamp with time zone NOT NULL,
    completed_at timestamp with time zone,
    duration_ms bigint,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    version bigint NOT NULL,
    last_position bigint NOT NULL
);
CREATE TABLE public.agents (
    id text NOT NULL COLLATE pg_catalog."C",
    project_id text COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    type text NOT NULL COLLATE pg_catalog."C",
    provider text NOT NULL COLLATE pg_catalog."C",
    status text NOT NULL COLLATE pg_catalog."C",
    status_c text NOT NULL COLLATE pg_catalog."C",
    config jsonb NOT NULL,
    current_task_id text COLLATE pg_catalog."C",
    current_session_id text COLLATE pg_catalog."C",
    current_worktree_id text COLLATE pg_catalog."C",
    current_run_id text COLLATE pg_catalog."C",
    initiative_id text COLLATE pg_catalog."C",
    total_tasks bigint DEFAULT '0'::bigint NOT NULL,
    completed_tasks bigint DEFAULT '0'::bigint NOT NULL,
    failed_tasks bigint DEFAULT '0'::bigint NOT NULL,
    last_error text COLLATE pg_catalog."C",
    last_error_at timestamp with time zone,
    user_dismissed_at timestamp with time zone,
    session_count bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    version bigint NOT NULL,
    last_position bigint NOT NULL
);
CREATE TABLE public.audited_agents (
    id text NOT NULL COLLATE pg_catalog."C",
    project_id text COLLATE pg_catalog."C"
);
CREATE TABLE public.audited_projects (
    id text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.audited_tasks (
    id text NOT NULL COLLATE pg_catalog."C",
    project_id text COLLATE pg_catalog."C",
    parent_task_id text COLLATE pg_catalog."C"
);
CREATE TABLE public.checkpoints (
    name text NOT NULL COLLATE pg_catalog."C",
    "position" bigint NOT NULL,
    fingerprint text NOT NULL
);
CREATE TABLE public.claim_limits (
    key text NOT NULL COLLATE pg_catalog."C",
    capacity integer NOT NULL
);
CREATE TABLE public.claims (
    key text NOT NULL COLLATE pg_catalog."C",
    holder text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.commands (
    command_id text NOT NULL COLLATE pg_catalog."C",
    first_position bigint NOT NULL,
    last_position bigint NOT NULL
);
CREATE TABLE public.events (
    "position" bigint NOT NULL,
    stream_id text NOT NULL COLLATE pg_catalog."C",
    version integer NOT NULL,
    topic text NOT NULL COLLATE pg_catalog."C",
    schema_version integer NOT NULL,
    at text NOT NULL COLLATE pg_catalog."C",
    actor text NOT NULL,
    event_id text NOT NULL,
    correlation_id text,
    causation_id text,
    command_id text,
    tags json NOT NULL,
    data json NOT NULL
);
CREATE SEQUENCE public.events_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.events_position_seq OWNED BY public.events."position";
CREATE TABLE public.project_commits (
    id text NOT NULL COLLATE pg_catalog."C",
    project_id text NOT NULL COLLATE pg_catalog."C",
    workspace_id text COLLATE pg_catalog."C",
    commit_sha text NOT NULL COLLATE pg_catalog."C",
    commit_url text NOT NULL COLLATE pg_catalog."C",
    message text NOT NULL COLLATE pg_catalog."C",
    document_type text COLLATE pg_catalog."C",
    files_changed jsonb NOT NULL,
    triggered_by text COLLATE pg_catalog."C",
    author_name text COLLATE pg_catalog."C",
    author_email text COLLATE pg_catalog."C",
    stage_run_id text COLLATE pg_catalog."C",
    github_write_op_id text COLLATE pg_catalog."C",
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    version bigint NOT NULL,
    last_position bigint NOT NULL
);
CREATE TABLE public.projects (
    id text NOT NULL COLLATE pg_catalog."C",
    workspace_id text COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    description text COLLATE pg_catalog."C",
    repository_path text COLLATE pg_catalog."C",
    repository_url text COLLATE pg_catalog."C",
    default_branch text NOT NULL COLLATE pg_catalog."C",
    last_fetched_at timestamp with time zone,
    credential_id text COLLATE pg_catalog."C",
    config jsonb NOT NULL,
    max_concurrent_agents bigint NOT NULL,
    github_owner text COLLATE pg_catalog."C",
    github_repo text COLLATE pg_catalog."C",
    github_installation_id text COLLATE pg_catalog."C",
    config_path text NOT NULL COLLATE pg_catalog."C",
    stage text NOT NULL COLLATE pg_catalog."C",
    status text NOT NULL COLLATE pg_catalog."C",
    priority bigint NOT NULL,
    metadata jsonb NOT NULL,
    commit_count bigint DEFAULT '0'::bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    version bigint NOT NULL,
    last_position bigint NOT NULL
);
CREATE TABLE public.run_tools (
    agent_run_id text NOT NULL COLLATE pg_catalog."C",
    tool text NOT NULL COLLATE pg_catalog."C",
    count bigint DEFAULT '0'::bigint NOT NULL,
    total_duration_ms bigint DEFAULT '0'::bigint NOT NULL
);
CREATE TABLE public.session_events (
    session_id text NOT NULL COLLATE pg_catalog."C",
    "offset" bigint NOT NULL,
    type text NOT NULL COLLATE pg_catalog."C",
    channel text NOT NULL COLLATE pg_catalog."C",
    data jsonb,
    user_id text COLLATE pg_catalog."C",
    "timestamp" timestamp with time zone NOT NULL
);
CREATE TABLE public.session_participants (
    session_id text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    role text NOT NULL COLLATE pg_catalog."C",
    joined_at timestamp with time zone NOT NULL
);
CREATE TABLE public.sessions (
    id text NOT NULL COLLATE pg_catalog."C",
    project_id text NOT NULL COLLATE pg_catalog."C",
    task_id text COLLATE pg_catalog."C",
    agent_id text COLLATE pg_catalog."C",
    title text COLLATE pg_catalog."C",
    url text NOT NULL COLLATE pg_catalog."C",
    status text NOT NULL COLLATE pg_catalog."C",
    is_active boolean NOT NULL,
    message_count bigint DEFAULT '0'::bigint NOT NULL,
    tool_call_count bigint DEFAULT '0'::bigint NOT NULL,
    last_offset bigint NOT NULL,
    closed_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    version bigint NOT NULL,
    last_position bigint NOT NULL
);
CREATE TABLE public.snapshots (
    stream_id text NOT NULL COLLATE pg_catalog."C",
    version integer NOT NULL,
    topic text NOT NULL,
    state bytea NOT NULL
);
CREATE TABLE public.stage_runs (
    id text NOT NULL COLLATE pg_catalog."C",
    project_id text NOT NULL COLLATE pg_catalog."C",
    workspace_id text COLLATE pg_catalog."C",
    stage text NOT NULL COLLATE pg_catalog."C",
    status text NOT NULL COLLATE pg_catalog."C",
    automation_level text NOT NULL COLLATE pg_catalog."C",
    provider text NOT NULL COLLATE pg_catalog."C",
    attempt bigint NOT NULL,
    idempotency_key text NOT NULL COLLATE pg_catalog."C",
    error_summary text COLLATE pg_catalog."C",
    triggered_by text NOT NULL COLLATE pg_catalog."C",
    retry_of text COLLATE pg_catalog."C",
    metadata jsonb NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    version bigint NOT NULL,
    last_position bigint NOT NULL
);
CREATE TABLE public.task_counts (
    project_id text NOT NULL COLLATE pg_catalog."C",
    board_column text NOT NULL COLLATE pg_catalog."C",
    count bigint DEFAULT '0'::bigint NOT NULL
);
CREATE TABLE public.task_dependencies (
    task_id text NOT NULL COLLATE pg_catalog."C",
    depends_on_task_id text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.tasks (
    id text NOT NULL COLLATE pg_catalog."C",
    project_id text COLLATE pg_catalog."C",
    initiative_id text COLLATE pg_catalog."C",
    phase_id text COLLATE pg_catalog."C",
    parent_task_id text COLLATE pg_catalog."C",
    title text NOT NULL COLLATE pg_catalog."C",
    description text COLLATE pg_catalog."C",
    type text NOT NULL COLLATE pg_catalog."C",
    category text NOT NULL COLLATE pg_catalog."C",
    priority text NOT NULL COLLATE pg_catalog."C",
    status text NOT NULL COLLATE pg_catalog."C",
    board_column text NOT NULL COLLATE pg_catalog."C",
    rank text NOT NULL COLLATE pg_catalog."C",
    plan_order bigint NOT NULL,
    queued boolean NOT NULL,
    queued_at timestamp with time zone,
    blocked_reason text COLLATE pg_catalog."C",
    summary text COLLATE pg_catalog."C",
    retry_count bigint NOT NULL,
    labels jsonb NOT NULL,
    metadata jsonb NOT NULL,
    agent_id text COLLATE pg_catalog."C",
    agent_name text COLLATE pg_catalog."C",
    agent_run_id text COLLATE pg_catalog."C",
    session_id text COLLATE pg_catalog."C",
    worktree_id text COLLATE pg_catalog."C",
    branch text COLLATE pg_catalog."C",
    diff_summary text COLLATE pg_catalog."C",
    files_changed bigint,
    lines_added bigint,
    lines_removed bigint,
    approved_at timestamp with time zone,
    approved_by text COLLATE pg_catalog."C",
    rejection_reason text COLLATE pg_catalog."C",
    rejection_count bigint NOT NULL,
    started_at timestamp with time zone,
    completed_at timestamp with time zone,
    turn_count bigint NOT NULL,
    tokens_in bigint DEFAULT '0'::bigint NOT NULL,
    tokens_out bigint DEFAULT '0'::bigint NOT NULL,
    cost_usd bigint DEFAULT '0'::bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    version bigint NOT NULL,
    last_position bigint NOT NULL
);
CREATE TABLE public.tool_calls (
    id text NOT NULL COLLATE pg_catalog."C",
    agent_id text NOT NULL COLLATE pg_catalog."C",
    agent_run_id text NOT NULL COLLATE pg_catalog."C",
    task_id text COLLATE pg_catalog."C",
    project_id text COLLATE pg_catalog."C",
    tool text NOT NULL COLLATE pg_catalog."C",
    status text NOT NULL COLLATE pg_catalog."C",
    input jsonb,
    output jsonb,
    error text COLLATE pg_catalog."C",
    duration_ms bigint,
    turn_number bigint NOT NULL,
    "timestamp" timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    version bigint NOT NULL,
    last_position bigint NOT NULL
);
CREATE TABLE public.workledger (
    key text NOT NULL,
    value text NOT NULL
);
CREATE TABLE public.workspaces (
    id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    description text COLLATE pg_catalog."C",
    github_repo text COLLATE pg_catalog."C",
    context_path text NOT NULL COLLATE pg_catalog."C",
    settings jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    version bigint NOT NULL,
    last_position bigint NOT NULL
);
CREATE TABLE public.worktrees (
    id text NOT NULL COLLATE pg_catalog."C",
    project_id text NOT NULL COLLATE pg_catalog."C",
    task_id text COLLATE pg_catalog."C",
    branch text NOT NULL COLLATE pg_catalog."C",
    base_branch text NOT NULL COLLATE pg_catalog."C",
    path text NOT NULL COLLATE pg_catalog."C",
    status text NOT NULL COLLATE pg_catalog."C",
    status_detail text NOT NULL COLLATE pg_catalog."C",
    env_copied boolean NOT NULL,
    deps_installed boolean NOT NULL,
    init_script_run boolean NOT NULL,
    last_error text COLLATE pg_catalog."C",
    merged_at timestamp with time zone,
    removed_at timestamp with time zone,
    last_activity_at timestamp with time zone NOT NULL,
    stale boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    version bigint NOT NULL,
    last_position bigint NOT NULL
);
CREATE TABLE public.write_operations (
    id text NOT NULL COLLATE pg_catalog."C",
    project_id text COLLATE pg_catalog."C",
    repo_full_name text NOT NULL COLLATE pg_catalog."C",
    base_branch text NOT NULL COLLATE pg_catalog."C",
    write_branch text NOT NULL COLLATE pg_catalog."C",
    commit_sha text COLLATE pg_catalog."C",
    commit_id text COLLATE pg_catalog."C",
    pr_number bigint,
    pr_url text COLLATE pg_catalog."C",
    status text NOT NULL COLLATE pg_catalog."C",
    error text COLLATE pg_catalog."C",
    proposed_changes jsonb,
    created_by text COLLATE pg_catalog."C",
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    version bigint NOT NULL,
    last_position bigint NOT NULL
);
ALTER TABLE ONLY public.events ALTER COLUMN "position" SET DEFAULT nextval('public.events_position_seq'::regclass);
INSERT INTO public.agent_runs VALUES
	('run-1', 'bob', 'Bob', 'milk', 'bakery', NULL, 'talk', NULL, 1, 'claude', NULL, 'execute', 'claude-sonnet-4-20250514', 50, 'starting', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL, NULL, '2026-11-26 00:13:53.917+00', NULL, NULL, '2026-11-26 00:13:53.917+00', '2026-11-26 00:13:53.917+00', 1, 7);
INSERT INTO public.agents VALUES
	('bob', 'bakery', 'Bob', 'task', 'claude', 'starting', 'running', '{"model": "claude-sonnet-4-20250514", "max_turns": 50, "temperature": null, "allowed_tools": ["Read", "Edit", "Bash", "Glob", "Grep"], "system_prompt": null}', 'milk', 'talk', NULL, 'run-1', NULL, 1, 0, 0, NULL, NULL, NULL, 1, '2026-11-26 00:13:53.774+00', '2026-11-26 00:13:53.917+00', 2, 7);
INSERT INTO public.audited_agents VALUES
	('bob', 'bakery');
INSERT INTO public.audited_projects VALUES
	('bakery');
INSERT INTO public.audited_tasks VALUES
	('milk', 'bakery', NULL),
	('bread', 'bakery', NULL);
INSERT INTO public.checkpoints VALUES
	('board', 13, '6a2b8e450095c0d4'),
	('tool_calls', 13, 'fcfd24a4705c536a'),
	('agent_logs', 13, '1ed639796b16f903'),
	('session_feed', 13, '1d7bfef924c90412');
INSERT INTO public.claim_limits VALUES
	('runs_in_project:bakery', 1);
INSERT INTO public.claims VALUES
	('project:bakery', 'project-bakery'),
	('project_name::Bakery', 'project-bakery'),
	('agent:bob', 'agent-bob'),
	('agent_name:bakery:Bob', 'agent-bob'),
	('task:milk', 'task-milk'),
	('task_open:milk', 'task-milk'),
	('task:bread', 'task-bread'),
	('task_open:bread', 'task-bread'),
	('session:talk', 'session-talk'),
	('session_open:talk', 'session-talk'),
	('agent_run:run-1', 'agent_run-run-1'),
	('run_of_agent:bob', 'agent_run-run-1'),
	('run_of_task:milk', 'agent_run-run-1'),
	('runs_in_project:bakery', 'agent_run-run-1');
INSERT INTO public.commands VALUES
	('begin', 1, 1),
	('nothing', 14, 13);
INSERT INTO public.events VALUES
	(1, 'project-bakery', 1, 'project.created', 1, '2026-11-26T00:13:53.730Z', 'user:ann', '01a215339cc27000b3c9f358cd3d40bc', NULL, NULL, 'begin', '{"project":"bakery"}', '{"name":"Bakery","description":null,"workspace_id":null,"repository_path":null,"repository_url":null,"default_branch":"main","config":{"worktree_root":".worktrees","default_branch":"main","allowed_tools":["Read","Edit","Bash","Glob","Grep"],"max_turns":50,"model":"claude-sonnet-4-20250514","init_script":null,"env_file":null},"max_concurrent_agents":1,"github_owner":null,"github_repo":null,"github_installation_id":null,"config_path":".claude","stage":"inbox","status":"active","priority":0,"metadata":{}}'),
	(2, 'agent-bob', 1, 'agent.created', 1, '2026-11-26T00:13:53.774Z', 'user:ann', '01a215339cee7000846118370cdfb6b2', NULL, NULL, NULL, '{"agent":"bob","project":"bakery"}', '{"name":"Bob","project_id":"bakery","type":"task","config":{"allowed_tools":["Read","Edit","Bash","Glob","Grep"],"max_turns":50,"model":"claude-sonnet-4-20250514","system_prompt":null,"temperature":null},"provider":"claude"}'),
	(3, 'task-milk', 1, 'task.created', 1, '2026-11-26T00:13:53.798Z', 'user:ann', '01a215339d06700081f445d396798d12', NULL, NULL, NULL, '{"project":"bakery","task":"milk"}', '{"title":"Remember the milk","description":null,"project_id":"bakery","initiative_id":null,"phase_id":null,"parent_task_id":null,"type":"auto","category":"execute","priority":"medium","plan_order":0,"status":"pending","board_column":"backlog","rank":"z8DtSaAy2DV","labels":["shop"],"metadata":{}}'),
	(4, 'task-bread', 1, 'task.created', 1, '2026-11-26T00:13:53.831Z', 'user:ann', '01a215339d2770008c00ff1f35d10fd8', NULL, NULL, NULL, '{"project":"bakery","task":"bread"}', '{"title":"Bake the bread: “Grüße 🌍”","description":null,"project_id":"bakery","initiative_id":null,"phase_id":null,"parent_task_id":null,"type":"auto","category":"execute","priority":"medium","plan_order":0,"status":"pending","board_column":"backlog","rank":"z8DtSaB6gSV","labels":[],"metadata":{}}'),
	(5, 'session-talk', 1, 'session.opened', 1, '2026-11-26T00:13:53.853Z', 'user:ann', '01a215339d3d70009e869f63f88bca43', NULL, NULL, NULL, '{"agent":"bob","project":"bakery","session":"talk","task":"milk"}', '{"status":"initializing","project_id":"bakery","task_id":"milk","agent_id":"bob","title":null,"url":"/sessions/talk","config":{"idle_timeout_ms":1800000,"connection_timeout_ms":30000,"cleanup_timeout_ms":300000,"heartbeat_interval_ms":30000,"stale_after_ms":60000,"max_participants":10}}'),
	(6, 'agent-bob', 2, 'agent.session_started', 1, '2026-11-26T00:13:53.916Z', 'user:ann', '01a215339d7c70009b82731d29381c56', NULL, NULL, NULL, '{"agent":"bob","project":"bakery"}', '{"session_number":1,"agent_run_id":"run-1"}'),
	(7, 'agent_run-run-1', 1, 'agent_run.started', 1, '2026-11-26T00:13:53.917Z', 'user:ann', '01a215339d7d7000a80d40db5a7ce096', NULL, NULL, NULL, '{"agent":"bob","project":"bakery","run":"run-1","session":"talk","task":"milk"}', '{"status":"starting","agent_id":"bob","agent_name":"Bob","project_id":"bakery","task_id":"milk","initiative_id":null,"session_id":"talk","session_number":1,"provider":"claude","account_id":null,"mode":"execute","model":"claude-sonnet-4-20250514","max_turns":50,"allowed_tools":["Read","Edit","Bash","Glob","Grep"],"worktree_path":null,"worktree_id":null,"prompt":null,"prompt_ref":null}'),
	(8, 'tool_calls-run-1', 1, 'tool_calls.opened', 1, '2026-11-26T00:13:53.925Z', 'user:ann', '01a215339d8570009e76fa1dd02b74de', NULL, NULL, NULL, '{"agent":"bob","project":"bakery","run":"run-1","session":"talk","task":"milk"}', '{"agent_run_id":"run-1","agent_id":"bob","agent_name":"Bob","project_id":"bakery","task_id":"milk","session_id":"talk","allowed_tools":["Read","Edit","Bash","Glob","Grep"]}'),
	(9, 'task-milk', 2, 'task.details_changed', 1, '2026-11-26T00:13:53.974Z', 'user:ann', '01a215339db67000a52c813e34cfb927', NULL, NULL, NULL, '{"project":"bakery","task":"milk"}', '{"title":"Remember the oat milk"}'),
	(13, 'agent_log-bob:1', 4, 'agent_log.purged', 1, '2026-11-26T00:13:54.011Z', 'user:ann', '01a215339ddb7000accc21e695f2d8e6', NULL, NULL, NULL, '{"agent":"bob"}', '{"agent_id":"bob","session_number":1,"chunks":3,"bytes":228}'),
	(14, 'task-bread', 2, 'task.details_changed', 1, '2026-11-26T00:13:54.182Z', 'user:ann', '01a215339e867000bd37a78816b1264b', NULL, NULL, NULL, '{"project":"bakery","task":"bread"}', '{"title":"Bake the bread"}');
INSERT INTO public.projects VALUES
	('bakery', NULL, 'Bakery', NULL, NULL, NULL, 'main', NULL, NULL, '{"model": "claude-sonnet-4-20250514", "env_file": null, "max_turns": 50, "init_script": null, "allowed_tools": ["Read", "Edit", "Bash", "Glob", "Grep"], "worktree_root": ".worktrees", "default_branch": "main"}', 1, NULL, NULL, NULL, '.claude', 'inbox', 'active', 0, '{}', 0, '2026-11-26 00:13:53.73+00', '2026-11-26 00:13:53.73+00', 1, 1);
INSERT INTO public.sessions VALUES
	('talk', 'bakery', 'milk', 'bob', NULL, '/sessions/talk', 'initializing', true, 0, 0, 0, NULL, '2026-11-26 00:13:53.853+00', '2026-11-26 00:13:53.853+00', 1, 5);
INSERT INTO public.task_counts VALUES
	('bakery', 'backlog', 2);
INSERT INTO public.tasks VALUES
	('milk', 'bakery', NULL, NULL, NULL, 'Remember the oat milk', NULL, 'auto', 'execute', 'medium', 'pending', 'backlog', 'z8DtSaAy2DV', 0, false, NULL, NULL, NULL, 0, '["shop"]', '{}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, 0, 0, 0, 0, '2026-11-26 00:13:53.798+00', '2026-11-26 00:13:53.974+00', 2, 9),
	('bread', 'bakery', NULL, NULL, NULL, 'Bake the bread: “Grüße 🌍”', NULL, 'auto', 'execute', 'medium', 'pending', 'backlog', 'z8DtSaB6gSV', 0, false, NULL, NULL, NULL, 0, '[]', '{}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, 0, 0, 0, 0, '2026-11-26 00:13:53.831+00', '2026-11-26 00:13:53.831+00', 1, 4);
INSERT INTO public.workledger VALUES
	('version', '1');
SELECT pg_catalog.setval('public.events_position_seq', 14, true);
ALTER TABLE ONLY public.agent_log_chunks
    ADD CONSTRAINT agent_log_chunks_pkey PRIMARY KEY (agent_id, session_number, seq);
ALTER TABLE ONLY public.agent_log_sessions
    ADD CONSTRAINT agent_log_sessions_pkey PRIMARY KEY (agent_id, session_number);
ALTER TABLE ONLY public.agent_runs
    ADD CONSTRAINT agent_runs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.agents
    ADD CONSTRAINT agents_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.audited_agents
    ADD CONSTRAINT audited_agents_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.audited_projects
    ADD CONSTRAINT audited_projects_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.audited_tasks
    ADD CONSTRAINT audited_tasks_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.checkpoints
    ADD CONSTRAINT checkpoints_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.claim_limits
    ADD CONSTRAINT claim_limits_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_pkey PRIMARY KEY (key, holder);
ALTER TABLE ONLY public.commands
    ADD CONSTRAINT commands_pkey PRIMARY KEY (command_id);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY ("position");
ALTER TABLE ONLY public.project_commits
    ADD CONSTRAINT project_commits_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.projects
    ADD CONSTRAINT projects_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.run_tools
    ADD CONSTRAINT run_tools_pkey PRIMARY KEY (agent_run_id, tool);
ALTER TABLE ONLY public.session_events
    ADD CONSTRAINT session_events_pkey PRIMARY KEY (session_id, "offset");
ALTER TABLE ONLY public.session_participants
    ADD CONSTRAINT session_participants_pkey PRIMARY KEY (session_id, user_id);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.snapshots
    ADD CONSTRAINT snapshots_pkey PRIMARY KEY (stream_id, version);
ALTER TABLE ONLY public.stage_runs
    ADD CONSTRAINT stage_runs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.task_counts
    ADD CONSTRAINT task_counts_pkey PRIMARY KEY (project_id, board_column);
ALTER TABLE ONLY public.task_dependencies
    ADD CONSTRAINT task_dependencies_pkey PRIMARY KEY (task_id, depends_on_task_id);
ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.tool_calls
    ADD CONSTRAINT tool_calls_pkey PRIMARY KEY (id, agent_run_id);
ALTER TABLE ONLY public.workledger
    ADD CONSTRAINT workledger_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.workspaces
    ADD CONSTRAINT workspaces_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.worktrees
    ADD CONSTRAINT worktrees_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.write_operations
    ADD CONSTRAINT write_operations_pkey PRIMARY KEY (id);
CREATE INDEX agent_runs_0a ON public.agent_runs USING btree (agent_id, started_at DESC, id);
CREATE INDEX agent_runs_1a ON public.agent_runs USING btree (task_id, started_at DESC, id);
CREATE INDEX agent_runs_2a ON public.agent_runs USING btree (project_id, started_at DESC, id);
CREATE INDEX agent_runs_3a ON public.agent_runs USING btree (status, started_at DESC, id);
CREATE INDEX agent_runs_4a ON public.agent_runs USING btree (started_at DESC, id);
CREATE INDEX agent_runs_5a ON public.agent_runs USING btree (provider_session_id);
CREATE INDEX agent_runs_6a ON public.agent_runs USING btree (account_id);
CREATE INDEX agent_runs_7a ON public.agent_runs USING btree (session_id);
CREATE INDEX agents_0a ON public.agents USING btree (project_id, status);
CREATE INDEX agents_1a ON public.agents USING btree (current_task_id);
CREATE INDEX agents_2a ON public.agents USING btree (project_id, name);
CREATE INDEX agents_3a ON public.agents USING btree (status);
CREATE INDEX agents_4a ON public.agents USING btree (initiative_id);
CREATE INDEX audited_agents_0a ON public.audited_agents USING btree (project_id);
CREATE INDEX audited_tasks_0a ON public.audited_tasks USING btree (project_id);
CREATE INDEX audited_tasks_1a ON public.audited_tasks USING btree (parent_task_id);
CREATE UNIQUE INDEX events_stream_version ON public.events USING btree (stream_id, version);
CREATE INDEX project_commits_0a ON public.project_commits USING btree (project_id, created_at DESC, last_position DESC);
CREATE INDEX project_commits_1a ON public.project_commits USING btree (workspace_id);
CREATE INDEX project_commits_2a ON public.project_commits USING btree (created_at DESC);
CREATE UNIQUE INDEX project_commits_3a ON public.project_commits USING btree (project_id, commit_sha);
CREATE INDEX project_commits_4a ON public.project_commits USING btree (stage_run_id);
CREATE INDEX project_commits_5a ON public.project_commits USING btree (github_write_op_id);
CREATE INDEX projects_0a ON public.projects USING btree (workspace_id, name);
CREATE INDEX projects_1a ON public.projects USING btree (repository_url);
CREATE INDEX projects_2a ON public.projects USING btree (repository_path);
CREATE INDEX projects_3a ON public.projects USING btree (github_owner, github_repo);
CREATE INDEX projects_4a ON public.projects USING btree (updated_at DESC, id);
CREATE INDEX projects_5a ON public.projects USING btree (workspace_id, status, updated_at DESC);
CREATE INDEX session_events_0a ON public.session_events USING btree (session_id, type, "offset");
CREATE INDEX session_participants_0a ON public.session_participants USING btree (user_id);
CREATE INDEX sessions_0a ON public.sessions USING btree (project_id, created_at DESC, id);
CREATE INDEX sessions_1a ON public.sessions USING btree (task_id);
CREATE INDEX sessions_2a ON public.sessions USING btree (agent_id);
CREATE INDEX sessions_3a ON public.sessions USING btree (url);
CREATE INDEX sessions_4a ON public.sessions USING btree (is_active, created_at DESC, id);
CREATE INDEX sessions_5a ON public.sessions USING btree (status, created_at DESC, id);
CREATE UNIQUE INDEX stage_runs_0a ON public.stage_runs USING btree (idempotency_key);
CREATE INDEX stage_runs_1a ON public.stage_runs USING btree (project_id, created_at DESC);
CREATE INDEX stage_runs_2a ON public.stage_runs USING btree (status, created_at);
CREATE INDEX task_dependencies_0a ON public.task_dependencies USING btree (depends_on_task_id);
CREATE INDEX tasks_0a ON public.tasks USING btree (project_id, board_column, rank, id);
CREATE INDEX tasks_1a ON public.tasks USING btree (agent_id);
CREATE INDEX tasks_2a ON public.tasks USING btree (branch);
CREATE INDEX tasks_3a ON public.tasks USING btree (phase_id, plan_order, id);
CREATE INDEX tasks_4a ON public.tasks USING btree (initiative_id);
CREATE INDEX tasks_5a ON public.tasks USING btree (parent_task_id);
CREATE INDEX tasks_6a ON public.tasks USING btree (queued, priority, queued_at);
CREATE INDEX tasks_7a ON public.tasks USING btree (project_id, updated_at DESC, id);
CREATE INDEX tasks_8a ON public.tasks USING btree (project_id, created_at, id);
CREATE INDEX tool_calls_0a ON public.tool_calls USING btree (agent_id, "timestamp", id);
CREATE INDEX tool_calls_1a ON public.tool_calls USING btree (agent_run_id, "timestamp", id);
CREATE INDEX tool_calls_2a ON public.tool_calls USING btree (task_id, "timestamp", id);
CREATE INDEX tool_calls_3a ON public.tool_calls USING btree (project_id, "timestamp", id);
CREATE INDEX tool_calls_4a ON public.tool_calls USING btree (tool, "timestamp", id);
CREATE INDEX tool_calls_5a ON public.tool_calls USING btree ("timestamp", id);
CREATE INDEX worktrees_0a ON public.worktrees USING btree (project_id, created_at DESC, id);
CREATE INDEX worktrees_1a ON public.worktrees USING btree (project_id, branch);
CREATE INDEX worktrees_2a ON public.worktrees USING btree (task_id);
CREATE INDEX worktrees_3a ON public.worktrees USING btree (branch);
CREATE INDEX worktrees_4a ON public.worktrees USING btree (status);
CREATE INDEX worktrees_5a ON public.worktrees USING btree (path);
CREATE INDEX write_operations_0a ON public.write_operations USING btree (status);
CREATE INDEX write_operations_1a ON public.write_operations USING btree (project_id);
CREATE TRIGGER events_are_kept BEFORE DELETE OR UPDATE ON public.events FOR EACH ROW EXECUTE FUNCTION public.workledger_events_are_kept();
CREATE TRIGGER events_are_not_truncated BEFORE TRUNCATE ON public.events FOR EACH STATEMENT EXECUTE FUNCTION public.workledger_events_are_kept();
