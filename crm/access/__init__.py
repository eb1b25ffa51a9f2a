"""Who sees what: depths of roles, shares, `visible_to`, `editable_by`, 404 for the unseen and 403 with its sentence."""

from crm.access.depths import ALL_VERBS, FURTHER, VERBS, Depth, depth_of, may, within_reach

__all__ = ["ALL_VERBS", "FURTHER", "VERBS", "Depth", "depth_of", "may", "within_reach"]
