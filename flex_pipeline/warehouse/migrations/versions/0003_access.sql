-- Roles ------------------------------------------------------------------------------------------
-- The owner migrates; a member of flex_pipeline reads and writes; a member of flex_reader reads its accounts.

do $$
declare
    group_role text;
begin
    foreach group_role in array array['flex_pipeline', 'flex_reader'] loop
        if not exists (select from pg_roles where rolname = group_role) then
            begin
                execute format('create role %I nologin', group_role);
            exception when duplicate_object or unique_violation then null;  -- another database was quicker
            end;
        end if;
    end loop;
    -- who made a role may not act as it of itself (PostgreSQL 16); dbt builds the marts as flex_pipeline
    if not (select rolsuper from pg_roles where rolname = current_user) then
        begin
            execute format('grant flex_pipeline to %I', current_user);
        exception when insufficient_privilege then null;  -- an administrator made the roles, and granted this one
        end;
    end if;
end
$$;

grant usage on schema flex, reports to flex_pipeline, flex_reader;
grant create on schema reports to flex_pipeline;
grant select on public.schema_version to flex_pipeline;
alter default privileges revoke execute on functions from public;

-- Whose is a row? --------------------------------------------------------------------------------

create table flex.reader (
    login   text not null,
    account text not null,
    primary key (login, account)
);
comment on table flex.reader is 'One row per login and account that it may read. See flex-pipeline access.';

create table flex.sensor_source (
    sensor_id integer not null references flex.sensor,
    source_id integer not null references flex.source,
    primary key (sensor_id, source_id)
);
comment on table flex.sensor_source is 'One row per sensor and source that ever held a belief about it.';
insert into flex.sensor_source select distinct sensor_id, source_id from flex.belief;

create policy readers on flex.reader for select to flex_reader
    using (login = current_user);
create policy readers on flex.site for select to flex_reader
    using (account in (select account from flex.reader));
create policy readers on flex.device for select to flex_reader
    using (site_id in (select site_id from flex.site));
create policy readers on flex.sensor for select to flex_reader
    using (site_id is null or site_id in (select site_id from flex.site));
create policy readers on flex.source for select to flex_reader
    using (source_id in (select source_id from flex.sensor_source));

-- Everything else follows from its key columns. Policies apply to the tables in a policy, too: no account is looked
-- up but in flex.site. A partition has no policy, so it can be read through its parent only.
create function flex.guard(relation regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    is_view boolean := (select relkind = 'v' from pg_class where oid = relation);
    is_guarded boolean := exists (
        select from pg_policy where polrelid = relation and polname = 'pipeline'
        union all
        select from pg_class where oid = relation and 'security_invoker=true' = any(reloptions)
    );
    -- a row is seen by whom each of its keys is open to: a price is shared, what it costs a site is not
    rule text := (
        select
            string_agg(
                case when not a.attnotnull then format('(%I is null or ', k.key) else '(' end
                || format('%I in (select %I from %s))', k.key, k.named, k.of), ' and ' order by k.key
            )
            || case when bool_or(a.attnotnull) then '' else
                format(' and num_nonnulls(%s) > 0', string_agg(quote_ident(k.key), ', ')) end
        from (
            values
                ('sensor_id', 'sensor_id', 'flex.sensor'),
                ('sensor', 'name', 'flex.sensor'),
                ('device_id', 'device_id', 'flex.device'),
                ('site_id', 'site_id', 'flex.site'),
                ('run_id', 'run_id', 'flex.schedule_run')
        ) as k (key, named, of)
        join pg_attribute as a on a.attrelid = relation and a.attname = k.key and not a.attisdropped
        where k.of::regclass <> relation
    );
begin
    if is_guarded then
        return;
    end if;
    if is_view then
        -- policies of the tables below apply as for the one who asks
        execute format('grant select on %s to flex_pipeline, flex_reader', relation);
        execute format('alter view %s set (security_invoker = true)', relation);
        return;
    end if;
    execute format('alter table %s enable row level security', relation);
    execute format('create policy pipeline on %s to flex_pipeline using (true) with check (true)', relation);
    execute format('grant select, insert, update, delete on %s to flex_pipeline', relation);
    if rule is not null and not exists (select from pg_policy where polrelid = relation and polname = 'readers') then
        execute format('create policy readers on %s for select to flex_reader using (%s)', relation, rule);
    end if;
    if exists (select from pg_policy where polrelid = relation and polname = 'readers') then
        execute format('grant select on %s to flex_reader', relation);
    end if;
end
$$;
comment on function flex.guard is
    'Lets readers see the rows of their accounts; closes the relation to them where no column says whose a row is.';

-- Beliefs ----------------------------------------------------------------------------------------
-- The key holds the value, too: as quick to read as from an index of its own, and half the work to load.

drop index flex.belief_as_of;
alter table flex.belief drop constraint belief_pkey;
alter table flex.belief add primary key (sensor_id, event_start, belief_time, source_id, quantile) include (value);

-- By sensor, so that a condition on its name is met before a belief is read: 2 ms a week instead of 2 s.
create or replace view flex.current_belief as
select s.name as sensor, b.event_start, b.quantile, b.value, s.unit, b.belief_time, b.source, b.source_type
from flex.sensor as s
cross join lateral (
    select distinct on (b.event_start, b.quantile)
        b.event_start, b.quantile, b.value, b.belief_time, o.name as source, o.type as source_type
    from flex.belief as b
    join flex.source as o using (source_id)
    where b.sensor_id = s.sensor_id
    order by b.event_start, b.quantile, (o.type = 'reading') desc, b.belief_time desc, b.source_id
) as b;

-- Months come and go by these two, which a member of flex_pipeline may call without owning the table.
create or replace function flex.ensure_belief_months(first_day timestamptz, last_day timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    month timestamp;
    child text;
begin
    for month in
        select generate_series(date_trunc('month', first_day at time zone 'UTC'), last_day at time zone 'UTC', '1 month')
    loop
        child := 'belief_' || to_char(month, 'YYYY_MM');
        if to_regclass('flex.' || child) is null then
            execute format(
                'create table if not exists flex.%I partition of flex.belief for values from (%L) to (%L)',
                child, month::text || '+00', (month + interval '1 month')::text || '+00'
            );
            execute format('alter table flex.%I enable row level security', child);
        end if;
    end loop;
end
$$;

create function flex.drop_belief_month(month date) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    delete from flex.repeated_reading
    where event_start >= month::timestamp at time zone 'UTC'
        and event_start < (month + interval '1 month') at time zone 'UTC';
    execute format('drop table flex.%I', 'belief_' || to_char(month, 'YYYY_MM'));
end
$$;

revoke execute on all functions in schema flex from public;
grant execute on all functions in schema flex to flex_pipeline;

do $$
declare
    relation regclass;
begin
    for relation in select oid from pg_class where relispartition and relnamespace = 'flex'::regnamespace and relkind = 'r'
    loop
        execute format('alter table %s enable row level security', relation);
    end loop;
    for relation in select oid from pg_class where relnamespace = 'reports'::regnamespace and relkind in ('r', 'v')
    loop
        execute format('alter table %s owner to flex_pipeline', relation);
    end loop;
end
$$;
