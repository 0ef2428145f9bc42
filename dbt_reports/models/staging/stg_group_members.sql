select
    run_id,
    group_name,
    device_id
from {{ source('flex', 'group_member') }}
