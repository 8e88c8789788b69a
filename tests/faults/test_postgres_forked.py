"""A process that is forked has connections of its own: it never uses those of its parent, nor closes them."""

import os
from multiprocessing.connection import Connection

import psycopg

from support import writers
from workledger.adapters.postgres.pool import ConnectionPool

WHO = b"select pg_backend_pid()"


def fork_and_call(pipe: Connection, url: str) -> None:
    """Fork with an idle line, and say which backends each of the processes speaks to, before and after."""
    pool = ConnectionPool(lambda: psycopg.connect(url, autocommit=True))
    before = pool.call(WHO, ())
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.write(writing, pool.call(WHO, ()) or b"")
        pool.close()
        os._exit(0)
    os.wait()
    pipe.send((before, os.read(reading, 8), pool.call(WHO, ())))
    pool.close()


def test_a_forked_process_and_the_first_one_are_not_in_each_others_way(postgres_store_url: str) -> None:
    """Proves that connections are not inherited: results would go to the process that reads first. And that they are
    left open, for closing them would end them for the first process."""
    with writers.running(fork_and_call, postgres_store_url) as (process, said):
        writers.finish(process)
        [(before, forked, after)] = writers.heard(said)
    assert before == after != forked
