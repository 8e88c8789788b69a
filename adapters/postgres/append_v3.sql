-- One append, in one round trip: everything in it holds, or nothing is stored. Called by store.py, which says what
-- the arguments are. An append holds a shared lock from before it draws positions until it has ended, which is how
-- readers know what a gap in the log is waiting for (watermark.py). Plans are kept for as long as a connection: made
-- while the tables were small, they would go through all of them later, so they are held to the indexes.
create or replace function workledger_append_v3(
    locks int[], streams text[], expected int[],
    stream int[], nth int[], topic text[], schema_version int[], at text[], actor text[], event_id text[],
    correlation_id text[], causation_id text[], command_id text[], tags text[], data text[],
    command text, digest text, verbs text[], holders int[], keys text[], capacities int[]
) returns bigint[] language plpgsql set enable_seqscan = off as $$
declare
    last int[];
    actual int;
    drawn bigint[];
    held text;
    taken int;
    room int;
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'appends need read committed: what they check must be as new as the locks they hold'
            using errcode = 'WL003';
    end if;
    -- conditions that are never true: an expression is evaluated without a query of its own
    if pg_advisory_xact_lock_shared(1464615268, hashtext(current_schema())) is null then null; end if;
    for i in 1 .. cardinality(locks) loop
        if locks[i] > 0 then
            if pg_advisory_xact_lock(1464615270, locks[i]) is null then null; end if;
        else
            if pg_advisory_xact_lock_shared(1464615270, -locks[i]) is null then null; end if;
        end if;
    end loop;

    if command is not null then
        perform 1 from commands c where c.command_id = command;
        if found then
            return 1 || array(
                select e.position from commands c
                join events e on e.position between c.first_position and c.last_position and e.command_id = command
                where c.command_id = command
                union select c.first_position from commands c
                where c.command_id = command and c.first_position <= c.last_position
                union select c.last_position from commands c
                where c.command_id = command and c.first_position <= c.last_position order by 1);
        end if;
    end if;

    if cardinality(streams) = 1 then
        select e.version into actual from events e where e.stream_id = streams[1] order by e.version desc limit 1;
        last[1] := coalesce(actual, 0);
    else
        last := array(
            select coalesce(
                (select e.version from events e where e.stream_id = s.id order by e.version desc limit 1), 0)
            from unnest(streams) with ordinality as s(id, nth) order by s.nth);
    end if;
    for i in 1 .. cardinality(streams) loop
        if expected[i] >= 0 and expected[i] <> last[i] then
            raise exception 'another version' using errcode = 'WL001', detail = json_build_array(i, last[i]);
        end if;
    end loop;

    for i in 1 .. cardinality(verbs) loop
        case verbs[i]
        when 'need' then
            perform 1 from claims c where c.key = keys[i] limit 1;
            if not found then
                raise exception 'nobody holds it' using errcode = 'WL002', detail = json_build_array(i, null);
            end if;
        when 'free' then
            delete from claims c where c.key = keys[i] and c.holder = streams[holders[i]];
        when 'limit' then
            if capacities[i] is null then
                delete from claim_limits l where l.key = keys[i];
                continue;
            end if;
            insert into claim_limits values (keys[i], capacities[i])
                on conflict (key) do update set capacity = excluded.capacity;
        when 'hold' then
            insert into claims values (keys[i], streams[holders[i]]) on conflict do nothing;
        else
            perform 1 from claims c where c.key = keys[i] and c.holder = streams[holders[i]];
            continue when found and verbs[i] = 'take';
            room := capacities[i];
            if room is null then
                select l.capacity into room from claim_limits l where l.key = keys[i];
                room := coalesce(room, 1);
            end if;
            select count(*), min(c.holder) into taken, held from claims c where c.key = keys[i];
            if taken >= room then
                raise exception 'others hold it' using errcode = 'WL002', detail = json_build_array(i, held);
            end if;
            if verbs[i] = 'take' then
                insert into claims values (keys[i], streams[holders[i]]);
            end if;
        end case;
    end loop;

    case cardinality(stream)
    when 0 then
        insert into commands (command_id, first_position, last_position, digest)
            select command, coalesce(max(e.position), 0) + 1, coalesce(max(e.position), 0), digest from events e
            where command is not null having command is not null;
        return array[0];
    when 1 then
        drawn := array[nextval('events_position_seq')];
        insert into events values (
            drawn[1], streams[stream[1]], last[stream[1]] + 1, topic[1], schema_version[1], at[1], actor[1],
            event_id[1], correlation_id[1], causation_id[1], coalesce(command, command_id[1]), tags[1]::jsonb,
            data[1]::json);
    else
        drawn := array(select nextval('events_position_seq') from generate_series(1, cardinality(stream)));
        insert into events
            select e.position, streams[e.stream], last[e.stream] + e.nth, e.topic, e.schema_version, e.at, e.actor,
                e.event_id, e.correlation_id, e.causation_id, coalesce(command, e.command_id), e.tags::jsonb, e.data::json
            from unnest(drawn, stream, nth, topic, schema_version, at, actor, event_id, correlation_id, causation_id,
                command_id, tags, data) as e(position, stream, nth, topic, schema_version, at, actor, event_id,
                correlation_id, causation_id, command_id, tags, data);
    end case;
    if command is not null then
        insert into commands (command_id, first_position, last_position, digest)
            values (command, drawn[1], drawn[cardinality(drawn)], digest);
    end if;
    return 0 || drawn;
end $$;
