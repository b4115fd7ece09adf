"""The tabulated explorer: the same exploration as `model.explore`, by array arithmetic over packed states."""
