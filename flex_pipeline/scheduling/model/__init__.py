"""The optimisation model in plain Pyomo: one module per concept, one short rule per equation.

Parts are declared one by one (`declaring`) and joined at their ports: as matrices where it has to be fast, and by
`plain.plain_model` as one Pyomo model of the whole problem.
"""
