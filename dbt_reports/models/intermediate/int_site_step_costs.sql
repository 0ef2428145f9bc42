select * from {{ ref('int_connection_step_costs') }}
where commodity = 'electricity'
