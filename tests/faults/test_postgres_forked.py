"""A process that is forked has lines of its own: it never speaks on those of the first one, nor hangs them up."""

import os
from multiprocessing.connection import Connection

import psycopg

from support import writers
from workledger.adapters.postgres.lines import Lines

WHO = b"select pg_backend_pid()"


def fork_and_call(pipe: Connection, url: str) -> None:
    """Fork with an idle line, and say which backends each of the processes speaks to, before and after."""
    lines = Lines(lambda: psycopg.connect(url, autocommit=True))
    before = lines.call(WHO, ())
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.write(writing, lines.call(WHO, ()) or b"")
        lines.close()
        os._exit(0)
    os.wait()
    pipe.send((before, os.read(reading, 8), lines.call(WHO, ())))
    lines.close()


def test_a_forked_process_and_the_first_one_are_not_in_each_others_way(postgres_store_url: str) -> None:
    """Proves that lines are not inherited: answers would go to whoever reads first. And that they are left open, for
    closing them would end them for the first process."""
    with writers.running(fork_and_call, postgres_store_url) as (process, said):
        writers.finish(process)
        [(before, forked, after)] = writers.heard(said)
    assert before == after != forked
