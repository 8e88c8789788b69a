-- A ledger of version 1, with some work in it, as the code of that version left it in SQLite.
BEGIN TRANSACTION;
CREATE TABLE agent_log_chunks (
	agent_id TEXT NOT NULL, 
	session_number BIGINT NOT NULL, 
	seq BIGINT NOT NULL, 
	agent_name TEXT NOT NULL, 
	content TEXT NOT NULL, 
	bytes BIGINT NOT NULL, 
	created_at TEXT NOT NULL, 
	PRIMARY KEY (agent_id, session_number, seq)
);
CREATE TABLE agent_log_sessions (
	agent_id TEXT NOT NULL, 
	session_number BIGINT NOT NULL, 
	agent_name TEXT, 
	chunks BIGINT DEFAULT '0' NOT NULL, 
	bytes BIGINT DEFAULT '0' NOT NULL, 
	last_at TEXT, 
	PRIMARY KEY (agent_id, session_number)
);
CREATE TABLE agent_runs (
	id TEXT NOT NULL, 
	agent_id TEXT NOT NULL, 
	agent_name TEXT, 
	task_id TEXT, 
	project_id TEXT, 
	initiative_id TEXT, 
	session_id TEXT, 
	provider_session_id TEXT, 
	session_number BIGINT NOT NULL, 
	provider TEXT NOT NULL, 
	account_id TEXT, 
	mode TEXT NOT NULL, 
	model TEXT, 
	max_turns BIGINT DEFAULT '0' NOT NULL, 
	status TEXT NOT NULL, 
	prompt TEXT, 
	prompt_ref TEXT, 
	result TEXT, 
	pending_questions TEXT, 
	pause_reason TEXT, 
	end_reason TEXT, 
	worktree_path TEXT, 
	worktree_id TEXT, 
	pid BIGINT, 
	exit_code BIGINT, 
	output_file_path TEXT, 
	turn_count BIGINT DEFAULT '0' NOT NULL, 
	token_input_count BIGINT DEFAULT '0' NOT NULL, 
	token_output_count BIGINT DEFAULT '0' NOT NULL, 
	cache_token_count BIGINT DEFAULT '0' NOT NULL, 
	cost_usd BIGINT DEFAULT '0' NOT NULL, 
	error TEXT, 
	error_type TEXT, 
	started_at TEXT NOT NULL, 
	completed_at TEXT, 
	duration_ms BIGINT, 
	created_at TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	version BIGINT NOT NULL, 
	last_position BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "agent_runs" VALUES('run-1','bob','Bob','milk','bakery',NULL,'talk',NULL,1,'claude',NULL,'execute','claude-sonnet-4-20250514',50,'starting',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,0,0,0,0,NULL,NULL,'2026-11-26T00:13:55.388Z',NULL,NULL,'2026-11-26T00:13:55.388Z','2026-11-26T00:13:55.388Z',1,7);
CREATE TABLE agents (
	id TEXT NOT NULL, 
	project_id TEXT, 
	name TEXT NOT NULL, 
	type TEXT NOT NULL, 
	provider TEXT NOT NULL, 
	status TEXT NOT NULL, 
	status_c TEXT NOT NULL, 
	config TEXT NOT NULL, 
	current_task_id TEXT, 
	current_session_id TEXT, 
	current_worktree_id TEXT, 
	current_run_id TEXT, 
	initiative_id TEXT, 
	total_tasks BIGINT DEFAULT '0' NOT NULL, 
	completed_tasks BIGINT DEFAULT '0' NOT NULL, 
	failed_tasks BIGINT DEFAULT '0' NOT NULL, 
	last_error TEXT, 
	last_error_at TEXT, 
	user_dismissed_at TEXT, 
	session_count BIGINT NOT NULL, 
	created_at TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	version BIGINT NOT NULL, 
	last_position BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "agents" VALUES('bob','bakery','Bob','task','claude','starting','running','{"allowed_tools":["Read","Edit","Bash","Glob","Grep"],"max_turns":50,"model":"claude-sonnet-4-20250514","system_prompt":null,"temperature":null}','milk','talk',NULL,'run-1',NULL,1,0,0,NULL,NULL,NULL,1,'2026-11-26T00:13:55.342Z','2026-11-26T00:13:55.388Z',2,7);
CREATE TABLE audited_agents (
	id TEXT NOT NULL, 
	project_id TEXT, 
	PRIMARY KEY (id)
);
INSERT INTO "audited_agents" VALUES('bob','bakery');
CREATE TABLE audited_projects (
	id TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "audited_projects" VALUES('bakery');
CREATE TABLE audited_tasks (
	id TEXT NOT NULL, 
	project_id TEXT, 
	parent_task_id TEXT, 
	PRIMARY KEY (id)
);
INSERT INTO "audited_tasks" VALUES('milk','bakery',NULL);
INSERT INTO "audited_tasks" VALUES('bread','bakery',NULL);
CREATE TABLE checkpoints (
	name TEXT NOT NULL, 
	position BIGINT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "checkpoints" VALUES('board',13,'6a2b8e450095c0d4');
INSERT INTO "checkpoints" VALUES('tool_calls',13,'fcfd24a4705c536a');
INSERT INTO "checkpoints" VALUES('agent_logs',13,'1ed639796b16f903');
INSERT INTO "checkpoints" VALUES('session_feed',13,'1d7bfef924c90412');
CREATE TABLE claim_limits (
	"key" TEXT NOT NULL, 
	capacity INTEGER NOT NULL, 
	PRIMARY KEY ("key")
)
 WITHOUT ROWID

;
INSERT INTO "claim_limits" VALUES('runs_in_project:bakery',1);
CREATE TABLE claims (
	"key" TEXT NOT NULL, 
	holder TEXT NOT NULL, 
	PRIMARY KEY ("key", holder)
)
 WITHOUT ROWID

;
INSERT INTO "claims" VALUES('agent:bob','agent-bob');
INSERT INTO "claims" VALUES('agent_name:bakery:Bob','agent-bob');
INSERT INTO "claims" VALUES('agent_run:run-1','agent_run-run-1');
INSERT INTO "claims" VALUES('project:bakery','project-bakery');
INSERT INTO "claims" VALUES('project_name::Bakery','project-bakery');
INSERT INTO "claims" VALUES('run_of_agent:bob','agent_run-run-1');
INSERT INTO "claims" VALUES('run_of_task:milk','agent_run-run-1');
INSERT INTO "claims" VALUES('runs_in_project:bakery','agent_run-run-1');
INSERT INTO "claims" VALUES('session:talk','session-talk');
INSERT INTO "claims" VALUES('session_open:talk','session-talk');
INSERT INTO "claims" VALUES('task:bread','task-bread');
INSERT INTO "claims" VALUES('task:milk','task-milk');
INSERT INTO "claims" VALUES('task_open:bread','task-bread');
INSERT INTO "claims" VALUES('task_open:milk','task-milk');
CREATE TABLE commands (
	command_id TEXT NOT NULL, 
	first_position BIGINT NOT NULL, 
	last_position BIGINT NOT NULL, 
	PRIMARY KEY (command_id)
)
 WITHOUT ROWID

;
INSERT INTO "commands" VALUES('begin',1,1);
INSERT INTO "commands" VALUES('nothing',14,13);
CREATE TABLE events (
	position INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	stream_id TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	topic TEXT NOT NULL, 
	schema_version INTEGER NOT NULL, 
	at TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	event_id TEXT NOT NULL, 
	correlation_id TEXT, 
	causation_id TEXT, 
	command_id TEXT, 
	tags TEXT NOT NULL, 
	data TEXT NOT NULL
);
INSERT INTO "events" VALUES(1,'project-bakery',1,'project.created',1,'2026-11-26T00:13:55.331Z','user:ann','01a21533a30370009f970ebfe2b8b21f',NULL,NULL,'begin','{"project":"bakery"}','{"name":"Bakery","description":null,"workspace_id":null,"repository_path":null,"repository_url":null,"default_branch":"main","config":{"worktree_root":".worktrees","default_branch":"main","allowed_tools":["Read","Edit","Bash","Glob","Grep"],"max_turns":50,"model":"claude-sonnet-4-20250514","init_script":null,"env_file":null},"max_concurrent_agents":1,"github_owner":null,"github_repo":null,"github_installation_id":null,"config_path":".claude","stage":"inbox","status":"active","priority":0,"metadata":{}}');
INSERT INTO "events" VALUES(2,'agent-bob',1,'agent.created',1,'2026-11-26T00:13:55.342Z','user:ann','01a21533a30e70008abe6cd125756e7a',NULL,NULL,NULL,'{"agent":"bob","project":"bakery"}','{"name":"Bob","project_id":"bakery","type":"task","config":{"allowed_tools":["Read","Edit","Bash","Glob","Grep"],"max_turns":50,"model":"claude-sonnet-4-20250514","system_prompt":null,"temperature":null},"provider":"claude"}');
INSERT INTO "events" VALUES(3,'task-milk',1,'task.created',1,'2026-11-26T00:13:55.349Z','user:ann','01a21533a315700088f32b1ec1446c74',NULL,NULL,NULL,'{"project":"bakery","task":"milk"}','{"title":"Remember the milk","description":null,"project_id":"bakery","initiative_id":null,"phase_id":null,"parent_task_id":null,"type":"auto","category":"execute","priority":"medium","plan_order":0,"status":"pending","board_column":"backlog","rank":"z8DtSaHTMzV","labels":["shop"],"metadata":{}}');
INSERT INTO "events" VALUES(4,'task-bread',1,'task.created',1,'2026-11-26T00:13:55.356Z','user:ann','01a21533a31c7000b534861890c7aa53',NULL,NULL,NULL,'{"project":"bakery","task":"bread"}','{"title":"Bake the bread: “Grüße 🌍”","description":null,"project_id":"bakery","initiative_id":null,"phase_id":null,"parent_task_id":null,"type":"auto","category":"execute","priority":"medium","plan_order":0,"status":"pending","board_column":"backlog","rank":"z8DtSaHVNTV","labels":[],"metadata":{}}');
INSERT INTO "events" VALUES(5,'session-talk',1,'session.opened',1,'2026-11-26T00:13:55.367Z','user:ann','01a21533a32770008d92499f748989b0',NULL,NULL,NULL,'{"agent":"bob","project":"bakery","session":"talk","task":"milk"}','{"status":"initializing","project_id":"bakery","task_id":"milk","agent_id":"bob","title":null,"url":"/sessions/talk","config":{"idle_timeout_ms":1800000,"connection_timeout_ms":30000,"cleanup_timeout_ms":300000,"heartbeat_interval_ms":30000,"stale_after_ms":60000,"max_participants":10}}');
INSERT INTO "events" VALUES(6,'agent-bob',2,'agent.session_started',1,'2026-11-26T00:13:55.388Z','user:ann','01a21533a33c7000bc09e98adf9bf206',NULL,NULL,NULL,'{"agent":"bob","project":"bakery"}','{"session_number":1,"agent_run_id":"run-1"}');
INSERT INTO "events" VALUES(7,'agent_run-run-1',1,'agent_run.started',1,'2026-11-26T00:13:55.388Z','user:ann','01a21533a33c7001b194d3c2c7e097f2',NULL,NULL,NULL,'{"agent":"bob","project":"bakery","run":"run-1","session":"talk","task":"milk"}','{"status":"starting","agent_id":"bob","agent_name":"Bob","project_id":"bakery","task_id":"milk","initiative_id":null,"session_id":"talk","session_number":1,"provider":"claude","account_id":null,"mode":"execute","model":"claude-sonnet-4-20250514","max_turns":50,"allowed_tools":["Read","Edit","Bash","Glob","Grep"],"worktree_path":null,"worktree_id":null,"prompt":null,"prompt_ref":null}');
INSERT INTO "events" VALUES(8,'tool_calls-run-1',1,'tool_calls.opened',1,'2026-11-26T00:13:55.389Z','user:ann','01a21533a33d7000858806e8a0d27819',NULL,NULL,NULL,'{"agent":"bob","project":"bakery","run":"run-1","session":"talk","task":"milk"}','{"agent_run_id":"run-1","agent_id":"bob","agent_name":"Bob","project_id":"bakery","task_id":"milk","session_id":"talk","allowed_tools":["Read","Edit","Bash","Glob","Grep"]}');
INSERT INTO "events" VALUES(9,'task-milk',2,'task.details_changed',1,'2026-11-26T00:13:55.407Z','user:ann','01a21533a34f7000aa1cabeda9cf4e79',NULL,NULL,NULL,'{"project":"bakery","task":"milk"}','{"title":"Remember the oat milk"}');
INSERT INTO "events" VALUES(13,'agent_log-bob:1',4,'agent_log.purged',1,'2026-11-26T00:13:55.420Z','user:ann','01a21533a35c7000a76dea9f4554bb1f',NULL,NULL,NULL,'{"agent":"bob"}','{"agent_id":"bob","session_number":1,"chunks":3,"bytes":228}');
INSERT INTO "events" VALUES(14,'task-bread',2,'task.details_changed',1,'2026-11-26T00:13:55.517Z','user:ann','01a21533a3bd7000b9a7597560f0735f',NULL,NULL,NULL,'{"project":"bakery","task":"bread"}','{"title":"Bake the bread"}');
CREATE TABLE project_commits (
	id TEXT NOT NULL, 
	project_id TEXT NOT NULL, 
	workspace_id TEXT, 
	commit_sha TEXT NOT NULL, 
	commit_url TEXT NOT NULL, 
	message TEXT NOT NULL, 
	document_type TEXT, 
	files_changed TEXT NOT NULL, 
	triggered_by TEXT, 
	author_name TEXT, 
	author_email TEXT, 
	stage_run_id TEXT, 
	github_write_op_id TEXT, 
	created_at TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	version BIGINT NOT NULL, 
	last_position BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE projects (
	id TEXT NOT NULL, 
	workspace_id TEXT, 
	name TEXT NOT NULL, 
	description TEXT, 
	repository_path TEXT, 
	repository_url TEXT, 
	default_branch TEXT NOT NULL, 
	last_fetched_at TEXT, 
	credential_id TEXT, 
	config TEXT NOT NULL, 
	max_concurrent_agents BIGINT NOT NULL, 
	github_owner TEXT, 
	github_repo TEXT, 
	github_installation_id TEXT, 
	config_path TEXT NOT NULL, 
	stage TEXT NOT NULL, 
	status TEXT NOT NULL, 
	priority BIGINT NOT NULL, 
	metadata TEXT NOT NULL, 
	commit_count BIGINT DEFAULT '0' NOT NULL, 
	created_at TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	version BIGINT NOT NULL, 
	last_position BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "projects" VALUES('bakery',NULL,'Bakery',NULL,NULL,NULL,'main',NULL,NULL,'{"allowed_tools":["Read","Edit","Bash","Glob","Grep"],"default_branch":"main","env_file":null,"init_script":null,"max_turns":50,"model":"claude-sonnet-4-20250514","worktree_root":".worktrees"}',1,NULL,NULL,NULL,'.claude','inbox','active',0,'{}',0,'2026-11-26T00:13:55.331Z','2026-11-26T00:13:55.331Z',1,1);
CREATE TABLE run_tools (
	agent_run_id TEXT NOT NULL, 
	tool TEXT NOT NULL, 
	count BIGINT DEFAULT '0' NOT NULL, 
	total_duration_ms BIGINT DEFAULT '0' NOT NULL, 
	PRIMARY KEY (agent_run_id, tool)
);
CREATE TABLE session_events (
	session_id TEXT NOT NULL, 
	"offset" BIGINT NOT NULL, 
	type TEXT NOT NULL, 
	channel TEXT NOT NULL, 
	data TEXT, 
	user_id TEXT, 
	timestamp TEXT NOT NULL, 
	PRIMARY KEY (session_id, "offset")
);
CREATE TABLE session_participants (
	session_id TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	role TEXT NOT NULL, 
	joined_at TEXT NOT NULL, 
	PRIMARY KEY (session_id, user_id)
);
CREATE TABLE sessions (
	id TEXT NOT NULL, 
	project_id TEXT NOT NULL, 
	task_id TEXT, 
	agent_id TEXT, 
	title TEXT, 
	url TEXT NOT NULL, 
	status TEXT NOT NULL, 
	is_active BOOLEAN NOT NULL, 
	message_count BIGINT DEFAULT '0' NOT NULL, 
	tool_call_count BIGINT DEFAULT '0' NOT NULL, 
	last_offset BIGINT NOT NULL, 
	closed_at TEXT, 
	created_at TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	version BIGINT NOT NULL, 
	last_position BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "sessions" VALUES('talk','bakery','milk','bob',NULL,'/sessions/talk','initializing',1,0,0,0,NULL,'2026-11-26T00:13:55.367Z','2026-11-26T00:13:55.367Z',1,5);
CREATE TABLE snapshots (
	stream_id TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	topic TEXT NOT NULL, 
	state BLOB NOT NULL, 
	PRIMARY KEY (stream_id, version)
);
CREATE TABLE stage_runs (
	id TEXT NOT NULL, 
	project_id TEXT NOT NULL, 
	workspace_id TEXT, 
	stage TEXT NOT NULL, 
	status TEXT NOT NULL, 
	automation_level TEXT NOT NULL, 
	provider TEXT NOT NULL, 
	attempt BIGINT NOT NULL, 
	idempotency_key TEXT NOT NULL, 
	error_summary TEXT, 
	triggered_by TEXT NOT NULL, 
	retry_of TEXT, 
	metadata TEXT NOT NULL, 
	started_at TEXT, 
	finished_at TEXT, 
	created_at TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	version BIGINT NOT NULL, 
	last_position BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE task_counts (
	project_id TEXT NOT NULL, 
	board_column TEXT NOT NULL, 
	count BIGINT DEFAULT '0' NOT NULL, 
	PRIMARY KEY (project_id, board_column)
);
INSERT INTO "task_counts" VALUES('bakery','backlog',2);
CREATE TABLE task_dependencies (
	task_id TEXT NOT NULL, 
	depends_on_task_id TEXT NOT NULL, 
	PRIMARY KEY (task_id, depends_on_task_id)
);
CREATE TABLE tasks (
	id TEXT NOT NULL, 
	project_id TEXT, 
	initiative_id TEXT, 
	phase_id TEXT, 
	parent_task_id TEXT, 
	title TEXT NOT NULL, 
	description TEXT, 
	type TEXT NOT NULL, 
	category TEXT NOT NULL, 
	priority TEXT NOT NULL, 
	status TEXT NOT NULL, 
	board_column TEXT NOT NULL, 
	rank TEXT NOT NULL, 
	plan_order BIGINT NOT NULL, 
	queued BOOLEAN NOT NULL, 
	queued_at TEXT, 
	blocked_reason TEXT, 
	summary TEXT, 
	retry_count BIGINT NOT NULL, 
	labels TEXT NOT NULL, 
	metadata TEXT NOT NULL, 
	agent_id TEXT, 
	agent_name TEXT, 
	agent_run_id TEXT, 
	session_id TEXT, 
	worktree_id TEXT, 
	branch TEXT, 
	diff_summary TEXT, 
	files_changed BIGINT, 
	lines_added BIGINT, 
	lines_removed BIGINT, 
	approved_at TEXT, 
	approved_by TEXT, 
	rejection_reason TEXT, 
	rejection_count BIGINT NOT NULL, 
	started_at TEXT, 
	completed_at TEXT, 
	turn_count BIGINT NOT NULL, 
	tokens_in BIGINT DEFAULT '0' NOT NULL, 
	tokens_out BIGINT DEFAULT '0' NOT NULL, 
	cost_usd BIGINT DEFAULT '0' NOT NULL, 
	created_at TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	version BIGINT NOT NULL, 
	last_position BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "tasks" VALUES('milk','bakery',NULL,NULL,NULL,'Remember the oat milk',NULL,'auto','execute','medium','pending','backlog','z8DtSaHTMzV',0,0,NULL,NULL,NULL,0,'["shop"]','{}',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,0,0,0,0,'2026-11-26T00:13:55.349Z','2026-11-26T00:13:55.407Z',2,9);
INSERT INTO "tasks" VALUES('bread','bakery',NULL,NULL,NULL,'Bake the bread: “Grüße 🌍”',NULL,'auto','execute','medium','pending','backlog','z8DtSaHVNTV',0,0,NULL,NULL,NULL,0,'[]','{}',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,0,0,0,0,'2026-11-26T00:13:55.356Z','2026-11-26T00:13:55.356Z',1,4);
CREATE TABLE tool_calls (
	id TEXT NOT NULL, 
	agent_id TEXT NOT NULL, 
	agent_run_id TEXT NOT NULL, 
	task_id TEXT, 
	project_id TEXT, 
	tool TEXT NOT NULL, 
	status TEXT NOT NULL, 
	input TEXT, 
	output TEXT, 
	error TEXT, 
	duration_ms BIGINT, 
	turn_number BIGINT NOT NULL, 
	timestamp TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	version BIGINT NOT NULL, 
	last_position BIGINT NOT NULL, 
	PRIMARY KEY (id, agent_run_id)
);
CREATE TABLE workledger (
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "workledger" VALUES('version','1');
CREATE TABLE workspaces (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	description TEXT, 
	github_repo TEXT, 
	context_path TEXT NOT NULL, 
	settings TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	version BIGINT NOT NULL, 
	last_position BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE worktrees (
	id TEXT NOT NULL, 
	project_id TEXT NOT NULL, 
	task_id TEXT, 
	branch TEXT NOT NULL, 
	base_branch TEXT NOT NULL, 
	path TEXT NOT NULL, 
	status TEXT NOT NULL, 
	status_detail TEXT NOT NULL, 
	env_copied BOOLEAN NOT NULL, 
	deps_installed BOOLEAN NOT NULL, 
	init_script_run BOOLEAN NOT NULL, 
	last_error TEXT, 
	merged_at TEXT, 
	removed_at TEXT, 
	last_activity_at TEXT NOT NULL, 
	stale BOOLEAN NOT NULL, 
	created_at TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	version BIGINT NOT NULL, 
	last_position BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE write_operations (
	id TEXT NOT NULL, 
	project_id TEXT, 
	repo_full_name TEXT NOT NULL, 
	base_branch TEXT NOT NULL, 
	write_branch TEXT NOT NULL, 
	commit_sha TEXT, 
	commit_id TEXT, 
	pr_number BIGINT, 
	pr_url TEXT, 
	status TEXT NOT NULL, 
	error TEXT, 
	proposed_changes TEXT, 
	created_by TEXT, 
	created_at TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	version BIGINT NOT NULL, 
	last_position BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE UNIQUE INDEX events_stream_version ON events (stream_id, version);
CREATE TRIGGER events_are_kept_update before update on events
when not exists (select 1 from workledger where key = 'erasing')
begin select raise(abort, 'events are never changed or deleted'); end;
CREATE TRIGGER events_are_kept_delete before delete on events
when not exists (select 1 from workledger where key = 'erasing')
begin select raise(abort, 'events are never changed or deleted'); end;
CREATE INDEX "projects_0a" on "projects" (workspace_id, name);
CREATE INDEX "projects_1a" on "projects" (repository_url);
CREATE INDEX "projects_2a" on "projects" (repository_path);
CREATE INDEX "projects_3a" on "projects" (github_owner, github_repo);
CREATE INDEX "projects_4a" on "projects" (updated_at desc, id);
CREATE INDEX "projects_5a" on "projects" (workspace_id, status, updated_at desc);
CREATE INDEX "tasks_0a" on "tasks" (project_id, board_column, rank, id);
CREATE INDEX "tasks_1a" on "tasks" (agent_id);
CREATE INDEX "tasks_2a" on "tasks" (branch);
CREATE INDEX "tasks_3a" on "tasks" (phase_id, plan_order, id);
CREATE INDEX "tasks_4a" on "tasks" (initiative_id);
CREATE INDEX "tasks_5a" on "tasks" (parent_task_id);
CREATE INDEX "tasks_6a" on "tasks" (queued, priority, queued_at);
CREATE INDEX "tasks_7a" on "tasks" (project_id, updated_at desc, id);
CREATE INDEX "tasks_8a" on "tasks" (project_id, created_at, id);
CREATE INDEX "task_dependencies_0a" on "task_dependencies" (depends_on_task_id);
CREATE INDEX "agents_0a" on "agents" (project_id, status);
CREATE INDEX "agents_1a" on "agents" (current_task_id);
CREATE INDEX "agents_2a" on "agents" (project_id, name);
CREATE INDEX "agents_3a" on "agents" (status);
CREATE INDEX "agents_4a" on "agents" (initiative_id);
CREATE INDEX "agent_runs_0a" on "agent_runs" (agent_id, started_at desc, id);
CREATE INDEX "agent_runs_1a" on "agent_runs" (task_id, started_at desc, id);
CREATE INDEX "agent_runs_2a" on "agent_runs" (project_id, started_at desc, id);
CREATE INDEX "agent_runs_3a" on "agent_runs" (status, started_at desc, id);
CREATE INDEX "agent_runs_4a" on "agent_runs" (started_at desc, id);
CREATE INDEX "agent_runs_5a" on "agent_runs" (provider_session_id);
CREATE INDEX "agent_runs_6a" on "agent_runs" (account_id);
CREATE INDEX "agent_runs_7a" on "agent_runs" (session_id);
CREATE INDEX "sessions_0a" on "sessions" (project_id, created_at desc, id);
CREATE INDEX "sessions_1a" on "sessions" (task_id);
CREATE INDEX "sessions_2a" on "sessions" (agent_id);
CREATE INDEX "sessions_3a" on "sessions" (url);
CREATE INDEX "sessions_4a" on "sessions" (is_active, created_at desc, id);
CREATE INDEX "sessions_5a" on "sessions" (status, created_at desc, id);
CREATE INDEX "session_participants_0a" on "session_participants" (user_id);
CREATE INDEX "worktrees_0a" on "worktrees" (project_id, created_at desc, id);
CREATE INDEX "worktrees_1a" on "worktrees" (project_id, branch);
CREATE INDEX "worktrees_2a" on "worktrees" (task_id);
CREATE INDEX "worktrees_3a" on "worktrees" (branch);
CREATE INDEX "worktrees_4a" on "worktrees" (status);
CREATE INDEX "worktrees_5a" on "worktrees" (path);
CREATE UNIQUE INDEX "stage_runs_0a" on "stage_runs" (idempotency_key);
CREATE INDEX "stage_runs_1a" on "stage_runs" (project_id, created_at desc);
CREATE INDEX "stage_runs_2a" on "stage_runs" (status, created_at);
CREATE INDEX "write_operations_0a" on "write_operations" (status);
CREATE INDEX "write_operations_1a" on "write_operations" (project_id);
CREATE INDEX "project_commits_0a" on "project_commits" (project_id, created_at desc, last_position desc);
CREATE INDEX "project_commits_1a" on "project_commits" (workspace_id);
CREATE INDEX "project_commits_2a" on "project_commits" (created_at desc);
CREATE UNIQUE INDEX "project_commits_3a" on "project_commits" (project_id, commit_sha);
CREATE INDEX "project_commits_4a" on "project_commits" (stage_run_id);
CREATE INDEX "project_commits_5a" on "project_commits" (github_write_op_id);
CREATE INDEX "audited_agents_0a" on "audited_agents" (project_id);
CREATE INDEX "audited_tasks_0a" on "audited_tasks" (project_id);
CREATE INDEX "audited_tasks_1a" on "audited_tasks" (parent_task_id);
CREATE INDEX "tool_calls_0a" on "tool_calls" (agent_id, timestamp, id);
CREATE INDEX "tool_calls_1a" on "tool_calls" (agent_run_id, timestamp, id);
CREATE INDEX "tool_calls_2a" on "tool_calls" (task_id, timestamp, id);
CREATE INDEX "tool_calls_3a" on "tool_calls" (project_id, timestamp, id);
CREATE INDEX "tool_calls_4a" on "tool_calls" (tool, timestamp, id);
CREATE INDEX "tool_calls_5a" on "tool_calls" (timestamp, id);
CREATE INDEX "session_events_0a" on "session_events" (session_id, type, "offset");
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',14);
COMMIT;
