create table flex.trained_model (
    model_id      bigint generated always as identity primary key,
    sensor_id     integer not null references flex.sensor,
    trained_as_of timestamptz not null,
    occasion      text not null check (occasion in ('due', 'short history', 'drift')),
    sensor_hash   text not null,
    code_version  text not null,
    data_hash     text not null,
    read_at       timestamptz not null,
    window_start  timestamptz not null,
    window_end    timestamptz not null,
    readings      integer not null,
    name          text not null,
    ladder_step   text not null,
    reason        text not null,
    mae           double precision,
    mae_naive     double precision,
    pinball       double precision,
    coverage      double precision,
    cpu_s         double precision not null,
    champion_id   bigint references flex.trained_model,
    decision      text not null,
    document      bytea,
    digest        text,
    stored_at     timestamptz not null,
    check ((champion_id is null) or (document is null)),
    check ((document is null) = (digest is null))
);
comment on table flex.trained_model is
    'One row per training: what a model of a sensor learnt from, how it scored, and whether it was used from then on.';
comment on column flex.trained_model.trained_as_of is 'Nothing that was believed later had a say in it.';
comment on column flex.trained_model.occasion is
    'due: by the clock; short history: there was little to learn from, so it learns with every forecast; drift: the model in use erred too much.';
comment on column flex.trained_model.sensor_hash is 'Of what the portfolio says of the sensor and its regressors.';
comment on column flex.trained_model.code_version is 'Of flex_pipeline, and a hash of the code that forecasts.';
comment on column flex.trained_model.data_hash is 'Of all values that it learnt from.';
comment on column flex.trained_model.read_at is 'It learnt from what had been recorded by this time of the warehouse.';
comment on column flex.trained_model.window_start is 'Start of the first step that it learnt from.';
comment on column flex.trained_model.window_end is 'Start of the last step that it learnt from.';
comment on column flex.trained_model.readings is 'How many values of the sensor it learnt from.';
comment on column flex.trained_model.champion_id is
    'The model that stayed in use instead, as this one was no better; empty where this one is used.';
comment on column flex.trained_model.decision is 'Why this one is used, or not.';
comment on column flex.trained_model.document is
    'The model in plain values. Kept while it is in use; it can be trained again from the same values.';
comment on column flex.trained_model.digest is 'SHA-256 of the document and of what the row says of it.';
create index on flex.trained_model (sensor_id, trained_as_of desc, model_id desc);
create index on flex.trained_model (champion_id);

alter table flex.forecast_run
    add column model_id   bigint references flex.trained_model,
    add column recent_mae double precision;
comment on column flex.forecast_run.model_id is 'The model that was used; empty for those made before models were kept.';
comment on column flex.forecast_run.recent_mae is
    'Its mean absolute error over the 14 days before the planning time; empty where it was trained at that time.';
