{{ config(materialized='view', indexes=[], post_hook="revoke select on {{ this }} from flex_reader") }}

select
    asset,
    succeeded_at,
    partition,
    cast(extract(epoch from now() - succeeded_at) as double precision) / 3600 as hours_since
from {{ source('flex', 'asset_success') }}
