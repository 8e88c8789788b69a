"""The engine that fills read tables from the log, in layers: each imports only those before it.

What a table is declared with: table, columns, rules, types; its functions' code_digest. What all rooms share: tables,
changes, checkpoint, logged, payloads. Then the rooms: state, fold, rebuild, follow, react.
"""
