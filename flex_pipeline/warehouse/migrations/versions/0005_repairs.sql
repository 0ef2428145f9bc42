alter table flex.source
    drop constraint source_type_check,
    add constraint source_type_check check (type in ('reading', 'repair', 'forecaster'));
comment on table flex.source is
    'Who holds a belief: a feed that was read, a rule that filled in for it, or a model that forecasts.';

alter table flex.data_quality
    drop constraint data_quality_severity_check,
    add constraint data_quality_severity_check check (severity in ('error', 'warning', 'repair'));
comment on column flex.data_quality.severity is
    'error: keeps what depends on the sensor from being planned; repair: so, if it cannot be filled in; warning: for people.';

create table flex.reading_day (
    sensor_id integer not null references flex.sensor,
    date      date not null,
    readings  integer not null,
    mean      double precision not null,
    peak      double precision not null,
    excess    double precision,
    primary key (sensor_id, date)
);
comment on table flex.reading_day is
    'One row per sensor and local day that has readings: what the checks compare later days with.';
comment on column flex.reading_day.readings is 'How many steps have a reading.';
comment on column flex.reading_day.mean is 'Of the readings, in the unit of the sensor.';
comment on column flex.reading_day.peak is 'The largest reading, whatever its sign.';
comment on column flex.reading_day.excess is
    'The most by which a reading stands out from both its neighbours; empty where no three are in a row.';

-- Of readings and repairs the newest holds, and a repair over the reading that it was made for.
create or replace view flex.current_belief as
select s.name as sensor, b.event_start, b.quantile, b.value, s.unit, b.belief_time, b.source, b.source_type
from flex.sensor as s
cross join lateral (
    select distinct on (b.event_start, b.quantile)
        b.event_start, b.quantile, b.value, b.belief_time, o.name as source, o.type as source_type
    from flex.belief as b
    join flex.source as o using (source_id)
    where b.sensor_id = s.sensor_id
    order by
        b.event_start, b.quantile, (o.type <> 'forecaster') desc, b.belief_time desc,
        (o.type = 'repair') desc, b.source_id
) as b;
comment on view flex.current_belief is
    'What is believed now: a reading, or the repair that stands in for it, before any forecast; the newest of each.';
