import psycopg

from benchmarks.clocks import Clocks
from flex_pipeline.warehouse.connection import Connection


def test_the_cpu_of_a_backend_is_that_of_the_server_while_it_lives_and_after(database: Connection) -> None:
    clocks = Clocks(database)
    with psycopg.connect(database.url) as session:
        session.execute("select sum(i::numeric * i) from generate_series(1, 2000000) as i")  # 0.3 s of CPU
        living = clocks.read()
    ended = clocks.read()

    assert living.server_s > 0.05
    assert living.server_s <= ended.server_s < 1.5 * living.server_s  # and not counted twice
    assert living.ours_s < living.server_s < 2 * living.wall_s
