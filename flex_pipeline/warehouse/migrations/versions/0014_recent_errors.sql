alter table flex.forecast_run add column recent_mae_naive double precision;
comment on column flex.forecast_run.recent_mae_naive is 'Mean absolute error of the value a week ago on the steps of recent_mae.';
