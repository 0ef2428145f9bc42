"""The optimisation model in plain Pyomo: one module per concept, one short rule per equation.

Parts are declared one by one and joined at their ports: as matrices where it has to be fast, and by `plain_model` as
one Pyomo model of the whole problem.
"""

from flex_pipeline.scheduling.model.declaring import declare_part
from flex_pipeline.scheduling.model.plain import plain_model

__all__ = ["declare_part", "plain_model"]
