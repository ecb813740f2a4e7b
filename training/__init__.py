"""How the demo models are made: phrases, synthetic speech, training, conversion, measurement.

Nothing here is needed at run time. ``python -m training`` rebuilds everything under
``pipeline/demo``; the packages it needs are the distribution's ``train`` extra.
"""
