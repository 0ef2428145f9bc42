"""Portfolios of FlexMeasures: from what its API answers to files of ours."""
