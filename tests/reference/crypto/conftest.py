"""How Hypothesis runs here: without a limit on the time of one example, since a busy machine is no defect."""

from hypothesis import HealthCheck, settings

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
