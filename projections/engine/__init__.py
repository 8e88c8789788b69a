"""The engine that fills read tables from the log, in layers: each imports only those before it.

The words a table is declared in (table, types, tables, logged, payloads, changes), state, fold, rebuild, follow, react.
"""
