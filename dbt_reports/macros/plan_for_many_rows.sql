{# How the server is to join the rows of many days, in this transaction. The 4 MB that PostgreSQL gives each sort and hash
   table put those of a year on the disk. Merging sorts millions of steps, which hash tables take as they come; no step is
   looked up twice, so nothing is gained by remembering it; and workers, beside the two models that dbt runs at once, each
   make a hash table of their own. -#}
{% macro plan_for_many_rows() -%}
    set local work_mem = '64MB';
    set local enable_mergejoin = off;
    set local enable_memoize = off;
    set local max_parallel_workers_per_gather = 0
{%- endmacro %}

{# The same for tests, which have no hooks. -#}
{% macro postgres__get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) -%}
    {{ plan_for_many_rows() }};
    {{ dbt.default__get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) }}
{%- endmacro %}
